"""Each rule altered alone in the second opinion is noticed by the comparison: a rule that is not, is not proved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType
from typing import Any

import pytest

from . import worlds
from .alterations import ALTERATIONS, Alteration, altered
from .test_against_month_end import first

UNALTERED = Alteration("nothing", "booking", "USAGE_DIGITS = 6", "USAGE_DIGITS = 6")
TELLING = 1_500
"""So many months are gone through by every run of the tests, as far as the first that shows the alteration."""
TELLING_NIGHTLY = 4_000
RARE = {
    "uncovered days come last": (3104, 5344, 6728),
    "only lines are counted twice": (1344, 4275),
}
"""By rule, the seeds that show an alteration which few months show."""
SEVERAL = 3
Result = tuple[int, dict[str, bytes], Counter[str]]


@lru_cache(maxsize=TELLING)
def as_the_job_books_it(seed: int) -> Result:
    """Exit code, ledgers and checks of the month of that seed by the job."""
    code, ledgers, checks = first(worlds.random_month(seed))
    return code, ledgers, Counter(map(repr, checks.elements()))


def as_booked_by(booking: ModuleType, findings: ModuleType, seed: int) -> Result | str:
    """The same by a copy of the second opinion; what it failed with where it cannot book the month at all."""
    try:
        books = booking.Booking(worlds.random_month(seed))
        return 0, books.files(), Counter(map(repr, findings.result_of(books)))
    except Exception as error:  # an altered rule may break what follows from it: that is noticed too
        code: Any = getattr(error, "code", None)
        return repr(error) if code is None else (code, {}, Counter())


def seeds_that_show(alteration: Alteration, seeds: Iterable[int]) -> Iterable[int]:
    """The seeds whose month an altered copy and the job book differently."""
    with altered(alteration) as (booking, findings):
        for seed in seeds:
            if as_booked_by(booking, findings, seed) != as_the_job_books_it(seed):
                yield seed


def test_a_copy_without_an_alteration_agrees_with_the_job() -> None:
    assert list(seeds_that_show(UNALTERED, range(50))) == []


def test_each_rule_is_altered_once() -> None:
    rules = Counter(alteration.rule for alteration in ALTERATIONS)
    assert [rule for rule, count in rules.items() if count > 1] == []
    assert len({alteration[1:] for alteration in ALTERATIONS}) == len(ALTERATIONS) >= 100


@pytest.mark.parametrize("alteration", ALTERATIONS, ids=[alteration.rule for alteration in ALTERATIONS])
def test_an_altered_rule_is_noticed(alteration: Alteration) -> None:
    seeds = RARE.get(alteration.rule, range(TELLING))
    assert next(iter(seeds_that_show(alteration, seeds)), None) is not None


@pytest.mark.nightly
@pytest.mark.parametrize("alteration", ALTERATIONS, ids=[alteration.rule for alteration in ALTERATIONS])
def test_an_altered_rule_is_noticed_in_several_months(alteration: Alteration) -> None:
    seeds = RARE.get(alteration.rule, range(TELLING_NIGHTLY))
    wanted = min(SEVERAL, len(seeds))
    noticed = iter(seeds_that_show(alteration, seeds))
    assert len([seed for seed, _ in zip(noticed, range(wanted), strict=False)]) == wanted
