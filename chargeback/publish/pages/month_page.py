"""A month as one page, ``<period>/r<N>/index.html``: status, totals, daily cost, tie-out, exceptions, files.

The page is a pure function of the books, the configuration, the evidence and the names of the revision's files.
Signatures come later than the revision and stand on the archive's page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

from markupsafe import escape

from chargeback.config import Config
from chargeback.config.endpoint import is_on_loopback
from chargeback.evidence import Evidence
from chargeback.model.archive_overview import Restatement, TeamChange
from chargeback.model.books import Books, CurrencyTotal
from chargeback.model.check import Outcome
from chargeback.model.wording import booking_text, books_status_text, counted
from chargeback.publish.pages.cost_tables import CostPage, cost_tables
from chargeback.publish.pages.daily_cost import daily_section
from chargeback.publish.pages.elements import (
    facts_html,
    heads,
    jump,
    named,
    numbers,
    section,
    status_html,
    table,
    time_html,
    warning,
)
from chargeback.publish.pages.file_links import PAGE, file_groups, files_section, href
from chargeback.publish.pages.findings import (
    FindingCards,
    FindingGroup,
    finding_cards,
    finding_groups,
    findings_links,
    findings_section,
    groups_html,
)
from chargeback.publish.pages.rendering import isolated, plain, sentence, written
from chargeback.publish.pages.tie_out import tie_out_section
from chargeback.publish.pages.wording import change_text, instant_text, minor, month_name

_LEDGERS = {"html": "statement", "xlsx": "XLSX", "csv": "CSV"}
_NO_WORKBOOKS = 'Without workbooks of teams and of all lines: the configuration says [publish] leave_out = ["xlsx"].'
_WORKPAPERS = ("reconciliation/reconciliation.xlsx", "reconciliation/reconciliation.csv")


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
    title = f"{month_name(books.period)}, revision {books.revision}: {books_status_text(books)}"
    return written(_body(books, config, paths, evidence, changes), title=title)


def _body(
    books: Books, config: Config, paths: list[str], evidence: Evidence | None, changes: Restatement | None
) -> Iterator[str]:
    """The page part by part."""
    findings, accepted = finding_cards(books), finding_groups(books, Outcome.ACCEPTED)
    teams, projects = cost_tables(books)
    known, previous = frozenset(paths), month_name(books.period.plus(-1))
    is_simulated = is_on_loopback(books.posting.run.endpoint)
    of_projects = CostPage("Project", "team ", previous)
    of_teams = CostPage("Team", "cost centre ", previous, _ledger_links(books, known))
    workpaper = next((href(path) for path in _WORKPAPERS if path in known), "")
    notes = {"ledgers": _NO_WORKBOOKS} if config.publish.leaves_out_workbooks else {}
    yield _header(books, _sections(changes, findings, accepted))
    yield f'<main id="content">\n{_status(books, findings)}{_simulated(books) if is_simulated else ""}\n'
    yield f"{findings_section(findings, books.period)}\n{_totals(books, config, is_simulated=is_simulated)}\n"
    yield f"{_restatement(books, changes) if changes else ''}\n\n{_accepted(accepted)}\n"
    yield f"{of_teams.section('teams', 'Teams', teams)}\n"
    yield f"{daily_section(books, config, evidence)}\n"
    yield f"{of_projects.section('projects', 'Projects', projects)}\n"
    yield f"{tie_out_section(books, workpaper)}\n"
    yield f"{_notices(finding_groups(books, Outcome.NOTICE))}\n"
    yield f"{files_section(file_groups(paths, notes))}{_FOOT}"


_FOOT = """</main>
<footer>
<p>A revision never changes. <code>chargeback verify</code> proves it, and so does <code>sha256sum -c SHA256SUMS</code> in its folder.</p>
</footer>"""  # noqa: E501 (one line of the page)


def _sections(
    changes: Restatement | None, findings: FindingCards, accepted: Sequence[FindingGroup]
) -> Iterator[tuple[str, str]]:
    if changes:
        yield "restatement", "Restatement"
    if findings.count:
        yield "findings", "Findings"
    if accepted:
        yield "accepted", "Accepted"
    yield from (("teams", "Teams"), ("daily", "Daily cost"), ("projects", "Projects"), ("tie-out", "Tie-out"))
    yield from (("notices", "Notices"), ("files", "Files"))


def _header(books: Books, sections: Iterable[tuple[str, str]]) -> str:
    return (
        '<header>\n<p class="crumbs"><a href="../../index.html">All months</a></p>\n'
        f"<h1>{month_name(books.period)} <small>revision {books.revision}</small></h1>\n{jump(sections)}</header>\n"
    )


def _status(books: Books, findings: FindingCards) -> str:
    """The month's state in one line, what it is of, and where the first findings stand."""
    invoices = sum(len(account.invoices) for account in books.accounts)
    counts = ", ".join(
        (
            counted(len(books.posting.postings), "billing account"),
            counted(invoices, "invoice"),
            counted(len(books.ledger.lines), "ledger line"),
            counted(len(books.checks), "check"),
        )
    )
    booking = booking_text(books.status)
    journal = f"<p>The journal is {escape(booking)}.</p>\n" if booking else ""
    content = f"{findings_links(findings)}<p>{counts}</p>\n{journal}"
    return status_html(books.status.value, books_status_text(books), content)


