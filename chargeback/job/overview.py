"""The archive's front page, made from what the archive holds: manifests, summaries, signatures."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.model import archived_checks, archived_summary
from chargeback.model.archive_overview import MonthOverview, OverviewTeam, OverviewTotal, RevisionOverview, Signature
from chargeback.model.archived_checks import read_checks
from chargeback.model.archived_summary import MonthFigures, read_figures
from chargeback.model.books import Status
from chargeback.model.money import from_minor, minor_digits

if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter

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
        overview = revision_overview(revision, signatures, with_teams=True)
        found.setdefault(revision.name.period, []).append(overview)
    return [MonthOverview(period, tuple(revisions)) for period, revisions in sorted(found.items())]


def revision_overview(
    revision: Revision, signatures: tuple[Signature, ...], *, with_teams: bool = False
) -> RevisionOverview:
    """How one revision stands: status, accepted exceptions, totals, the signatures of its own head; and its teams'
    totals where they are asked for."""
    manifest, figures = revision.manifest, revision.interpret(archived_summary.PATH, read_figures)
    standing = figures.standing or revision.interpret(archived_checks.PATH, read_checks).standing
    return RevisionOverview(
        revision=manifest.revision,
        status=Status(manifest.status),
        exceptions=standing.exceptions,
        accepted=standing.accepted_total,
        created=manifest.created,
        endpoint=manifest.endpoint,
        version=manifest.version,
        head=revision.sha256,
        totals=tuple(
            OverviewTotal(total.currency, Decimal(total.net), Decimal(total.tax), Decimal(total.gross))
            for total in manifest.totals
        ),
        teams=_teams(figures) if with_teams else (),
        team_order=tuple(team.id for team in figures.teams),
        not_performed=standing.not_performed,
        signatures=tuple(each for each in signatures if each.head == revision.sha256),
        folder=revision.store.folder() or "",
    )


def _teams(figures: MonthFigures) -> tuple[OverviewTeam, ...]:
    names = {team.id: team.name for team in figures.teams}
    return tuple(
        OverviewTeam(
            total.team, names.get(total.team, ""), total.currency, from_minor(total.gross, minor_digits(total.currency))
        )
        for total in figures.totals
    )
