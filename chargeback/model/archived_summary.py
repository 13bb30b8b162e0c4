"""An archived ``reconciliation/month.json`` read back: what later months, ``list`` and the overview need of a month.

It is small, and the one file of a revision that they read, so that nothing grows dear with the months of an archive.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal, ProjectPair
from chargeback.evidence.typed_json import decoded
from chargeback.model.archived_checks import Standing

PATH = "reconciliation/month.json"
SCHEMA = 1
Summary = TypeVar("Summary")


class TeamName(msgspec.Struct, frozen=True):
    """A team of the ledger by its id, and what it is called."""

    id: str
    name: str


class MonthFigures(msgspec.Struct, frozen=True):
    """A month's teams in the order of the configuration (none where a version before 0.3 wrote it), their totals, and
    how the month stands, None where ``reconciliation.json`` alone says it."""

    totals: tuple[EarlierTotal, ...]
    teams: tuple[TeamName, ...] = ()
    standing: Standing | None = None


class BookedNames(Struct, frozen=True):
    """What a month was booked with, which stays: its projects, and its accounts' names by id, the configuration's
    aside."""

    projects: tuple[ProjectPair, ...] = ()
    account_names: Mapping[str, str] = field(default_factory=dict)


def read(data: bytes) -> EarlierMonth:
    """Read a summary back; ``AnswerError`` where it is none, ``SchemaError`` where a newer version wrote it."""
    return _decoded(data, EarlierMonth)


def read_figures(data: bytes) -> MonthFigures:
    """What of the summary is about teams and standing, without its invoices."""
    return _decoded(data, MonthFigures)


def read_listed(data: bytes) -> dict[tuple[str, str], Mapping[str, str]]:
    """By account and id, what the list said of each invoice, as far as the version that wrote the summary kept it."""
    kept = _decoded(data, _Listed)
    if kept.listed is not None:
        return {(row.account, row.invoice): row.row for row in kept.listed}
    if kept.paid is None:
        return {}
    paid = {(row.account, row.invoice) for row in kept.paid}  # version 0.1 kept no more than that
    issued = [(row.account, row.invoice) for row in kept.invoices if not row.void]
    return {key: {"status": "paid" if key in paid else "open"} for key in issued}


def read_booked(data: bytes) -> BookedNames | None:
    """The names that the month was booked with, None where the version that wrote the summary did not keep them."""
    value = _decoded(data, _Booked)
    if value.projects is None or value.account_names is None:
        return None
    return BookedNames(value.projects, value.account_names)


class _Key(msgspec.Struct, frozen=True):
    account: str
    invoice: str


class _ListedRow(msgspec.Struct, frozen=True):
    account: str
    invoice: str
    row: Mapping[str, str]


class _Listed(msgspec.Struct, frozen=True):
    """What of the summary is about lists: ``listed`` since version 0.2, ``paid`` in 0.1."""

    invoices: tuple[EarlierInvoice, ...]
    listed: tuple[_ListedRow, ...] | None = None
    paid: tuple[_Key, ...] | None = None


class _Booked(msgspec.Struct, frozen=True):
    """What of the summary is about names: since version 0.3."""

    projects: tuple[ProjectPair, ...] | None = None
    account_names: Mapping[str, str] | None = None


def _decoded(data: bytes, of: type[Summary]) -> Summary:
    return decoded(data, of, path=PATH, schema=SCHEMA, noun="a month's summary")
