"""``journal.xlsx``: the rows of ``journal.csv``, a sheet a company; what is reported foots to the journal's legs."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from openpyxl import load_workbook

from chargeback.config import AccountEntry, Config, Publish, Vendor
from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import Leg
from chargeback.publish.exports import files, journal_xlsx, month_journal, tax_csv, tax_sheets
from chargeback.publish.exports.journal_xlsx import JournalBook
from chargeback.publish.exports.tax_sheets import Seller
from tests.kit.opened import Opened, differences, needs_libreoffice
from tests.kit.small_books import CONFIG, Bill, bills, make_books, paid
from tests.kit.some import some

COMPANIES = replace(
    CONFIG,
    accounts=(AccountEntry("ba_123", company="Acme Co., Ltd."), AccountEntry("1042", company="บริษัท อะคมี จำกัด")),
    vendor=Vendor("Moon Rhythm Co., Ltd.", "0105500000000", "00000"),
)
PAID = (
    paid(),
    paid("INV-2026-0003", withheld=0, receipt="DPLY-RC-202605-0002"),
    paid("0007", account="1042", currency="USD", total=5_000, tax=0, tax_pending=0, withheld=150, tax_id=""),
)


def exported(
    config: Config = COMPANIES,
    settlements: tuple[SettlementRecord, ...] = PAID,
    revision: int = 1,
    before: bytes | None = None,
) -> dict[str, bytes]:
    books = make_books(bills(), revision=revision, settlements=settlements)
    return {path: b"".join(chunks) for path, chunks in files(books, config, before)}


def sheets(data: bytes) -> Mapping[str, list[tuple[Any, ...]]]:
    """Each sheet's rows as values."""
    book = load_workbook(BytesIO(data), data_only=True)
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode("utf-8-sig"), newline="")))


