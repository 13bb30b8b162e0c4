"""Which checks make a new result, and which do not (BOOKING 7)."""

from __future__ import annotations

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from chargeback.job.same_result import differing_checks
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.publish.reconciliation import check_row

TOTAL = Check(
    Code.REPORT_TOTAL, Outcome.PASS, "equal", "A", "", None, Decimal("100.00"), Decimal("100.001"), Decimal("0.001"),
    Decimal("0.05"), "THB",
)  # fmt: skip


def check(outcome: Outcome, code: Code = Code.OWNERSHIP, subject: str = "", **fields: Any) -> Check:
    about = Subject(SubjectKind.PROJECT, subject) if subject else None
    return Check(code, outcome, fields.pop("message", "said"), "A", subject=about, **fields)


def total(actual: str, outcome: Outcome = Outcome.PASS) -> Check:
    return Check(
        Code.REPORT_TOTAL, outcome, "other words", "A", "", None, Decimal(100), Decimal(actual), Decimal(actual) - 100,
        Decimal("9"), "THB",
    )  # fmt: skip


PASS, NOTICE, EXCEPTION = (check(outcome) for outcome in (Outcome.PASS, Outcome.NOTICE, Outcome.EXCEPTION))


@pytest.mark.parametrize(("before", "after", "differs"), [
    ([], [], False),
    ([PASS], [PASS], False),
    ([PASS], [check(Outcome.PASS, message="in other words")], False),
    ([PASS], [NOTICE], False),
    ([PASS], [], False),
    ([], [NOTICE], False),
    ([PASS, NOTICE], [PASS], False),
    ([NOTICE], [NOTICE, NOTICE, PASS], False),
    ([PASS], [EXCEPTION], True),
    ([], [EXCEPTION], True),
    ([EXCEPTION], [], True),
    ([EXCEPTION], [EXCEPTION, EXCEPTION], True),
    ([EXCEPTION], [check(Outcome.ACCEPTED)], True),
    ([PASS, EXCEPTION], [EXCEPTION], False),
    ([TOTAL], [total("100.004")], False),
    ([TOTAL], [total("100.01")], True),
    ([TOTAL], [total("100.001", Outcome.EXCEPTION)], True),
    ([TOTAL, total("7")], [TOTAL], False),
    ([check(Outcome.NOTICE, Code.HISTORY)], [check(Outcome.PASS, Code.HISTORY)], False),
    ([], [check(Outcome.EXCEPTION, Code.HISTORY)], False),
])  # fmt: skip
def test_outcomes_and_amounts_in_minor_units_count_and_a_pass_of_one_side_alone_does_not(
    before: list[Check], after: list[Check], differs: bool
) -> None:
    archived = json.dumps(
        {"schema": 1, "accepted": {"count": 0, "amounts": []}, "checks": [check_row(each) for each in before]}
    ).encode()
    latest: Any = SimpleNamespace(interpret=lambda path, decode: decode(archived))
    books: Any = SimpleNamespace(checks=tuple(after))
    assert bool(differing_checks(books, latest)) is differs
