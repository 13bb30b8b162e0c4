"""``chargeback plan`` as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import APRIL, MAY, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def test_a_changed_configuration_is_tried_on_an_archived_month(office: Reviewed) -> None:
    shown = call("plan", "-p", APRIL, "-c", office.changed)
    assert shown.exit == 0
    assert "acme-shop" in shown.out and "nothing was written" in shown.out


def test_csv_has_a_row_a_line_that_would_differ(office: Reviewed) -> None:
    rows = call("plan", "-p", APRIL, "-c", office.changed, "--output", "csv").rows
    document = call("plan", "-p", APRIL, "-c", office.changed, "--output", "json").document
    assert len(rows) == document["lines_changed"] > 0
    assert {row["project"] for row in rows} == {each["project"] for each in document["moved"]}


def test_json_of_the_latest_month_by_default(office: Reviewed) -> None:
    document = call("plan", "-c", office.config, "--output", "json").document
    assert (document["schema"], document["before"]["period"], document["before"]["revision"]) == (1, MAY, 3)


def test_an_archived_configuration_may_be_tried_and_its_token_command_does_not_run(
    office: Reviewed, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    text = office.config.read_text(encoding="utf-8")
    path.write_text(text.replace("[api]\n", f'[api]\ntoken_command = ["touch", "{tmp_path / "ran"}"]\n'), "utf-8")
    (tmp_path / "manifest.json").touch()
    assert call("plan", "-p", APRIL, "-c", path, "--archive", office.root).exit == 0
    assert not (tmp_path / "ran").exists()


def test_a_wrong_configuration_or_month_is_exit_2(office: Reviewed, tmp_path: Path) -> None:
    wrong = tmp_path / "config.toml"
    wrong.write_text("teams = 1\n")
    assert call("plan", "-c", wrong, "--archive", office.root).exit == 2
    assert call("plan", "-c", tmp_path / "none.toml", "--archive", office.root).exit == 2
    assert call("plan", "-p", "2025-01", "-c", office.config).exit == 2


def test_an_absent_archive_is_exit_9(office: Reviewed) -> None:
    assert call("plan", "-c", office.config, "--archive", office.root / "nowhere").exit == 9
