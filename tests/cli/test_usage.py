"""``chargeback usage`` as a person calls it: one snapshot a day, and none where the archive is not there."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.cli.conftest import OnMachine
from tests.kit.archives import write_archive


def keep_head(head: str) -> None:
    """The newest head is kept elsewhere, as the configuration says."""
    Path("head").write_text(f"{head}\n")
    Path("config.toml").write_text('head_file = "head"\n' + Path("config.toml").read_text())


def test_usage_writes_nothing_where_the_archive_is_not_mounted(on_machine: OnMachine) -> None:
    keep_head("0" * 64)
    result = on_machine("usage")
    assert (result.exit_code, Path("archive").exists()) == (7, False)
    assert "lacks the revision" in result.stderr


def test_usage_writes_nothing_where_the_archive_was_rolled_back(on_machine: OnMachine, tmp_path: Path) -> None:
    newest = write_archive(tmp_path / "archive", "2026-04", "2026-05").head()
    assert newest is not None
    keep_head(newest.sha256)
    assert on_machine("usage").exit_code == 0
    shutil.rmtree(Path("archive/usage"))
    shutil.rmtree(newest.root)
    assert on_machine("usage").exit_code == 7
    assert not Path("archive/usage").exists()


def test_usage_keeps_one_snapshot_a_day(on_machine: OnMachine) -> None:
    assert on_machine("usage").exit_code == 0
    (path,) = (path for path in Path("archive/usage").glob("*.csv") if "deployments" not in path.name)
    before = path.read_bytes()
    result = on_machine("usage", "--quiet")
    assert (result.exit_code, result.stdout) == (0, "") and path.read_bytes() == before
    rows = before.decode("utf-8-sig").splitlines()
    keys = {tuple(row.split(",")[index] for index in (0, 3, 6)) for row in rows[1:]}
    assert len(keys) == len(rows) - 1 == 14 * 11
    assert path.stat().st_mode & 0o777 == 0o640


def test_usage_as_json_csv_and_for_prometheus(on_machine: OnMachine) -> None:
    document = json.loads(on_machine("usage", "--output", "json").stdout)
    assert document["alerts"] == [] and {team["team"] for team in document["teams"]} >= {"web", "shop", "data"}
    assert all(isinstance(project["month_to_date"], str) for project in document["projects"])
    table = csv.DictReader(
        io.StringIO(on_machine("usage", "--output", "csv").stdout.removeprefix("\ufeff"), newline="")
    )
    costs = [(each["project"], each["month_to_date"]) for each in document["projects"]]
    assert [(row["project"], row["month_to_date"]) for row in table] == costs
    shown = on_machine("usage", "--output", "prometheus").stdout
    families = {family.name for family in text_string_to_metric_families(shown)}
    assert {"chargeback_usage_alert", "chargeback_usage_team_month_end"} <= families
    assert "chargeback_usage_alert" in Path("chargeback_usage.prom").read_text()
    assert on_machine("usage", "--output", "prometheus", "--to", "mine.prom").stdout == ""
    assert "chargeback_usage_alert" in Path("mine.prom").read_text()


def test_usage_without_access_is_exit_5(on_machine: OnMachine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYS_TOKEN", "wrong")
    result = on_machine("usage")
    assert result.exit_code == 5 and not Path("archive/usage").exists()
