"""``journal.csv``: its bytes, and that reading gives the rows written."""

from __future__ import annotations

import csv
import re
from io import StringIO
from pathlib import Path

import pytest

from chargeback.errors import DamagedError
from chargeback.model.bookkeeping import JOURNAL_COLUMNS
from chargeback.model.journal import Event, JournalRow
from chargeback.publish.exports import journal_csv, month_journal
from tests.kit.small_books import CONFIG, make_books, paid


def rows() -> list[JournalRow]:
    return list(month_journal(make_books(settlements=(paid(),)), CONFIG).rows())


def written() -> bytes:
    return b"".join(journal_csv.chunks(rows()))


def test_file_has_a_byte_order_mark_and_lines_that_end_as_rfc_4180_says() -> None:
    text = written().decode("utf-8")
    assert text.startswith(
        "\ufeffentry,event,company,posting_date,document_date,account,tax_id,invoice,receipt,concerns,"
    )
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")


def test_accruals_read_back_are_the_accruals_written() -> None:
    accruals = [row for row in rows() if row.event is Event.ACCRUAL]
    assert journal_csv.accruals(written()) == accruals and len(accruals) < len(rows())


def test_a_journal_of_0_2_is_read_as_accruals() -> None:
    data = (
        "entry,posting_date,document_date,account,tax_id,invoice,receipt,team,cost_center,gl_account,debit,credit,"
        "currency,memo\r\n"
        'e,2026-05-31,,a,,I,,web,CC,6420,10.00,,THB,"Cost of team Payable"\r\n'
        'e,2026-05-31,,a,,I,,,,1154,0.70,,THB,"Input VAT, invoice I"\r\n'
        'e,2026-05-31,,a,,I,,,,2110,,10.40,THB,"Payable to deploys.app, invoice I"\r\n'
        'e,2026-05-31,,a,,I,,,,2160,,0.30,THB,"Withholding tax to pay over, invoice I"\r\n'
    )
    found = [(row.leg.value, row.gl_account, str(row.amount)) for row in journal_csv.accruals(data.encode())]
    assert found == [
        ("Cost", "6420", "10.00"),
        ("Input VAT", "1154", "0.70"),
        ("Payable", "2110", "-10.40"),
        ("Withholding tax", "2160", "-0.30"),
    ]


def test_one_side_has_the_amount_with_its_minor_digits_and_none_is_negative() -> None:
    found = list(csv.DictReader(StringIO(written().decode("utf-8-sig"), newline="")))
    assert all(bool(row["debit"]) != bool(row["credit"]) for row in found)
    assert not any("-" in row["debit"] + row["credit"] for row in found)
    sides = {row["currency"]: row["debit"] or row["credit"] for row in found}
    assert (sides["THB"], sides["USD"], sides["JPY"]) == ("104.00", "10.00", "550")


def test_file_without_rows_is_a_heading() -> None:
    assert b"".join(journal_csv.chunks([])).decode("utf-8-sig") == ",".join(JOURNAL_COLUMNS) + "\r\n"
    assert journal_csv.accruals(b"".join(journal_csv.chunks([]))) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe",
        b"entry,debit\r\n1,2\r\n",
        written().replace(b",900.01,", b",nine,"),
        written().replace(b",accrual,", b",accrued,").replace(b"event", b"x"),
        written() + b'2026,"',
    ],
)
def test_bytes_that_are_no_journal_are_damage(data: bytes) -> None:
    with pytest.raises(DamagedError, match=r"exports/journal\.csv of the revision before is not a journal"):
        journal_csv.accruals(data)


def test_the_rules_have_the_columns_in_order_and_explain_each() -> None:
    text = (Path(__file__).parents[3] / "docs" / "rules" / "interface.md").read_text(encoding="utf-8")
    listed = re.search(r"`exports/journal\.csv` has the columns `([^`]+)`", text)
    assert listed is not None
    assert tuple(re.split(r",\s+", listed[1])) == JOURNAL_COLUMNS
    explained = text.partition("- **6.2**")[2].partition("- **6.3**")[0]
    assert [name for name in JOURNAL_COLUMNS if f"`{name}`" not in explained and name != "currency"] == []
