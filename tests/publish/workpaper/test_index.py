"""*Index*: every check is counted, every sheet is named with what it is for."""

from __future__ import annotations

from chargeback.model.check import Code, Outcome
from tests.kit import sample
from tests.kit.some import some
from tests.publish.workpaper.papers import SHEETS, paper


def test_the_index_counts_every_check_and_leads_to_every_sheet() -> None:
    books = sample.books()
    rows = paper().rows("Index")
    counted = {row[0]: row[1:5] for row in rows if row[0] in set(Code)}
    for code in Code:
        outcomes = [check.outcome for check in books.checks if check.code is code]
        order = (Outcome.PASS, Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE)
        assert counted[code] == [outcomes.count(outcome) for outcome in order]
    links = [cell.hyperlink.location for row in paper().formulas["Index"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{sheet}'!A1" for sheet in SHEETS[1:]]
    for sheet in some(SHEETS[1:]):
        assert paper().formulas[sheet]["A3"].hyperlink.location == "'Index'!A1"
        assert str(paper().values[sheet]["A3"].value).startswith("← Index")


def test_each_sheet_says_what_it_is_for_whence_how_and_what_follows_and_so_does_the_index() -> None:
    index = paper().texts()
    references = []
    for sheet in some(each for each in SHEETS if each != "Index"):
        said = [str(row[0]) for row in paper().rows(sheet)][-5:]
        assert [each.partition(": ")[0] for each in said] == [
            "Working paper", "Purpose", "Source", "Procedure", "Conclusion"
        ]  # fmt: skip
        references.append(said[0].removeprefix("Working paper: ").removesuffix(f" {sheet}"))
        assert f"{references[-1]} {sheet}" in index
        assert {said[1], said[2], said[3], said[4].removeprefix("Conclusion: ")} <= index
    assert " ".join(references) == "A-1 A-2 A-3 B-1 C-1 C-2 D-1 D-2 E-1 E-2 F-1 X-1 X-2 X-3"


def test_the_index_says_the_population_and_that_nothing_was_sampled_and_has_lines_to_sign_on() -> None:
    texts, books = paper().texts(), sample.books()
    invoices, lines = (
        "3 invoices of the month, 2 of them booked",
        "8 posted invoice lines, 9 report rows, 12 ledger lines",
    )
    assert f"2 billing accounts, {invoices}, {lines}" in texts
    checks = f"{len(books.checks)} checks, {books.not_performed} of them not performed."
    assert f"100 % re-performed, no sampling: {checks}" in texts
    assert {"Prepared by", "Reviewed by", "Name", "Date", "Signature"} <= texts
