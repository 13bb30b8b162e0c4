"""Every total is the sum of its lines, by whatever they are added up."""

from __future__ import annotations

from operator import attrgetter
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.totals import Amounts, Sums, add_up, add_up_columns, gross_by, total


class Line(NamedTuple):
    """A line of a team."""

    team: str
    net: int
    tax: int
    gross: int


def line(team: str, net: int, tax: int) -> Line:
    return Line(team, net, tax, net + tax)


AMOUNTS = st.integers(-(10**20), 10**20)
LINES = st.lists(st.builds(line, st.sampled_from("abc"), AMOUNTS, AMOUNTS))


@given(LINES)
def test_each_team_gets_what_its_lines_are(lines: list[Line]) -> None:
    sums = add_up(lines, attrgetter("team"))
    assert list(sums) == list(dict.fromkeys(each.team for each in lines))
    for team, amounts in sums.items():
        mine = [each for each in lines if each.team == team]
        assert amounts == Amounts(*(sum(getattr(each, name) for each in mine) for name in Amounts._fields))
    assert gross_by(lines, attrgetter("team")) == {team: amounts.gross for team, amounts in sums.items()}


@given(LINES)
def test_columns_add_up_as_lines_do_with_count_and_magnitude(lines: list[Line]) -> None:
    codes = ["abc".index(each.team) for each in lines]
    net, tax, gross = ([getattr(each, name) for each in lines] for name in Amounts._fields)
    found = add_up_columns(net, tax, gross, codes)
    expected = add_up(lines, attrgetter("team"))
    assert {"abc"[code]: Amounts(each.net, each.tax, each.gross) for (code,), each in found.items()} == expected
    whole = total(found.values())
    assert whole.lines == len(lines)
    assert whole.magnitude == sum(abs(each.net) + abs(each.tax) + abs(each.gross) for each in lines)
    assert (whole.net, whole.tax, whole.gross) == (sum(net), sum(tax), sum(gross))


def test_a_team_without_lines_has_no_gross() -> None:
    assert gross_by([line("a", 100, 7)], attrgetter("team"))["b"] == 0


def test_amounts_are_added_and_taken_off_each_by_itself() -> None:
    assert Amounts(100, 7, 107).plus(Amounts(1, 2, 3)) == Amounts(101, 9, 110)
    assert Amounts(100, 7, 107).minus(Amounts(1, 2, 3)) == Amounts(99, 5, 104)
    assert total([]) == Sums()
