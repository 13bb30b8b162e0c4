"""Each schedule is executed as it is printed, by what it is for or by a translation of it, as another user on a
read-only root: a month is archived once, and the second time there is nothing new."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chargeback.operate.deploy.needs import IMAGE_USER
from chargeback.sandbox import sample_configuration
from tests.kit.workplace import listening
from tests.operate.machine import EXITS, PROGRAM, ROOT, Machine, Mount

CONFIG = "/etc/chargeback/config.toml"
ARCHIVE = "/srv/charge back/100%/archive"
HEAD = "/srv/elsewhere/chargeback.head"
METRICS = "/var/lib/metrics"


@dataclass
class Site:
    """A machine with a configuration for a platform that listens, its schedule not yet installed."""

    machine: Machine
    token: str

    def schedule(self, target: str, *options: str) -> str:
        """What ``chargeback schedule`` prints there for root."""
        words = [PROGRAM, "schedule", target, "-c", CONFIG, *options]
        script = f"{shlex.join(words)} >/var/schedule 2>/var/told || {{ cat /var/told; exit 1; }}"
        self.machine.boot(script, environ={"DEPLOYS_TOKEN": self.token})
        return self.machine.path("/var/schedule").read_text()

    def prepare(self, text: str) -> str:
        """Do what the schedule's comments say is to be done once before, in an editor too."""
        steps = re.search(r"^# Once before, as root:\n((?:#   .*\n)+)", text, re.MULTILINE)
        assert steps is not None
        editor = self.machine.path("/var/editor")
        editor.write_text(f'#!/bin/sh\necho DEPLOYS_TOKEN={self.token} >>"$1"\n')
        editor.chmod(0o755)
        commands = [line.removeprefix("#   ") for line in steps[1].splitlines() if "docker" not in line]
        return self.machine.boot("\n".join(["EDITOR=/var/editor", *commands]))

    def revisions(self) -> list[Path]:
        """The archived revisions."""
        return sorted(self.machine.path(ARCHIVE).glob("????-??/r*"))

    def is_archived_by(self, uid: int | None) -> None:
        """One revision, the head outside it, all of it that user's (None: not root's)."""
        (revision,) = self.revisions()
        owner = revision.stat().st_uid
        assert owner == uid if uid is not None else owner != 0
        written = [revision / "manifest.json", self.machine.path(HEAD)]
        assert {path.stat().st_uid for path in written} == {owner}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    machine = Machine(tmp_path / "machine")
    with listening(tmp_path) as platform:
        text = sample_configuration(
            platform.server.platform.world, endpoint=platform.server.endpoint, archive=ARCHIVE, accounts=False
        )
        config = machine.path(CONFIG)
        config.parent.mkdir(exist_ok=True)
        config.write_text(f'head_file = "{HEAD}"\n{text}\n[notify]\nmetrics = "{METRICS}"\n')
        config.chmod(0o600)
        yield Site(machine, platform.server.token)


def needed(*programs: str) -> None:
    for program in programs:
        if shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin:/lib/systemd") is None:
            pytest.skip(f"{program} is not installed: its schedule is not executed here")


def test_cron_archives_a_month(site: Site) -> None:
    needed("cron", "crontab")
    text = site.schedule("cron")
    site.prepare(text)
    machine = site.machine
    machine.path("/var/crontab").write_text(text)
    machine.path("/var/spool/cron/crontabs").mkdir(parents=True)
    machine.boot("crontab -u chargeback /var/crontab && crontab -u chargeback -l | grep -q 'run --catch-up'")
    machine.path(EXITS).touch()
    machine.path(EXITS).chmod(0o666)
    fields = r"^[\d*]\S* \S+ \S+ \S+ \S+ (?=.*{})"
    for number, command in enumerate(("run", "run", "usage"), start=1):
        due = re.sub(fields.format(f"chargeback {command} "), "@reboot ", text, flags=re.MULTILINE)
        assert due.count("\n@reboot ") == 1
        machine.path("/var/crontab").write_text(due)
        machine.boot(
            "crontab -u chargeback /var/crontab; mount -o remount,bind,ro /etc; mkdir -p -m 0755 /run/lock; "
            f"cron -f & while kill -0 $! && [ $(wc -l <{EXITS}) -lt {number} ]; do sleep 0.2; done"
        )
    assert machine.path(EXITS).read_text() == "run 0\nrun 0\nusage 0\n"
    site.is_archived_by(None)


def test_systemd_archives_a_month_in_its_sandbox(site: Site) -> None:
    needed("systemd", "systemd-analyze")
    text = site.schedule("systemd")
    site.prepare(text)
    machine = site.machine
    units = machine.path("/etc/systemd/system")
    shutil.rmtree(units)
    units.mkdir()
    for name, unit in re.findall(r"^# /etc/systemd/system/(\S+)\n(.*?)(?=^# /etc|\Z)", text, re.MULTILINE | re.DOTALL):
        (units / name).write_text(unit)
    machine.boot("systemd-analyze verify /etc/systemd/system/chargeback*.timer")
    machine.path("/etc/machine-id").write_text("0123456789abcdef" * 2 + "\n")
    started = [_under_systemd(machine, name) for name in ("chargeback", "chargeback", "chargeback-usage")]
    assert [code for code, _ in started] == [0, 0, 0]
    assert "written" in started[0][1] and "written" not in started[1][1]
    site.is_archived_by(None)
    service = units / "chargeback.service"
    service.write_text(re.sub("(?<=ReadWritePaths=).*", "/srv/elsewhere", service.read_text()))
    assert _under_systemd(machine, "chargeback")[0] == 9, "the sandbox is none"


