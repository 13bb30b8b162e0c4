"""The figures of an archived month, added up by team, project, resource, environment or account: for ``show``.

They come from the archived ledger, not from a new reckoning, and foot to the manifest; per currency, never mixed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeback.archive.boundary import interpreting
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.archive.signatures import Signature, read_signatures
from chargeback.errors import ConfigurationError
from chargeback.model.archive_overview import RevisionOverview
from chargeback.model.ledger import ADJUSTMENTS, UNASSIGNED
from chargeback.review.ledger_frame import AMOUNTS, ledger_frame
from chargeback.review.ledger_rows import Amounts, LedgerRow, read_rows, totals_of, written
from chargeback.review.month_findings import MonthFinding, findings_of
from chargeback.review.revision_choice import (
    chosen_revision,
    earlier_json,
    identity,
    overview_of,
    signatures_json,
    signed_earlier,
    standing_json,
)

if TYPE_CHECKING:
    import pandas as pd

BY = ("team", "project", "resource", "environment", "account")
_NAMES = {"project": "project_name", "account": "account_name"}
"""The columns that say what a key is called, where there is one."""
_LEDGERS = "ledgers/"
_ALL = "all"


@dataclass(frozen=True, slots=True)
class FigureRow:
    """What one team (project, …) costs in one currency; ``key`` is "" for lines without one; amounts in minor units."""

    key: str
    name: str
    currency: str
    lines: int
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Figures:
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


def figures(root: Path, period: str | None, team: str | None, by: str | None) -> Figures:
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


def _figures(archive: Archive, revision: Revision, rows: list[LedgerRow], team: str | None, chosen: str) -> Figures:
    return Figures(
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