def _simulated(books: Books) -> str:
    return warning(
        "\n<p><b>These are not the platform's figures.</b> They came from a program on the same computer, "
        f"{isolated(books.posting.run.endpoint)}: a simulation or a test, not a bill to book.</p>\n"
    )


def _totals(books: Books, config: Config, *, is_simulated: bool) -> str:
    """What the month comes to, and where its figures came from."""
    run = books.posting.run
    cards = "".join(map(_total_card, books.totals))
    totals = f'<dl class="totals">\n{cards}</dl>\n' if cards else "<p>Nothing was billed for this month.</p>\n"
    collected = time_html(run.run_at, instant_text(run.run_at, config.timezone))
    months = f'<a href="../../index.html#m{books.period}">all months</a>'
    facts = {
        "Source": f"{isolated(run.endpoint)}{' (this computer, not the platform)' if is_simulated else ''}",
        "Collected": f"{collected} ({plain(config.timezone_name)})",
        "Written by": f"chargeback {plain(run.versions.get('chargeback', ''))}",
        "Signatures": f"stand on the page of {months}: they come after a revision is closed",
    }
    return section("totals", "Total", totals, facts_html(facts))


def _total_card(total: CurrencyTotal) -> str:
    net, tax, gross = (minor(units, total.digits) for units in (total.net, total.tax, total.gross))
    return (
        f'<div><dt>Gross, {isolated(total.currency)}</dt><dd><span class="gross">{gross}</span><br>'
        f'<span class="soft">net {net}, tax {tax}</span></dd></div>\n'
    )


def _restatement(books: Books, changes: Restatement) -> str:
    before, now = changes.previous_revision, books.revision
    link = f'<a href="../r{before}/index.html">which stays as it was</a>'
    about = (
        f"<p>Revision {now} replaces revision {before}, {link}. Who has booked that one books only the difference: "
        "<code>exports/journal-change.*</code>.</p>\n"
    )
    columns = (f"Revision {before}", f"Revision {now}", "Difference", "Change")
    names = {team.id: team.name for team in books.ledger.teams}
    rows = [_change_row(change, names.get(change.team, ""), columns) for change in changes.changes]
    table_or_none = "<p>No team's amount changed.</p>\n"
    if rows:
        table_or_none = table("Gross per team, before and after", heads(("Team", "Currency"), columns), rows)
    return section(
        "restatement", "What this revision restates", about,
        _sentences(changes.events, ' class="events"'), _sentences(changes.reasons), table_or_none,
    )  # fmt: skip


def _sentences(sentences: Iterable[str], kind: str = "") -> str:
    rows = "".join(f"<li>{sentence(each)}</li>\n" for each in sentences)
    return f"<ul{kind}>\n{rows}</ul>\n" if rows else ""


def _change_row(change: TeamChange, name: str, columns: Sequence[str]) -> str:
    """A team's gross before and after the restatement."""
    difference = ("+" if change.difference > 0 else "") + minor(change.difference, change.digits)
    amounts = ("" if each is None else minor(each, change.digits) for each in (change.before, change.after))
    cells = numbers(columns, (*amounts, difference, change_text(change.before, change.after or 0)))
    return (
        f'<tr role="row"><th role="rowheader" scope="row">{named(change.team, name)}</th>'
        f'<td role="cell" data-label="Currency">{isolated(change.currency)}</td>{cells}</tr>\n'
    )


def _accepted(groups: Sequence[FindingGroup]) -> str:
    if not groups:
        return ""
    about = (
        '<p class="about">Known, and somebody answers for them: who, up to what amount and until when stands in '
        '<a href="config.toml">the configuration</a>.</p>\n'
    )
    return section("accepted", "Accepted exceptions", about, groups_html(groups), "\n")


def _notices(groups: Sequence[FindingGroup]) -> str:
    count = sum(group.count for group in groups)
    summary = f"<summary>{count:,} to know, none holds anything up</summary>"
    folded = f'<details class="paper">\n{summary}\n{groups_html(groups)}\n</details>\n'
    return section("notices", "Notices", folded if groups else "<p>None.</p>\n")


def _ledger_links(books: Books, known: AbstractSet[str]) -> dict[str, list[tuple[str, str]]]:
    """By team, its files: what a link says, and where it leads."""
    return {
        team.id: [
            (words, href(f"ledgers/{team.id}.{kind}"))
            for kind, words in _LEDGERS.items()
            if f"ledgers/{team.id}.{kind}" in known
        ]
        for team in books.ledger.teams
    }