def as_written(name: str, value: Any, digits: int) -> str:
    """A cell as the CSV would write it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if name in ("tax_base", "debit", "credit"):
        return f"{Decimal(str(value)):.{digits}f}"
    assert isinstance(value, str), f"{name} is no text"
    return value


DIGITS = {"THB": 2, "USD": 2, "JPY": 0}


def test_a_company_has_a_sheet_with_its_rows_of_the_csv_and_identifiers_are_text() -> None:
    made = exported()
    found = sheets(made["exports/journal.xlsx"])
    assert list(found) == ["Acme Co., Ltd.", "บริษัท อะคมี จำกัด", "Input VAT", "Withholding"]
    rows = csv_rows(made["exports/journal.csv"])
    for company in ("Acme Co., Ltd.", "บริษัท อะคมี จำกัด"):
        heading, *others = found[company]
        shown = [
            {
                name: as_written(str(name), value, DIGITS[str(row[heading.index("currency")])])
                for name, value in zip(heading, row, strict=True)
            }
            for row in others
        ]
        assert shown == some([row for row in rows if row["company"] == company])


def test_reported_tax_foots_to_the_legs_of_the_journal() -> None:
    journal = list(month_journal(make_books(bills(), settlements=PAID), COMPANIES).rows())
    found = sheets(exported()["exports/journal.xlsx"])

    def leg(which: Leg, currency: str) -> Decimal:
        return sum((row.amount for row in journal if row.leg is which and row.currency == currency), Decimal(0))

    def total(sheet: str, label: str, place: int) -> Decimal:
        (row,) = [row for row in found[sheet] if row[2] == label]
        return Decimal(str(row[place]))

    assert total("Input VAT", "Total THB", 7) == leg(Leg.INPUT_VAT, "THB") == Decimal(14)
    assert total("Withholding", "Total THB", 8) == -leg(Leg.WITHHOLDING, "THB") == Decimal(3)
    assert total("Withholding", "Total USD", 8) == -leg(Leg.WITHHOLDING, "USD") == Decimal("1.5")


def test_the_seller_and_the_receipt_stand_on_the_report_as_text() -> None:
    rows = sheets(exported()["exports/journal.xlsx"])["Input VAT"]
    (row,) = [row for row in rows if row[2] == "DPLY-RC-202605-0001"]
    assert row[3:9] == ("Moon Rhythm Co., Ltd.", "0105500000000", "00000", 100, 7, "THB")
    assert row[1] == datetime(2026, 5, 20)


@pytest.mark.parametrize(
    ("language", "headings"),
    [("en", ["Value added tax"]), ("th", ["จำนวนเงินภาษีมูลค่าเพิ่ม"]), ("both", ["จำนวนเงินภาษีมูลค่าเพิ่ม", "Value added tax"])],
)
def test_headings_are_in_the_configured_language(language: Any, headings: list[str]) -> None:
    config = replace(COMPANIES, publish=Publish(language=language))
    rows = sheets(exported(config)["exports/journal.xlsx"])["Input VAT"]
    assert [row[7] for row in rows if isinstance(row[7], str)] == headings


def test_a_journal_without_entries_has_its_headings_and_says_that_nothing_is_to_be_reported() -> None:
    books = make_books([])
    ((_, data),) = [
        (path, b"".join(each)) for path, each in files(books, CONFIG, None) if path == "exports/journal.xlsx"
    ]
    found = sheets(data)
    assert list(found) == ["Journal", "Input VAT", "Withholding"]
    assert found["Journal"][0][0] == "entry"
    assert "Nothing to report." in {row[0] for row in found["Input VAT"]}


@pytest.mark.parametrize(
    ("companies", "names"),
    [
        (["A/B:C*?[x]\\", "Input VAT", "input vat"], ["A-B-C---x--", "Input VAT 2", "input vat 3"]),
        (["'quoted'", "History", "x" * 40, "x" * 41], ["History 2", "quoted", "x" * 31, f"{'x' * 29} 2"]),
    ],
)
def test_a_company_may_have_any_name(companies: list[str], names: list[str]) -> None:
    row = next(month_journal(make_books(bills()), CONFIG).rows())
    rows = [row._replace(company=company) for company in companies]
    made = JournalBook("p", "2026-05", 1, "2026-06-01T00:00:00Z", rows, (), Seller("", "", ""), "en")
    assert sorted(list(sheets(b"".join(journal_xlsx.chunks(made))))[:-2]) == sorted(names)


def test_more_companies_than_a_workbook_has_sheets_for_are_on_one() -> None:
    row = next(month_journal(make_books(bills()), CONFIG).rows())
    companies = [f"Company {number:03d}" for number in range(journal_xlsx.MOST_COMPANIES)]
    for more, count in ((0, journal_xlsx.MOST_COMPANIES), (1, 1)):
        rows = [row._replace(company=company) for company in [*companies, *["One more"] * more, *companies[:3]]]
        made = JournalBook("p", "2026-05", 1, "2026-06-01T00:00:00Z", rows, (), Seller("", "", ""), "en")
        found = sheets(b"".join(journal_xlsx.chunks(made)))
        assert len(found) - 2 == count, "there is a sheet for each of more companies than anybody looks through"
        written = [each[2] for name, sheet in found.items() if name not in tax_sheets.NAMES for each in sheet[1:]]
        assert Counter(written) == Counter(each.company for each in rows), "a row of the journal is lost"


def test_rows_that_one_sheet_does_not_hold_go_on_on_a_further_one() -> None:
    rows = list(month_journal(make_books(bills()), COMPANIES).rows())
    made = JournalBook("p", "2026-05", 1, "2026-06-01T00:00:00Z", rows, (), Seller("", "", ""), "en")
    found = sheets(b"".join(journal_xlsx.chunks(made, most=3)))
    assert sum(len(sheet) - 1 for name, sheet in found.items() if name not in ("Input VAT", "Withholding")) == len(rows)
    assert "Acme Co., Ltd. 2" in found


def test_from_the_second_revision_on_the_change_is_a_workbook_too() -> None:
    first = exported()
    moved = replace(COMPANIES, journal=replace(COMPANIES.journal, payable="2111"))
    second = exported(moved, revision=2, before=first["exports/journal.csv"])
    found = sheets(second["exports/journal-change.xlsx"])
    heading, *rows = found["Acme Co., Ltd."]
    amounts = csv_rows(second["exports/journal-change.csv"])
    assert len(rows) == len([row for row in amounts if row["company"] == "Acme Co., Ltd."]) > 0
    assert {row[heading.index("event")] for row in rows} == {"correction"}


def test_two_invoices_of_one_number_are_reported_with_both_bases() -> None:
    records = (paid(), paid(invoice="inv_other", total=21_400, tax=1_400, tax_pending=1_400))
    journal = month_journal(make_books([Bill("ba_123", "X", ())], settlements=records), CONFIG).rows()
    (entry,) = tax_csv.entries(journal, records)
    assert (entry.base, entry.tax) == (Decimal("300.00"), Decimal("21.00"))


@needs_libreoffice
@pytest.mark.parametrize("language", ["en", "both"])
def test_the_workbook_recalculates_to_what_it_stores(language: Any, tmp_path: Path) -> None:
    config = replace(COMPANIES, publish=Publish(language=language))
    data = exported(config)["exports/journal.xlsx"]
    assert differences(Opened.of([data]), tmp_path) == []
