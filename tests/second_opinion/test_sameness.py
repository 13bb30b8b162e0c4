"""Whether a later run of a month has another result: both opinions say the same of every event (BOOKING 7)."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import pytest

from chargeback import config
from chargeback.errors import ChargebackError
from chargeback.job.same_result import result_digest
from chargeback.model.books import Books
from chargeback.model.invoice import InvoiceStatus

from . import first_opinion, worlds
from .alterations import COPY, OF_SAMENESS, Alteration, altered
from .answers import Month, StopError
from .booking import Booking
from .events import EVENTS
from .sameness import is_same

MONTHS = 8
"""So many months of each event are gone through by every run of the tests."""
MONTHS_NIGHTLY = 300
ALIKE = {
    "nothing",
    "another message",
    "paid",
    "paid less tax",
    "renamed",
    "a comment",
    "a team renamed",
}
"""What alone makes no new result, whatever the month is."""


def digest_of(books: Books, month: Month, unpaid: set[tuple[str, str]] | None = None) -> dict[str, str]:
    """The job's digest of a result."""
    return result_digest(books, config.parse(month.config.encode(), Path("config.toml")), unpaid)


@lru_cache(maxsize=1_000)
def by_the_job(seed: int, event: str) -> bool | None:
    """Whether the later result is the earlier one's by the job; None where one of both months has no result."""
    month = worlds.random_month(seed)
    later = EVENTS[event](month)
    try:
        before, after = first_opinion.books_of(month), first_opinion.books_of(later)
    except ChargebackError:
        return None
    unpaid = {
        (invoice.account, invoice.label)
        for posting in before.posting.postings
        for invoice in posting.month.booked
        if invoice.listed_status is InvoiceStatus.OPEN
    }
    return digest_of(before, month) == digest_of(after, later, unpaid)


def by_the_second(seed: int, event: str) -> bool | None:
    """The same by the second opinion."""
    month = worlds.random_month(seed)
    try:
        return is_same(Booking(month), Booking(EVENTS[event](month)))
    except StopError:
        return None


def seeds_of(event: str, count: int) -> range:
    """The seeds whose months that event is tried on; others for each event."""
    place = list(EVENTS).index(event)
    return range(place * MONTHS_NIGHTLY, place * MONTHS_NIGHTLY + count)


def pairs_of(event: str) -> list[tuple[int, str]]:
    """The event with each of its seeds."""
    return [(seed, event) for seed in seeds_of(event, MONTHS)]


def assert_same_verdicts(event: str, count: int) -> None:
    """Both opinions say the same, and of what makes no new result they say that it makes none."""
    verdicts = {seed: (by_the_job(seed, event), by_the_second(seed, event)) for seed in seeds_of(event, count)}
    assert {seed: pair for seed, pair in verdicts.items() if pair[0] != pair[1]} == {}
    found = Counter(verdict for verdict, _ in verdicts.values())
    assert found[True] + found[False], "no month has a result"
    if event in ALIKE:
        assert not found[False]


@pytest.mark.parametrize("event", EVENTS)
def test_both_opinions_agree_whether_a_result_is_another_one(event: str) -> None:
    assert_same_verdicts(event, MONTHS)


@pytest.mark.nightly
@pytest.mark.parametrize("event", EVENTS)
def test_both_opinions_agree_on_many_results(event: str) -> None:
    assert_same_verdicts(event, MONTHS_NIGHTLY)


@pytest.mark.parametrize("alteration", OF_SAMENESS, ids=[alteration.rule for alteration in OF_SAMENESS])
def test_an_altered_rule_of_sameness_is_noticed(alteration: Alteration) -> None:
    pairs = [pair for of_event in zip(*(pairs_of(event) for event in EVENTS), strict=True) for pair in of_event]
    with altered(alteration) as (booking, _):
        sameness = import_module(f"{COPY}.sameness")
        for seed, event in pairs:
            expected = by_the_job(seed, event)
            month = worlds.random_month(seed)
            if expected is None:
                continue
            if sameness.is_same(booking.Booking(month), booking.Booking(EVENTS[event](month))) != expected:
                return
    pytest.fail("no pair of results shows it")
