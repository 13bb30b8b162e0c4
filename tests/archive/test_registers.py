"""Signatures: appended, never rewritten, inert in a spreadsheet, checked when read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive import registers
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.registers import SIGNATURES, append_signature, read_signatures
from chargeback.errors import DamagedError, StorageError
from chargeback.evidence import RegisterState
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import Signature
from tests.kit.archives import STARTED, FailingFileSystem, QuickFileSystem

ONE = Signature("2026-06-05T02:00:00Z", Period(2026, 5), 1, "0" * 64, "preparer", "Somchai", "looked at, all of it")
OTHER = replace(ONE, role="reviewer", by="นารี", note="")


def sign(root: Path, *signatures: Signature) -> None:
    with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
        for signature in signatures:
            append_signature(writer, signature)


def test_signatures_come_back_in_order(root: Path) -> None:
    assert read_signatures(root) == ()
    sign(root, ONE)
    before = (root / "signatures.csv").read_bytes()
    sign(root, OTHER)
    assert read_signatures(root) == (ONE, OTHER)
    assert (root / "signatures.csv").read_bytes().startswith(before)
    assert str(ONE.name) == "2026-05/r1"


HEADER = b"\xef\xbb\xbfsigned_at,period,revision,head,role,by,note,previous\r\n"
PLAIN_HEADER = HEADER.replace(b",previous", b"")
LINE = b"2026-06-05T02:00:00Z,2026-05,1," + b"0" * 64 + b',preparer,Somchai,"looked at, all of it"'


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def test_each_line_names_the_line_before_with_its_line_break(root: Path) -> None:
    sign(root, ONE, OTHER)
    header, one, other = (root / "signatures.csv").read_bytes().splitlines(keepends=True)
    assert header == HEADER
    assert one == LINE + b"," + sha256(header) + b"\r\n"
    assert other.endswith(b"," + sha256(one) + b"\r\n")


def test_a_file_of_0_2_0_is_read_and_rewritten_once_by_the_next_signature(root: Path) -> None:
    root.mkdir()
    (root / "signatures.csv").write_bytes(PLAIN_HEADER + LINE + b"\r\n")
    assert read_signatures(root) == (ONE,)
    before = SIGNATURES.state(root)
    plain = PLAIN_HEADER + LINE + b"\r\n"
    assert before == RegisterState("signatures.csv", len(plain), sha256(plain).decode())
    sign(root, OTHER)
    assert read_signatures(root) == (ONE, OTHER)
    assert (root / "signatures.csv").read_bytes().startswith(HEADER + LINE + b"," + sha256(HEADER) + b"\r\n")
    assert before is not None
    assert SIGNATURES.holds(root, before), "what a revision recorded before the rewriting still holds"
    rewritten = (root / "signatures.csv").read_bytes()
    sign(root, replace(OTHER, by="Third"))
    assert (root / "signatures.csv").read_bytes().startswith(rewritten)


CHANGES = {
    "a name changed": lambda lines: [lines[0], lines[1].replace(b"Somchai", b"Somying"), *lines[2:]],
    "the first taken out": lambda lines: [lines[0], *lines[2:]],
    "one in the middle taken out": lambda lines: [*lines[:2], *lines[3:]],
    "two swapped": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "one twice": lambda lines: [*lines, lines[-1]],
    "the last cut": lambda lines: [*lines[:-1], lines[-1][:-1]],
    "the header changed": lambda lines: [lines[0].replace(b"note", b"mote"), *lines[1:]],
    "other line breaks": lambda lines: [line.replace(b"\r\n", b"\n") for line in lines],
    "the last one's previous": lambda lines: [*lines[:-1], lines[-1][:-10] + b"0" * 8 + b"\r\n"],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_line_that_was_changed_or_taken_out_is_damage(
    root: Path, change: Callable[[list[bytes]], list[bytes]]
) -> None:
    sign(root, ONE, OTHER, replace(ONE, by="Third"))
    path = root / "signatures.csv"
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    with pytest.raises(DamagedError, match=r"signatures\.csv"):
        read_signatures(root)
    with pytest.raises(DamagedError, match=r"signatures\.csv"):
        sign(root, OTHER)


def test_the_end_cut_off_and_all_written_again_is_found_by_what_a_revision_recorded(root: Path) -> None:
    sign(root, ONE, OTHER)
    state = SIGNATURES.state(root)
    assert state is not None
    assert SIGNATURES.holds(root, state)
    sign(root, replace(ONE, by="Third"))
    assert SIGNATURES.holds(root, state)
    whole = (root / "signatures.csv").read_bytes()
    (root / "signatures.csv").write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
    assert read_signatures(root) == (ONE,)
    assert not SIGNATURES.holds(root, state)
    (root / "signatures.csv").unlink()
    assert not SIGNATURES.holds(root, state)
    sign(root, replace(ONE, by="Somebody else"), OTHER, OTHER)
    assert not SIGNATURES.holds(root, state)


def test_what_no_reader_could_open_is_not_written(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(root, ONE)
    before = (root / "signatures.csv").read_bytes()
    monkeypatch.setattr(registers, "LARGEST", len(before) + 10)
    with pytest.raises(StorageError, match="at most"):
        sign(root, OTHER)
    assert (root / "signatures.csv").read_bytes() == before


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-", "@a", "＝1", " =1", "'quoted'", 'say "x"', "a,b", "ก"])
def test_text_of_a_person_is_inert_and_comes_back(root: Path, text: str) -> None:
    sign(root, replace(ONE, by=text, note=text))
    assert read_signatures(root)[0] == replace(ONE, by=text, note=text)
    assert not any(
        cell.lstrip().startswith(tuple("=+-@＝")) for cell in (root / "signatures.csv").read_text().split(",")
    )


def test_control_characters_go(root: Path) -> None:
    sign(root, replace(ONE, note="a\r\n2026-06-05,b\x00\x1b[31m"))
    assert read_signatures(root)[0].note == "a2026-06-05,b[31m"


def test_a_full_disk_leaves_the_file_as_it_was(root: Path) -> None:
    sign(root, ONE)
    before = (root / "signatures.csv").read_bytes()
    system = FailingFileSystem()
    with open_for_writing(root, started=STARTED, file_system=system) as writer:
        system.fail_at = len(system.calls) + 3
        with pytest.raises(StorageError, match="No space left"):
            append_signature(writer, OTHER)
    assert (root / "signatures.csv").read_bytes() == before


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"a,b\r\n",
        b'"',
        b"signed_at,period,revision,head,role,by,note\r\nx\r\n",
        b"signed_at,period,revision,head,role,by,note\r\n,2026-13,1," + b"0" * 64 + b",preparer,a,\r\n",
        b"signed_at,period,revision,head,role,by,note\r\n,2026-05,x," + b"0" * 64 + b",preparer,a,\r\n",
        b"signed_at,period,revision,head,role,by,note\r\n,2026-05,0," + b"0" * 64 + b",preparer,a,\r\n",
        b"signed_at,period,revision,head,role,by,note\r\n,2026-05,1,0,preparer,a,\r\n",
        b"signed_at,period,revision,head,role,by,note\r\n,2026-05,1," + b"0" * 64 + b",boss,a,\r\n",
    ],
)
def test_what_is_no_list_of_signatures_is_damage(root: Path, data: bytes) -> None:
    root.mkdir()
    (root / "signatures.csv").write_bytes(data)
    with pytest.raises(DamagedError, match=r"signatures\.csv"):
        read_signatures(root)


def test_a_link_is_not_followed(root: Path, tmp_path: Path) -> None:
    sign(root, ONE)
    (root / "signatures.csv").rename(tmp_path / "elsewhere")
    (root / "signatures.csv").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DamagedError, match="link"):
        read_signatures(root)
