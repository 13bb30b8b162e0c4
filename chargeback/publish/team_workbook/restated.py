"""What a restatement changed for one team, and why: of the month's events those that touch it, as it may read them.

An event may name other teams and the amounts of all. A team reads the invoice or project that its own lines are of, and
what happened to it; its own amounts before and after stand beside.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from chargeback.evidence import RestatementEvent
from chargeback.model.money import minor_digits
from chargeback.publish.team_workbook.month import TeamMonth

MOST_EVENTS = 20
_REASONS = {
    "evidence": "What the platform answered is different.",
    "configuration": "The configuration is different.",
    "version": "Another version of chargeback made this revision.",
}
_OF_INVOICE = {
    "voided": "was voided",
    "gone": "is booked no more",
    "new": "is a new invoice",
    "changed": "has another total",
    "paid": "was paid",
}


class BasisChange(Struct, frozen=True):
    """Net, or gross, before and after, in minor units; ``text`` says which."""

    text: str
    currency: str
    digits: int
    before: int
    after: int


class TeamEvent(Struct, frozen=True):
    """``subject``: an invoice or a project; ``happened``: of the catalogue; ``other`` and ``at`` are "" for none."""

    subject: str
    happened: str
    other: str = ""
    at: str = ""


class TeamRestatement(Struct, frozen=True):
    """Which revision this one replaces, the team's amounts on both sides, the events and the reasons."""

    previous: int
    rows: tuple[BasisChange, ...]
    events: tuple[TeamEvent, ...]
    reasons: tuple[str, ...]
    more_events: int = 0


def restatement_of(month: TeamMonth) -> TeamRestatement | None:
    """What this revision changes for the team; None for a month's first one."""
    run = month.books.posting.run
    if run.revision == 1:
        return None
    mine = [change for change in run.restated if change.team == month.team.id]
    events = list(dict.fromkeys(_events(month))) if mine else []
    reasons = [_REASONS[reason] for reason in _REASONS if any(reason in change.why for change in mine)]
    rows: list[BasisChange] = []
    for change in mine:
        digits = minor_digits(change.currency)
        if change.net_before is not None and change.net_after is not None:
            rows.append(BasisChange("Net", change.currency, digits, change.net_before, change.net_after))
        rows.append(BasisChange("Gross", change.currency, digits, change.before, change.after))
    left = max(len(events) - MOST_EVENTS, 0)
    return TeamRestatement(run.revision - 1, tuple(rows), tuple(events[:MOST_EVENTS]), tuple(reasons), left)


def _events(month: TeamMonth) -> Iterator[TeamEvent]:
    accounts = {label.account for label in month.totals.labels}
    invoices = {(label.account, label.invoice) for label in month.totals.labels}
    for event in month.books.posting.run.events:
        if event.project:
            if happened := _to_project(event, month):
                yield TeamEvent(event.project, happened)
        elif event.kind in ("voided", "gone"):
            if event.account in accounts:
                yield TeamEvent(event.invoice, _OF_INVOICE[event.kind], at=event.at)
        elif invoices & {(event.account, event.invoice), (event.account, event.other)}:
            yield _to_invoice(event)


def _to_invoice(event: RestatementEvent) -> TeamEvent:
    if event.kind == "replaced":
        happened = "was voided and replaced by" if event.at else "was replaced by"
        return TeamEvent(event.invoice, happened, event.other, event.at)
    return TeamEvent(event.invoice, _OF_INVOICE[event.kind], at=event.at)


def _to_project(event: RestatementEvent, month: TeamMonth) -> str:
    """What happened to a project of the team, "" where the project is none of its."""
    was, now = (month.team.id in side.split(", ") for side in (event.before, event.after))
    if event.kind == "moved" and was != now:
        return "came to this team by the configuration" if now else "left this team by the configuration"
    if event.kind in ("moved", "split") and was and now:
        return "is split in other parts by the configuration"
    if event.kind == "proportional" and event.project in month.totals.names:
        return "is split in other parts, because the teams' own projects cost otherwise"
    return ""
