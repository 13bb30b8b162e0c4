"""What another configuration would have done to an archived month: its evidence closed again, nothing written.

Before is what is archived, after is reckoned from the same evidence. What the evidence does not hold (an account
that was not collected then) is not known, and the output says so.

A plan as text: what each team would bear, which projects would move, which exceptions would come or go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any

from msgspec import Struct

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.evidence import RunRecord
from chargeback.job.reperformed_revision import archived_outcomes, booking_again
from chargeback.job.sealing import archived_config
from chargeback.model.archive_overview import RevisionOverview
from chargeback.model.books import Books
from chargeback.model.check import Outcome
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.money import format_exact, minor_digits
from chargeback.model.totals import add_up
from chargeback.model.versions import versions
from chargeback.model.wording import books_status_text, counted
from chargeback.month_end import close_month
from chargeback.publish.pages.wording import minor
from chargeback.publish.reconciliation import check_row
from chargeback.review.changes import Change, change_lines, line_changes, team_changes, total_changes
from chargeback.review.difference import CheckChange, check_changes, check_text, outcomes, outcomes_of
from chargeback.review.ledger_rows import read_rows, rows_of, written
from chargeback.review.revision_choice import chosen_revision, identity, overview_of, standing, standing_json, title
from chargeback.review.terminal import Terminal, TerminalColumn, TextRow, readable, table_lines, wrapped

_MOST_TEAMS = 3


def plan_lines(found: Plan, terminal: Terminal) -> Iterator[str]:
    """The plan; the last line says that nothing was written."""
    states = f"{standing(found.overview)} -> {found.standing_after}"
    heading = f"{title(found.revision)} with {readable(str(found.config.path or 'this configuration'))}"
    yield from wrapped(f"{heading}  {states}", terminal, strong=True)
    yield ""
    yield from change_lines(found.teams, ("team",), terminal)
    yield from _moved_lines(found, terminal)
    remarks = [f"check {check_text(change)}" for change in found.checks] + [f"note: {note}" for note in found.notes]
    yield from [""] if remarks else []
    for text in remarks:
        yield from wrapped(readable(text), terminal)
    yield ""
    count = counted(len(found.lines), "ledger line")
    yield f"{count} would differ; nothing was written" if found.lines else "nothing would change"


def _moved_lines(found: Plan, terminal: Terminal) -> Iterator[str]:
    if not found.moved:
        return
    yield from ("", terminal.strong("projects that would be borne otherwise"))
    columns = [TerminalColumn("project", shrinks=True), TerminalColumn("gross", right=True)]
    columns += [TerminalColumn("before", shrinks=True), TerminalColumn("after", shrinks=True)]
    yield from table_lines(columns, [_moved_row(each) for each in found.moved], terminal)


def _moved_row(moved: MovedProject) -> TextRow:
    digits = minor_digits(moved.currency)
    gross = sum((moved.after or moved.before).values())
    amount = f"{minor(gross, digits)} {readable(moved.currency)}"
    return TextRow(
        (readable(moved.project) or "(none)", amount, _teams(moved.before, digits), _teams(moved.after, digits))
    )


def _teams(shares: Shares, digits: int) -> str:
    """The team, or each team with its part, the largest first."""
    if len(shares) < 2:
        return next(iter(shares), "-")
    ordered = sorted(shares.items(), key=lambda share: (-share[1], share[0]))
    parts = ", ".join(f"{team} {minor(units, digits)}" for team, units in ordered[:_MOST_TEAMS])
    return parts + (f", {len(ordered) - _MOST_TEAMS} more" if len(ordered) > _MOST_TEAMS else "")


Shares = Mapping[str, int]
"""Team -> gross in minor units."""


class MovedProject(Struct, frozen=True):
    """A project ("" for what has none) whose cost other teams would bear, or the same ones otherwise, in one
    currency."""

    project: str
    currency: str
    before: Shares
    after: Shares


class Plan(Struct, frozen=True):
    """An archived month before, and after the configuration; ``lines`` are those that would differ in anything."""

    revision: Revision
    overview: RevisionOverview
    books: Books
    config: Config
    totals: tuple[Change, ...]
    teams: tuple[Change, ...]
    moved: tuple[MovedProject, ...]
    lines: tuple[Change, ...]
    checks: tuple[CheckChange, ...]
    notes: tuple[str, ...]

    @property
    def standing_after(self) -> str:
        """The status that the month would have."""
        return books_status_text(self.books)

    def to_json(self) -> dict[str, Any]:
        """The plan for machines."""
        return {
            "schema": 1,
            "config": str(self.config.path or ""),
            "before": {**identity(self.revision), **standing_json(self.overview)},
            "after": self._after(),
            "totals": [change.to_json() for change in self.totals],
            "teams": [{"team": change.key[0], **change.to_json()} for change in self.teams],
            "moved": [_moved_json(each) for each in self.moved],
            "lines_changed": len(self.lines),
            "checks": [
                {**dict(zip(("check", "account", "invoice", "subject"), each.key, strict=True)),
                 "before": each.before, "after": each.after}
                for each in self.checks
            ],
            "notes": list(self.notes),
        }  # fmt: skip

    def _after(self) -> dict[str, Any]:
        accepted = self.books.accepted
        amounts = [{"currency": code, "amount": format_exact(amount)} for code, amount in accepted.amounts]
        return {
            "status": self.books.status.value,
            "exceptions": sum(1 for _ in self.books.having(Outcome.EXCEPTION)),
            "accepted": {"count": accepted.count, "amounts": amounts},
            "not_performed": self.books.not_performed,
        }


def plan(config: Config, period: str | None) -> Plan:
    """What the configuration would do to a month of its archive, by default the latest; nothing is written.

    ``StorageError`` where there is no archive; ``ConfigurationError`` where there is no such month, or where equal
    claims of the configuration meet in a project.
    """
    archive = Archive(config.archive)
    revision = chosen_revision(archive, period)
    before = read_rows(revision)
    evidence = revision.whole_evidence()
    with booking_again(revision):
        books = close_month(evidence, config, archived_outcomes(revision, evidence, config))
        return _plan(archive, revision, config, before, books)


def _plan(archive: Archive, revision: Revision, config: Config, before: list[LedgerRow], books: Books) -> Plan:
    after = list(rows_of(books.period, books.ledger.lines))
    run = books.posting.run
    return Plan(
        revision=revision,
        overview=overview_of(archive, revision),
        books=books,
        config=config,
        totals=tuple(total_changes(before, after)),
        teams=tuple(team_changes(before, after)),
        moved=tuple(_moved(before, after)),
        lines=tuple(line_changes(before, after)),
        checks=check_changes(outcomes(revision), outcomes_of(check_row(check) for check in books.checks)),
        notes=tuple(_notes(run, config, archived_config(revision))),
    )


def _moved(before: Iterable[LedgerRow], after: Iterable[LedgerRow]) -> Iterable[MovedProject]:
    old, new = _shares(before), _shares(after)
    for project, currency in sorted({*old, *new}):
        was, would = old.get((project, currency), {}), new.get((project, currency), {})
        if was != would:
            yield MovedProject(project, currency, was, would)


def _shares(rows: Iterable[LedgerRow]) -> dict[tuple[str, str], dict[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for (project, currency, team), amounts in add_up(rows, attrgetter("project", "currency", "team")).items():
        found[project, currency][team] = amounts.gross
    return found


def _moved_json(moved: MovedProject) -> dict[str, Any]:
    sides = {"before": moved.before, "after": moved.after}
    sides_json = {
        name: [{"team": team, "gross": written(units, moved.currency)} for team, units in shares.items()]
        for name, shares in sides.items()
    }
    return {"project": moved.project, "currency": moved.currency, **sides_json}


def _notes(run: RunRecord, config: Config, archived: Config) -> Iterable[str]:
    """What the figures do not say, because the evidence cannot."""
    period = run.period
    ours = [entry.id for entry in config.accounts]
    for account in ours:
        if account not in run.accounts:
            yield f"account {account} was not collected for {period}: its cost is not in these figures"
    for account in run.accounts if ours else ():
        if account not in ours:
            yield f"account {account} is not in this configuration: it is still in these figures"
    if config.timezone_name != archived.timezone_name:
        yield f"the time zone differs ({archived.timezone_name} before): invoices that move to {period} may be missing"
    if dict(run.versions) != versions():
        yield "another version made the revision: part of the difference may be its"
