"""Signatures: appended, never rewritten, inert in a spreadsheet, checked when read."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chargeback.archive.signatures import Signature, append_signature, read_signatures
from chargeback.archive.writer import open_for_writing
from chargeback.errors import DamagedError, StorageError

from .small_archives import STARTED, FailingFileSystem, QuickFileSystem

ONE = Signature("2026-06-05T02:00:00Z", "2026-05", 1, "0" * 64, "preparer", "Somchai", "looked at, all of it")
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


def test_bytes_are_those_of_a_ledger(root: Path) -> None:
    sign(root, ONE)
    assert (root / "signatures.csv").read_bytes() == (
        b"\xef\xbb\xbfsigned_at,period,revision,head,role,by,note\r\n"
        b"2026-06-05T02:00:00Z,2026-05,1," + b"0" * 64 + b',preparer,Somchai,"looked at, all of it"\r\n'
    )


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
