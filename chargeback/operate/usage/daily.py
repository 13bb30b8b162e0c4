"""From counters since the month began to what each day cost: rollovers, resets, missed days are no jumps.

Who bears a project's cost in the estimate: a team, several by their weights, or nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.allocate.ownership import Ownership
from chargeback.config import Config
from chargeback.config.splits import Splits
from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import UNASSIGNED
from chargeback.model.money import EXACT, minor_digits, to_minor
from chargeback.operate.usage.snapshot import CURRENCY, Snapshot, UsageRow

SHARED = "shared"
"""What stands in place of a team where a project is split among several."""

DAY = Decimal(86_400)
LONG_GAP = 7
"""Days without a look after which a new month's counter is taken as one that has begun anew."""
_CENTIMICRO = Decimal("0.00000001")


def owner_of(claims: Ownership, sid: str) -> str:
    """The team's id, ``shared``, or "" for nobody; ``ConfigurationError`` where claims are equal."""
    owner = claims.owner(sid)
    if owner.is_nobody:
        return ""
    return owner.team.id if owner.team else SHARED


def shares(config: Config, claims: Ownership, costs: Mapping[str, Decimal]) -> dict[str, dict[str, Decimal]]:
    """By sid, which part of its cost each team bears (they sum to 1); ``costs`` are the month's, for "proportional"."""
    direct: dict[tuple[str, str], int] = {}
    for sid, cost in costs.items():
        owner = claims.owner(sid)
        if owner.team:
            key = (CURRENCY, owner.team.id)
            direct[key] = direct.get(key, 0) + to_minor(cost, minor_digits(CURRENCY))
    splits = Splits(config, direct)
    return {sid: _of(claims, splits, sid) for sid in costs}


def _of(claims: Ownership, splits: Splits, sid: str) -> dict[str, Decimal]:
    owner = claims.owner(sid)
    if owner.team:
        return {owner.team.id: Decimal(1)}
    if owner.shared is None:
        return {UNASSIGNED: Decimal(1)}
    parts = splits.of(owner.shared, CURRENCY)
    total = sum(part.weight for part in parts)
    context = EXACT.copy()
    context.prec = 28
    return {part.team.id: context.divide(Decimal(part.weight), Decimal(total)) for part in parts}


class DayCost(Struct, frozen=True):
    """What a day cost, in currency; None where it is not known (the first look, a counter that was set back)."""

    date: date
    cost: Decimal | None


Series = list[DayCost]
"""A resource's, or a project's, days in order: one for each look."""


def by_resource(snapshot: Snapshot, timezone: ZoneInfo) -> dict[tuple[str, str], Series]:
    """(project, resource) -> its days; a resource that appears after the first look counts as zero before."""
    rows: dict[tuple[str, str], list[UsageRow]] = defaultdict(list)
    for row in sorted(snapshot.usage, key=lambda row: row.date):
        rows[row.project, row.resource].append(row)
    looks = _looks(snapshot)
    return {key: _series(found, looks, timezone) for key, found in rows.items()}


def by_project(resources: dict[tuple[str, str], Series]) -> dict[str, Series]:
    """Project -> its days; what is known of each, None where nothing is."""
    sums: dict[str, dict[date, Decimal | None]] = defaultdict(dict)
    for (project, _), series in resources.items():
        days = sums[project]
        for day in series:
            before = days.get(day.date)
            days[day.date] = before if day.cost is None else day.cost + (before or 0)
    return {project: [DayCost(day, days[day]) for day in sorted(days)] for project, days in sums.items()}


def _looks(snapshot: Snapshot) -> list[tuple[date, datetime]]:
    """The days on which anybody looked, each with its time."""
    return sorted({row.date: row.taken_at for row in snapshot.usage}.items())


def _series(rows: Sequence[UsageRow], looks: Iterable[tuple[date, datetime]], timezone: ZoneInfo) -> Series:
    """The days of one resource, from the first look on."""
    earlier = [(day, taken_at) for day, taken_at in looks if day < rows[0].date]
    days = [DayCost(day, Decimal(0)) for day, _ in earlier]
    if earlier:
        days.append(DayCost(rows[0].date, _since(earlier[-1], rows[0])))
    else:
        days.append(DayCost(rows[0].date, None))
    for before, after in pairwise(rows):
        days.append(DayCost(after.date, _between(before, after, timezone)))
    return days


def _since(look: tuple[date, datetime], row: UsageRow) -> Decimal:
    """What a day cost of a resource that was not there at the last look."""
    return _rate(row.usage, row, _days_between(look[0], look[1], row))


def _between(before: UsageRow, after: UsageRow, timezone: ZoneInfo) -> Decimal | None:
    """What a day cost between two looks; None where the counter was set back within a month.

    A change of price is no jump: what was used is valued at the later price.
    """
    used = after.usage - before.usage
    going_on = _rate(used, after, _days_between(before.date, before.taken_at, after))
    if (before.date.year, before.date.month) == (after.date.year, after.date.month):
        return going_on if used >= 0 else None
    anew = _rate(after.usage, after, _days_of_month(after, timezone))
    if used < 0 or (after.date - before.date).days > LONG_GAP:
        return anew
    # The platform's month may begin later than ours: then the counter has not begun anew yet.
    return min(anew, going_on)


def _days_between(day: date, taken_at: datetime, after: UsageRow) -> Decimal:
    """Days between two looks, not less than the calendar's: two looks an hour apart are no whole day each."""
    seconds = Decimal((after.taken_at - taken_at) // timedelta(seconds=1))
    return max(Decimal((after.date - day).days), EXACT.quantize(EXACT.divide(seconds, DAY), _CENTIMICRO), Decimal(1))


def _days_of_month(row: UsageRow, timezone: ZoneInfo) -> Decimal:
    """Days since the month began, at least one."""
    start = Period(row.date.year, row.date.month).start(timezone)
    seconds = Decimal((row.taken_at.astimezone(UTC) - start) // timedelta(seconds=1))
    return max(EXACT.quantize(EXACT.divide(seconds, DAY), _CENTIMICRO), Decimal(1))


def _rate(usage: Decimal, row: UsageRow, days: Decimal) -> Decimal:
    context = EXACT.copy()
    context.prec = 40
    return EXACT.quantize(context.divide(EXACT.multiply(usage, row.price), days), _CENTIMICRO)
