"""``usage``: the daily look between the months: snapshots, estimated cost, a runaway found the day it begins."""

from __future__ import annotations

from collections.abc import Mapping

from chargeback.archive.chain import Base
from chargeback.archive.head_file import check_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.collect.clock import Clock
from chargeback.collect.session import open_session
from chargeback.config import Config
from chargeback.evidence import MemoryStore
from chargeback.model.instants import format_instant
from chargeback.model.period import Period
from chargeback.operate.usage.collector import UsageCollector
from chargeback.operate.usage.report import UsageReport, report_of
from chargeback.operate.usage.snapshot import Snapshot, keep, paths, read

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
