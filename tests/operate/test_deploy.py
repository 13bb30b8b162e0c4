"""Each schedule is read by its own parser, and starts when it should, whatever zone the scheduler reckons in."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chargeback.config import parse
from chargeback.operate.deploy import FORMS, SchedulePlan, deploys, kubernetes, plan, systemd

SOURCE = """
archive = "/srv/charge back/100%"
timezone = "{zone}"
[api]
deadline = 3600
[[accounts]]
id = "ba_1"
name = "สยาม"
token_env = "ACME_TOKEN"
[notify]
urls = ["${{SLACK_URL}}"]
"""
FARTHEST = (
    ZoneInfo("Etc/GMT+12"),
    ZoneInfo("Pacific/Kiritimati"),
    ZoneInfo("Asia/Bangkok"),
    ZoneInfo("America/New_York"),
)
PLATFORM_PATTERN = r"^((((\*(/\d+)?)|(\d+((-\d+)|(/\d+))?)),?)+\s?){5}$"
"""What the platform takes as a CronJob's schedule (its public client library)."""


@pytest.fixture
def made(tmp_path: Path) -> SchedulePlan:
    path = tmp_path / "config 100%.toml"
    config = parse(SOURCE.format(zone="Asia/Bangkok").encode(), path)
    return plan(config, path, {}, "/opt/charge back/bin/chargeback", "registry.example/chargeback:1", "acme", "loc")


def starts(fields: str, zone: ZoneInfo, year: int = 2026) -> list[datetime]:
    """Every start within a year, by a crontab parser."""
    croniter = pytest.importorskip("croniter").croniter
    times, end = [], datetime(year + 1, 1, 1, tzinfo=zone)
    iterator = croniter(fields, datetime(year, 1, 1, tzinfo=zone) - timedelta(seconds=1))
    while (when := iterator.get_next(datetime)) < end:
        times.append(when)
    return times


def cron_fields_of(text: str) -> list[str]:
    return re.findall(r"^([\d*]\S* \S+ \S+ \S+ \S+) ", text, re.MULTILINE)


@pytest.mark.parametrize("machine", FARTHEST, ids=str)
def test_cron_starts_on_the_third_or_later_in_every_zone(made: SchedulePlan, machine: ZoneInfo) -> None:
    monthly, daily = cron_fields_of(FORMS["cron"](made))
    found = starts(monthly, machine)
    assert len(found) > 12 * 20
    assert all(when.astimezone(zone).day >= 3 for when in found for zone in FARTHEST)
    assert len({when.date() for when in starts(daily, machine)}) == 365


def test_deploys_starts_on_the_third_or_later_in_every_zone_in_utc(made: SchedulePlan) -> None:
    monthly, daily = deploys.deployments(made)
    assert re.fullmatch(PLATFORM_PATTERN, monthly["schedule"]) and re.fullmatch(PLATFORM_PATTERN, daily["schedule"])
    found = starts(monthly["schedule"], ZoneInfo("UTC"))
    assert {when.astimezone(UTC).day for when in found} == set(range(3, 28))
    assert all(when.astimezone(zone).day >= 3 for when in found for zone in FARTHEST)


def test_deploys_prints_json_bodies_with_secrets_by_reference(made: SchedulePlan) -> None:
    text = FORMS["deploys"](made)
    bodies = [json.loads(body) for body in re.findall(r"<<'JSON'\n(.*?)\nJSON\n", text, re.DOTALL)]
    assert [body["name"] for body in bodies] == ["chargeback", "chargeback-usage"]
    assert bodies[0]["envGroups"] == ["chargeback"] and '-env ACME_TOKEN="$ACME_TOKEN"' in text
    assert bodies[0]["mountData"]["/etc/chargeback/config.toml"] == SOURCE.format(zone="Asia/Bangkok")


def test_cron_escapes_what_it_would_read_and_names_secrets(made: SchedulePlan) -> None:
    text = FORMS["cron"](made)
    assert r"'/" in text and r"100\%.toml'" in text and "run --catch-up --ok 4,6,8" in text
    assert "ACME_TOKEN SLACK_URL" in text and "timeout 4200" in text


@pytest.mark.parametrize("zone", ["Asia/Bangkok", "UTC", "America/New_York"])
def test_systemd_verifies(made: SchedulePlan, tmp_path: Path, zone: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: units are not verified here")
    config = parse(SOURCE.format(zone=zone).encode(), made.path)
    units = systemd.units(plan(config, made.path, {}, "/bin/true", "x", "p", "l"))
    for name, unit in units.items():
        (tmp_path / name).write_text(unit)
    told = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in units)], capture_output=True, text=True
    )
    ours = [line for line in told.stderr.splitlines() if "chargeback" in line]
    assert (told.returncode, ours) == (0, [])
    assert f"OnCalendar=*-*-03..31 09:17:00 {zone}" in units["chargeback.timer"]
    assert "Persistent=true" in units["chargeback.timer"] and "TimeoutStartSec=4200" in units["chargeback.service"]


def test_systemd_quotes_paths(made: SchedulePlan) -> None:
    unit = systemd.units(made)["chargeback.service"]
    assert 'ExecStart="/opt/charge back/bin/chargeback" run --catch-up -c "' in unit
    assert 'ReadWritePaths="/srv/charge back/100%%"' in unit


def test_kubernetes_resources_fit_the_schema(made: SchedulePlan) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    documents = list(yaml.safe_load_all(FORMS["kubernetes"](made)))
    assert documents == kubernetes.resources(made)
    for document in documents:
        validator.validate(document, "1.30", strict=True)


def test_kubernetes_runs_once_and_never_twice(made: SchedulePlan) -> None:
    job = kubernetes.resources(made)[2]["spec"]
    template = job["jobTemplate"]["spec"]
    assert (job["timeZone"], job["concurrencyPolicy"]) == ("Asia/Bangkok", "Forbid")
    assert (template["backoffLimit"], template["activeDeadlineSeconds"]) == (0, 4200)
    pod = template["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    assert pod["containers"][0]["env"][0]["valueFrom"] == {"secretKeyRef": {"name": "chargeback", "key": "ACME_TOKEN"}}
