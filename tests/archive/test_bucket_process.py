"""The object store's client in a process of its own: the same results and errors, and nothing left when one ends.

Forks are made in processes of their own: whoever runs the tests has threads, and then nothing is forked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")

ROOT = Path(__file__).parents[2]
OPENED = """
import os, signal, sys, threading, time
from obstore.store import MemoryStore
from chargeback.archive import bucket as module
from chargeback.archive.bucket import open_bucket
from chargeback.archive.bucket_process import BucketError, may_fork
from chargeback.archive.no_follow import OversizedError
from chargeback.config.address import Address

memory = MemoryStore()
module._client = lambda *arguments, **options: memory
bucket = open_bucket(Address("s3://memory/bills"))
"""


def python(code: str) -> list[str]:
    """What a process that has opened a bucket prints."""
    command = [sys.executable, "-c", f"{OPENED}\n{code}"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_process_that_uses_a_bucket_has_one_thread_and_may_be_forked() -> None:
    assert python("""
bucket.create("2026-05/r1", b"a")
print(bucket.read("2026-05/r1", 10), may_fork(looks=1))
if not os.fork():
    bucket.create("2026-05/r2", b"b")
    os._exit(0)
os.wait()
print(bucket.read("2026-05/r2", 10), [listed.key for listed in bucket.objects()])
""") == ["b'a' True", "b'b' ['2026-05/r1', '2026-05/r2']"]


def test_what_the_store_refuses_is_raised_as_without_another_process() -> None:
    assert python("""
bucket.create("chain/1.json", b"first")
calls = (
    lambda: bucket.create("chain/1.json", b"other"),
    lambda: bucket.read("chain/2.json", 10),
    lambda: bucket.read("chain/1.json", 4),
    lambda: bucket.replace("chain/1.json", b"other"),
)
for call in calls:
    try:
        call()
    except OSError as error:
        print(type(error).__name__, error.strerror, error.filename)
""") == [
        "FileExistsError another object is there already chain/1.json",
        "FileNotFoundError no such object bills/chain/2.json",
        "OversizedError 5 bytes, at most 4 are read bills/chain/1.json",
        "BucketError chain/1.json is never replaced or deleted None",
    ]
    assert python("""
from chargeback.archive.bucket import Clients
def failing(self, key, version=None):
    raise BucketError("AccessDenied: no", "ask whoever knows")
Clients._get = failing
module._opened.cache_clear()
bucket = open_bucket(Address("s3://memory/bills"))
try:
    bucket.read("config.toml", 10)
except BucketError as error:
    print(error.strerror, "->", error.remedy)
""") == ["AccessDenied: no -> ask whoever knows"]


def test_a_large_object_comes_as_an_open_file() -> None:
    assert python("""
data = os.urandom(1 << 20) * 9
bucket.create("2026-05/r1/all.xlsx", data)
with bucket.open("2026-05/r1/all.xlsx") as file:
    print(file.read() == data)
    file.seek(1 << 20)
    print(file.read(9) == data[:9])
bucket.create("2026-05/r1/none.csv", b"")
print(bucket.open("2026-05/r1/none.csv").read())
""") == ["True", "True", "b''"]


def test_a_file_is_sent_and_no_process_holds_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(os.urandom(1 << 20) * 64)
    (tmp_path / "empty").write_bytes(b"")
    assert python(f"""
from pathlib import Path

folder = Path({str(tmp_path)!r})
child = open(f"/proc/self/task/{{os.getpid()}}/children").read().strip()

def megabytes(process):
    kinds = dict(line.split(":") for line in open(f"/proc/{{process}}/status"))
    return int(kinds["RssAnon"].split()[0]) >> 10

before = [megabytes(each) for each in ("self", child)]
bucket.create("2026-05/r1/large", folder / "large")
grown = [megabytes(each) - was for each, was in zip(("self", child), before)]
print(max(grown) < 16 or grown)
with bucket.open("2026-05/r1/large") as file:
    print(file.read() == (folder / "large").read_bytes())
bucket.create("2026-05/r1/empty", folder / "empty")
bucket.create("2026-05/r1/empty", folder / "empty")
print(bucket.read("2026-05/r1/empty", 10))
try:
    bucket.create("2026-05/r1/empty", folder / "large")
except FileExistsError as error:
    print(error.strerror)
