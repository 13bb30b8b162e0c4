"""A configuration from nothing: teams guessed from names, a file that loads, nothing overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.config import load
from chargeback.errors import AccessError, ConfigurationError, CredentialError
from chargeback.model.projects import Project
from chargeback.operate.init import draft, proposal, refuse_existing, survey, write
from chargeback.operate.init.proposal import Survey, SurveyedAccount, patterns, propose
from chargeback.sandbox import Credential
from tests.kit.platform import Place, place


@pytest.mark.parametrize(
    ("sids", "teams", "shared"),
    [
        (["acme-web", "acme-web-staging", "acme-shop", "acme-data"], ["data", "shop", "web"], []),
        (["siam-app", "siam-cloud", "siam-app-dev"], ["siam"], []),
        (["baan-suan-shop", "baan-suan-data"], ["baan-suan"], []),
        (["solo"], ["solo"], []),
        (["acme-web", "acme-platform", "acme-shop", "acme-data"], ["data", "shop", "web"], ["acme-platform"]),
        (["platform"], [], []),
        (["con", "all", "ร้าน"], ["team", "team-all", "team-con"], []),
        ([], [], []),
    ],
)
def test_teams_are_guessed_from_names(sids: list[str], teams: list[str], shared: list[str]) -> None:
    found = propose(sids)
    assert ([team.id for team in found.teams], list(found.shared)) == (teams, shared)


def test_a_name_is_looked_at_a_few_times_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(proposal, "_words", lambda name, words=proposal._words: [asked.append(name), words(name)][1])
    assert len(propose([f"acme-{number % 40}-web{number}" for number in range(400)]).teams) == 40
    assert len(asked) <= 3 * 400


def test_environments_are_seen() -> None:
    found = propose(["a-web", "a-web-staging", "a-web-dev", "b-qa", "c-prod"])
    assert found.environments == {"development": ("*-dev",), "staging": ("*-staging",), "test": ("*-qa",)}
    assert patterns(["a-web", "a-web-staging", "b"]) == ["a-web", "a-web-*", "b"]


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    with place(tmp_path) as found:
        found.environ["DEPLOYS_ENDPOINT"] = found.server.endpoint
        yield found  # type: ignore[misc]


def test_what_is_written_loads_and_owns_every_project(at: Place, tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    made = draft(survey(at.environ, at.clock), path, at.clock.now())
    write(path, made.text)
    config = load(path, network=True)
    assert made.unowned == () and config.timezone_name == "Asia/Bangkok"
    assert {account.name for account in config.accounts} >= {"Acme Billing", "สยามคลาวด์"}
    assert {team.id for team in config.teams} >= {"web", "shop", "data", "siam"}
    assert "sandbox-token" not in made.text
    with pytest.raises(ConfigurationError, match="never overwritten"):
        write(path, made.text)
    with pytest.raises(ConfigurationError):
        refuse_existing(path)


def test_a_role_that_may_not_read_is_commented_out(at: Place, tmp_path: Path) -> None:
    at.server.platform.keyring.add(Credential(token="viewer-token", role="viewer"))
    found = survey({**at.environ, "DEPLOYS_TOKEN": "viewer-token"}, at.clock)
    made = draft(found, tmp_path / "config.toml", at.clock.now())
    assert made.config.accounts == () and "# Not readable (the role is viewer)" in made.text


@pytest.mark.parametrize(("token", "error"), [("wrong", CredentialError), ("", CredentialError), ("none", AccessError)])
def test_without_access_nothing_is_guessed(at: Place, token: str, error: type[Exception]) -> None:
    at.server.platform.keyring.add(Credential(token="none", accounts=frozenset()))
    with pytest.raises(error):
        survey({**at.environ, "DEPLOYS_TOKEN": token}, at.clock)


def test_names_from_outside_never_break_the_file(tmp_path: Path) -> None:
    awkward = 'x"]\n[api]\u0007 \u202e "ghp_0123456789abcdefghij"'
    accounts = (SurveyedAccount("1", awkward, "owner\n[x]", readable=True),)
    projects = (Project('a"b', "1", awkward, "1"), Project("ok-dev", "2", "", "1"))
    found = Survey("https://api.deploys.app/", "x", accounts, projects, None, 0)
    made = draft(found, tmp_path / "config.toml", at_noon())
    assert [account.id for account in made.config.accounts] == ["1"] and made.unowned == ()


@pytest.mark.parametrize("odd", ["a b", "a,b", " a", "a\tb-dev", "a\nb", "\x07", "b\x00", "a\u2028b"])
def test_a_project_that_a_configuration_cannot_name_stays_unowned(tmp_path: Path, odd: str) -> None:
    accounts = (SurveyedAccount("1", "", "owner", readable=True),)
    found = Survey(
        "https://api.deploys.app/", "x", accounts, (Project(odd, "1", "", "1"), Project("web", "2", "", "1")), None, 0
    )
    made = draft(found, tmp_path / "config.toml", at_noon())
    assert [team.id for team in made.config.teams] == ["web"] and made.unowned == (odd,)
    assert all(line.isprintable() for line in made.lines())


@pytest.mark.parametrize("odd", [" a", "a\nb", "\x07", "b\x00"])
def test_an_account_that_a_configuration_cannot_name_is_commented_out(tmp_path: Path, odd: str) -> None:
    accounts = (SurveyedAccount("1", odd, "owner", readable=True), SurveyedAccount(odd, "", "owner", readable=True))
    made = draft(Survey("https://api.deploys.app/", "x", accounts, (), None, 0), tmp_path / "config.toml", at_noon())
    assert [account.id for account in made.config.accounts] == ["1"]
    assert "# Not readable (a configuration cannot name its id)" in made.text
    assert all(line.isprintable() for line in made.lines())


def at_noon() -> object:
    from datetime import UTC, datetime

    return datetime(2026, 6, 5, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("archive", "kept"), [("archive", True), ("/srv/archive", True), (".", False), ("..", False), ("/", False)]
)
def test_a_head_file_is_kept_outside_of_the_archive(at: Place, tmp_path: Path, archive: str, kept: bool) -> None:
    made = draft(survey(at.environ, at.clock), tmp_path / "config.toml", at.clock.now(), archive=archive)
    assert made.config.head_file == (tmp_path / "chargeback.head" if kept else None)
    assert 'head_file = "chargeback.head"' in made.text
