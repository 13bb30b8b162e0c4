"""Each schedule is read by its own parser, and starts when it should, whatever zone the scheduler reckons in."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from chargeback.config import parse
from chargeback.errors import ConfigurationError
from chargeback.operate.deploy import TARGETS, Deployment, compose, deployment, deploys, kubernetes, systemd

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


def deployed(tmp_path: Path, source: str, zone: str = "Asia/Bangkok", **environ: str) -> Deployment:
    path = tmp_path / "config 100%.toml"
    path.write_text(source.format(zone=zone))
    return deployment(
        parse(path.read_bytes(), path),
        path,
        environ,
        Path("/opt/charge back/bin/chargeback"),
        image="registry.example/chargeback:1",
        project="acme",
        location="loc",
    )


@pytest.fixture
def made(tmp_path: Path) -> Deployment:
    return deployed(tmp_path, SOURCE)


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
def test_cron_starts_on_the_third_or_later_in_every_zone(made: Deployment, machine: ZoneInfo) -> None:
    monthly, daily = cron_fields_of(TARGETS["cron"].text(made))
    found = starts(monthly, machine)
    assert len(found) > 12 * 20
    assert all(when.astimezone(zone).day >= 3 for when in found for zone in FARTHEST)
    assert len({when.date() for when in starts(daily, machine)}) == 365


def test_deploys_starts_on_the_third_or_later_in_every_zone_in_utc(made: Deployment) -> None:
    monthly, daily = deploys.deployments(made)
    assert re.fullmatch(PLATFORM_PATTERN, monthly["schedule"]) and re.fullmatch(PLATFORM_PATTERN, daily["schedule"])
    found = starts(monthly["schedule"], ZoneInfo("UTC"))
    assert {when.astimezone(UTC).day for when in found} == set(range(3, 28))
    assert all(when.astimezone(zone).day >= 3 for when in found for zone in FARTHEST)


def test_deploys_prints_json_bodies_with_secrets_by_reference(made: Deployment) -> None:
    text = TARGETS["deploys"].text(made)
    bodies = [json.loads(body) for body in re.findall(r"<<'JSON'\n(.*?)\nJSON\n", text, re.DOTALL)]
    assert [body["name"] for body in bodies] == ["chargeback", "chargeback-usage"]
    assert bodies[0]["envGroups"] == ["chargeback"] and '-env ACME_TOKEN="$ACME_TOKEN"' in text
    assert bodies[0]["mountData"][str(made.path)] == SOURCE.format(zone="Asia/Bangkok")


def test_cron_escapes_what_it_would_read_and_names_secrets(made: Deployment) -> None:
    text = TARGETS["cron"].text(made)
    assert r"'/" in text and r"100\%.toml'" in text and "run --catch-up" in text and "--ok 4,8" in text
    assert "ACME_TOKEN SLACK_URL" in text and "timeout 4200" in text


@pytest.mark.parametrize("zone", ["Asia/Bangkok", "UTC", "America/New_York"])
def test_systemd_verifies(made: Deployment, tmp_path: Path, zone: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: units are not verified here")
    units = systemd.units(replace(deployed(tmp_path, SOURCE, zone), executable=Path("/bin/true"), user="root"))
    for name, unit in units.items():
        (tmp_path / name).write_text(unit)
    told = subprocess.run(
        ["systemd-analyze", "verify", *(str(tmp_path / name) for name in units)], capture_output=True, text=True
    )
    ours = [line for line in told.stderr.splitlines() if "chargeback" in line]
    assert (told.returncode, ours) == (0, [])
    assert f"OnCalendar=*-*-03..31 09:17:00 {zone}" in units["chargeback.timer"]
    assert "Persistent=true" in units["chargeback.timer"] and "TimeoutStartSec=4200" in units["chargeback.service"]


def test_systemd_quotes_paths(made: Deployment) -> None:
    unit = systemd.units(made)["chargeback.service"]
    assert 'ExecStart="/opt/charge back/bin/chargeback" run --catch-up -c "' in unit
    assert 'ReadWritePaths="/srv/charge back/100%%"' in unit


def test_kubernetes_resources_fit_the_schema(made: Deployment) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    documents = list(yaml.safe_load_all(TARGETS["kubernetes"].text(made)))
    assert documents == kubernetes.resources(made)
    for document in documents:
        validator.validate(document, "1.30", strict=True)


def test_kubernetes_runs_once_and_never_twice(made: Deployment) -> None:
    job = next(r for r in kubernetes.resources(made) if r["kind"] == "CronJob")["spec"]
    template = job["jobTemplate"]["spec"]
    assert (job["timeZone"], job["concurrencyPolicy"]) == ("Asia/Bangkok", "Forbid")
    assert (template["backoffLimit"], template["activeDeadlineSeconds"]) == (0, 4200)
    pod = template["template"]["spec"]
    assert pod["restartPolicy"] == "Never" and pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"]
    assert pod["containers"][0]["env"][0]["valueFrom"] == {"secretKeyRef": {"name": "chargeback", "key": "ACME_TOKEN"}}


NEEDS = """
archive = "here/../archive"
head_file = "../elsewhere/head"
timezone = "{zone}"
[api]
token_file = "/run/secrets/deploys"
[[accounts]]
id = "ba_1"
token_env = "ACME_TOKEN"
[[teams]]
id = "web"
notify = ["mailtos://${{TEAM_USER}}:${{TEAM_PASSWORD}}@mail.example?to=web@acme.example"]
[notify]
urls = ["${{SLACK_URL}}"]
healthcheck_url = "https://hc.example/${{CHECK}}"
metrics = "/var/lib/collector"
"""
NAMES = ("ACME_TOKEN", "SLACK_URL", "TEAM_USER", "TEAM_PASSWORD", "CHECK", "HTTPS_PROXY")


@pytest.fixture
def needy(tmp_path: Path) -> Deployment:
    """A configuration that needs something of every kind."""
    return deployed(tmp_path, NEEDS, HTTPS_PROXY="http://proxy.example:3128", SSL_CERT_FILE="/etc/own.pem")


def test_every_variable_that_the_configuration_names_is_a_need(needy: Deployment) -> None:
    assert set(needy.variables) == set(NAMES) and needy.trust == ("SSL_CERT_FILE",)


def test_a_service_account_whose_key_lies_in_a_file_is_a_need_without_its_password(tmp_path: Path) -> None:
    made = deployed(tmp_path, '[api]\ntoken_file = "/run/secrets/key"\n', DEPLOYS_AUTH_USER="job@acme")
    assert made.variables == ("DEPLOYS_AUTH_USER",) and made.token_file == Path("/run/secrets/key")


def test_paths_are_as_the_system_finds_them(needy: Deployment, tmp_path: Path) -> None:
    """``ReadWritePaths=/a/../archive`` is ignored by systemd: the archive would be read-only, and every run exit 9."""
    root = Path(os.path.realpath(tmp_path))
    assert needy.written == (root / "archive", root.parent / "elsewhere", Path("/var/lib/collector"))
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    linked = deployed(tmp_path, 'archive = "link/archive"\ntimezone = "{zone}"\n')
    assert linked.archive == root / "real/archive"


@pytest.mark.parametrize("target", ["cron", "systemd", "kubernetes", "compose"])
def test_every_target_has_every_need_or_says_what_is_missing(needy: Deployment, target: str) -> None:
    text, gaps = TARGETS[target].text(needy), "\n".join(TARGETS[target].gaps(needy))
    for name in (*needy.variables, *needy.trust):
        assert name in text or name in gaps, f"{target} loses the variable {name}"
    for path in (*needy.written, needy.path, needy.token_file):
        assert str(path) in text or str(path) in gaps, f"{target} loses {path}"
    assert all(gap in text for gap in gaps.splitlines()), "what is told on stderr stands in the file too"


@pytest.mark.parametrize("key", ["head_file", "token_file"])
def test_deploys_refuses_what_it_cannot_keep(needy: Deployment, tmp_path: Path, key: str) -> None:
    others = "\n".join(line for line in NEEDS.splitlines() if key in line or not re.match("head_file|token_file", line))
    with pytest.raises(ConfigurationError, match=key):
        TARGETS["deploys"].text(deployed(tmp_path, others))


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2J"])
def test_a_path_that_would_begin_a_line_of_its_own_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(ConfigurationError, match="control character"):
        deployed(tmp_path / name, SOURCE)


def test_a_user_is_made_and_can_read_what_the_job_reads(needy: Deployment) -> None:
    text = TARGETS["cron"].text(replace(needy, user="chargeback", uid=None))
    assert "useradd --system" in text and "install -o chargeback -g chargeback -m 0400 /dev/null" in text
    assert f"chgrp chargeback '{needy.path}'" in text and "chown chargeback /run/secrets/deploys" in text
    assert "useradd" not in TARGETS["cron"].text(replace(needy, user="job", uid=1000))


def test_the_archives_owner_runs_the_job(tmp_path: Path) -> None:
    if os.getuid():
        pytest.skip("only root can give a folder away")
    (tmp_path / "archive").mkdir()
    os.chown(tmp_path / "archive", 2, 2)
    made = deployed(tmp_path, 'archive = "archive"\ntimezone = "{zone}"\n')
    assert (made.user, made.uid) == ("bin", 2)
    assert compose.services(made)["run"]["user"] == "2:2"


def test_a_wrong_address_is_no_green_job(made: Deployment) -> None:
    """Exit 6 is a platform that is away, and an address that is wrong for good: no schedule takes it for a success."""
    text = TARGETS["systemd"].text(made) + TARGETS["cron"].text(made) + TARGETS["kubernetes"].text(made)
    assert "SuccessExitStatus=4 8" in text and "4,8" in text and not re.search(r"\b4[ ,]6\b", text)


def test_compose_mounts_the_machines_own_paths_read_only_but_for_what_is_written(needy: Deployment) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    document = yaml.safe_load(TARGETS["compose"].text(needy))
    assert document == {"name": "chargeback", "services": compose.services(needy)}
    run = document["services"]["run"]
    writable = {volume["target"] for volume in run["volumes"] if not volume.get("read_only")}
    assert writable == {"/tmp", *map(str, needy.written)} and run["read_only"] and run["cap_drop"] == ["ALL"]
    assert all(volume["source"] == volume["target"] for volume in run["volumes"] if volume["type"] == "bind")
    assert "tmpfs" not in run, "the working file of a large month would lie in memory"


def test_a_pod_mounts_outer_folders_before_inner_ones(tmp_path: Path) -> None:
    """A volume mounted over a folder hides what was mounted inside it before."""
    made = deployed(tmp_path, 'archive = "a/archive"\nhead_file = "a/head"\ntimezone = "{zone}"\n')
    pod = kubernetes.resources(made)[3]["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    paths = [mount["mountPath"] for mount in pod["containers"][0]["volumeMounts"]]
    assert paths.index(str(made.head_folder)) < paths.index(str(made.archive))
