"""Names from outside as file names: what stays, what is changed, and that no two of them meet."""

from __future__ import annotations

import hashlib
import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chargeback.model.file_names import LONGEST_NAME, safe_name

PLAIN = ["ba_123", "inv_9f2c", "1042", "INV-2026-0009", "DPLY-RC-202605-0001", "a", "0", "acme-web", "x" * LONGEST_NAME]

HOSTILE = [
    "",
    ".",
    "..",
    "../../etc/passwd",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "C:\\x",
    "con",
    "CON",
    "nul",
    "com1",
    "COM1",
    "con.txt",
    "lpt9.tar.gz",
    "aux ",
    "name.",
    "name ",
    " name",
    ".hidden",
    "-rf",
    "_private",
    "a\nb",
    "a\x00b",
    "a\x7fb",
    "\u202egpj.exe",
    "zero\u200bwidth",
    "=1+1",
    "INV:2026",
    "a*b?",
    'say "x"',
    "<script>",
    "x" * 300,
    "ก" * 300,
    "บริษัท",
    "ำ",
    "é",
    "e\u0301",
    "ＡＢＣ",
    "\ud800",
    "name~0123456789abcdef",
    "Ba_123",
    "inv-2026-0009",
    "INV_2026",
]


@pytest.mark.parametrize("raw", PLAIN)
def test_common_platform_names_stay(raw: str) -> None:
    assert safe_name(raw) == raw


@pytest.mark.parametrize("raw", HOSTILE)
def test_other_names_carry_the_hash_of_the_raw_text(raw: str) -> None:
    digits = hashlib.sha256(raw.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    assert safe_name(raw).endswith(f"~{digits}")


@pytest.mark.parametrize(
    ("raw", "readable"),
    [
        ("", "name"),
        ("..", "name"),
        ("../../etc/passwd", "etc-passwd"),
        ("con.txt", "con-txt"),
        ("บริษัท ตัวอย่าง จำกัด", "บริษัท-ตัวอย่าง-จำกัด"),
        ("Café №1", "Cafe-No1"),
        ("\u202egpj.exe", "gpj-exe"),
        ("مرحبا", "name"),
        ("-rf", "rf"),
    ],
)
def test_changed_names_stay_readable(raw: str, readable: str) -> None:
    assert safe_name(raw).partition("~")[0] == readable


def test_a_name_cannot_be_chosen_to_meet_another() -> None:
    assert safe_name(safe_name("Acme")) != safe_name("Acme")


def test_names_that_differ_in_case_alone_do_not_meet() -> None:
    names = ["INV-2026-0009", "inv-2026-0009", "Inv-2026-0009", "ba_1", "BA_1", "Ba_1", "A-1", "a-1"]
    assert len({safe_name(name).casefold() for name in names}) == len(names)


def is_safe(name: str) -> bool:
    """Whether every file system takes the name as it is and nothing reads more into it."""
    return (
        re.fullmatch(r"[A-Za-z0-9\u0e01-\u0e59][A-Za-z0-9_~\u0e01-\u0e59-]*", name) is not None
        and len(name.encode()) <= LONGEST_NAME
        and re.fullmatch(r"con|prn|aux|nul|(com|lpt)\d", name, re.IGNORECASE) is None
        and unicodedata.normalize("NFC", name) == unicodedata.normalize("NFD", name) == name
    )


@pytest.mark.parametrize("raw", PLAIN + HOSTILE)
def test_listed_names_are_safe(raw: str) -> None:
    assert is_safe(safe_name(raw))


@given(st.text(st.characters(codec=None), max_size=400))
@example("\u0e31")
def test_every_name_is_safe(raw: str) -> None:
    assert is_safe(safe_name(raw))


FEW = st.text("aA1-_.~ ก\u0301é", max_size=6) | st.sampled_from(PLAIN + HOSTILE).flatmap(
    lambda name: st.sampled_from([name, name.upper(), name.lower(), name.title(), f"{name}~", f"~{name}"])
)


@given(FEW, FEW)
def test_two_names_never_meet(one: str, other: str) -> None:
    meet = safe_name(one).casefold() == safe_name(other).casefold()
    assert meet == (one == other)
