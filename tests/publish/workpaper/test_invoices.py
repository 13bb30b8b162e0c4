"""*Invoices* and *Invoice lines*: footed and taxed again."""

from __future__ import annotations

from tests.kit import sample
from tests.publish.workpaper.papers import of, paper, table, untraced


def test_invoices_are_footed_and_taxed_again() -> None:
    rows = {row["Invoice"]: row for row in table(paper(), "Invoices")}
    thai, usd, void = rows["INV-2026-0009"], rows["INV-USD-7"], rows["INV-2026-0008"]
    assert (thai["Footing [F]"], thai["Lines − header"], thai["Tax [R]"]) == ("differs", -3.67, "agrees")
    assert (thai["With-holding [R]"], thai["Withheld [E]"]) == ("agrees", 58.04)
    assert (usd["Footing [F]"], usd["They foot to"], usd["Tax [R]"]) == ("agrees", "subtotal", "agrees")
    assert (void["Status"], void["Booked = total [L]"]) == ("void", "not booked")
    assert {row["Arithmetic [X]"] for row in rows.values()} == {"agrees"}
    assert str(thai["Period from"]) == "2026-05-01 00:00:00"


def test_an_invoice_without_lines_or_detail_is_shown_as_it_is() -> None:
    evidence, config = sample.refused_detail()
    _, book = of(evidence, config)
    (row,) = [row for row in table(book, "Invoices") if row["Invoice"] == "INV-USD-7"]
    assert row["Footing [F]"] == "not performed"
    assert row["List row and detail"].startswith("the platform does not give it")
    assert list(untraced(book, evidence)) == []


def test_amounts_beyond_a_number_cell_are_texts_and_no_formula_misses_them() -> None:
    evidence, config = sample.huge_amounts()
    books, book = of(evidence, config)
    (row,) = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert row["Invoices (Ledger control)"] == "109000000000000000.07"
    assert list(untraced(book, evidence)) == []
    assert books.status.value == "exceptions"
