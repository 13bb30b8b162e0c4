"""*Tie-out*: its verdicts are those of the checks."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.model.check import Code, Outcome
from tests.kit import sample
from tests.publish.workpaper.papers import paper, table


@pytest.mark.parametrize(("code", "sheet"), [(Code.REPORT_PROJECT, "Tie-out"), (Code.REPORT_RESOURCE, "Tie-out")])
def test_the_tie_outs_verdicts_are_the_checks(code: Code, sheet: str) -> None:
    checks = {(check.account, check.subject_name): check for check in sample.books().checks if check.code is code}
    found = 0
    for row in table(paper(), sheet):
        check = checks.get((row["Account"], row["Project or resource"]))
        if check is not None and check.actual is not None:
            found += 1
            assert row["Outcome of the check"] == check.outcome.value
            assert row["Recomputed"] == ("agrees" if check.outcome is Outcome.PASS else "differs")
            assert Decimal(str(row["Invoice lines [F]"])) == check.expected
            assert row["Usage report [E]"] == round(float(check.actual), 9)
    assert found
