"""The figures of an archived month, added up by team, project, resource, environment or account: for ``show``.

They come from the archived ledger, not from a new reckoning, and foot to the manifest; per currency, never mixed.

As text: a table with a bar a row on a terminal, or CSV. ``--by open-items``: every invoice of the archive until the
month's end, what is owed of it, and for how long.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from chargeback.archive.boundary import interpreting
from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import ConfigurationError
from chargeback.job.sealing import archived_config
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.bookkeeping import ADJUSTMENTS, UNASSIGNED
from chargeback.model.ledger_register import AMOUNTS, LedgerRow
from chargeback.model.money import minor_digits
from chargeback.model.settlement import AGES, OpenItem, open_items
from chargeback.model.spreadsheet_text import csv_table
from chargeback.model.totals import Amounts
from chargeback.model.wording import booking_text
from chargeback.publish.pages.wording import minor, percent
from chargeback.review.ledger_rows import read_rows, totals_of, written
from chargeback.review.month_findings import MonthFinding, findings_of, largest_lines
from chargeback.review.opened_archive import ledger_frame
from chargeback.review.revision_choice import (
    chosen_revision,
    earlier_json,
    identity,
    overview_of,
    signatures_json,
    signed_earlier,
    signed_text,
    standing,
    standing_json,
    title,
)
from chargeback.review.terminal import (
    GAP,
    Terminal,
    TerminalColumn,
    TextRow,
    readable,
    table_lines,
    table_width,
    wrapped,
)

if TYPE_CHECKING:
    import pandas as pd


_LONGEST_BAR = 30
_SHORTEST_BAR = 10
_SHORTEST_NAME = 16
_ITEM_COLUMNS = ("month", "account", "invoice", "document_date", "age", "age_group", "state", "accrued", "settled",
            "outstanding", "currency")  # fmt: skip

_ITEM_TEXT_COLUMNS = (
    TerminalColumn("invoice", shrinks=True),
    TerminalColumn("account", shrinks=True),
    TerminalColumn("month"),
    TerminalColumn("state"),
    TerminalColumn("age", right=True),
    TerminalColumn("accrued", right=True),
    TerminalColumn("outstanding", right=True),
)
"""Cells that a longer name keeps, so that there is a bar beside it."""
_NOTHING = {"project": "(no project)", "environment": "(no environment)", "resource": "(no resource)"}

BY = ("team", "project", "resource", "environment", "account")
_NAMES = {"project": "project_name", "account": "account_name"}
"""The columns that say what a key is called, where there is one."""
_LEDGERS = "ledgers/"
_ALL = "all"


def figures_lines(figures: ShownFigures, terminal: Terminal) -> Iterator[str]:
    """The month's state, then for each currency a row a team (project, …) and the total that they foot to."""
    yield from _heading(figures, terminal)
    for currency, total in figures.totals.items():
        yield ""
        yield from _currency_lines(figures, currency, total, terminal)
    if not figures.totals:
        yield ""
        yield "nothing billed" if figures.team is None else f"nothing for {figures.team}"


def figures_csv(figures: ShownFigures) -> str:
    """The rows without totals, so that a sum over a column is right; written as the ledgers are (INTERFACE)."""
    named = ["name"] if figures.by in ("project", "account") else []
    name = figures.revision.name
    rows = (
        [
            *(str(name.period), str(name.number), row.key, *([row.name] if named else [])),
            *(str(row.lines), *(written(units, row.currency) for units in row.amounts), row.currency),
        ]
        for row in figures.rows
    )
    amounts = ("net", "tax", "gross")
    return csv_table(["period", "revision", figures.by, *named, "lines", *amounts, "currency"], rows, amounts)


def _heading(figures: ShownFigures, terminal: Terminal) -> Iterator[str]:
    team = f", team {figures.team}" if figures.team else ""
    yield from wrapped(f"{title(figures.revision)}{team}  {standing(figures.overview)}", terminal, strong=True)
    yield from wrapped(signed_text(figures.overview.signatures, figures.signed_earlier) or "not signed", terminal)
    if text := booking_text(figures.overview.status):
        yield from wrapped(text, terminal, strong=True)
    yield from largest_lines(figures.findings, figures.revision.name.period, terminal)


def _currency_lines(figures: ShownFigures, currency: str, total: Amounts, terminal: Terminal) -> list[str]:
    rows = [row for row in figures.rows if row.currency == currency]
    columns = _columns(figures.by)
    cells = [_cells(row, figures.by, total) for row in rows]
    last = _total_cells(currency, total)
    room = _room_for_bars(columns, [*cells, last], terminal)
    largest = max((abs(row.amounts.gross) for row in rows), default=0)
    bars = [terminal.bar(row.amounts.gross, largest, room) for row in rows]
    table_rows = [TextRow((*cell, bar)) for cell, bar in zip(cells, bars, strict=True)]
    return table_lines([*columns, TerminalColumn("")], [*table_rows, TextRow((*last, ""), strong=True)], terminal)


