"""No right month cries wolf: every currency, basis, shape, tolerance, zone and way to write a day ends with 0."""

from __future__ import annotations

import pytest

from chargeback.sandbox.dialect import Kind
from tests.kit.some import some

from .answers import Month
from .judged import described, smallest
from .judging import Verdict, closed
from .right_months import Limits, right_month
from .sandbox_months import NOWS, right_scenarios, sandbox_month

PARTS = 8
MONTHS = 50
MONTHS_NIGHTLY = 2_500


def alarm(seed: int, limits: Limits | None = None) -> tuple[Month, Verdict] | None:
    """The right month of the seed, where it does not end with 0."""
    month = right_month(seed, limits)
    verdict = closed(month)
    return (month, verdict) if verdict.exit else None


def assert_no_alarm(seeds: range) -> None:
    """Each of these months ends with 0; the smallest that does not is written out."""
    alarms = [(seed, found[1]) for seed in seeds if (found := alarm(seed))]
    if alarms:
        seed, verdict = alarms[0]
        small = smallest(lambda limits, other: _told(alarm(other, limits)))
        pytest.fail(f"{len(alarms)} of {len(seeds)} right months are none, as seed {seed}: {verdict}\n{small}")


def _told(found: tuple[Month, Verdict] | None) -> tuple[Month, str] | None:
    return (found[0], str(found[1])) if found else None


@pytest.mark.parametrize("part", range(PARTS))
def test_a_right_month_ends_with_0(part: int) -> None:
    assert_no_alarm(range(part * MONTHS, (part + 1) * MONTHS))


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
def test_many_right_months_end_with_0(part: int) -> None:
    assert_no_alarm(range(10_000 + part * MONTHS_NIGHTLY, 10_000 + (part + 1) * MONTHS_NIGHTLY))


@pytest.mark.parametrize(("name", "kind"), right_scenarios())
def test_a_right_month_of_the_sandbox_ends_with_0(name: str, kind: Kind) -> None:
    for now in some(NOWS):
        month = sandbox_month(name, kind, now)
        verdict = closed(month)
        assert verdict.exit == 0, "\n".join([f"{name} {kind} {now}: {verdict}", *described(month)])
