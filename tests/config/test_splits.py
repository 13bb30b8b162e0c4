"""How a shared project's cost is split among the teams."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import parse
from chargeback.config.splits import Splits
from chargeback.model.money import format_plain
from tests.kit.some import some

TEAMS = '[[teams]]\nid = "web"\n[[teams]]\nid = "data"\n[[teams]]\nid = "ops"\n'


def shares(
    split: str, direct: dict[tuple[str, str], int] | None = None, currency: str = "THB"
) -> list[tuple[str, int, str]]:
    config = parse(f'{TEAMS}[[shared]]\nproject = "core"\nsplit = {split}\n'.encode(), Path("/config.toml"))
    found = Splits(config, direct or {}).of(config.shared[0], currency)
    return [(share.team.id, share.weight, share.percent) for share in found]


@pytest.mark.parametrize(("split", "expected"), [
    ('"even"', [("data", 1, "33.3333"), ("ops", 1, "33.3333"), ("web", 1, "33.3333")]),
    ("{ web = 60, data = 40 }", [("data", 40, "40"), ("web", 60, "60")]),
    ("{ data = 40, web = 60 }", [("data", 40, "40"), ("web", 60, "60")]),
    ("{ web = 0, data = 2, ops = 1 }", [("data", 2, "66.6667"), ("ops", 1, "33.3333")]),
    ("{ web = 0.5, data = 0.25 }", [("data", 25, "33.3333"), ("web", 50, "66.6667")]),
    ("{ web = 1, ops = 799999 }", [("ops", 799999, "99.9999"), ("web", 1, "0.0001")]),
    ("{ ops = 7 }", [("ops", 7, "100")]),
])  # fmt: skip
def test_weights_are_whole_by_the_teams_ids_and_none_is_zero(split: str, expected: list[tuple[str, int, str]]) -> None:
    assert shares(split) == expected


def test_proportional_is_by_direct_cost_in_the_same_currency_and_a_negative_one_weighs_nothing() -> None:
    direct = {("THB", "web"): 300, ("THB", "data"): 100, ("THB", "ops"): -50, ("JPY", "data"): 999}
    assert shares('"proportional"', direct) == [("data", 100, "25"), ("web", 300, "75")]
    assert shares('"proportional"', direct, "JPY") == [("data", 999, "100")]


@pytest.mark.parametrize("direct", [{}, {("THB", "web"): 0, ("THB", "data"): -1}, {("USD", "web"): 5}])
def test_proportional_to_nothing_is_even(direct: dict[tuple[str, str], int]) -> None:
    assert [weight for _, weight, _ in shares('"proportional"', direct)] == [1, 1, 1]


@given(st.lists(st.integers(0, 10**12), min_size=3, max_size=3).filter(any))
def test_percentages_are_the_weights_shares_to_four_decimals(weights: list[int]) -> None:
    direct = {("THB", team): weight for team, weight in zip(("web", "data", "ops"), weights, strict=True)}
    for _, weight, percent in some(shares('"proportional"', direct)):
        assert abs(Decimal(percent) - Decimal(100 * weight) / sum(weights)) <= Decimal("0.00005")
        assert not ("." in percent and percent.endswith(("0", ".")))


@pytest.mark.parametrize(("value", "text"), [
    ("1.500", "1.5"), ("100", "100"), ("0.000", "0"), ("1E+2", "100"), ("-0.10", "-0.1"), ("20", "20"),
])  # fmt: skip
def test_a_plain_decimal_has_no_trailing_zeros(value: str, text: str) -> None:
    assert format_plain(Decimal(value)) == text
