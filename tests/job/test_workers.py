"""Work divided over processes: the same results in the same order and the same bytes, and nothing left when one dies.

Forks are made in processes of their own: whoever runs the tests has threads, and then nothing is forked.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chargeback.archive.object_store import ObjectStore
from chargeback.archive.reading import Archive
from chargeback.cli.options import chosen_workers
from chargeback.config.address import Address
from chargeback.job import workers
from chargeback.job.workers import mapped, processes_for
from tests.job.test_verify import changed_csv, resealed
from tests.kit.s3_server import PLAIN, S3Server
from tests.kit.some import some
from tests.kit.workplace import Workplace, listening

ROOT = Path(__file__).parents[2]
SHUFFLED = """
import sys, time
from chargeback.job.workers import mapped

def made(item):
    time.sleep((item * 7919 % 13) / 2000)  # those that come later may be done first
    return item * item

items, processes = range(int(sys.argv[1])), int(sys.argv[2])
assert list(mapped(made, items, processes)) == [item * item for item in items]
"""
AT_WORK = """
import os, runpy, sys, time
from chargeback.archive.staging import Staging

parent, add = os.getpid(), Staging.add

def added(self, path, content):
    if os.getpid() != parent:
        {in_child}
    return add(self, path, content)

Staging.add = added
sys.argv = ["chargeback", "run", "--workers", "2"]
runpy.run_module("chargeback", run_name="__main__", alter_sys=True)
"""
DIES = "os.kill(os.getpid(), 9)"
HANGS = "print(os.getpid(), flush=True); time.sleep(600)"
RAISES = 'raise OSError(28, "No space left on device", path)'


def python(code: str, *arguments: str, cwd: Path = ROOT, **options: object) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=cwd, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(("items", "processes"), [(0, 7), (1, 7), (5, 7), (40, 1), (40, 2), (40, 7), (3000, 3)])
def test_results_come_in_the_items_order_however_many_are_at_work(items: int, processes: int) -> None:
    done = python(SHUFFLED, str(items), str(processes))
    assert (done.returncode, done.stderr) == (0, "")


GROWING = """
import os, sys
from chargeback.job import workers

def made(item):
    left.append(b"." * 20_000_000)
    return item, os.getpid(), workers._memory()

def refused():
    raise OSError(11, "Resource temporarily unavailable")

left, workers.MOST_HELD, workers.NEVER_REPLACED, begun = [], 0, 0, workers._memory()
if sys.argv[2] == "no more":
    os.fork = refused
found = list(workers.mapped(made, range(24), int(sys.argv[1])))
assert [item for item, _, _ in found] == list(range(24))
here = sum(process == os.getpid() for _, process, _ in found)
print(here, len({process for _, process, _ in found}), max(held for _, _, held in found) - begun)
"""


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_process_that_has_grown_is_replaced(processes: str) -> None:
    done = python(GROWING, processes, "")
    assert (done.returncode, done.stderr) == (0, "")
    here, different, grown = map(int, done.stdout.split())
    assert here == 0
    assert different >= 5
    assert grown < 2 * workers.MOST_GROWN + 60_000_000, "each file of a very large month adds to what the last one left"


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_process_that_has_shrunk_since_it_had_grown_is_replaced_too(processes: str) -> None:
    done = python(
        """
import os, sys
from itertools import cycle
from chargeback.job import workers

looks, workers.MOST_HELD = cycle((False, True, False)), 0
workers._has_grown = lambda parent: next(looks)
made_by = set(workers.mapped(lambda item: os.getpid(), range(6), int(sys.argv[1])))
print(len(made_by), os.getpid() in made_by)
""",
        processes,
    )
    assert (done.stdout, done.stderr) == ("6 False\n", "")


@pytest.mark.parametrize("processes", ["1", "2"])
def test_where_no_other_process_can_be_had_this_one_does_it_all(processes: str) -> None:
    done = python(GROWING, processes, "no more")
    assert (done.returncode, done.stderr, done.stdout.split()[:2]) == (0, "", ["24", "1"])


def test_what_a_worker_raises_is_raised_with_all_that_it_says() -> None:
    done = python("""
