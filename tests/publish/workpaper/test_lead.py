"""*Lead*: each account's figures by live formulas, footed, and beside those of the month before."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from chargeback.evidence import EarlierInvoice
from tests.kit import sample
from tests.kit.some import some
from tests.publish.workpaper.papers import of, paper, table, untraced


def test_the_lead_shows_the_books_by_live_formulas() -> None:
    books = sample.books()
    formulas = {cell: text for sheet, cell, text, _ in paper().formula_cells() if sheet == "Lead"}
    for number, (summary, row) in enumerate(zip(books.accounts, table(paper(), "Lead"), strict=False), start=5):
        assert row["Account"] == summary.account
        assert row["Status"] == summary.status.value
        assert Decimal(str(row["Invoice lines (Tie-out)"])).scaleb(2) == summary.line_total
        assert Decimal(str(row["Invoices (Ledger control)"])).scaleb(2) == summary.invoice_total
        assert Decimal(str(row["Ledgers (Ledger control)"])).scaleb(2) == summary.ledger_total
        assert round(float(summary.variance or 0), 9) == row["Variance: report − lines"]
        assert {f"{letters}{number}" for letters in "FGHIJKLMORST"} <= set(formulas)
    assert formulas["F5"] == "=ROUND(SUM('Tie-out'!$E$5:$E$9),2)"


def test_every_column_of_the_lead_foots_and_agrees_with_the_journal() -> None:
    rows = list(table(paper(), "Lead"))
    accounts, totals = [row for row in rows if row["No."]], [row for row in rows if not row["No."]]
    summed = [name for name, value in totals[0].items() if isinstance(value, int | float)]
    assert len(summed) == 12
    for total in some(totals):
        mine = [row for row in accounts if row["Currency"] == total["Currency"]]
        for name in summed:
            assert Decimal(str(total[name])) == sum(Decimal(str(row[name] or 0)) for row in mine), name
    assert [row["Ledgers − journal"] for row in accounts] == [0, 0]
    for row in some(accounts):
        assert round(row["Ledgers: net"] + row["Ledgers: tax"], 2) == row["Ledgers (Ledger control)"]
    assert {row["Month before: invoices"] for row in accounts} == {"not known"}


def test_the_lead_compares_with_the_invoices_of_the_month_before() -> None:
    evidence, config = sample.evidence(), sample.config()
    (month,) = evidence.run.earlier
    invoices = (EarlierInvoice("ba_thai", "i1", "INV-1", "THB", 150000, False, accrued=150000),
                EarlierInvoice("ba_thai", "i2", "INV-2", "THB", 9, True, booked=False, accrued=0))  # fmt: skip
    known = replace(month, invoices=invoices, settlements=())
    evidence = replace(evidence, run=replace(evidence.run, earlier=(known,)))
    _, book = of(evidence, config)
    thai, usd, total, _ = table(book, "Lead")
    assert (thai["Month before: invoices"], thai["Change"]) == (1500, 570)
    assert (usd["Month before: invoices"], usd["Change"]) == (0, 1166.84)
    assert (total["Month before: invoices"], total["Change"]) == (1500, 570)


def test_an_account_in_two_currencies_has_a_row_each() -> None:
    evidence, config = sample.two_currencies()
    books, book = of(evidence, config)
    rows = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert [row["Currency"] for row in rows] == ["THB", "USD"]
    assert all(row["Variance: report − lines"] is None for row in rows)
    assert book.misplaced_cells() == []
    assert len(books.accounts) == 3


def test_a_report_that_is_not_proved_has_no_total() -> None:
    evidence, config = sample.unproved_report()
    _, book = of(evidence, config)
    (row,) = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert row["Usage report (Tie-out)"] == "not proved"
    assert list(untraced(book, evidence)) == []
