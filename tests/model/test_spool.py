"""A month's large leaves, in memory or in a file."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from chargeback.errors import StorageError
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.spool import TOGETHER, FetchedSpool, InMemory, Spool, Spooled, SpooledList, SpooledSequence

CHECKS = [
    Check(Code.REPORT_PROJECT, Outcome.EXCEPTION, f"ต่าง {number}", "a", subject=Subject(SubjectKind.PROJECT, "web"),
          variance=Decimal("0.10"), currency="THB")
    for number in range(50)
]  # fmt: skip


def test_what_is_read_back_is_what_was_kept() -> None:
    spool = Spool(in_memory=0)
    held = [spool.keep([check], 1) for check in CHECKS]
    assert [each.value for each in held] == [[check] for check in CHECKS]
    assert str(held[0].value[0].variance) == "0.10", "an amount has lost its digits"


def test_the_first_entries_stay_in_memory_and_no_more_of_them() -> None:
    spool = Spool(in_memory=60)
    assert isinstance(spool.keep(CHECKS, 50), InMemory)
    assert isinstance(spool.keep(CHECKS, 50), Spooled), "a large month would lie in memory whole"
    assert isinstance(spool.keep(CHECKS[:10], 10), InMemory)


def test_a_spooled_sequence_is_a_sequence() -> None:
    spooled = Spool(in_memory=0).sequence(CHECKS)
    assert isinstance(spooled, SpooledSequence)
    assert (len(spooled), list(spooled), spooled[7], spooled[-3:]) == (50, CHECKS, CHECKS[7], CHECKS[-3:])
    assert Spool(in_memory=0).sequence(spooled) is spooled


@pytest.mark.parametrize("in_memory", [0, TOGETHER, 10 * TOGETHER])
def test_a_list_that_grows_into_the_file_is_a_list(in_memory: int) -> None:
    count = 2 * TOGETHER + 100
    grown = SpooledList[Decimal](Spool(in_memory))
    plain: list[Decimal] = []
    for start in range(0, count, 700):
        values = list(map(Decimal, range(start, min(start + 700, count))))
        grown.extend(values)
        plain.extend(values)
    grown.append(Decimal("0.10"))
    plain.append(Decimal("0.10"))
    assert (len(grown), list(grown), str(grown[-1])) == (len(plain), plain, "0.10")
    assert [grown[place] for place in (0, TOGETHER - 1, TOGETHER, count)] == [
        0,
        TOGETHER - 1,
        TOGETHER,
        Decimal("0.10"),
    ]
    for piece in (slice(0, 0), slice(5, 5), slice(TOGETHER - 2, TOGETHER + 2), slice(10, count), slice(count, None)):
        assert grown[piece] == plain[piece]
    assert (grown[7:9000:2], grown[::-1]) == (plain[7:9000:2], plain[::-1])
    with pytest.raises(IndexError):
        grown[len(plain)]


def test_what_is_added_to_a_list_is_taken_as_it_comes() -> None:
    spool = Spool(in_memory=0)

    def made() -> Iterator[int]:
        yield from range(2 * TOGETHER)
        assert os.fstat(spool.open()).st_size > 0, "all that was to be added lay in memory first"
        yield 0

    SpooledList[int](spool).extend(made())


def test_a_list_that_grows_leaves_memory() -> None:
    spool = Spool(in_memory=0)
    grown = SpooledList[int](spool)
    grown.extend(range(TOGETHER - 1))
    assert os.fstat(spool.open()).st_size == 0
    grown.append(0)
    assert os.fstat(spool.open()).st_size > 0, "a large month would lie in memory whole"


def test_a_forked_process_and_its_parent_read_what_the_other_wrote() -> None:
    spool = Spool(in_memory=0)
    before = spool.keep(CHECKS[:20], 20)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            held = spool.keep(CHECKS[20:], 30)
            assert isinstance(held, Spooled) and before.value == CHECKS[:20]
            os.write(writing, f"{held.start} {held.size}".encode())
            code = 0
        finally:
            os._exit(code)
    mine = spool.keep(CHECKS, 50)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    start, size = map(int, os.read(reading, 100).split())
    assert spool.read(start, size) == CHECKS[20:], "what a process closed is lost"
    assert mine.value == CHECKS
    os.close(reading)
    os.close(writing)


def test_the_file_has_no_name_and_goes_with_the_spool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spool = Spool(in_memory=0)
    spool.keep(CHECKS, 50)
    descriptor = spool.open()
    assert not list(tmp_path.iterdir()), "a killed run would leave the month's books behind"
    del spool
    with pytest.raises(OSError):
        os.fstat(descriptor)


def test_no_folder_for_it_is_said_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(**_: object) -> int:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "TemporaryFile", nowhere)
    with pytest.raises(StorageError, match="the folder for temporary files: No usable"):
        Spool(in_memory=0).keep(CHECKS, 50)


def test_no_room_is_said_with_the_folder_and_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(StorageError, match=f"{tmp_path}: No space left on device") as raised:
        Spool(in_memory=0).keep(CHECKS, 50)
    assert "TMPDIR" in str(raised.value.remedy)


def test_a_file_that_cannot_have_the_size_of_what_is_fetched_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(file: int, size: int) -> None:
        raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))

    monkeypatch.setattr(os, "ftruncate", refused)
    with pytest.raises(StorageError, match="File too large: the month's working file"):
        FetchedSpool(1 << 40, 1 << 20, lambda numbers: ())
