"""``usage``: the daily look between the months: snapshots, estimated cost, a runaway found the day it begins.

Asking for a day's usage: ``project.usage`` and ``deployment.list`` of every project, ``billing.skus`` once.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from msgspec import Struct, field

from chargeback.allocate.ownership import Ownership
from chargeback.archive.chain import Base
from chargeback.archive.head_file import check_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.collect.clock import Clock
from chargeback.collect.credentials import Credential
from chargeback.collect.session import Session, open_session
from chargeback.config import Config
from chargeback.errors import AccessError, AnswerError, CombinedError
from chargeback.evidence import MemoryStore
from chargeback.evidence.period import Period
from chargeback.model import answers as wire
from chargeback.model.instants import format_instant
from chargeback.model.money import EXACT
from chargeback.model.projects import Project, ProjectDirectory
from chargeback.operate.doctor.configuration import projects_of
from chargeback.operate.questions import PlatformQuestions, credentials_of, understood
from chargeback.operate.usage.daily import owner_of
from chargeback.operate.usage.report import UsageReport, report_of
from chargeback.operate.usage.snapshot import DeploymentRow, Snapshot, UsageRow, keep, paths, read

RESOURCES = (
    "cpuUsage",
    "cpu",
    "memory",
    "egress",
    "cacheEgress",
    "registryEgress",
    "dropboxEgress",
    "disk",
    "replica",
    "staticStorage",
    "dropboxStorage",
)
"""What ``project.usage`` counts (CONTRACT); other numbers count where ``billing.skus`` has a price of that name."""
_MICRO = Decimal("0.000001")


class CollectedUsage(Struct):
    """A day's rows, and what could not be asked: sentences."""

    snapshot: Snapshot
    problems: list[str] = field(default_factory=list)
    unpriced: list[str] = field(default_factory=list)


class UsageCollector:
    """Takes one day's snapshot."""

    def __init__(self, config: Config, session: Session, now: datetime) -> None:
        self.config = config
        self.session = session
        self.now = now
        self.day: date = now.astimezone(config.timezone).date()
        self.questions = PlatformQuestions(session)
        self.claims = Ownership.of(config, Period.holding(now, config.timezone))
        self._lock = threading.Lock()
        self._usage: list[UsageRow] = []
        self._deployments: list[DeploymentRow] = []
        self._problems: list[str] = []

    def take(self) -> CollectedUsage:
        """The rows of every project of ours; ``AccessError`` if there is none, else what failed first."""
        credentials = credentials_of(self.session, self.config, Period.holding(self.now, self.config.timezone))
        directory, shown_by = self.questions.projects(credentials)
        ours = projects_of(self.config, directory)
        if not ours:
            raise AccessError(
                "no project: project.list shows none of the accounts'", remedy="grant the credential access to projects"
            )
        prices = self._prices(credentials[0])
        self._ask_all(directory, ours, shown_by, prices)
        if not self._usage:
            raise AccessError(f"no project's usage may be read: {self._problems[0]}", remedy="grant project access")
        unpriced = sorted({row.resource for row in self._usage if row.usage and row.resource not in prices})
        return CollectedUsage(Snapshot(tuple(self._usage), tuple(self._deployments)), sorted(self._problems), unpriced)

    def _ask_all(
        self,
        directory: ProjectDirectory,
        sids: list[str],
        shown_by: Mapping[str, Credential],
        prices: Mapping[str, Decimal],
    ) -> None:
        task_pool = self.session.task_pool(lambda done, known: None)
        for sid in sids:
            project, credential = directory.by_sid[sid], shown_by[sid]
            task_pool.submit(lambda project=project, credential=credential: self._project(project, credential, prices))  # type: ignore[misc]
            task_pool.submit(lambda sid=sid, credential=credential: self._deployments_of(sid, credential))  # type: ignore[misc]
        errors = task_pool.finish()
        if errors:
            raise CombinedError(errors[:1])

    def _prices(self, credential: Credential) -> dict[str, Decimal]:
        """A unit's price by resource: the configuration's own, else the platform's list."""
        reply = self.questions.reply("billing.skus", {}, credential)
        return {**understood(reply, lambda value: numbers(value, "billing.skus")), **self.config.usage.prices}

    def _project(self, project: Project, credential: Credential, prices: Mapping[str, Decimal]) -> None:
        try:
            reply = self.questions.reply("project.usage", {"project": project.sid}, credential, subject=project.sid)
        except AccessError as error:
            self._note(error.message)
            return
        counted = understood(reply, lambda value: numbers(value, "project.usage"))
        rows = [
            self._row(project, name, counted.get(name, Decimal(0)), prices.get(name, Decimal(0)))
            for name in dict.fromkeys([*RESOURCES, *(name for name in sorted(counted) if name in prices)])
        ]
        with self._lock:
            self._usage.extend(rows)

    def _row(self, project: Project, resource: str, usage: Decimal, price: Decimal) -> UsageRow:
        cost = EXACT.multiply(usage, price).quantize(_MICRO, ROUND_HALF_UP, EXACT)
        team = owner_of(self.claims, project.sid)
        return UsageRow(
            self.day, self.now, project.account, project.sid, project.name, team, resource, usage, price, cost
        )

    def _deployments_of(self, sid: str, credential: Credential) -> None:
        """Deployments only name what moved: where they may not be read there are none."""
        try:
            items = self.questions.items(
                "deployment.list", {"project": sid}, wire.DeploymentAnswer, credential, subject=sid
            )
        except AccessError as error:
            self._note(error.message)
            return
        rows = [
            DeploymentRow(self.day, sid, item.name, item.location or "", wire.amount_of(item.allocated_price or 0))
            for item in items
        ]
        with self._lock:
            self._deployments.extend(rows)

    def _note(self, problem: str) -> None:
        with self._lock:
            self._problems.append(problem)


