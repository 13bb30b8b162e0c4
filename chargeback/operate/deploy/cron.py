"""A crontab's lines, for the machine's own zone, whichever that is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from chargeback.operate.deploy.needs import (
    ENVIRONMENT_FILE,
    MACHINE_DAYS,
    MACHINE_TIME,
    TEMPORARY,
    USAGE_TIME,
    Deployment,
    cron_fields,
    daily_fields,
    program_folders,
    steps,
)


def text(made: Deployment) -> str:
    """The lines for ``crontab -u USER -``."""
    return "".join(f"{line}\n" for line in _lines(made))


def gaps(made: Deployment) -> Iterator[str]:
    """Nothing: the machine keeps all that the job needs."""
    yield from ()


def _lines(made: Deployment) -> Iterator[str]:
    yield f"# chargeback: the crontab of the user {made.user} (crontab -u {made.user} FILE)."
    yield "# Cron uses the machine's zone: at these times it is the 3rd or later in every zone, and the same"
    yield f"# month as in {made.config.timezone_name}. A month that is not ready is tried again tomorrow."
    yield "# Once before, as root:"
    yield from (f"#   {step}" for step in steps(made))
    yield "SHELL=/bin/sh"
    yield f"PATH={':'.join(map(str, program_folders(made)))}"
    yield f"TMPDIR={TEMPORARY}"
    yield f"{cron_fields(MACHINE_DAYS, MACHINE_TIME)} {_command(made, made.run)}"
    yield f"{daily_fields(USAGE_TIME)} {_command(made, made.usage)}"


def _command(made: Deployment, arguments: list[str]) -> str:
    """The shell command; cron takes an unescaped % for a line break."""
    words = ["timeout", str(made.seconds), str(made.executable), *arguments]
    loaded = f"set -a; . {ENVIRONMENT_FILE}; set +a; " if made.variables or made.trust else ""
    return f"{loaded}exec {shlex.join(words)}".replace("%", r"\%")
