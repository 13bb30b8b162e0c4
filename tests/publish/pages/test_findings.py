"""Findings: grouped by check, all counted, the largest listed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from chargeback.model.catalogue import CATALOGUE, operator_remedy
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.publish.pages.findings import FIRST_FINDINGS, MOST_FINDINGS, finding_groups
from tests.kit import page_months


def _check(variance: str | None = None, **more: Any) -> Check:
    amounts = {"variance": Decimal(variance), "currency": "THB"} if variance else {}
    return Check(Code.REPORT_PROJECT, Outcome.EXCEPTION, "they differ", **amounts, **more)


def _groups(checks: list[Check]) -> tuple:
    books = page_months.small_month(clean=True).books
    return finding_groups(replace(books, checks=tuple(checks)), Outcome.EXCEPTION)


def test_every_check_has_a_title_and_a_remedy() -> None:
    assert list(CATALOGUE) == list(Code)
    assert all(map(operator_remedy, Code))


def test_remedies_speak_to_finance_and_no_remedy_quotes_a_table_of_the_configuration() -> None:
    remedies = [entry.remedy for entry in CATALOGUE.values()]
    assert not any("config.toml" in text or "chargeback" in text for text in remedies)
    assert not any("[" in text for text in (*remedies, *map(operator_remedy, Code)))


def test_all_are_counted_and_the_largest_are_listed() -> None:
    checks = [_check(f"-{place}.00", subject=Subject(SubjectKind.PROJECT, f"p{place}")) for place in range(1, 101)]
    (group,) = _groups(checks)
    assert (group.count, len(group.findings), group.more) == (100, MOST_FINDINGS, 60)
    assert group.findings[0].subject == "p100"
    assert group.more_amount == f"{sum(range(1, 61)):,}.00 THB"
    assert len(group.first) == FIRST_FINDINGS
    assert len(group.first) + len(group.folded) == MOST_FINDINGS


def test_one_more_than_fits_is_shown_rather_than_counted() -> None:
    (group,) = _groups([_check("1.00")] * (MOST_FINDINGS + 1))
    assert (group.more, len(group.findings)) == (0, MOST_FINDINGS + 1)
    (small,) = _groups([_check("1.00")] * (FIRST_FINDINGS + 1))
    assert small.folded == ()
    assert len(small.first) == FIRST_FINDINGS + 1


def test_groups_come_in_the_order_of_the_checks_and_without_amounts_none_is_made_up() -> None:
    groups = _groups([replace(_check(), code=Code.OWNERSHIP), _check("0.10"), replace(_check(), code=Code.INVOICE_TAX)])
    assert [group.code for group in groups] == ["invoice-tax", "report-project", "ownership"]
    assert groups[0].findings[0].figures == ()
    assert groups[1].findings[0].figures == (("Variance", "0.10"),)
