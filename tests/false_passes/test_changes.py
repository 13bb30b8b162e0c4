"""Every kind of change to a right month is told: by its exit, and by what it names."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.kit.some import some

from .answers import Month
from .changes import ALONE, CHANGES, Altered, altered
from .judged import described, is_named, problem, story
from .judging import Verdict, closed
from .right_months import right_month
from .sandbox_months import NOWS, sandbox_month

SEEDS = 9
SEEDS_NIGHTLY = 400
LOOKED_AT = 200
"""Months in which a kind looks for something of its own, at most."""
COMPOUNDS = 160
COMPOUNDS_NIGHTLY = 8_000
PARTS = 8
ARCHIVED_ONLY = (
    "account inactive without its list, billed for the month before by the archive",
    "earlier invoice gone from the list",
    "earlier invoice of another total or void",
    "late invoice for an archived month",
)
"""Kinds that need an archive, which a month taken from the sandbox has none of."""
LEFTOVERS = (AssertionError, LookupError, TypeError, AttributeError, StopIteration, ValueError)
"""What a second change runs into where the first one took away what it would alter."""


REPORTED = [kind for kind in CHANGES if kind not in ALONE]


def cases(kind: str, seeds: range, enough: int, *, alone: bool = False) -> Iterator[tuple[int, Altered]]:
    """Months changed by the kind, until there are enough."""
    tried = 0
    for seed in seeds:
        change = altered(kind, right_month(seed), seed)
        if change is not None and change.alone == alone:
            tried += 1
            yield seed, change
        if tried == enough:
            return
    assert tried, f"no month of {len(seeds)} holds what {kind!r} alters"


@pytest.mark.parametrize("kind", REPORTED)
def test_a_change_is_told(kind: str) -> None:
    for seed, change in some(cases(kind, range(LOOKED_AT), SEEDS)):
        verdict = closed(change.month)
        assert not problem(change, verdict), story(kind, seed, change, verdict)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", REPORTED)
def test_a_change_is_told_in_many_months(kind: str) -> None:
    for seed, change in some(cases(kind, range(10_000, 30_000), SEEDS_NIGHTLY)):
        verdict = closed(change.month)
        assert not problem(change, verdict), story(kind, seed, change, verdict)


@pytest.mark.parametrize("kind", [kind for kind in REPORTED if kind not in ARCHIVED_ONLY])
def test_a_change_to_the_sandboxs_month_is_told(kind: str) -> None:
    for seed, month in enumerate(some(sandbox_months())):
        change = altered(kind, month, seed)
        if change is not None and not change.alone:
            verdict = closed(change.month)
            found = problem(change, verdict)
            assert not found, "\n".join([f"{kind}: {found}", change.lost, str(verdict), *described(change.month)])


@pytest.mark.parametrize("kind", ALONE)
def test_what_one_source_alone_states_is_beyond_this_proof(kind: str) -> None:
    """Where the line is drawn: should one of these be told one day, its kind belongs among the others."""
    for seed, change in some(cases(kind, range(LOOKED_AT), 4, alone=True)):
        verdict = closed(change.month)
        assert verdict.exit == 0, f"{kind}, seed {seed}: {change.lost}\n{verdict}"


def sandbox_months() -> Iterator[Month]:
    """Months of the sandbox, each kind of server and way of billing once."""
    yield sandbox_month("clean", "C", NOWS[0])
    yield sandbox_month("projects-by-id", "D", NOWS[1])
    yield sandbox_month("clean", "C", NOWS[2], seed=7)


@pytest.mark.parametrize("part", range(PARTS))
def test_changes_together_are_told(part: int) -> None:
    assert_compounds_told(range(part, COMPOUNDS, PARTS))


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
def test_many_changes_together_are_told(part: int) -> None:
    assert_compounds_told(range(COMPOUNDS + part, COMPOUNDS_NIGHTLY, PARTS))


def assert_compounds_told(seeds: range) -> None:
    """Two or three changes of one month: it never passes, and one of them is named."""
    tried = 0
    for seed in seeds:
        changes = compound(seed)
        if len(changes) > 1:
            tried += 1
            verdict = closed(changes[-1][1].month)
            assert is_told([change for _, change in changes], verdict), _compound_story(seed, changes, verdict)
    assert tried > len(seeds) / 3


def compound(seed: int) -> list[tuple[str, Altered]]:
    """Changes of the month of the seed, each made to what the one before left."""
    draw = random.Random(seed)
    month, found = right_month(seed), list[tuple[str, Altered]]()
    for kind in draw.sample(list(CHANGES), draw.choice((3, 4))):
        try:
            change = altered(kind, month, seed)
        except LEFTOVERS:
            continue
        if change is not None and not change.alone:
            found.append((kind, change))
            month = change.month
    return found


def is_told(changes: list[Altered], verdict: Verdict) -> bool:
    """Whether the month does not pass, and what is named is one of the changes, or why there are no books."""
    wanted = [each for change in changes for each in change.wanted]
    if verdict.exit in (2, 4, 6):
        return verdict.exit in {code for change in changes for code in change.exits} and bool(verdict.named)
    return verdict.exit == 3 and any(is_named(named, each) for named in verdict.named for each in wanted)


def _compound_story(seed: int, changes: list[tuple[str, Altered]], verdict: Verdict) -> str:
    told = [f"{kind}: {change.lost}" for kind, change in changes]
    return "\n".join([f"seed {seed}: {verdict}", *told, *described(changes[-1][1].month)])
