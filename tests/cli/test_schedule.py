"""``chargeback schedule`` as a person calls it: five targets, no secret."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from chargeback.cli import main
from tests.cli.conftest import OnMachine


@pytest.mark.parametrize("scheduler", ["cron", "systemd", "kubernetes", "compose", "deploys"])
def test_schedule_prints_no_secret(on_machine: OnMachine, scheduler: str) -> None:
    result = on_machine("schedule", scheduler)
    assert result.exit_code == 0 and "--catch-up" in result.stdout and "sandbox-token" not in result.stdout


@pytest.mark.parametrize("command", ["init", "doctor", "usage", "schedule"])
def test_help_fits_the_screen(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0 and max(map(len, result.stdout.splitlines())) <= 100