def numbers(value: Any, function: str) -> dict[str, Decimal]:
    """The numbers of an answer's result by name; ``AnswerError`` where it is no object, or where a resource that the
    program knows is there without a number: it would count as nothing."""
    result = wire.result_of(value)
    if not isinstance(result, dict):
        raise AnswerError(f"{function}: an object was expected")
    found = {name: wire.amount_of(number) for name, number in result.items() if _is_number(number)}
    for name in RESOURCES:
        if name not in found and result.get(name) is not None:
            raise AnswerError(f"{function}: {name} is not a number")
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


__all__ = ["UsageReport", "look"]

MONTHS_READ = 3
"""This month and those before it: enough for the trailing days, and for the same day of last month."""


def look(config: Config, environ: Mapping[str, str], clock: Clock) -> UsageReport:
    """Ask, keep the day's snapshot, and say what it means.

    The errors of a run: no access (exit 5), the platform away (6), an archive that is not the one of ``head_file`` (7),
    locked (8) or unwritable (9). Nothing is kept unless every project that may be read was.
    """
    now = clock.now().replace(microsecond=0)
    base = Base(config.base_manifest)
    check_head_file(config.head_file, Archive(config.archive, base))
    with open_session(config, environ, MemoryStore(), clock=clock) as session:
        taking = UsageCollector(config, session, now)
        taken = taking.take()
    period = Period.holding(now, config.timezone)
    with open_for_writing(config.archive, started=format_instant(now), base=base) as writer:
        check_head_file(config.head_file, writer.archive)
        month = keep(writer, period, taking.day, taken.snapshot)
    earlier = read(config.archive, [period.plus(-back) for back in range(MONTHS_READ - 1, 0, -1)])
    snapshot = Snapshot(earlier.usage + month.usage, earlier.deployments + month.deployments)
    path = config.archive / paths(period)[0]
    return report_of(snapshot, config, now, path, taken.problems, taken.unpriced)
