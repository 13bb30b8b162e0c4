"""Every call that writes may fail, in a whole run: exit 9 and one line, nothing visible that is incomplete."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import pytest

from chargeback.archive.bucket import Bucket, open_bucket
from chargeback.archive.bucket_process import BucketError
from chargeback.archive.file_system import FileSystem
from chargeback.config.address import Address
from chargeback.sandbox.makers import DEFAULT_NOW, small_world
from chargeback.sandbox.months import newest_closed
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.scenarios import platform_of
from tests.kit.archives import CALLS
from tests.kit.platform import answering, only
from tests.kit.s3_server import PLAIN
from tests.kit.workplace import Workplace, leftovers

BUCKET_CALLS = ("_put", "_delete")
CODES = (errno.ENOSPC, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EIO)


class Fault:
    """Fails the n-th writing call of the whole process, and each one after it where ``for_good``."""

    def __init__(self, at: int, code: int, *, for_good: bool = False) -> None:
        self.at = at
        self.code = code
        self.for_good = for_good
        self.calls: list[str] = []
        self.lock = Lock()

    def fails(self, name: str) -> bool:
        """Count a call; whether it is to fail."""
        with self.lock:
            self.calls.append(name)
            return len(self.calls) == self.at or (self.for_good and len(self.calls) > self.at > 0)


@contextmanager
def failing(fault: Fault) -> Iterator[None]:
    """Within, the archive's file system fails as the fault says; nothing waits for the disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystem, "sync", lambda self, path: path.lstat())
        for name in CALLS:
            patch.setattr(FileSystem, name, counted(name, getattr(FileSystem, name), fault))
        for name in BUCKET_CALLS:
            patch.setattr(Bucket, name, counted(name, getattr(Bucket, name), fault))
        yield


def counted(name: str, method: Callable[..., Any], fault: Fault) -> Callable[..., Any]:
    """The method, counted, and failing when it is its turn."""

    def call(*arguments: Any) -> Any:
        if fault.fails(name):
            if name == "close":
                method(*arguments)
            if name in BUCKET_CALLS:
                raise BucketError(os.strerror(fault.code), "look at the store")
            raise OSError(fault.code, os.strerror(fault.code))
        return method(*arguments)

    return call


@pytest.fixture(params=["folder", "bucket"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Workplace]:
    """One account's platform; the archive in a folder or a bucket, and a head file elsewhere."""
    address = None
    if request.param == "bucket":
        pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
        request.getfixturevalue("s3")
        address = fresh_address()
    world = small_world(now=DEFAULT_NOW)
    platform = platform_of(only(3)(Setup(world, "C", DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone))))
    office = Workplace(tmp_path, platform, address=address)
    text = office.config_path.read_text(encoding="utf-8")
    office.config_path.write_text(f'head_file = "{tmp_path}/head"\n{text}', encoding="utf-8")
    with answering(platform):
        yield office


def fresh_address() -> Address:
    return Address(f"s3://{PLAIN}/{secrets.token_hex(6)}/bills")


def counted_calls(office: Workplace) -> list[str]:
    """Every writing call of a clean run."""
    fault = Fault(0, 0)
    with failing(fault):
        assert office.run().exit == 0
    forget(office)
    return fault.calls


def forget(office: Workplace) -> None:
    shutil.rmtree(office.archive, ignore_errors=True)
    (office.root / "head").unlink(missing_ok=True)
    if office.address:
        before, office.address = office.address, fresh_address()
        text = office.config_path.read_text(encoding="utf-8").replace(str(before), str(office.address))
        office.config_path.write_text(text, encoding="utf-8")


def survives(office: Workplace, fault: Fault) -> str:
    """Run with the fault, then without; the name of the call that failed, "" where none did."""
    with failing(fault):
        told = office.run()
    failed = fault.calls[fault.at - 1] if len(fault.calls) >= fault.at else ""
    if failed:
        check_failed_run(office, told.exit, told.err, failed)
    with failing(Fault(0, 0)):
        assert office.run().exit == 0, failed
    assert office.revisions() == ["2026-05/r1"], failed
    assert leftovers(office.archive) == [], failed
    assert office.verify(quick=True).exit == 0
    assert (office.root / "head").read_text() == f"{office.verify(quick=True).head}\n"
    forget(office)
    return failed


