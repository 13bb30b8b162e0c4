"""What every schedule is made from: the commands, when they start, how long they may take, which secrets they need.

Invoices are issued from the 2nd on, so the monthly job starts daily from the 3rd (exit 4 and 6 mean: again tomorrow).
Where a scheduler takes a time zone it gets the configuration's. Where it does not (cron reckons in the machine's,
deploys.app
in UTC) the days and hours are chosen so that, at that instant, it is the 3rd or later in every zone of the world, and
still the same month: zones lie between UTC-12 and UTC+14.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chargeback.collect.credentials import PASSWORD, TOKEN, USER
from chargeback.config import Config
from chargeback.config.notify import VARIABLE

ZONED_DAYS, ZONED_TIME = (3, 31), (9, 17)
"""In the configuration's own zone: days of the month, hour and minute."""
UTC_DAYS, UTC_TIME = (3, 27), (13, 17)
"""In UTC: from 12:00 on the 3rd it is the 3rd everywhere; the 27th at 13:17 is the 28th in UTC+14, in February too."""
MACHINE_DAYS, MACHINE_TIME = (4, 27), (9, 17)
"""In a zone that is not known: another may be 26 hours behind or ahead."""
USAGE_TIME = (12, 47)
"""When the daily look at usage starts, whatever the zone: far from midnight in most."""
AGAIN_TOMORROW = "4,6,8"
"""Exit codes that a scheduler need not report: not ready, the platform away, another run at work."""
GRACE = 600
"""Seconds beyond the run's own deadline before it is killed from outside."""


@dataclass(frozen=True, slots=True)
class SchedulePlan:
    """What a schedule is made from; ``secrets`` are names of environment variables, ``seconds`` a run's time limit."""

    config: Config
    path: Path
    executable: str
    image: str
    secrets: tuple[str, ...]
    seconds: int
    project: str = "PROJECT"
    location: str = "gke.cluster-rcf2"

    @property
    def run(self) -> list[str]:
        """The monthly job's arguments."""
        return ["run", "--catch-up"]

    @property
    def usage(self) -> list[str]:
        """The daily look's arguments."""
        return ["usage", "--quiet"]


def plan(
    config: Config, path: Path, environ: Mapping[str, str], executable: str, image: str, project: str, location: str
) -> SchedulePlan:
    """The plan for a configuration; ``environ`` only tells which of the two usual credentials is in use."""
    seconds = int(config.api.deadline) + GRACE
    return SchedulePlan(config, path, executable, image, secret_names(config, environ), seconds, project, location)


def secret_names(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The environment variables that a run reads secrets from, by name, in order."""
    own = [entry.token_env for entry in config.accounts if entry.token_env]
    everybody_has_one = bool(config.accounts) and len(own) == len(config.accounts)
    configured = config.api.token_command is not None or config.api.token_file is not None
    general: list[str] = []
    if not everybody_has_one and not configured:
        general = [TOKEN] if environ.get(TOKEN) and not environ.get(USER) else [USER, PASSWORD]
    urls = [*config.notify.urls, *([config.notify.healthcheck_url] if config.notify.healthcheck_url else [])]
    named = [match[1] for url in urls for match in VARIABLE.finditer(url)]
    return tuple(dict.fromkeys([*general, *own, *named]))


def cron_fields(days: tuple[int, int], time: tuple[int, int]) -> str:
    """The five fields of a crontab's line: every day from the first of the days to the last."""
    return f"{time[1]} {time[0]} {days[0]}-{days[1]} * *"


def daily_fields(time: tuple[int, int]) -> str:
    """The five fields for every day."""
    return f"{time[1]} {time[0]} * * *"
