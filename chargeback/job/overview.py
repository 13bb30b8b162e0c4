"""The archive's front page, made from what the archive holds: manifests, reconciliations, summaries, signatures."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.archive.signatures import Signature, read_signatures
from chargeback.model import archived_checks
from chargeback.model.archive_overview import MonthOverview, OverviewTeam, OverviewTotal, RevisionOverview
from chargeback.model.archive_overview import Signature as ShownSignature
from chargeback.model.archived_checks import read_checks
from chargeback.model.books import AcceptedTotal, Status
from chargeback.model.money import from_minor, minor_digits
from chargeback.publish import month_summary

PAGE = "index.html"


def refresh_overview(writer: ArchiveWriter, timezone: ZoneInfo) -> None:
    """Replace the archive's ``index.html`` where its bytes differ; times are shown in the zone."""
    from chargeback.publish.pages import archive_page  # with its library: ``list`` reads months without a page

    head = writer.archive.head()
    page = archive_page.render(months(writer.archive), head=head.sha256 if head else "", timezone=timezone)
    writer.replace(PAGE, page)


def months(archive: Archive) -> list[MonthOverview]:
    """Every month with its revisions, in order."""
    signatures = read_signatures(archive.root)
    found: dict[Any, list[RevisionOverview]] = {}
    for revision in archive.revisions():
        found.setdefault(revision.name.period, []).append(revision_overview(revision, signatures))
    return [MonthOverview(period, tuple(revisions)) for period, revisions in sorted(found.items())]


def revision_overview(revision: Revision, signatures: tuple[Signature, ...]) -> RevisionOverview:
    """How one revision stands: status, accepted exceptions, totals, teams, and the signatures of its own head."""
    manifest, figures = revision.manifest, revision.interpret(month_summary.PATH, month_summary.read_teams)
    reconciliation = revision.interpret(archived_checks.PATH, read_checks)
    return RevisionOverview(
        revision=manifest.revision,
        status=Status(manifest.status),
        exceptions=reconciliation.exceptions,
        accepted=AcceptedTotal(reconciliation.accepted.count, reconciliation.accepted_amounts),
        created=manifest.created,
        endpoint=manifest.endpoint,
        version=manifest.version,
        head=revision.sha256,
        totals=tuple(
            OverviewTotal(total.currency, Decimal(total.net), Decimal(total.tax), Decimal(total.gross))
            for total in manifest.totals
        ),
        teams=_teams(figures),
        team_order=tuple(team.id for team in figures.teams),
        not_performed=reconciliation.not_performed,
        signatures=tuple(
            ShownSignature(each.signed_at, each.head, each.role, each.by, each.note)
            for each in signatures
            if each.head == revision.sha256
        ),
        folder=revision.store.folder() or "",
    )


def _teams(figures: month_summary.TeamFigures) -> tuple[OverviewTeam, ...]:
    names = {team.id: team.name for team in figures.teams}
    return tuple(
        OverviewTeam(
            total.team, names.get(total.team, ""), total.currency, from_minor(total.gross, minor_digits(total.currency))
        )
        for total in figures.totals
    )
