"""Whole runs over real HTTP: right months end with 0, altered ones as in memory, and what only a run can meet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit.some import some

from .answers import Month
from .changes import Altered, altered
from .changes_over_http import CHANGES_OVER_HTTP, altered_over_http
from .judged import described, problem
from .right_months import right_month
from .serving import run, verdict
from .test_changes import ARCHIVED_ONLY, REPORTED

RIGHT = 6
RIGHT_NIGHTLY = 300


def unarchived(seed: int) -> Month:
    """The right month of the seed, with an empty archive."""
    month = right_month(seed)
    month.known_accounts = ()
    for account in month.accounts:
        account.archived = None
    return month


def assert_right(seed: int, root: Path) -> None:
    """The month of the seed is archived with exit 0."""
    root.mkdir()
    ended = run(unarchived(seed), root)
    assert ended.exit == 0, f"seed {seed}: {verdict(ended)}"


@pytest.mark.parametrize("part", range(2))
def test_a_right_month_ends_with_0_over_http(tmp_path: Path, part: int) -> None:
    for seed in some(range(part, RIGHT, 2)):
        assert_right(seed, tmp_path / str(seed))


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(10))
def test_many_right_months_end_with_0_over_http(tmp_path: Path, part: int) -> None:
    for seed in some(range(RIGHT + part, RIGHT_NIGHTLY, 10)):
        assert_right(seed, tmp_path / str(seed))


def first(kind: str, seeds: range) -> Iterator[tuple[int, Altered]]:
    """The first month that holds what the kind alters."""
    for seed in seeds:
        make = altered_over_http if kind in CHANGES_OVER_HTTP else altered
        change = make(kind, unarchived(seed), seed)
        if change is not None and not change.alone:
            yield seed, change


def assert_told(kind: str, seed: int, change: Altered, root: Path) -> None:
    """The run ends as it must, names what is wrong, and leaves no revision where it ends with neither 0 nor 3."""
    root.mkdir()
    ended = run(change.month, root)
    told = verdict(ended)
    found = problem(change, told)
    assert not found, "\n".join(
        [f"{kind}, seed {seed}: {found}. Lost: {change.lost}", str(told), *described(change.month)]
    )
    assert (root / "archive" / change.month.period).exists() == (ended.exit == 3)


@pytest.mark.parametrize("kind", CHANGES_OVER_HTTP)
def test_what_only_a_run_can_meet_is_told(tmp_path: Path, kind: str) -> None:
    seed, change = next(first(kind, range(40)))
    assert_told(kind, seed, change, tmp_path / "run")


IN_MEMORY = [kind for kind in REPORTED if kind not in ARCHIVED_ONLY]


@pytest.mark.parametrize("kind", IN_MEMORY[::6])
def test_a_run_tells_what_is_told_in_memory(tmp_path: Path, kind: str) -> None:
    seed, change = next(first(kind, range(100)))
    assert_told(kind, seed, change, tmp_path / "run")


@pytest.mark.nightly
@pytest.mark.parametrize("kind", [*IN_MEMORY, *CHANGES_OVER_HTTP])
def test_a_run_tells_every_kind(tmp_path: Path, kind: str) -> None:
    for count, (seed, change) in enumerate(some(first(kind, range(60)))):
        assert_told(kind, seed, change, tmp_path / str(count))
