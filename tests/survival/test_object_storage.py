"""What befalls an archive in a bucket: kills, two runs at once, a store that is slow, full, silent, or loses replies.

Commands are processes of their own against an S3 server on loopback; whatever befalls them, the archive verifies, and
one clean run puts everything right.
"""

from __future__ import annotations

import random
import secrets
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from chargeback.archive.commits import orphans
from chargeback.archive.object_store import ObjectStore
from chargeback.config.address import Address
from tests.kit.s3_proxy import LostReplies, Passing, is_create, proxied, refusal
from tests.kit.s3_server import PLAIN, S3Server
from tests.kit.workplace import Workplace, listening

pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")

SHARED = ("even", "weights", "proportional")


@pytest.fixture
def office(tmp_path: Path, s3: S3Server) -> Iterator[Workplace]:
    """A workplace with an empty archive in a bucket."""
    with listening(tmp_path, address=Address(f"s3://{PLAIN}/{secrets.token_hex(6)}/bills")) as found:
        found.environ["TMPDIR"] = str(tmp_path / "scratch")
        (tmp_path / "scratch").mkdir()
        yield found


def finished(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code and what was printed."""
    with process:
        out, err = process.communicate(timeout=240)
    return process.returncode, out, err


def run(office: Workplace, endpoint: str = "", **environ: str) -> subprocess.Popen[str]:
    """A run has begun; at the store, or at another endpoint."""
    if endpoint:
        environ["AWS_ENDPOINT_URL"] = endpoint
    office.environ |= environ
    try:
        return office.process("run", "--workers", "2")
    finally:
        for name in environ:
            del office.environ[name]


def require_whole(office: Workplace, revisions: int) -> None:
    """So many revisions, which prove themselves, and nothing on this machine."""
    assert len(office.revisions()) == revisions
    assert not revisions or office.verify(quick=True).exit == 0
    assert list((office.root / "scratch").iterdir()) == []


def test_random_kills_leave_an_archive_that_verifies_and_one_run_puts_it_right(
    office: Workplace, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = 50 if request.config.getoption("--nightly") else 4
    before = time.monotonic()
    assert finished(run(office))[0] == 0
    whole, moment = time.monotonic() - before, random.Random(7)
    ended: Counter[int] = Counter()
    for number in range(kills):
        office.configure(shared=SHARED[number % 2])  # so that every run has a revision to write
        process = run(office)
        time.sleep(moment.uniform(whole / 4, whole))
        process.send_signal(signal.SIGKILL if number % 2 else signal.SIGTERM)
        ended[finished(process)[0]] += 1
        assert office.verify(quick=True).exit == 0
    assert set(ended) <= {-signal.SIGKILL, 0, 130}, ended
    office.configure(shared=SHARED[2])
    assert finished(run(office))[0] == 0
    assert office.verify().exit == 0
    with capsys.disabled():
        print(f"[{kills} kills survived: {dict(ended)}, {len(office.revisions())} revisions]", end="")


def test_of_two_runs_at_once_one_writes_and_the_other_exits_8(office: Workplace, s3: S3Server) -> None:
    begun: list[bytes] = []
    both = Event()

    def meeting(request: bytes, reply: Callable[[], bytes]) -> bytes:
        """The first link waits until the other run wants to create it too."""
        if is_create(request) and b"/chain/1.json" in request.partition(b"\r\n")[0]:
            begun.append(request)
            if len(begun) > 1:
                both.set()
            both.wait(120)
        return reply()

    with proxied(s3, meeting) as endpoint:
        ended = [finished(process) for process in [run(office, endpoint), run(office, endpoint)]]
    assert sorted(code for code, _, _ in ended) == [0, 8], ended
    ((_, _, err),) = (each for each in ended if each[0] == 8)
    assert "another run wrote it first -> nothing to do: the next scheduled run goes on" in err
    require_whole(office, 1)
    assert office.address is not None
    store = ObjectStore(office.address)
    assert len(orphans(store.bucket, store.commits.all())) == 1
    assert finished(run(office))[0] == 0
    require_whole(office, 1)


def slow(request: bytes, reply: Callable[[], bytes]) -> bytes:
    """A store that is far away."""
    time.sleep(0.05)
    return reply()


@pytest.mark.parametrize("passing", [slow, LostReplies()], ids=["slow", "replies lost"])
def test_a_run_is_the_same_on_a_bad_way_to_the_store(office: Workplace, s3: S3Server, passing: Passing) -> None:
    with proxied(s3, passing) as endpoint:
        code, out, err = finished(run(office, endpoint))
    assert (code, "written:" in out, err) == (0, True, "")
    require_whole(office, 1)
    assert office.address is not None
    store = ObjectStore(office.address)
    assert orphans(store.bucket, store.commits.all()) == {}


class Full:
    """After so many objects the store takes no other one."""

    def __init__(self, objects: int, answer: bytes) -> None:
        self.left = objects
        self.answer = answer

    def __call__(self, request: bytes, reply: Callable[[], bytes]) -> bytes:
        if not is_create(request):
            return reply()
        self.left -= 1
        return reply() if self.left >= 0 else self.answer


@pytest.mark.parametrize(
    ("objects", "answer", "told"),
    [
        pytest.param(20, refusal("507 Insufficient Storage", "InsufficientStorage"), "InsufficientStorage", id="full"),
        pytest.param(0, refusal("403 Forbidden", "AccessDenied"), "AccessDenied", id="refused"),
        pytest.param(-1, refusal("403 Forbidden", "QuotaExceeded"), "QuotaExceeded", id="link"),
    ],
)
def test_a_store_that_takes_no_more_is_exit_9_and_keeps_what_was_there(
    office: Workplace, s3: S3Server, objects: int, answer: bytes, told: str
) -> None:
    full = Full(objects, answer)

    def link_alone(request: bytes, reply: Callable[[], bytes]) -> bytes:
        is_link = is_create(request) and b"/chain/" in request.partition(b"\r\n")[0]
        return answer if is_link else reply()

    with proxied(s3, full if objects >= 0 else link_alone) as endpoint:
        code, _, err = finished(run(office, endpoint))
    assert (code, told in err, err.count("\n")) == (9, True, 1), err
    require_whole(office, 0)
    assert finished(run(office))[0] == 0
    require_whole(office, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_does_not_wait_for_a_store_that_is_silent(
    office: Workplace, s3: S3Server, number: signal.Signals
) -> None:
    silent, over = Event(), Event()

    def hanging(request: bytes, reply: Callable[[], bytes]) -> bytes | None:
        if is_create(request):
            silent.set()
            over.wait(120)
            return None
        return reply()

    with proxied(s3, hanging) as endpoint:
        process = run(office, endpoint)
        assert silent.wait(120)
        process.send_signal(number)
        before = time.monotonic()
        code, _, err = finished(process)
        waited = time.monotonic() - before
        over.set()
    assert (code, err.count("\n")) == (130, 1), err
    assert waited < 30  # a request that is not answered takes five minutes
    require_whole(office, 0)