""") == ["True", "True", "b''", "another object is there already"]


def test_it_gives_the_memory_of_large_objects_back() -> None:
    """A month's files are read by sixteen threads, and each would keep the size of the largest."""
    assert python("""
from concurrent.futures import ThreadPoolExecutor

child = open(f"/proc/self/task/{os.getpid()}/children").read().strip()

def megabytes():
    return next(int(line.split()[1]) for line in open(f"/proc/{child}/status") if line.startswith("VmRSS")) >> 10

sizes = [16 << 20, 6 << 20, 5 << 20, 8 << 20] + [80_000] * 200
for number, size in enumerate(sizes):
    bucket.create(f"2026-05/{number}", bytes(size))
before = megabytes()
with ThreadPoolExecutor(16) as pool:
    read = list(pool.map(lambda number: len(bucket.read(f"2026-05/{number}", 1 << 30)), range(len(sizes))))
print(read == sizes, megabytes() - before < 30 or megabytes() - before)
""") == ["True True"]


def test_threads_and_forked_processes_call_at_the_same_time() -> None:
    assert python("""
from concurrent.futures import ThreadPoolExecutor

def all_of(name):
    with ThreadPoolExecutor(16) as pool:
        keys = [f"2026-05/{name}-{number}" for number in range(200)]
        list(pool.map(lambda key: bucket.create(key, key.encode()), keys))
        assert [data.decode() for data in pool.map(lambda key: bucket.read(key, 99), keys)] == keys

children = []
for _ in range(3):
    if not (child := os.fork()):
        all_of(f"child-{os.getpid()}")
        os._exit(0)
    children.append(child)
all_of("parent")
print({os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children})
""") == ["{0}"]


def test_an_interrupted_call_is_answered_to_nobody_else() -> None:
    assert python("""
from chargeback.archive.bucket import Clients
got = Clients.got

def slowly(self, *given):
    time.sleep(0.5 if "slow" in given[0] else 0)
    return got(self, *given)

class Stop(Exception): pass

def stop(*_):
    raise Stop

Clients.got = slowly
module._opened.cache_clear()
bucket = open_bucket(Address("s3://memory/bills"))
bucket.create("slow", b"late")
bucket.create("quick", b"at once")
signal.signal(signal.SIGALRM, stop)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    bucket.read("slow", 10)
except Stop:
    print(bucket.read("quick", 10))
time.sleep(0.6)
print(bucket.read("quick", 10))
""") == ["b'at once'", "b'at once'"]


def test_its_end_is_an_error_and_no_silence() -> None:
    assert python("""
bucket.create("config.toml", b"a")
os.kill(int(open(f"/proc/self/task/{os.getpid()}/children").read()), 9)
for call in (lambda: bucket.read("config.toml", 10), lambda: bucket.create("b", b"b")):
    try:
        call()
    except OSError as error:
        print(type(error).__name__, error.strerror, "->", error.remedy)
""") == [
        "BucketError the process that asks the store ended unexpectedly -> run again",
        "BucketError the process that asks the store ended unexpectedly -> run again; it may have been written all the "
        "same: the next run looks",
    ]


@pytest.mark.parametrize("end", ["sys.exit()", "os._exit(0)", "os.kill(os.getpid(), 9)"])
def test_it_ends_with_the_process_that_started_it(end: str) -> None:
    code = f"""{OPENED}
bucket.create("config.toml", b"a")
print(os.getpgrp(), flush=True)
{end}
"""
    command = [sys.executable, "-c", code]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True)
    group = int(started.communicate(timeout=60)[0])
    assert gone(group)


def test_a_signal_to_the_whole_group_is_for_the_process_that_was_started() -> None:
    assert (
        python("""
signal.signal(signal.SIGINT, lambda *_: print("told", flush=True))
os.setpgrp()
os.killpg(os.getpgrp(), signal.SIGINT)
print(bucket.create("config.toml", b"a"), flush=True)
""")[0]
        == "told"
    )


def gone(group: int) -> bool:
    """Whether every process of the group ends within some seconds."""
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_one_that_nobody_uses_any_more_is_ended_and_reaped() -> None:
    assert python("""
import gc
bucket.names()
bucket = None
module._opened.cache_clear()
gc.collect()
try:
    os.waitpid(-1, os.WNOHANG)
except ChildProcessError:
    print("none left")
""") == ["none left"]


def test_a_thread_that_begins_its_call_after_the_others_gave_up_is_refused() -> None:
    """An operator's Ctrl-C would wait five minutes for a store that is silent."""
    assert python("""
bucket.create("2026-05/r1", b"a")
bucket._ask.give_up()
said = []
def late():
    try:
        bucket.create("2026-05/r2", b"b")
    except BucketError as error:
        said.append(str(error.strerror))
thread = threading.Thread(target=late)
thread.start()
thread.join()
print(said, bucket.read("2026-05/r1", 10))
""") == ["['the process that asks the store ended unexpectedly'] b'a'"]