def _under_systemd(machine: Machine, name: str) -> tuple[int, str]:
    """The service started by a manager of its own: its exit code, and what it and the manager said."""
    drop_in = machine.path(f"/etc/systemd/system/{name}.service.d")
    drop_in.mkdir(exist_ok=True)
    said = machine.path("/var/log/said")
    said.unlink(missing_ok=True)
    machine.path("/var/log/status").unlink(missing_ok=True)
    (drop_in / "told.conf").write_text(
        "[Unit]\nDefaultDependencies=no\nSuccessAction=exit\nFailureAction=exit\nWants=\nAfter=\n"
        "[Service]\nStandardOutput=append:/var/log/said\nStandardError=append:/var/log/said\n"
        "ExecStopPost=+/bin/sh -c 'echo $$EXIT_STATUS >/var/log/status'\n"
    )
    told = machine.boot(
        "mount -t tmpfs -o mode=0755 cgroup /sys/fs/cgroup; mkdir /sys/fs/cgroup/systemd; "
        "mount -t cgroup -o none,name=systemd cgroup /sys/fs/cgroup/systemd 2>/dev/null "
        "|| { umount /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup; }; "
        f"exec env -i container=test /lib/systemd/systemd --system --unit={name}.service --log-target=console "
        "--log-level=notice --show-status=no",
        expected=None,
    )
    return int(machine.path("/var/log/status").read_text()), told + (said.read_text() if said.exists() else "")


def image_environment() -> dict[str, str]:
    """The Dockerfile's ``ENV``."""
    text = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    (line,) = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    return dict(word.replace("$PATH", "/usr/local/bin:/usr/bin:/bin").split("=", 1) for word in line.split())


def contained(
    machine: Machine,
    arguments: Sequence[str],
    mounts: Sequence[Mount],
    *,
    environ: dict[str, str],
    user: str = f"{IMAGE_USER}:{IMAGE_USER}",
    temporary: Sequence[str] = (),
    expected: int = 0,
) -> str:
    """What the image says with these arguments: a read-only root, no capability, a user and its group by number."""
    uid, gid = user.split(":")
    words = ["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--no-new-privs"]
    words += ["--inh-caps=-all", "--bounding-set=-all", "env", "-i"]
    words += [f"{name}={value}" for name, value in {**image_environment(), **environ}.items()]
    etc = machine.folder / "image-etc"
    if not etc.exists():
        shutil.copytree("/etc", etc, symlinks=True)
    tried = "for folder in / /etc /usr; do if touch $folder/x 2>/dev/null; then exit 99; fi; done"
    return machine.boot(
        f"{tried}; exec {shlex.join([*words, PROGRAM, *arguments])}",
        mounts=[Mount(etc, "/etc"), *mounts],
        temporary=temporary,
        expected=expected,
    )


def test_compose_archives_a_month(site: Site) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    text = site.schedule("compose")
    site.prepare(text)
    account = re.search(r"^chargeback:x:(\d+):(\d+):", site.machine.path("/etc/passwd").read_text(), re.MULTILINE)
    assert account is not None
    text = site.schedule("compose")  # the user has a number now
    services = yaml.safe_load(text)["services"]
    assert services["run"]["user"] == f"{account[1]}:{account[2]}"
    told = [_composed(site.machine, services[name]) for name in ("doctor", "run", "run", "usage")]
    assert "written" in told[1] and told[2:] == ["", ""]
    site.is_archived_by(int(account[1]))
    volumes = [volume for volume in services["run"]["volumes"] if volume["target"] != ARCHIVE]
    assert "not mounted" in _composed(site.machine, {**services["run"], "volumes": volumes}, expected=7)


def _composed(machine: Machine, service: dict[str, Any], *, expected: int = 0) -> str:
    """What compose does with a service, as far as a container is concerned."""
    assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    lines = [line for file in service["env_file"] for line in machine.path(file).read_text().splitlines()]
    return contained(
        machine,
        [word.replace("$$", "$") for word in service["command"]],
        [
            Mount(machine.path(volume["source"]), volume["target"], writable=not volume.get("read_only", False))
            for volume in service["volumes"]
            if volume["type"] == "bind"
        ],
        environ=dict(line.split("=", 1) for line in lines if line),
        user=service["user"],
        temporary=[volume["target"] for volume in service["volumes"] if volume["type"] == "volume"],
        expected=expected,
    )