def _columns(by: str) -> list[TerminalColumn]:
    numbers = [TerminalColumn(name, right=True) for name in ("net", "tax", "gross", "share")]
    return [TerminalColumn(by, shrinks=True), *numbers]


def _cells(row: FigureRow, by: str, total: Amounts) -> tuple[str, ...]:
    digits = minor_digits(row.currency)
    amounts = (minor(units, digits) for units in row.amounts)
    return (_label(row, by), *amounts, percent(row.amounts.gross, total.gross))


def _total_cells(currency: str, total: Amounts) -> tuple[str, ...]:
    return (f"total {readable(currency)}", *(minor(units, minor_digits(currency)) for units in total), "")


def _label(row: FigureRow, by: str) -> str:
    key = readable(row.key) or _NOTHING.get(by, "(none)")
    return f"{key} {readable(row.name)}" if by == "account" and row.name else key


def _room_for_bars(columns: list[TerminalColumn], cells: list[tuple[str, ...]], terminal: Terminal) -> int:
    """What the numbers leave beside a name that may be cut to some length; none where that is too little."""
    if terminal.width is None:
        return _LONGEST_BAR
    rows = [TextRow(cell) for cell in cells]
    names = table_width(columns[:1], [TextRow(row.cells[:1]) for row in rows])
    room = terminal.width - table_width(columns, rows) - len(GAP)
    room += min(max(_SHORTEST_BAR - room, 0), max(names - _SHORTEST_NAME, 0))
    return min(room, _LONGEST_BAR) if room >= _SHORTEST_BAR else 0


class FigureRow(Struct, frozen=True):
    """What one team (project, …) costs in one currency; ``key`` is "" for lines without one; amounts in minor units."""

    key: str
    name: str
    currency: str
    lines: int
    amounts: Amounts


