"""Two services and their timers, in the form that ``systemctl cat`` shows: a comment with the path, then the unit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from chargeback.operate.deploy.cron import ENVIRONMENT_FILE
from chargeback.operate.deploy.needs import USAGE_TIME, ZONED_DAYS, ZONED_TIME, SchedulePlan

FOLDER = "/etc/systemd/system"
_SERVICE = """\
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=chargeback
ExecStart={command}
{environment}TimeoutStartSec={seconds}
SuccessExitStatus={success}
UMask=0027
NoNewPrivileges=yes
PrivateTmp=yes
ProtectHome=read-only
ProtectSystem=strict
ReadWritePaths={writable}
"""
_TIMER = """\
[Unit]
Description={description}

[Timer]
OnCalendar={calendar}
Persistent=true
RandomizedDelaySec=10min

[Install]
WantedBy=timers.target
"""


def units(plan: SchedulePlan) -> dict[str, str]:
    """File name -> unit."""
    zone, (hour, minute) = plan.config.timezone_name, ZONED_TIME
    monthly = f"*-*-{ZONED_DAYS[0]:02d}..{ZONED_DAYS[1]:02d} {hour:02d}:{minute:02d}:00 {zone}"
    daily = f"*-*-* {USAGE_TIME[0]:02d}:{USAGE_TIME[1]:02d}:00 {zone}"
    month, usage = "Monthly cost allocation of deploys.app", "Daily look at the usage of deploys.app"
    return {
        "chargeback.service": _service(plan, month, plan.run, "4 6 8"),
        "chargeback.timer": _TIMER.format(description=month, calendar=monthly),
        "chargeback-usage.service": _service(plan, usage, plan.usage, "6 8"),
        "chargeback-usage.timer": _TIMER.format(description=usage, calendar=daily),
    }


def text(plan: SchedulePlan) -> str:
    """All units, each below the path of its file, and what to do with them."""
    return "".join([*_head(plan), *(f"# {FOLDER}/{name}\n{unit}\n" for name, unit in units(plan).items())])


def _head(plan: SchedulePlan) -> Iterator[str]:
    yield "# Each unit below goes into the file that is named above it; then:\n"
    yield "#   systemctl daemon-reload && systemctl enable --now chargeback.timer chargeback-usage.timer\n"
    folders = " ".join(quoted(str(folder)) for folder in _writable(plan))
    yield f"# The folders beforehand, once: install -d -o chargeback -m 0750 {folders}\n"
    if plan.secrets:
        yield f"# Secrets: {ENVIRONMENT_FILE}, mode 0600, root's, with a line NAME=value for each of\n"
        yield f"#   {' '.join(plan.secrets)}\n"
    yield "\n"


def _service(plan: SchedulePlan, description: str, arguments: list[str], success: str) -> str:
    words = [plan.executable, *arguments, "-c", str(plan.path)]
    return _SERVICE.format(
        description=description,
        command=" ".join(quoted(word) for word in words),
        environment=f"EnvironmentFile={ENVIRONMENT_FILE}\n" if plan.secrets else "",
        seconds=plan.seconds,
        success=success,
        writable=" ".join(quoted(str(folder)) for folder in _writable(plan)),
    )


def _writable(plan: SchedulePlan) -> list[Path]:
    """What a run writes: the archive, the head file's folder, the textfile collector's."""
    config = plan.config
    folders = [config.archive, config.head_file.parent if config.head_file else None, config.notify.metrics]
    return [folder.absolute() for folder in folders if folder is not None]


def quoted(word: str) -> str:
    """A word of a unit's line: specifiers and variables taken literally, quoted where it has to be."""
    literal = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$")
    return '"' + literal.replace('"', '\\"') + '"' if set(literal) & set(" \t\"'") else literal
