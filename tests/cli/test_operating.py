"""``init``, ``doctor``, ``usage`` and ``schedule`` as a person calls them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

from chargeback.cli import main
from chargeback.sandbox import made, running, sample_configuration
from tests.kit.archives import write_archive

Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Call]:
    """Calls a command in a folder with a configuration for a platform whose clock is the machine's."""
    platform = made(kind="C")
    with running(platform) as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("CHARGEBACK_CONFIG", raising=False)
        monkeypatch.setenv("DEPLOYS_TOKEN", server.token)
        monkeypatch.setenv("DEPLOYS_ENDPOINT", server.endpoint)
        text = sample_configuration(platform.world, endpoint=server.endpoint)
        Path("config.toml").write_text(text + '[notify]\nmetrics = "."\n')
        Path("config.toml").chmod(0o640)
        yield lambda *words: CliRunner().invoke(main, [str(word) for word in words])


def test_doctor_tells_a_line_each(call: Call) -> None:
    result = call("doctor")
    assert result.exit_code == 0, result.output
    assert all(line[:2] in ("✓ ", "! ") for line in result.stdout.splitlines())
    document = json.loads(call("doctor", "--output", "json").stdout)
    assert document["exit"] == 0 and {check["mark"] for check in document["checks"]} == {"good", "notice"}


def test_doctor_without_a_configuration_is_exit_2(call: Call) -> None:
    result = call("doctor", "-c", "none.toml")
    assert result.exit_code == 2 and "✗ configuration" in result.stdout and "chargeback init" in result.stdout


def test_doctor_in_json_says_that_it_failed_and_why(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEPLOYS_TOKEN")
    document = json.loads(call("doctor", "--output", "json").stdout)
    assert (document["status"], document["exit"]) == ("failed", 5)
    assert any("no credential" in error["message"] and error["remedy"] for error in document["errors"])


def test_an_account_that_is_no_longer_ours_needs_no_credential(call: Call) -> None:
    text = Path("config.toml").read_text()
    former = '[[accounts]]\nid = "gone"\ntoken_env = "GONE"\nuntil = "2026-01"\n'
    Path("config.toml").write_text(text.replace("[[accounts]]", former + "[[accounts]]", 1))
    assert call("doctor").exit_code == 0
    assert call("usage").exit_code == 0


def keep_head(head: str) -> None:
    """The newest head is kept elsewhere, as the configuration says."""
    Path("head").write_text(f"{head}\n")
    Path("config.toml").write_text('head_file = "head"\n' + Path("config.toml").read_text())


def test_usage_writes_nothing_where_the_archive_is_not_mounted(call: Call) -> None:
    keep_head("0" * 64)
    result = call("usage")
    assert (result.exit_code, Path("archive").exists()) == (7, False)
    assert "lacks the revision" in result.stderr


def test_usage_writes_nothing_where_the_archive_was_rolled_back(call: Call, tmp_path: Path) -> None:
    newest = write_archive(tmp_path / "archive", "2026-04", "2026-05").head()
    assert newest is not None
    keep_head(newest.sha256)
    assert call("usage").exit_code == 0
    shutil.rmtree(Path("archive/usage"))
    shutil.rmtree(newest.root)
    assert call("usage").exit_code == 7
    assert not Path("archive/usage").exists()


def test_init_writes_once(call: Call) -> None:
    first, second = call("init", "--non-interactive", "-c", "new.toml"), call("init", "-c", "new.toml")
    assert (first.exit_code, second.exit_code) == (0, 2) and "never overwritten" in second.stderr
    assert "team       web (guessed)" in first.stdout
    assert call("doctor", "-c", "new.toml").exit_code == 0
    document = json.loads(call("init", "-c", "third.toml", "--output", "json").stdout)
    assert document["timezone"] == "Asia/Bangkok" and Path("third.toml").exists()


def test_usage_keeps_one_snapshot_a_day(call: Call) -> None:
    assert call("usage").exit_code == 0
    (path,) = (path for path in Path("archive/usage").glob("*.csv") if "deployments" not in path.name)
    before = path.read_bytes()
    result = call("usage", "--quiet")
    assert (result.exit_code, result.stdout) == (0, "") and path.read_bytes() == before
    rows = before.decode("utf-8-sig").splitlines()
    keys = {tuple(row.split(",")[index] for index in (0, 3, 6)) for row in rows[1:]}
    assert len(keys) == len(rows) - 1 == 14 * 11
    assert path.stat().st_mode & 0o777 == 0o640


def test_usage_as_json_csv_and_for_prometheus(call: Call) -> None:
    document = json.loads(call("usage", "--output", "json").stdout)
    assert document["alerts"] == [] and {team["team"] for team in document["teams"]} >= {"web", "shop", "data"}
    assert all(isinstance(project["month_to_date"], str) for project in document["projects"])
    table = csv.DictReader(io.StringIO(call("usage", "--output", "csv").stdout.removeprefix("\ufeff"), newline=""))
    costs = [(each["project"], each["month_to_date"]) for each in document["projects"]]
    assert [(row["project"], row["month_to_date"]) for row in table] == costs
    shown = call("usage", "--output", "prometheus").stdout
    families = {family.name for family in text_string_to_metric_families(shown)}
    assert {"chargeback_usage_alert", "chargeback_usage_team_month_end"} <= families
    assert "chargeback_usage_alert" in Path("chargeback_usage.prom").read_text()
    assert call("usage", "--output", "prometheus", "--to", "mine.prom").stdout == ""
    assert "chargeback_usage_alert" in Path("mine.prom").read_text()


def test_usage_without_access_is_exit_5(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYS_TOKEN", "wrong")
    result = call("usage")
    assert result.exit_code == 5 and not Path("archive/usage").exists()


@pytest.mark.parametrize("scheduler", ["cron", "systemd", "kubernetes", "compose", "deploys"])
def test_schedule_prints_no_secret(call: Call, scheduler: str) -> None:
    result = call("schedule", scheduler)
    assert result.exit_code == 0 and "--catch-up" in result.stdout and "sandbox-token" not in result.stdout


@pytest.mark.parametrize("command", ["init", "doctor", "usage", "schedule"])
def test_help_fits_the_screen(command: str) -> None:
    result = CliRunner().invoke(main, [command, "--help"])
    assert result.exit_code == 0 and max(map(len, result.stdout.splitlines())) <= 100
