"""Two services and their timers, in the form that ``systemctl cat`` shows: a comment with the path, then the unit."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.operate.deploy.needs import (
    AGAIN_TOMORROW,
    ENVIRONMENT_FILE,
    TEMPORARY,
    USAGE_TIME,
    ZONED_DAYS,
    ZONED_TIME,
    Deployment,
    program_folders,
    steps,
)

FOLDER = "/etc/systemd/system"
_SERVICE = """\
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User={user}
Group={user}
ExecStart={command}
Environment={path}
Environment=TMPDIR={temporary}
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


def units(made: Deployment) -> dict[str, str]:
    """File name -> unit."""
    zone, (hour, minute) = made.config.timezone_name, ZONED_TIME
    monthly = f"*-*-{ZONED_DAYS[0]:02d}..{ZONED_DAYS[1]:02d} {hour:02d}:{minute:02d}:00 {zone}"
    daily = f"*-*-* {USAGE_TIME[0]:02d}:{USAGE_TIME[1]:02d}:00 {zone}"
    month, usage = "Monthly cost allocation of deploys.app", "Daily look at the usage of deploys.app"
    return {
        "chargeback.service": _service(made, month, made.plain_run, " ".join(AGAIN_TOMORROW)),
        "chargeback.timer": _TIMER.format(description=month, calendar=monthly),
        "chargeback-usage.service": _service(made, usage, made.usage, "8"),
        "chargeback-usage.timer": _TIMER.format(description=usage, calendar=daily),
    }


def text(made: Deployment) -> str:
    """All units, each below the path of its file, and what to do with them."""
    return "".join([*_head(made), *(f"# {FOLDER}/{name}\n{unit}\n" for name, unit in units(made).items())])


def gaps(made: Deployment) -> Iterator[str]:
    """What is under /tmp is the service's own, and gone when it ends."""
    for folder in made.written:
        if folder.parts[1:2] == ("tmp",) or folder.parts[1:3] == ("var", "tmp"):
            yield f"{folder}: a service has a /tmp of its own, so nobody else sees it: choose another folder"


def _head(made: Deployment) -> Iterator[str]:
    yield "# Each unit below goes into the file that is named above it; then:\n"
    yield "#   systemctl daemon-reload && systemctl enable --now chargeback.timer chargeback-usage.timer\n"
    yield "# Once before, as root:\n"
    yield from (f"#   {step}\n" for step in steps(made))
    yield from (f"# Missing here: {gap}\n" for gap in gaps(made))
    yield "\n"


def _service(made: Deployment, description: str, arguments: list[str], success: str) -> str:
    words = [str(made.executable), *arguments]
    return _SERVICE.format(
        description=description,
        user=made.user,
        command=" ".join(quoted(word) for word in words),
        path=quoted(f"PATH={':'.join(map(str, program_folders(made)))}", variables=False),
        temporary=TEMPORARY,
        environment=f"EnvironmentFile={ENVIRONMENT_FILE}\n" if made.variables or made.trust else "",
        seconds=made.seconds,
        success=success,
        writable=" ".join(quoted(str(folder), variables=False) for folder in made.written),
    )


def quoted(word: str, *, variables: bool = True) -> str:
    """A word of a unit's line: specifiers taken literally, and variables where the line replaces them (``ExecStart``
    alone does); quoted where it has to be."""
    literal = word.replace("\\", "\\\\").replace("%", "%%")
    if variables:
        literal = literal.replace("$", "$$")
    return '"' + literal.replace('"', '\\"') + '"' if set(literal) & set(" \t\"'") else literal
