"""What teams came to in earlier months: nothing of another team, and no month that is not archived is shown as zero."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from chargeback.evidence import EarlierMonth, EarlierTotal
from chargeback.evidence.period import Period
from chargeback.evidence.records import MonthsElsewhere, MonthsElsewhereError
from chargeback.model.books import Books
from chargeback.publish.team_history import TeamHistory
from tests.kit import sample


def with_earlier(*months: EarlierMonth) -> Books:
    """The sample's books, with these months before."""
    books = sample.books()
    return replace(books, posting=replace(books.posting, run=replace(books.posting.run, earlier=months)))


def archived(period: Period, *totals: EarlierTotal) -> EarlierMonth:
    """A month of the archive with these totals of teams."""
    return EarlierMonth(period, 1, (), (), totals)


def test_a_month_before_is_the_teams_own_zero_or_unknown() -> None:
    now = sample.books().period
    before, two_before = now.plus(-1), now.plus(-2)
    books = with_earlier(
        archived(two_before, EarlierTotal("web", "THB", 200, None), EarlierTotal("shop", "THB", 7, 7)),
        archived(before, EarlierTotal("web", "THB", 107, 100), EarlierTotal("web", "USD", 5, 5)),
    )
    history = TeamHistory(books)
    assert [(each.period, each.net, each.gross) for each in history.months("web", "THB")][-3:] == [
        (now.plus(-3), None, None),
        (two_before, None, 200),
        (before, 100, 107),
    ]
    assert [(each.net, each.gross) for each in history.months("shop", "THB")][-2:] == [(7, 7), (0, 0)]
    assert history.currencies("web", before) == ["THB", "USD"]
    assert not history.currencies("shop", before)


def test_earlier_months_that_are_not_at_hand_are_no_months_without_cost() -> None:
    history = TeamHistory(with_earlier(*()))
    assert {each.gross for each in history.months("web", "THB")} == {None}
    books = sample.books()
    run = replace(books.posting.run, earlier=MonthsElsewhere())
    elsewhere = TeamHistory(replace(books, posting=replace(books.posting, run=run)))
    with pytest.raises(MonthsElsewhereError):
        elsewhere.months("web", "THB")
