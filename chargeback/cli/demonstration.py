"""The demonstration: the embedded platform on loopback, the real job over HTTP, and what to open afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from chargeback.collect.clock import SystemClock
from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError, StorageError
from chargeback.job.results import MonthResult
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.model.instants import parse_instant
from chargeback.model.money import format_minor
from chargeback.model.wording import books_status_text
from chargeback.sandbox import SCENARIOS, Clock, Server, running, sample_configuration, small_world
from chargeback.sandbox.months import Month, newest_closed
from chargeback.sandbox.records import Account, Row
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.scenarios import platform_of
from chargeback.sandbox.world import RowsChange

MARKER = ".chargeback-demo"
"""Says that a folder is a demonstration's, which the next one may replace."""
TIMES = ("2026-04-03T03:00:00Z", "2026-05-03T03:00:00Z", "2026-06-03T03:00:00Z")
"""When the platform and the job live: the 3rd after each month, in the morning in Bangkok."""
EXCEPTIONS_AT = 1
WHAT_GOES_WRONG = ("ownership", "invoice-footing")
"""Scenarios of the month with exceptions."""


def demonstrate(folder: Path, archive: str = ".") -> Iterator[str]:
    """Close three months into the folder, or into the archive that is named from there; yields a line a month.
    ``ConfigurationError`` where the folder holds anything but a demonstration."""
    _make_way(folder)
    times = [_instant(text) for text in TIMES]
    clock = Clock(times[0])
    platform = platform_of(_setup(times), clock=clock)
    with running(platform) as server:
        config = _config(folder, server, archive)
        for time in times:
            clock.set(time)
            surroundings = Surroundings({"DEPLOYS_TOKEN": server.token}, _JobClock(clock))
            for result in run(config, RunRequest(), surroundings):
                yield _line(result)


def lines_to_open(folder: Path) -> list[str]:
    """What a newcomer opens first."""
    return [
        f"{folder}/index.html                          every month at a glance, in a browser",
        f"{folder}/2026-05/r1/ledgers/                 a CSV, a workbook and a statement for each team",
        f"{folder}/2026-05/r1/reconciliation/          the auditor's workpaper",
        f"{folder}/2026-04/r1/index.html               a month with exceptions: what, why, what to do",
        f"chargeback verify --archive {folder}         prove it all, offline",
    ]


def _instant(text: str) -> datetime:
    instant = parse_instant(text)
    if instant is None:
        raise ValueError(text)
    return instant


def _setup(times: list[datetime]) -> Setup:
    """The sandbox's small world, whose second month has what reconciliation must catch."""
    world = small_world(1, now=times[-1], spelling="numbers")
    wrong = times[EXCEPTIONS_AT]
    setup = Setup(world, "C", wrong, newest_closed(wrong, world.zone))
    for name in WHAT_GOES_WRONG:
        setup = SCENARIOS[name].change(setup)
    return setup.metered(_only_in(setup.month))


def _only_in(wrong: Month) -> RowsChange:
    """Projects that nobody owns run in that month alone: the others are clean."""

    def change(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return rows if month == wrong else tuple(row for row in rows if row.project.team)

    return change


def _config(folder: Path, server: Server, archive: str) -> Config:
    text = sample_configuration(server.platform.world, endpoint=server.endpoint, archive=archive)
    return parse(text.encode(), folder / "config.toml")


class _JobClock(SystemClock):
    """The job lives at the platform's time; how long things take is real."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        """The platform's time."""
        return self._clock.now


def _make_way(folder: Path) -> None:
    try:
        if (folder / MARKER).is_file():
            shutil.rmtree(folder)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigurationError(
                f"{folder}: is not empty, and not of a demonstration", remedy="name another folder"
            )
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        (folder / MARKER).touch(mode=0o640)
    except OSError as error:
        raise StorageError(f"{folder}: {error.strerror or error}", remedy="name another folder") from error


def _line(result: MonthResult) -> str:
    if result.books is None:
        return f"{result.period}  failed: {'; '.join(error.message for error in result.errors)}"
    amounts = ", ".join(f"{format_minor(total.gross, total.digits)} {total.currency}" for total in result.books.totals)
    return f"{result.period}  {books_status_text(result.books)}  {amounts}"
