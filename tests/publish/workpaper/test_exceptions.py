"""*Exceptions*: what, how much, and where to look."""

from __future__ import annotations

from msgspec.structs import replace

from chargeback.model.check import Cause, Code, Outcome
from chargeback.publish.workpaper import workpaper
from tests.kit import sample
from tests.kit.opened import Opened
from tests.publish.workpaper.papers import paper, table


def test_exceptions_say_what_how_much_and_where_to_look() -> None:
    rows = list(table(paper(), "Exceptions"))
    told = list(sample.books().having(Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE))
    assert len(rows) == len(told)
    (footing,) = [row for row in rows if row["Check"] == "invoice-footing"]
    assert (footing["Outcome"], footing["Variance [R]"], footing["Currency"]) == ("accepted", -3.67, "THB")
    assert "ticket 4711" in footing["What was found"]
    assert all(row["Where to look"] for row in rows)


def test_a_cause_stands_by_itself() -> None:
    books, config = sample.books(), sample.config()
    check = next(check for check in books.checks if check.code is Code.REPORT_TOTAL and check.account == "ba_thai")
    told = replace(check, cause=Cause.UNCOVERED_DAYS)
    checks = tuple(told if other is check else other for other in books.checks)
    ((_, chunks),) = workpaper(replace(books, checks=checks), config, sample.evidence())
    rows = [row for row in table(Opened.of(chunks), "Exceptions") if row["Check"] == "report-total"]
    assert [row["Cause"] for row in rows] == ["uncovered-days"]
