"""A crontab's lines, for the machine's own zone, whichever that is."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from chargeback.operate.deploy.needs import (
    AGAIN_TOMORROW,
    MACHINE_DAYS,
    MACHINE_TIME,
    USAGE_TIME,
    SchedulePlan,
    cron_fields,
    daily_fields,
)

ENVIRONMENT_FILE = "/etc/chargeback/environment"


def crontab(plan: SchedulePlan) -> str:
    """The lines for ``crontab -e``."""
    return "".join(f"{line}\n" for line in _lines(plan))


def _lines(plan: SchedulePlan) -> Iterator[str]:
    yield "# chargeback, for `crontab -e` of the user who owns the archive."
    yield "# Cron reckons in the machine's zone: at these times it is the 3rd or later in every zone, and the same"
    yield f"# month as in {plan.config.timezone_name}. A month that is not ready, or a platform that is away, is tried"
    yield f"# again tomorrow (--ok {AGAIN_TOMORROW})."
    if plan.secrets:
        yield f"# Secrets: {ENVIRONMENT_FILE}, mode 0600, with a line NAME=value for each of"
        yield f"# {' '.join(plan.secrets)}"
    yield "SHELL=/bin/sh"
    yield f"{cron_fields(MACHINE_DAYS, MACHINE_TIME)} {_command(plan, [*plan.run, '--ok', AGAIN_TOMORROW])}"
    yield f"{daily_fields(USAGE_TIME)} {_command(plan, plan.usage)}"


def _command(plan: SchedulePlan, arguments: list[str]) -> str:
    """The shell command; cron takes an unescaped % for a line break."""
    words = ["timeout", str(plan.seconds), plan.executable, *arguments, "-c", str(plan.path)]
    loaded = f"set -a; . {ENVIRONMENT_FILE}; set +a; " if plan.secrets else ""
    return f"{loaded}exec {shlex.join(words)}".replace("%", r"\%")