def test_a_pod_archives_a_month(site: Site) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    documents = list(yaml.safe_load_all(site.schedule("kubernetes")))
    pods = {
        document["metadata"]["name"]: document["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        for document in documents
        if document["kind"] == "CronJob"
    }
    (config,) = (document["data"] for document in documents if document["kind"] == "ConfigMap")
    cluster = Cluster(site.machine, config, {"DEPLOYS_TOKEN": site.token})
    told = [cluster.start(pods[name]) for name in ("chargeback", "chargeback", "chargeback-usage")]
    assert "written" in told[0] and told[1:] == ["", ""]
    (revision,) = (cluster.claim("chargeback-archive")).glob("????-??/r*")
    assert revision.stat().st_uid == IMAGE_USER
    assert (cluster.claim("chargeback-head") / Path(HEAD).name).stat().st_uid == IMAGE_USER


def test_a_pod_reads_its_token_from_a_mounted_secret(site: Site) -> None:
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    config = site.machine.path(CONFIG)
    config.write_text(config.read_text().replace("[api]\n", '[api]\ntoken_file = "/run/secrets/deploys"\n'))
    documents = list(yaml.safe_load_all(site.schedule("kubernetes")))
    (job,) = (each for each in documents if each["metadata"]["name"] == "chargeback" and each["kind"] == "CronJob")
    (data,) = (document["data"] for document in documents if document["kind"] == "ConfigMap")
    cluster = Cluster(site.machine, data, {"token": site.token})
    assert "written" in cluster.start(job["spec"]["jobTemplate"]["spec"]["template"]["spec"])


@dataclass
class Cluster:
    """What the kubelet does with a pod's specification, as far as one container is concerned."""

    machine: Machine
    config: dict[str, str]
    secret: dict[str, str]

    def claim(self, name: str) -> Path:
        """The lasting disk of a claim: as a provisioner makes it, root's."""
        folder = self.machine.folder / "claims" / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def start(self, pod: dict[str, Any]) -> str:
        """Start it: what it says."""
        (container,), volumes = pod["containers"], {volume["name"]: volume for volume in pod["volumes"]}
        who, limits = pod["securityContext"], container["securityContext"]
        assert who["runAsNonRoot"] and limits["readOnlyRootFilesystem"] and limits["capabilities"] == {"drop": ["ALL"]}
        assert not limits["allowPrivilegeEscalation"]
        mounts = [
            Mount(
                self._volume(volumes[mount["name"]], who["fsGroup"]) / mount.get("subPath", ""),
                mount["mountPath"],
                writable=not mount.get("readOnly", False),
            )
            for mount in container["volumeMounts"]
        ]
        asked = container.get("env", [])
        environ = {each["name"]: self.secret[each["valueFrom"]["secretKeyRef"]["key"]] for each in asked}
        user = f"{who['runAsUser']}:{who['runAsGroup']}"
        return contained(self.machine, container["args"], mounts, environ=environ, user=user)

    def _volume(self, volume: dict[str, Any], group: int) -> Path:
        """A volume as a folder, handed to the pod's group: recursively, with the set-group-id bit."""
        if "persistentVolumeClaim" in volume:
            folder = self.claim(volume["persistentVolumeClaim"]["claimName"])
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, -1, group)
                path.chmod(path.stat().st_mode | (0o2770 if path.is_dir() else 0o660))
            return folder
        folder = Path(tempfile.mkdtemp(dir=self.machine.folder))
        os.chown(folder, 0, group)
        folder.chmod(0o2777 if "emptyDir" in volume else 0o2755)
        for name, text in (self.config if "configMap" in volume else {}).items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o644)
        for item in volume.get("secret", {}).get("items", []):
            (file := folder / item["path"]).write_text(self.secret[item["key"]])
            os.chown(file, 0, group)
            file.chmod(volume["secret"]["defaultMode"])
        return folder


def test_a_job_on_deploys_archives_a_month(site: Site) -> None:
    config = site.machine.path(CONFIG)
    config.write_text(config.read_text().replace(f'head_file = "{HEAD}"\n', "").partition("[notify]")[0])
    text = site.schedule("deploys", "--project", "acme")
    bodies = {body["name"]: body for body in map(json.loads, re.findall(r"<<'JSON'\n(.*?)\nJSON\n", text, re.DOTALL))}
    told = [_deployed(site, bodies[name]) for name in ("chargeback", "chargeback", "chargeback-usage")]
    assert "written" in told[0] and told[1:] == ["", ""]


def _deployed(site: Site, body: dict[str, Any]) -> str:
    """What the platform does with a CronJob: one disk, files as plain text, the environment group's variables."""
    folder = site.machine.folder
    (disk := folder / body["disk"]["name"]).mkdir(exist_ok=True)
    os.chown(disk, IMAGE_USER, IMAGE_USER)
    mounts = [Mount(disk, body["disk"]["mountPath"], writable=True)]
    for number, (path, text) in enumerate(body["mountData"].items()):
        (file := folder / f"data-{number}").write_text(text)
        mounts.append(Mount(file, path))
    return contained(site.machine, body["args"], mounts, environ={"DEPLOYS_TOKEN": site.token}, temporary=["/tmp"])