class ShownFigures(Struct, frozen=True):
    """An archived month's figures: rows by currency, the largest first; ``totals`` are their sums by currency."""

    revision: Revision
    overview: RevisionOverview
    signed_earlier: tuple[Signature, ...]
    team: str | None
    by: str
    rows: tuple[FigureRow, ...]
    totals: Mapping[str, Amounts]
    findings: tuple[MonthFinding, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The figures for machines."""
        return {
            "schema": 1,
            **identity(self.revision),
            "created": self.overview.created,
            **standing_json(self.overview),
            "team": self.team,
            "by": self.by,
            "rows": [self._row(row) for row in self.rows],
            "totals": [{"currency": code, **amounts_json(total, code)} for code, total in self.totals.items()],
            "findings": [finding.to_json() for finding in self.findings],
            "signatures": signatures_json(self.overview),
            "signed_earlier": earlier_json(self.signed_earlier),
        }

    def _row(self, row: FigureRow) -> dict[str, Any]:
        named = {"name": row.name} if self.by in _NAMES else {}
        amounts = amounts_json(row.amounts, row.currency)
        return {self.by: row.key, **named, "lines": row.lines, **amounts, "currency": row.currency}


def amounts_json(amounts: Amounts, currency: str) -> dict[str, str]:
    """Net, tax and gross as text with the currency's digits."""
    return {name: written(units, currency) for name, units in amounts._asdict().items()}


def figures(root: Place, period: str | None, team: str | None, by: str | None) -> ShownFigures:
    """The figures of a month, by default the latest; of all teams or of one, which is shown by project by default.

    ``StorageError`` where there is no archive; ``ConfigurationError`` for a month or team that it does not have.
    """
    archive = Archive(root)
    revision = chosen_revision(archive, period)
    if team is not None:
        _require_team(revision, team)
    chosen = by or ("team" if team is None else "project")
    rows = [row for row in read_rows(revision) if team is None or row.team == team]
    with interpreting(revision.root):
        return _figures(archive, revision, rows, team, chosen)


def _figures(
    archive: Archive, revision: Revision, rows: list[LedgerRow], team: str | None, chosen: str
) -> ShownFigures:
    return ShownFigures(
        revision=revision,
        overview=overview_of(archive, revision),
        signed_earlier=signed_earlier(revision, read_signatures(archive.root)),
        team=team,
        by=chosen,
        rows=tuple(_added_up(ledger_frame(rows), chosen)),
        totals=totals_of(rows),
        findings=() if team is not None else tuple(findings_of(archive, revision)),
    )


def _require_team(revision: Revision, team: str) -> None:
    known = teams_of(revision)
    if team not in known:
        raise ConfigurationError(f'{revision.name}: has no team "{team[:80]}"', remedy=f"teams are: {', '.join(known)}")


def teams_of(revision: Revision) -> list[str]:
    """The teams that have a ledger in the revision, the configured ones first."""
    paths = [path for path in revision.records if path.startswith(_LEDGERS) and path.endswith(".csv")]
    names = {path.removeprefix(_LEDGERS).removesuffix(".csv") for path in paths} - {_ALL}
    return sorted(names, key=lambda name: (name in (UNASSIGNED, ADJUSTMENTS), name))


def _added_up(frame: pd.DataFrame, by: str) -> list[FigureRow]:
    """The ledger's lines grouped by currency and key: columns of integers, added up exactly."""
    grouped = frame.groupby(["currency", by], sort=True, observed=True)
    called = grouped[_NAMES.get(by, by)].first()
    sums = [grouped[column].sum() for column in AMOUNTS]
    found = [
        FigureRow(key, str(name) if by in _NAMES else "", currency, int(lines), Amounts(int(net), int(tax), int(gross)))
        for (currency, key), name, lines, net, tax, gross in zip(
            called.index, called, grouped.size(), *sums, strict=True
        )
    ]
    return sorted(found, key=lambda row: (row.currency, -row.amounts.gross, row.key))


class ShownItems(Struct, frozen=True):
    """The items at the end of the revision's month; ``totals`` are the outstanding sums by currency and age group."""

    revision: Revision
    items: Sequence[OpenItem]

    @property
    def totals(self) -> Mapping[str, Mapping[str, int]]:
        """By currency, what is outstanding in each group of ages, in minor units."""
        found: dict[str, dict[str, int]] = {}
        for item in sorted(self.items, key=lambda item: item.currency):
            groups = found.setdefault(item.currency, dict.fromkeys(AGES, 0))
            groups[item.age_group] += item.outstanding
        return found

    def to_json(self) -> dict[str, Any]:
        """The items for machines: amounts as text with the currency's digits."""
        return {
            "schema": 1,
            **identity(self.revision),
            "by": "open-items",
            "rows": [
                dict(zip(_ITEM_COLUMNS, _item_cells(item), strict=True)) | {"age": item.age} for item in self.items
            ],
            "totals": [
                {
                    "currency": currency,
                    "outstanding": written(sum(groups.values()), currency),
                    "ages": {group: written(units, currency) for group, units in groups.items()},
                }
                for currency, groups in self.totals.items()
            ],
        }


def shown_items(root: Place, period: str | None) -> ShownItems:
    """The items at the end of a month, by default the latest, as the archive's latest revisions have them."""
    archive = Archive(root)
    revision = chosen_revision(archive, period)
    until = revision.name.period
    latest = {month: each for month, each in archive.latest_of_each().items() if month < until}
    months = [each.summary() for each in (*latest.values(), revision)]
    return ShownItems(revision, open_items(months, until, archived_config(revision).timezone))


def open_items_csv(shown: ShownItems) -> str:
    """The items, written as the ledgers are (INTERFACE)."""
    return csv_table(_ITEM_COLUMNS, map(_item_cells, shown.items), ("age", "accrued", "settled", "outstanding"))


def open_items_lines(shown: ShownItems, terminal: Terminal) -> Iterator[str]:
    """A table a currency: the items that are not just settled, then what is owed by age."""
    until = shown.revision.name.period.last_day.isoformat()
    yield from wrapped(f"{title(shown.revision)}  open items on {until}", terminal, strong=True)
    for currency, groups in shown.totals.items():
        digits = minor_digits(currency)
        mine = [item for item in shown.items if item.currency == currency]
        rows = [TextRow(_shown_cells(item, digits)) for item in mine]
        last = TextRow((f"payable {readable(currency)}", *[""] * 5, minor(sum(groups.values()), digits)), strong=True)
        yield ""
        yield from table_lines(_ITEM_TEXT_COLUMNS, [*rows, last], terminal)
        ages = "   ".join(f"{group} days {minor(units, digits)}" for group, units in groups.items() if units)
        yield from wrapped(ages or "nothing is owed", terminal)
    if not shown.items:
        yield ""
        yield "no invoice was accrued"


def _shown_cells(item: OpenItem, digits: int) -> tuple[str, ...]:
    names = (readable(item.invoice), readable(item.account), str(item.concerns), item.state.value, f"{item.age}")
    return (*names, minor(item.accrued, digits), minor(item.outstanding, digits))


def _item_cells(item: OpenItem) -> tuple[str, ...]:
    amounts = (written(units, item.currency) for units in (item.accrued, item.settled, item.outstanding))
    named = (str(item.concerns), item.account, item.invoice, item.document_date, f"{item.age}", item.age_group)
    return (*named, item.state.value, *amounts, item.currency)