from chargeback.errors import StorageError
from chargeback.job.workers import mapped

def made(item):
    raise StorageError("the disk is full", remedy="free space")

try:
    list(mapped(made, range(9), 3))
except StorageError as error:
    print(error.message, "->", error.remedy)
""")
    assert (done.stdout, done.stderr) == ("the disk is full -> free space\n", "")


def test_a_process_with_threads_does_all_by_itself() -> None:
    done = python("""
import os, threading
from chargeback.job.workers import mapped

waiting = threading.Event()
threading.Thread(target=waiting.wait, daemon=True).start()
assert set(mapped(lambda item: os.getpid(), range(20), 4)) == {os.getpid()}
""")
    assert (done.returncode, done.stderr) == (0, "")


def test_a_small_month_is_done_by_one_process_unless_more_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_processors", lambda: 2)
    assert [processes_for(0, lines) for lines in (0, 4_999, 5_000, 300_000)] == [1, 1, 2, 2]
    assert [processes_for(asked, 1) for asked in (1, 2, 64)] == [1, 2, 64]
    monkeypatch.setattr(workers, "_processors", lambda: 64)
    assert processes_for(0, 300_000) == 4


def test_items_are_taken_one_after_the_other_where_there_is_one_process() -> None:
    def items() -> Iterator[int]:
        for item in range(3):
            yield item
            assert done == list(range(item + 1))

    done: list[int] = []
    for _ in mapped(done.append, items(), 1):
        pass
    assert done == [0, 1, 2]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A month that seven processes have written."""
    with listening(tmp_path_factory.mktemp("workers")) as place:
        code, _, err = finished(place, "run", "--workers", "7")
        assert (code, err) == (0, "")
        yield place


def finished(place: Workplace, *arguments: str) -> tuple[int, str, str]:
    with place.process(*arguments) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def manifests(folder: Path) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in some(folder.rglob("manifest.json"))}


def test_the_number_of_processes_shows_in_no_byte_of_a_bucket(s3: S3Server, tmp_path: Path) -> None:
    obstore = pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    address = Address(f"s3://{PLAIN}/{secrets.token_hex(6)}/bills")
    with listening(tmp_path, address=address) as place:
        assert finished(place, "run", "--workers", "7")[::2] == (0, "")
        (name,) = place.revisions()
        for workers_ in ("1", "2"):
            told = finished(place, "rebuild", name, "-o", str(tmp_path / workers_), "--workers", workers_)
            assert (told[0], told[1].splitlines()[-1]) == (0, "byte for byte the same")
        revision = place.latest(name.partition("/")[0])
        assert manifests(tmp_path / "1") == manifests(tmp_path / "2") == {revision.sha256}
        for path in ("ledgers/all.csv", "exports/journal.csv"):
            key = f"{address.prefix}/{ObjectStore(address).at(name).folder()}/{path}"
            obstore.put(obstore.store.S3Store(PLAIN), key, revision.read(path) + b"more")
        alone, divided = (finished(place, "verify", "--workers", each) for each in ("1", "5"))
        assert alone == divided
        assert (alone[0], alone[1].count("re-performance: not what")) == (7, 2)


def test_the_number_of_processes_shows_in_no_byte(made: Workplace, tmp_path: Path) -> None:
    (revision,) = some(made.archive.glob("*/r1"))
    for workers_ in ("1", "2", "7"):
        code, out, _ = finished(made, "rebuild", str(revision), "-o", str(tmp_path / workers_), "--workers", workers_)
        assert (code, out.splitlines()[-1]) == (0, "byte for byte the same")
    assert len(manifests(tmp_path) | manifests(revision)) == 1
    assert "workers" not in (revision / "evidence/run.json").read_text()


