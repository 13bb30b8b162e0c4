"""Whose project is it in this month, and which environment (BOOKING 5)."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chargeback.allocate.ownership import NOBODY, Ownership, _Contender, _Contest
from chargeback.config import ProjectClaim, parse
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period

CONFIG = """
[[teams]]
id = "web"
projects = ["acme-web", "acme-*", { match = "shop", from = "2026-04", until = "2026-05" }, "x[a-c]?"]
[[teams]]
id = "data"
projects = ["acme-data*", "acme-web-?", { match = "shop", from = "2026-06" }, { match = "sho*", until = "2026-03" }]
[[shared]]
project = "acme-platform"
split = "even"
[[shared]]
project = "acme-platform-*"
split = "proportional"
[environments]
staging = ["*-staging", "stage"]
development = "*-dev"
"""


def of(text: str = CONFIG, period: str = "2026-05") -> Ownership:
    return Ownership.of(parse(text.encode(), Path("/config.toml")), Period.parse(period))


def owner(project: str, period: str = "2026-05", text: str = CONFIG) -> str:
    found = of(text, period).owner(project)
    if found.team:
        return found.team.id
    return f"shared {found.shared.split}" if found.shared else "nobody"


@pytest.mark.parametrize(("project", "expected"), [
    ("acme-web", "web"),
    ("acme-shop", "web"),
    ("acme-data", "data"),
    ("acme-data-dev", "data"),
    ("acme-web-1", "data"),  # nine literal characters beat five
    ("acme-web-12", "web"),
    ("acme-platform", "shared even"),
    ("acme-platform-eu", "shared proportional"),
    ("xb1", "web"),
    ("xd1", "nobody"),
    ("ACME-web", "nobody"),
    ("acme", "nobody"),
    ("", "nobody"),
])  # fmt: skip
def test_a_sid_beats_a_glob_and_of_globs_the_one_with_more_literal_characters_wins(project: str, expected: str) -> None:
    assert owner(project) == expected


@pytest.mark.parametrize(("period", "expected"), [
    ("2026-03", "data"), ("2026-04", "web"), ("2026-05", "web"), ("2026-06", "data"), ("2030-01", "data"),
])  # fmt: skip
def test_a_claim_holds_from_its_first_to_its_last_month(period: str, expected: str) -> None:
    assert owner("shop", period) == expected


@pytest.mark.parametrize(("pattern", "count"), [
    ("acme-web", 8), ("acme-*", 5), ("a?b*c", 3), ("x[a-c]?", 1), ("*", 0), ("a[!b]c", 2), ("a[]]c", 2), ("a[bc", 4),
    ("[[]x", 1), ("โครง*", 4),
])  # fmt: skip
def test_literal_characters_are_those_that_stand_for_themselves(pattern: str, count: int) -> None:
    assert ProjectClaim(pattern).literal_characters == count


@pytest.mark.parametrize("text", [
    '[[teams]]\nid = "web"\nprojects = ["a*c"]\n[[teams]]\nid = "data"\nprojects = ["ab*"]',
    '[[teams]]\nid = "web"\nprojects = ["a*c"]\n[[shared]]\nproject = "ab*"\nsplit = "even"',
    '[[teams]]\nid = "web"\n[[shared]]\nproject = "a*c"\nsplit = "even"\n[[shared]]\nproject = "*bc"\nsplit = "even"',
])  # fmt: skip
def test_equal_claims_are_an_error_that_names_both_once_a_project_is_there(text: str) -> None:
    assert owner("other", text=text) == "nobody"
    with pytest.raises(ConfigurationError, match=r'project "abc" is claimed equally by .* and ') as wrong:
        owner("abc", text=text)
    assert wrong.value.exit_code == 2
    assert "name the project itself" in wrong.value.remedy


def test_two_equal_claims_of_one_team_are_no_quarrel() -> None:
    assert owner("abc", text='[[teams]]\nid = "web"\nprojects = ["a*c", "*bc"]') == "web"


def test_a_weaker_quarrel_does_not_matter() -> None:
    text = '[[teams]]\nid = "web"\nprojects = ["a*c", "abc"]\n[[teams]]\nid = "data"\nprojects = ["ab*"]'
    assert owner("abc", text=text) == "web"


@pytest.mark.parametrize(("project", "expected"), [
    ("acme-web", "production"), ("acme-web-staging", "staging"), ("acme-dev", "development"),
    ("stage", "staging"), ("", ""),
])  # fmt: skip
def test_an_environment_is_named_by_the_sid_else_production(project: str, expected: str) -> None:
    assert of().environment(project) == expected


def test_equal_environments_are_an_error() -> None:
    ownership = of('[environments]\none = "a*c"\ntwo = "ab*"')
    with pytest.raises(ConfigurationError, match='project "abc" belongs equally to the environments one'):
        ownership.environment("abc")


def test_claims_that_match_no_project_are_told() -> None:
    found = of(period="2026-05").unmatched(["acme-web", "acme-data-1", "shop"])
    assert found == [
        ("x[a-c]?", 'team "web"'),
        ("acme-web-?", 'team "data"'),
        ("acme-platform", "a [[shared]] entry"),
        ("acme-platform-*", "a [[shared]] entry"),
    ]


def test_nobody_is_nobody() -> None:
    assert NOBODY.is_nobody
    assert not of().owner("acme-web").is_nobody


@pytest.mark.parametrize("project", ["Acme-Web", "ACME-DATA", "Acme-Platform", "aCME-web"])
def test_a_claim_is_of_the_very_letters(project: str) -> None:
    """Sids that differ in case alone are two projects."""
    assert of().owner(project).is_nobody
    assert not any(claim.matches(project) for claim in (ProjectClaim(project.lower()), ProjectClaim("acme-*")))


PATTERNS = st.text("ab*?[]!-", min_size=1, max_size=6)


@settings(max_examples=300)
@given(patterns=st.lists(PATTERNS, min_size=1, max_size=6, unique=True), project=st.text("ab[]!-", max_size=5))
def test_the_strongest_of_all_globs_that_match_wins(patterns: list[str], project: str) -> None:
    claims = [ProjectClaim(pattern) for pattern in patterns]
    contest = _Contest([_Contender.of(claim, NOBODY, "") for claim in claims], "")
    matching = [claim for claim in claims if claim.matches(project)]
    strengths = [(not claim.is_glob, claim.literal_characters) for claim in matching]
    expected = matching[strengths.index(max(strengths))] if matching else None
    winner = contest.winner(project)
    assert (winner.claim if winner else None) == expected