def check_failed_run(office: Workplace, code: int, err: str, failed: str) -> None:
    """Exit 9 and one line; or 0 where only what is removed in the end could not be."""
    assert "Traceback" not in err, (failed, err)
    assert code in (0, 9), (failed, err)
    if code == 9:
        assert len([line for line in err.splitlines() if line.startswith("chargeback: ")]) == 1, err
    if (office.address or office.archive.is_dir()) and office.revisions():
        assert office.verify(quick=True).exit == 0, failed


def test_a_fault_at_writes_of_a_whole_run_leaves_nothing_incomplete(
    office: Workplace, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each kind of call at least three times, early and late (of a run into a bucket the calls to it: it stages on a
    disk as every run does); every call with every error in the nightly run."""
    calls = counted_calls(office)
    nightly = request.config.getoption("--nightly")
    kinds = set(BUCKET_CALLS if office.address else CALLS) & set(calls)
    places = range(1, len(calls) + 1) if nightly else sample(calls, kinds)
    faults = [(place, code) for place in places for code in (CODES if nightly else (CODES[place % len(CODES)],))]
    failed = Counter(survives(office, Fault(place, code)) for place, code in faults)
    assert kinds - set(failed) <= {"truncate", "_delete"}  # made once, and threads make its place another one
    with capsys.disabled():
        print(f"[{len(faults)} faults over {len(calls)} writing calls survived]", end="")


def sample(calls: list[str], kinds: set[str]) -> list[int]:
    """Places (from 1) of each of these kinds of call: its first, one in the middle, and its last."""
    places: set[int] = set()
    for name in kinds:
        mine = [place for place, each in enumerate(calls, start=1) if each == name]
        places |= {mine[0], mine[len(mine) // 2], mine[-1]}
    return sorted(places)


def first_revision(office: Workplace) -> Mapping[str, object]:
    """All that was written of it, by path."""
    if office.address:
        found = open_bucket(office.address).objects()
        return {listed.key: (listed.size, listed.tag) for listed in found if "/r1-" in listed.key}
    return {path: data for path, data in office.files().items() if "/r1/" in path}


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_disk_that_stays_full_keeps_what_was_there(office: Workplace, share: float) -> None:
    with failing(Fault(0, 0)):
        assert office.run().exit == 0
    before = first_revision(office)
    office.configure(shared="even")
    text = office.config_path.read_text(encoding="utf-8").replace('name = "Shop"', 'name = "Shop 2"\ncost_center = "X"')
    office.config_path.write_text(text.replace('"X"\ncost_center', '"X"\n#', 1), encoding="utf-8")
    with failing(Fault(int(share * 300), errno.ENOSPC, for_good=True)):
        told = office.run()
    assert told.exit in (0, 9)
    assert first_revision(office) == before
    assert office.verify(quick=True).exit == 0
    with failing(Fault(0, 0)):
        assert office.run().exit == 0
    assert leftovers(office.archive) == []


@pytest.mark.parametrize("office", ["folder"], indirect=True)
def test_a_read_only_archive_is_exit_9(office: Workplace) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    office.archive.mkdir(mode=0o550)
    assert office.run().exit == 9


@pytest.mark.parametrize("office", ["folder"], indirect=True)
def test_an_archive_that_is_a_file_is_exit_9(office: Workplace) -> None:
    office.archive.write_text("not a folder")
    told = office.run()
    assert told.exit == 9
    assert str(office.archive) in told.err


@pytest.mark.parametrize("office", ["folder"], indirect=True)
def test_an_archive_that_vanishes_during_the_run_is_exit_9(office: Workplace) -> None:
    vanish_at = Fault(0, 0)
    original = FileSystem.write
    seen = []

    def write(self: FileSystem, descriptor: int, data: Any) -> None:
        seen.append(descriptor)
        if len(seen) == 12:
            shutil.rmtree(office.archive)
        original(self, descriptor, data)

    with failing(vanish_at), pytest.MonkeyPatch.context() as patch:
        patch.setattr(FileSystem, "write", write)
        told = office.run()
    assert told.exit == 9, told.err
    assert office.run().exit == 0
