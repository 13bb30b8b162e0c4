"""``journal.csv``: its bytes, and that reading gives the rows written."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest

from chargeback.errors import DamagedError
from chargeback.publish.exports import journal_csv
from chargeback.publish.exports.journal import Journal, JournalRow

from .small_books import CONFIG, make_books


def rows() -> list[JournalRow]:
    return list(Journal(make_books(), CONFIG).rows())


def written() -> bytes:
    return b"".join(journal_csv.chunks(rows()))


def test_file_has_a_byte_order_mark_and_lines_that_end_as_rfc_4180_says() -> None:
    text = written().decode("utf-8")
    assert text.startswith("\ufeffentry,posting_date,document_date,account,tax_id,invoice,receipt,team,cost_center,")
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_rows_read_back_are_the_rows_written() -> None:
    assert journal_csv.read(written()) == rows()


def test_one_side_has_the_amount_with_its_minor_digits_and_none_is_negative() -> None:
    found = list(csv.DictReader(StringIO(written().decode("utf-8-sig"), newline="")))
    assert all(bool(row["debit"]) != bool(row["credit"]) for row in found)
    assert not any("-" in row["debit"] + row["credit"] for row in found)
    sides = {row["currency"]: row["debit"] or row["credit"] for row in found}
    assert (sides["THB"], sides["USD"], sides["JPY"]) == ("30.00", "10.00", "550")


def test_file_without_rows_is_a_heading() -> None:
    assert b"".join(journal_csv.chunks([])).decode("utf-8-sig") == ",".join(journal_csv.COLUMNS) + "\r\n"
    assert journal_csv.read(b"".join(journal_csv.chunks([]))) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"entry,debit\r\n1,2\r\n",
        written().replace(b",900.01,", b",nine,"),
        written().replace(b"Payable", b"Payabel"),
        written() + b'2026,"',
    ],
)
def test_bytes_that_are_no_journal_are_damage(data: bytes) -> None:
    with pytest.raises(DamagedError, match=r"exports/journal\.csv of the revision before is not a journal"):
        journal_csv.read(data)


def test_documentation_names_every_column() -> None:
    text = (Path(__file__).parents[3] / "docs" / "journal.md").read_text(encoding="utf-8")
    assert [name for name in journal_csv.COLUMNS if f"`{name}`" not in text] == []
