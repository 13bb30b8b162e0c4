"""A finding of checks keeps its id from month to month, and a decision about it holds as long as it does not grow."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.evidence import DispositionRecord
from chargeback.evidence.period import Period
from chargeback.model.check import Code, Subject, SubjectKind, covers, finding_id, is_finding_id

WEB = Subject(SubjectKind.PROJECT, "acme-web")


def decided(amount: str | None, checks: int) -> DispositionRecord:
    return DispositionRecord("F-0123456789", Period(2026, 5), 1, "known", "Ann", "2026-06-03T02:00:00Z", amount, checks)


def test_an_id_follows_from_what_the_finding_is_about() -> None:
    one = finding_id(Code.REPORT_TOTAL, "ba_1", "INV-1", WEB, "THB")
    assert is_finding_id(one)
    assert one == finding_id(Code.REPORT_TOTAL, "ba_1", "INV-1", WEB, "THB")
    others = {
        finding_id(Code.REPORT_PROJECT, "ba_1", "INV-1", WEB, "THB"),
        finding_id(Code.REPORT_TOTAL, "ba_2", "INV-1", WEB, "THB"),
        finding_id(Code.REPORT_TOTAL, "ba_1", "INV-2", WEB, "THB"),
        finding_id(Code.REPORT_TOTAL, "ba_1", "INV-1", None, "THB"),
        finding_id(Code.REPORT_TOTAL, "ba_1", "INV-1", WEB, "USD"),
        finding_id(Code.REPORT_TOTAL, "ba_1", "INV-1", WEB, "THB", "second"),
    }
    assert len({one, *others}) == 7


@pytest.mark.parametrize("text", ["", "F-012345678", "F-01234567890", "f-0123456789", "F-012345678G", "F-0123456789\n"])
def test_what_is_no_id_is_refused(text: str) -> None:
    assert not is_finding_id(text)


@pytest.mark.parametrize(
    ("then", "now", "holds"),
    [
        (("10.00", 1), ("10.00", 1), True),
        (("10.00", 1), ("9.99", 50), True),
        (("10.00", 9), ("10.01", 1), False),
        ((None, 3), (None, 3), True),
        ((None, 3), (None, 4), False),
        (("10.00", 3), (None, 1), False),
        ((None, 3), ("0.01", 1), False),
    ],
)
def test_a_decision_holds_until_the_finding_grows(
    then: tuple[str | None, int], now: tuple[str | None, int], holds: bool
) -> None:
    amount, checks = now
    assert covers(decided(*then), None if amount is None else Decimal(amount), checks) is holds
