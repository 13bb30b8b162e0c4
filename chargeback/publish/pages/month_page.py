"""A month as one page, ``<period>/r<N>/index.html``: status, totals, daily cost, tie-out, exceptions, files.

The page is a pure function of the books, the configuration, the evidence and the names of the revision's files.
Signatures come later than the revision and stand on the archive's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from chargeback.config import Config
from chargeback.evidence import Evidence
from chargeback.model.archive_overview import Restatement
from chargeback.model.books import Books, CurrencyTotal
from chargeback.model.check import Outcome
from chargeback.model.wording import booking_text, books_status_text, counted
from chargeback.publish.pages.cost_tables import cost_tables
from chargeback.publish.pages.daily_cost import daily_costs, without_chart
from chargeback.publish.pages.file_links import PAGE, file_groups, href
from chargeback.publish.pages.findings import finding_cards, finding_groups
from chargeback.publish.pages.rendering import is_on_loopback, render
from chargeback.publish.pages.tie_out import tie_out
from chargeback.publish.pages.wording import change_text, instant_text, minor, month_name

_LEDGERS = {"html": "statement", "xlsx": "XLSX", "csv": "CSV"}
_NO_WORKBOOKS = 'Without workbooks of teams and of all lines: the configuration says [publish] leave_out = ["xlsx"].'
_WORKPAPERS = ("reconciliation/reconciliation.xlsx", "reconciliation/reconciliation.csv")


class Glance(Struct, frozen=True):
    """The month's state in one line, and what it is of."""

    state: str
    text: str
    counts: str
    booking: str


class TotalCard(Struct, frozen=True):
    """One currency's totals as text."""

    currency: str
    net: str
    tax: str
    gross: str


class ChangeRow(Struct, frozen=True):
    """A team's gross before and after the restatement."""

    team: str
    name: str
    currency: str
    before: str
    after: str
    difference: str
    percent: str


def files(
    books: Books,
    config: Config,
    paths: Iterable[str],
    *,
    evidence: Evidence | None = None,
    changes: Restatement | None = None,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The revision's page.

    ``paths`` are the revision's files, relative to it; ``evidence`` gives the daily cost its projects (without it
    the chart shows the total); ``changes`` is what a revision after the first restates.
    """
    yield PAGE, _page(books, config, list(paths), evidence, changes)


def _page(
    books: Books, config: Config, paths: list[str], evidence: Evidence | None, changes: Restatement | None
) -> Iterator[bytes]:
    teams, projects = cost_tables(books)
    glance = _glance(books)
    yield from render(
        "month.html",
        f"{month_name(books.period)}, revision {books.revision}: {glance.text}",
        glance=glance,
        teams=teams,
        projects=projects,
        daily=daily_costs(books, config, evidence),
        without_chart=without_chart(books),
        tie_out=tie_out(books),
        findings=finding_cards(books),
        accepted=finding_groups(books, Outcome.ACCEPTED),
        notices=finding_groups(books, Outcome.NOTICE),
        restatement=changes,
        change_rows=_change_rows(changes, {team.id: team.name for team in books.ledger.teams}),
        **_heading(books, config),
        **_links(books, config, paths),
    )


def _heading(books: Books, config: Config) -> dict[str, object]:
    """Which month this is, where its figures came from, and what it comes to."""
    run = books.posting.run
    return {
        "title": month_name(books.period),
        "period": str(books.period),
        "previous_month": month_name(books.period.plus(-1)),
        "revision": books.revision,
        "totals": [_total_card(total) for total in books.totals],
        "accounts": len(books.posting.postings),
        "endpoint": run.endpoint,
        "is_simulated": is_on_loopback(run.endpoint),
        "run_at": run.run_at,
        "run_at_text": instant_text(run.run_at, config.timezone),
        "timezone": config.timezone_name,
        "version": run.versions.get("chargeback", ""),
        "tax_basis": config.reconciliation.tax_basis,
    }


def _total_card(total: CurrencyTotal) -> TotalCard:
    return TotalCard(total.currency, *(minor(units, total.digits) for units in (total.net, total.tax, total.gross)))


def _links(books: Books, config: Config, paths: list[str]) -> dict[str, object]:
    """Every file, and those that a table links to: each team's ledgers, the workpaper."""
    known = frozenset(paths)
    return {
        "groups": file_groups(paths, {"ledgers": _NO_WORKBOOKS} if config.publish.leaves_out_workbooks else {}),
        "workpaper": next((href(path) for path in _WORKPAPERS if path in known), ""),
        "ledger_links": {
            team.id: [
                (name, href(f"ledgers/{team.id}.{kind}"))
                for kind, name in _LEDGERS.items()
                if f"ledgers/{team.id}.{kind}" in known
            ]
            for team in books.ledger.teams
        },
    }


def _glance(books: Books) -> Glance:
    invoices = sum(len(account.invoices) for account in books.accounts)
    return Glance(
        state=books.status.value,
        text=books_status_text(books),
        counts=", ".join(
            (
                counted(len(books.posting.postings), "billing account"),
                counted(invoices, "invoice"),
                counted(len(books.ledger.lines), "ledger line"),
                counted(len(books.checks), "check"),
            )
        ),
        booking=booking_text(books.status),
    )


def _change_rows(changes: Restatement | None, names: Mapping[str, str]) -> tuple[ChangeRow, ...]:
    if changes is None:
        return ()
    return tuple(
        ChangeRow(
            team=change.team,
            name=names.get(change.team, ""),
            currency=change.currency,
            before="" if change.before is None else minor(change.before, change.digits),
            after="" if change.after is None else minor(change.after, change.digits),
            difference=("+" if change.difference > 0 else "") + minor(change.difference, change.digits),
            percent=change_text(change.before, change.after or 0),
        )
        for change in changes.changes
    )
