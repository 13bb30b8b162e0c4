"""``chargeback doctor`` as a person calls it: a line each, and what is missing by its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import OnMachine


def test_doctor_tells_a_line_each(on_machine: OnMachine) -> None:
    result = on_machine("doctor")
    assert result.exit_code == 0, result.output
    assert all(line[:2] in ("✓ ", "! ") for line in result.stdout.splitlines())
    document = json.loads(on_machine("doctor", "--output", "json").stdout)
    assert document["exit"] == 0 and {check["mark"] for check in document["checks"]} == {"good", "notice"}


def test_doctor_without_a_configuration_is_exit_2(on_machine: OnMachine) -> None:
    result = on_machine("doctor", "-c", "none.toml")
    assert result.exit_code == 2 and "✗ configuration" in result.stdout and "chargeback init" in result.stdout


def test_doctor_in_json_says_that_it_failed_and_why(on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOYS_TOKEN")
    document = json.loads(on_machine("doctor", "--output", "json").stdout)
    assert (document["status"], document["exit"]) == ("failed", 5)
    assert any("no credential" in error["message"] and error["remedy"] for error in document["errors"])


def test_an_account_that_is_no_longer_ours_needs_no_credential(on_machine: OnMachine) -> None:
    text = Path("config.toml").read_text()
    former = '[[accounts]]\nid = "gone"\ntoken_env = "GONE"\nuntil = "2026-01"\n'
    Path("config.toml").write_text(text.replace("[[accounts]]", former + "[[accounts]]", 1))
    assert on_machine("doctor").exit_code == 0
    assert on_machine("usage").exit_code == 0
