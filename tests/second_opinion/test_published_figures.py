"""Every published figure against the second opinion's ledger, which follows from the evidence and the rules alone.

The files of a revision each say the month in their own way. A figure that agreed with the program's ledger but not with
the evidence would be found by no comparison within the program.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from decimal import Decimal
from functools import cache
from html import unescape
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest

from chargeback import config, month_end
from chargeback.publish import revision_files
from tests.kit.some import some

from .booking import Booking
from .test_months import CASES, MONTHS, evidence_in, month_in

Sums = Counter[tuple[str, str]]


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


@cache
def published(case: str) -> dict[str, bytes]:
    """Every file that follows from the case's evidence."""
    folder = MONTHS / case
    settings = config.parse((folder / "config.toml").read_bytes(), folder / "config.toml")
    evidence = evidence_in(folder)
    files = revision_files.files(month_end.close_month(evidence, settings), settings, evidence)
    return {path: b"".join(chunks) for path, chunks in files}


@cache
def reckoned(case: str) -> list[dict[str, str]]:
    """The month's lines by the second opinion."""
    return rows_of(Booking(month_in(MONTHS / case)).files()["ledgers/all.csv"])


def added(case: str, amount: str, key: str) -> Sums:
    """The second opinion's amounts by a column and the currency, without what comes to nothing."""
    sums: dict[tuple[str, str], Decimal] = {}
    for row in reckoned(case):
        place = row[key], row["currency"]
        sums[place] = sums.get(place, Decimal(0)) + Decimal(row[amount])
    return Counter({place: total for place, total in sums.items() if total})  # type: ignore[misc]


def summed(rows: list[tuple[str, str, Any]]) -> Sums:
    sums: dict[tuple[str, str], Decimal] = {}
    for name, currency, amount in rows:
        sums[name, currency] = sums.get((name, currency), Decimal(0)) + Decimal(str(amount))
    return Counter({place: total for place, total in sums.items() if total})  # type: ignore[misc]


def sheet_rows(data: bytes, sheet: str) -> list[dict[str, Any]]:
    """The rows of a workbook's sheet below its heading, values as they are kept."""
    rows = openpyxl.load_workbook(io.BytesIO(data), data_only=True)[sheet].iter_rows(values_only=True)
    heading = [str(cell) for cell in next(rows)]
    return [dict(zip(heading, row, strict=True)) for row in rows if row[0] is not None]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("amount", ["net", "tax", "gross"])
def test_ledgers_workbooks_and_warehouse_say_what_the_evidence_gives(case: str, amount: str) -> None:
    files = published(case)
    for key in ("team", "project", "account", "invoice"):
        expected = added(case, amount, key)
        table = pq.read_table(io.BytesIO(files["exports/ledger.parquet"]), columns=[key, "currency", amount])
        assert summed([(row[key], row["currency"], row[amount]) for row in table.to_pylist()]) == expected
        lines = sheet_rows(files["ledgers/all.xlsx"], "Lines")
        assert summed([(line[key] or "", line["currency"], line[amount]) for line in lines]) == expected
    for team in some({row["team"] for row in reckoned(case)}):
        own = [row for row in reckoned(case) if row["team"] == team]
        expected = summed([(team, row["currency"], row[amount]) for row in own])
        made = rows_of(files[f"ledgers/{team}.csv"])
        assert summed([(row["team"], row["currency"], row[amount]) for row in made]) == expected
        lines = sheet_rows(files[f"ledgers/{team}.xlsx"], "Lines")
        assert summed([(line["team"], line["currency"], line[amount]) for line in lines]) == expected


@pytest.mark.parametrize("case", CASES)
def test_exports_say_what_the_evidence_gives(case: str) -> None:
    files = published(case)
    gross = added(case, "gross", "invoice")
    focus = rows_of(files["exports/focus.csv"])
    assert summed([(row["InvoiceId"], row["BillingCurrency"], row["BilledCost"]) for row in focus]) == gross
    detail = rows_of(files["exports/focus-invoice-detail.csv"])
    assert summed([(row["InvoiceId"], row["BillingCurrency"], row["BilledCost"]) for row in detail]) == gross
    journal = [row for row in rows_of(files["exports/journal.csv"]) if row["event"] == "accrual"]
    payable = [row for row in journal if row["memo"].startswith("Payable")]
    owed = [
        (row["invoice"], row["currency"], Decimal(row["credit"] or 0) - Decimal(row["debit"] or 0)) for row in payable
    ]
    assert summed(owed) == gross
    costs = [row for row in journal if row["team"]]
    by_team = summed(
        [(row["team"], row["currency"], Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)) for row in costs]
    )
    assert by_team == added(case, "net", "team")


@pytest.mark.parametrize("case", CASES)
def test_summaries_and_the_reconciliation_say_what_the_evidence_gives(case: str) -> None:
    files = published(case)
    month = json.loads(files["reconciliation/month.json"])
    for amount in ("net", "gross"):
        units = [(each["team"], each["currency"], Decimal(each[amount])) for each in month["totals"]]
        shown = [(team, currency, total.scaleb(-_digits(case, currency))) for team, currency, total in units]
        assert summed(shown) == added(case, amount, "team")
    accounts = json.loads(files["reconciliation/reconciliation.json"])["accounts"]
    ledger = summed([(each["account"], each["currency"], each["ledger_total"]) for each in accounts])
    assert ledger == added(case, "gross", "account")
    lead = openpyxl.load_workbook(io.BytesIO(files["reconciliation/reconciliation.xlsx"]), data_only=True)["Lead"]
    kept = {
        Decimal(str(cell)) for row in lead.iter_rows(values_only=True) for cell in row if isinstance(cell, int | float)
    }
    assert kept >= {abs(total) * (1 if total > 0 else -1) for total in added(case, "gross", "account").values()}


@pytest.mark.parametrize("case", CASES)
def test_pages_say_what_the_evidence_gives(case: str) -> None:
    files = published(case)
    page = _numbers(files["index.html"])
    for amount in ("net", "gross"):
        assert page >= set(map(abs, added(case, amount, "team").values()))
    for team in some({row["team"] for row in reckoned(case)}):
        own = {total for (name, _), total in added(case, "net", "team").items() if name == team}
        assert _numbers(files[f"ledgers/{team}.html"]) >= set(map(abs, own))


def _booked(row: dict[str, str]) -> Decimal:
    """A leg's debit, or minus its credit."""
    return Decimal(row["debit"] or 0) - Decimal(row["credit"] or 0)


def _digits(case: str, currency: str) -> int:
    """The minor digits of a currency, as the second opinion writes its amounts."""
    return next(len(row["gross"].partition(".")[2]) for row in reckoned(case) if row["currency"] == currency)


def _numbers(page: bytes) -> set[Decimal]:
    """Every number that the page shows, without its sign."""
    text = unescape(re.sub(r"<[^>]*>", " ", page.decode()))
    return {Decimal(found.replace(",", "")) for found in re.findall(r"\d[\d,]*(?:\.\d+)?", text)}
