"""``chargeback init`` as a person calls it: a file that loads, written once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import OnMachine


def test_init_writes_once(on_machine: OnMachine) -> None:
    first, second = on_machine("init", "--non-interactive", "-c", "new.toml"), on_machine("init", "-c", "new.toml")
    assert (first.exit_code, second.exit_code) == (0, 2) and "never overwritten" in second.stderr
    assert "team       web (guessed)" in first.stdout
    assert on_machine("doctor", "-c", "new.toml").exit_code == 0
    document = json.loads(on_machine("init", "-c", "third.toml", "--output", "json").stdout)
    assert document["timezone"] == "Asia/Bangkok" and Path("third.toml").exists()
