"""What a shell completes beside commands and options."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from chargeback.cli import main
from tests.cli.calling import call
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def completed(*words: str | Path) -> list[str]:
    *before, incomplete = map(str, words)
    shell = ShellComplete(main, {}, "chargeback", "_CHARGEBACK_COMPLETE")
    return [item.value for item in shell.get_completions(before, incomplete)]


@pytest.mark.parametrize("command", ["show", "explain", "diff", "sign", "open", "rebuild", "findings"])
def test_months_and_then_the_revisions_of_one(office: Reviewed, command: str) -> None:
    assert completed(command, "--archive", office.root, "") == [MARCH, APRIL, MAY]
    assert completed(command, "--archive", office.root, f"{MAY}/") == [f"{MAY}/r1", f"{MAY}/r2", f"{MAY}/r3"]


def test_teams_and_findings(office: Reviewed) -> None:
    teams = {
        row.split(",")[2] for row in call("show", "--output", "csv", "--archive", office.root).out.splitlines()[1:]
    }
    found = set(completed("show", "-c", office.config, "--team", ""))
    assert found and found >= teams - {"unassigned", "adjustments"}
    document = call("findings", APRIL, "--output", "json", "--archive", office.root).document
    ids = [each["id"] for each in document["findings"]]
    assert ids and completed("findings", APRIL, "--archive", office.root, "--dispose", "") == ids
    assert completed("findings", APRIL, "--archive", office.root, "--dispose", ids[0][:5]) == [
        each for each in ids if each.startswith(ids[0][:5])
    ]


def test_what_cannot_be_read_completes_nothing(tmp_path: Path) -> None:
    assert completed("show", "--archive", tmp_path / "nowhere", "") == []
    assert completed("show", "-c", tmp_path / "none.toml", "--team", "") == []
