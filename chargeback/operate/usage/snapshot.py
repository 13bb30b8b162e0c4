"""``usage/YYYY-MM.csv``: what every project had used since the month began, a row a day, project and resource.

Estimates, no part of the proof. ``YYYY-MM-deployments.csv`` beside it has what each deployment's requested resources
cost a month, so that an alert can name the one that grew. A day that is looked at again replaces its rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.boundary import interpreting
from chargeback.archive.store import read_or_none, store_of
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from chargeback.evidence.stores import LARGEST_FILE
from chargeback.model.instants import format_instant, parse_instant
from chargeback.model.money import format_exact
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded, read_table, unguarded

CURRENCY = "THB"
"""List prices carry no currency; the platform's is this one (CONTRACT, ``billing.skus``)."""
FOLDER = "usage"
_PLAIN = re.compile(r"-?[0-9]{1,100}(\.[0-9]{1,100})?", re.ASCII)
_TAKE_OUT = "move it out of the archive: it holds estimates alone"
Row = TypeVar("Row")


class UsageRow(Struct, frozen=True):
    """One project's use of one resource since the month began, as the platform said it at ``taken_at``.

    ``date`` is the day in the configured zone; ``price`` a unit's list price without tax, ``cost`` usage × price to six
    decimals, both zero where the list has none; ``team`` is who owned the project that day, "" for nobody.
    """

    date: date
    taken_at: datetime
    account: str
    project: str
    project_name: str
    team: str
    resource: str
    usage: Decimal
    price: Decimal
    cost: Decimal
    currency: str = CURRENCY


class DeploymentRow(Struct, frozen=True):
    """What a deployment's requested resources cost a month at its present replicas (CONTRACT, ``deployment.list``)."""

    date: date
    project: str
    deployment: str
    location: str
    monthly_price: Decimal


class Snapshot(Struct, frozen=True):
    """One day's look, or the rows of many days in order."""

    usage: tuple[UsageRow, ...]
    deployments: tuple[DeploymentRow, ...] = ()


def paths(period: Period) -> tuple[str, str]:
    """The month's two files, relative to the archive: usage and deployments."""
    return f"{FOLDER}/{period}.csv", f"{FOLDER}/{period}-deployments.csv"


def read(root: Place, periods: Iterable[Period]) -> Snapshot:
    """The rows of those months that there are; ``DamagedError`` where a file is none of snapshots."""
    usage: list[UsageRow] = []
    deployments: list[DeploymentRow] = []
    for period in periods:
        usage_path, deployments_path = paths(period)
        usage += _rows(root, usage_path, UsageRow, _usage_row)
        deployments += _rows(root, deployments_path, DeploymentRow, _deployment_row)
    return Snapshot(tuple(usage), tuple(deployments))


def keep(writer: ArchiveWriter, period: Period, day: date, snapshot: Snapshot) -> Snapshot:
    """Put the day's rows in place of those that the month's files have of it, and return the whole month.

    Each file is replaced in one step.
    """
    before = read(writer.root, [period])
    if _same(tuple(row for row in before.usage if row.date == day), snapshot.usage):
        snapshot = replace(snapshot, usage=tuple(row for row in before.usage if row.date == day))
    usage = [*(row for row in before.usage if row.date != day), *snapshot.usage]
    deployments = [*(row for row in before.deployments if row.date != day), *snapshot.deployments]
    usage.sort(key=lambda row: (row.date, row.project, row.resource))
    deployments.sort(key=lambda row: (row.date, row.project, row.deployment, row.location))
    usage_path, deployments_path = paths(period)
    writer.replace(usage_path, _written(UsageRow, usage))
    writer.replace(deployments_path, _written(DeploymentRow, deployments))
    return Snapshot(tuple(usage), tuple(deployments))


def _same(before: tuple[UsageRow, ...], after: tuple[UsageRow, ...]) -> bool:
    """Whether two looks at one day found the same, whatever the hour: then the file keeps its bytes."""
    hour = datetime.min.replace(tzinfo=UTC)
    return {replace(row, taken_at=hour) for row in before} == {replace(row, taken_at=hour) for row in after}


def _written(kind: type[Struct], rows: Iterable[Struct]) -> bytes:
    names = list(kind.__struct_fields__)
    cells = ([_cell(getattr(row, name)) for name in names] for row in rows)
    return "".join([BYTE_ORDER_MARK, csv_row(names), *map(csv_row, cells)]).encode()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return guarded(value)
    if isinstance(value, Decimal):
        return format_exact(value)
    return format_instant(value) if isinstance(value, datetime) else str(value)


def _rows(root: Place, path: str, kind: type[Struct], read_row: Callable[[list[str]], Row]) -> list[Row]:
    """The rows of a file; none where there is no file."""
    found: list[Row] = []
    for cells in _read(root, path, kind):
        with interpreting(root / path, f"not a row of it: {','.join(cells)[:80]}", _TAKE_OUT):
            found.append(read_row(cells))
    return found


def _read(root: Place, path: str, kind: type[Struct]) -> list[list[str]]:
    """The cells below the header; none where there is no file."""
    data = read_or_none(store_of(root), path, LARGEST_FILE)
    if data is None:
        return []
    with interpreting(root / path, remedy=_TAKE_OUT):
        header, rows = read_table(data)
    if tuple(header) != kind.__struct_fields__:
        raise DamagedError(f"{root / path}: its first line is another one", remedy=_TAKE_OUT)
    return [list(map(unguarded, row)) for row in rows]


def _usage_row(cells: list[str]) -> UsageRow:
    day, taken_at, account, project, name, team, resource, usage, price, cost, currency = cells
    amounts = (_amount(usage), _amount(price), _amount(cost))
    texts = (account, project, name, team, resource)
    return UsageRow(date.fromisoformat(day), _instant(taken_at), *texts, *amounts, currency)


def _deployment_row(cells: list[str]) -> DeploymentRow:
    day, project, deployment, location, price = cells
    return DeploymentRow(date.fromisoformat(day), project, deployment, location, _amount(price))


def _amount(text: str) -> Decimal:
    """A plain decimal: an exponent could stand for any size."""
    if not _PLAIN.fullmatch(text):
        raise ValueError(f"{text[:40]!a} is not an amount")
    return Decimal(text)


@lru_cache(256)
def _instant(text: str) -> datetime:
    """A look's time; many rows have the same."""
    instant = parse_instant(text)
    if instant is None:
        raise ValueError("no time")
    return instant
