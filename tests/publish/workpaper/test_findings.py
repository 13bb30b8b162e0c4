"""*Findings*: count, amount, share and state of each."""

from __future__ import annotations

from msgspec.structs import replace

from chargeback.publish.workpaper import workpaper
from tests.kit import sample
from tests.kit.opened import Opened
from tests.kit.some import some
from tests.publish.workpaper.papers import paper, table


def test_the_summary_of_findings_has_count_amount_share_and_state_and_foots() -> None:
    books = sample.books()
    rows = {row["Finding"]: row for row in table(paper(), "Findings")}
    still_open = {finding.id for finding in books.open_findings}
    for finding in some(books.findings):
        row = rows[finding.id]
        assert (row["Checks"], row["State"]) == (finding.checks, "open" if finding.id in still_open else "accepted")
        assert row["What to do"]
    project = next(row for row in rows.values() if row["Invoice, subject"] == "acme-shop-staging")
    assert (project["Amount: Σ of variances, rounded"], project["Month's total, gross (Lead)"]) == (10, 2070)
    assert project["% of the month"] == 0.00483
    total = rows["Total THB"]
    assert total["Amount: Σ of variances, rounded"] == 23.67


def test_a_month_without_findings_says_so() -> None:
    books, config = sample.books(), sample.config()
    ((_, chunks),) = workpaper(replace(books, findings=()), config, sample.evidence())
    assert "none: no check found a difference that nobody accepted" in Opened.of(chunks).texts()