def test_several_processes_find_what_one_does(made: Workplace, tmp_path: Path) -> None:
    (month,) = some(path.parent.name for path in made.archive.glob("*/r1"))
    assert finished(made, "rebuild", f"{month}/r1", "-o", str(tmp_path / "r1"))[0] == 0
    for path in some((tmp_path / "r1").rglob("*")):
        path.chmod(0o750 if path.is_dir() else 0o640)
    changed_csv(tmp_path / "r1/ledgers/all.csv", lambda rows: rows.pop())
    changed_csv(tmp_path / "r1/exports/journal.csv", lambda rows: rows.pop())
    resealed(tmp_path / "r1")
    alone, divided = (finished(made, "verify", str(tmp_path / "r1"), "--workers", each) for each in ("1", "5"))
    assert alone == divided
    assert (alone[0], alone[1].count("re-performance: not what")) == (7, 2)


@pytest.fixture(params=["folder", "bucket"])
def address(request: pytest.FixtureRequest) -> Address | None:
    """Where an empty archive is that is no folder."""
    if request.param == "folder":
        return None
    pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    request.getfixturevalue("s3")
    return Address(f"s3://{PLAIN}/{secrets.token_hex(6)}/bills")


@contextmanager
def running(place: Workplace, in_child: str) -> Iterator[subprocess.Popen[str]]:
    """A run whose files are made by two processes that do that."""
    code = AT_WORK.format(in_child=in_child)
    environ = {**place.environment(), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=place.root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        yield process


def left(place: Workplace) -> list[str]:
    """What lies in the archive, the lock and a bucket's orphans aside."""
    return [name for name in Archive(place.place).store.names() if name != ".lock"]


@pytest.mark.parametrize(
    ("in_child", "told"),
    [
        pytest.param(DIES, "ended unexpectedly (signal 9) -> run again; with fewer --workers", id="dies"),
        pytest.param(RAISES, "No space left on device -> ", id="disk full"),
    ],
)
def test_a_worker_that_fails_ends_the_run_and_leaves_nothing(
    tmp_path: Path, address: Address | None, in_child: str, told: str
) -> None:
    with listening(tmp_path, address=address) as place:
        with running(place, in_child) as process:
            _, err = process.communicate(timeout=120)
        assert (process.returncode, told in err, err.count("\n")) == (9, True, 1), err
        assert left(place) == []
        assert finished(place, "run")[0] == 0


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 130), (signal.SIGKILL, -9)])
def test_workers_end_with_the_run(tmp_path: Path, address: Address | None, number: signal.Signals, code: int) -> None:
    with listening(tmp_path, address=address) as place:
        with running(place, HANGS) as process:
            assert process.stdout is not None
            children = [int(process.stdout.readline()) for _ in range(2)]
            process.send_signal(number)
            process.communicate(timeout=60)
        assert process.returncode == code
        assert gone(children)
        if code == 130:
            assert left(place) == []
        assert finished(place, "run")[0] == 0


def gone(processes: list[int]) -> bool:
    """Whether they end within some seconds."""
    for _ in range(200):
        if not any(Path(f"/proc/{process}").exists() for process in processes):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(
    ("command", "environ", "told"),
    [
        (("run", "--workers", "65"), "2", "--workers: 65 is out of range"),
        (("verify", "--workers", "many"), "2", "--workers: this is a text, not a whole number"),
        (("run", "--workers", "dask://10.0.0.1"), "2", "--workers: this is not the address of a cluster"),
        (("verify",), "-1", "$CHARGEBACK_WORKERS: this is a text, not a whole number"),
    ],
)
def test_a_wrong_number_of_workers_is_exit_2(
    made: Workplace, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], environ: str, told: str
) -> None:
    monkeypatch.setenv("CHARGEBACK_WORKERS", environ)
    code, _, err = finished(made, *command)
    assert (code, told in err) == (2, True), err


def test_an_option_wins_over_the_variable_and_that_over_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHARGEBACK_WORKERS", "3")
    assert (chosen_workers("2", 4), chosen_workers(None, 4)) == (2, 3)
    monkeypatch.setenv("CHARGEBACK_WORKERS", "")
    assert (chosen_workers(None, 4), chosen_workers("", 4), chosen_workers("0", 4)) == (4, 4, 0)
