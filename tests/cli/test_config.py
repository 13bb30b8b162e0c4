"""``chargeback config`` and ``doctor --offline``: the configuration as it is understood, without a network."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import NoReturn

import pytest

from chargeback.config import AccountEntry, Config
from chargeback.config.reading import keys_of
from tests.cli.calling import call

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket opens."""

    def refuse(*args: object, **options: object) -> NoReturn:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(
        """
timezone = "Asia/Bangkok"
[[accounts]]
id = "ba_1"
token_env = "ACME_TOKEN"
[[teams]]
id = "web"
budget = "12.50 THB"
projects = ["acme-web", { match = "acme-shop", from = "2026-04" }]
[[shared]]
project = "core"
split = { web = 60 }
"""
    )
    path.chmod(0o600)
    return path


def test_every_key_is_shown_with_its_value(written: Path) -> None:
    shown = call("config", "show", "-c", written)
    assert shown.exit == 0 and shown.err == ""
    lines = shown.out.splitlines()
    for line in (
        f"archive = {written.parent / 'archive'}",
        "timezone = Asia/Bangkok",
        "api.timeout = 30",
        "accounts[1].token_env = ACME_TOKEN",
        "teams[1].budget = 12.50 THB",
        "teams[1].projects[2].from = 2026-04",
        "shared[1].split.web = 60",
        "reconciliation.tolerance.absolute = 0.05",
        "usage.prices = (none)",
        "accepted = (none)",
    ):
        assert line in lines, line


def test_no_key_is_left_out(written: Path) -> None:
    document = call("config", "show", "-c", written, "--output", "json").document["configuration"]
    assert set(document) == {key.name for key in keys_of(Config)}
    assert set(document["accounts"][0]) == {key.name for key in keys_of(AccountEntry)}
    assert document["teams"][0]["projects"] == ["acme-web", {"match": "acme-shop", "from": "2026-04"}]


def test_the_example_is_understood() -> None:
    assert call("config", "show", "-c", EXAMPLE).exit == 0
    checked = call("config", "check", "-c", EXAMPLE)
    assert checked.exit == 0 and "understood" in checked.out and checked.out.count("\n") == 1


def test_a_mistake_is_exit_2_with_file_key_and_remedy(written: Path) -> None:
    written.write_text('timezon = "UTC"\n')
    checked = call("config", "check", "-c", written)
    assert checked.exit == 2 and "timezon" in checked.err and "timezone" in checked.err.partition("->")[2]


def test_doctor_offline_asks_nobody_and_shows_the_configuration(written: Path) -> None:
    looked = call("doctor", "--offline", "-c", written, ACME_TOKEN="a-secret-token")
    assert looked.exit == 0, looked.out
    assert "  timezone = Asia/Bangkok" in looked.out and "credential: ACME_TOKEN: set" in looked.out
    assert "platform" not in looked.out.partition("  archive = ")[0].replace("whether the platform accepts", "")
    assert "a-secret-token" not in looked.out + looked.err


def test_doctor_offline_says_which_credential_is_missing(written: Path) -> None:
    looked = call("doctor", "--offline", "--output", "json", "-c", written, ACME_TOKEN="")
    assert looked.exit == 5 and looked.document["configuration"]["timezone"] == "Asia/Bangkok"
    assert looked.document["errors"] == [
        {"account": "", "message": "credential: not set: ACME_TOKEN", "remedy": "set it where the job runs"}
    ]
