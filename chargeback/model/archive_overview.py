"""What an archive holds, month by month and revision by revision, as its front page shows it; and what a restatement
changed, its events, totals and largest changes in words.

All of it can be read from the archive alone: manifests, ``reconciliation.json`` and ``signatures.csv``. Amounts are
decimals with the minor digits of their currency, as a manifest writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct

from chargeback.evidence import RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.model.books import AcceptedTotal, Status
from chargeback.model.money import format_minor, minor_digits
from chargeback.model.wording import counted, grouped


class OverviewTotal(Struct, frozen=True):
    """A revision's total in one currency: gross = net + tax."""

    currency: str
    net: Decimal
    tax: Decimal
    gross: Decimal


class OverviewTeam(Struct, frozen=True):
    """A team's gross in one currency; ``name`` is "" where it has none."""

    team: str
    name: str
    currency: str
    gross: Decimal


class RevisionName(Struct, frozen=True, order=True):
    """A month and the number of its revision, from 1: ``2026-05/r1``."""

    period: Period
    number: int

    def __str__(self) -> str:
        return f"{self.period}/r{self.number}"


class Signature(Struct, frozen=True):
    """A line of ``signatures.csv``: who signed which revision, when (RFC 3339), as preparer or reviewer; ``head``: the
    SHA-256 of its manifest."""

    signed_at: str
    period: Period
    revision: int
    head: str
    role: str
    by: str
    note: str = ""

    @property
    def name(self) -> RevisionName:
        """The revision that was signed."""
        return RevisionName(self.period, self.revision)


class RevisionOverview(Struct, frozen=True):
    """One revision of a month.

    ``exceptions`` counts those that nobody has accepted, ``not_performed`` the checks that could not be performed;
    ``head`` is the SHA-256 of its manifest; ``created`` an RFC 3339 instant; ``signatures`` those whose ``head`` is
    this revision's, as they were appended; ``team_order`` the teams' ids as the configuration had them, none where that
    is not known; ``folder`` where in the archive its files lie, "" where that is its name.
    """

    revision: int
    status: Status
    exceptions: int
    accepted: AcceptedTotal
    created: str
    endpoint: str
    version: str
    head: str
    totals: tuple[OverviewTotal, ...]
    teams: tuple[OverviewTeam, ...] = ()
    signatures: tuple[Signature, ...] = ()
    not_performed: int = 0
    team_order: tuple[str, ...] = ()
    folder: str = ""

    def page(self, period: Period) -> str:
        """Where in the archive the revision's page lies; it is one of that month."""
        return f"{self.folder or f'{period}/r{self.revision}'}/index.html"


class MonthOverview(Struct, frozen=True):
    """An archived month; ``revisions`` in order of their numbers, at least one."""

    period: Period
    revisions: tuple[RevisionOverview, ...]

    @property
    def latest(self) -> RevisionOverview:
        """The revision that counts."""
        return self.revisions[-1]

    @property
    def superseded(self) -> tuple[RevisionOverview, ...]:
        """The earlier revisions, the newest of them first."""
        return self.revisions[-2::-1] if len(self.revisions) > 1 else ()


class TeamChange(Struct, frozen=True):
    """A team's gross before and after a restatement, in minor units; None where that revision has none of the team."""

    team: str
    currency: str
    digits: int
    before: int | None
    after: int | None

    @property
    def difference(self) -> int:
        """After less before, in minor units."""
        return (self.after or 0) - (self.before or 0)


class Restatement(Struct, frozen=True):
    """What a revision after the first changed (BOOKING 7): against which revision, why, and per team and currency;
    ``events``: what happened, a sentence each."""

    previous_revision: int
    reasons: tuple[str, ...]
    changes: tuple[TeamChange, ...]
    events: tuple[str, ...] = ()


MOST_TEAMS = 5
"""Teams that are named, those that move most; the others stand in ``diff``."""
MOST_EVENTS = 20


def event_text(event: RestatementEvent) -> str:
    """An event in one sentence: "INV-2026-0101 of ba_1 was voided on 2026-03-23 and replaced by INV-2026-0101R, -7.00
    THB"."""
    on = f" on {event.at}" if event.at else ""
    invoice, amount = f"{event.invoice} of {event.account}", _amount(event.difference, event.currency)
    moved = grouped(format_minor(event.difference, minor_digits(event.currency)))
    sentences = {
        "replaced": f"{invoice} was {f'voided{on} and ' if on else ''}replaced by {event.other}, {amount}",
        "voided": f"{invoice} was voided{on}, {amount}",
        "gone": f"{invoice} is booked no more, {amount}",
        "new": f"{invoice} is a new invoice, {amount}",
        "changed": f"{invoice} has another total, {amount}",
        "paid": f"{invoice} was paid{on}",
        "moved": f"{event.project} moved from {event.before or 'nobody'} to {event.after or 'nobody'} by the "
        f"configuration, {moved} {event.currency}",
        "split": f"the split of {event.project} among {event.after} was changed by the configuration, {moved} "
        f"{event.currency} moved",
        "proportional": f"what changed for {event.other} changed the proportional split of {event.project}, billed to "
        f"{event.account}, {moved} {event.currency} moved",
    }
    return sentences[event.kind]


def restatement_lines(
    changes: Sequence[RestatedTotal], events: Sequence[RestatementEvent], period: Period
) -> Iterator[str]:
    """Totals before and after, the events, the teams that move most; the rest stands in ``diff``."""
    if not changes and not events:
        return
    for currency in sorted({change.currency for change in changes}):
        mine = [change for change in changes if change.currency == currency]
        before, after = sum(each.before for each in mine), sum(each.after for each in mine)
        digits = minor_digits(currency)
        teams = counted(len(mine), "team")
        yield (
            f"{teams}: {grouped(format_minor(before, digits))} -> {grouped(format_minor(after, digits))} "
            f"{currency} ({_amount(after - before, currency)})"
        )
    yield from (f"why: {event_text(event)}" for event in events[:MOST_EVENTS])
    if len(events) > MOST_EVENTS:
        yield f"why: and {counted(len(events) - MOST_EVENTS, 'event')} more: chargeback diff {period}"
    yield from _largest(changes, period)


def _largest(changes: Iterable[RestatedTotal], period: Period) -> Iterator[str]:
    ranked = sorted(changes, key=lambda each: (-abs(each.after - each.before), each.team, each.currency))
    for change in ranked[:MOST_TEAMS]:
        digits = minor_digits(change.currency)
        yield (
            f"{change.team}: {format_minor(change.before, digits)} -> {format_minor(change.after, digits)} "
            f"{change.currency} ({format_minor(change.after - change.before, digits)}), "
            f"because of {', '.join(change.why)}"
        )
    if len(ranked) > MOST_TEAMS:
        yield f"and {counted(len(ranked) - MOST_TEAMS, 'team')} more: chargeback diff {period}"


def _amount(units: int, currency: str) -> str:
    text = grouped(format_minor(units, minor_digits(currency)))
    return f"{'+' if units > 0 else ''}{text} {currency}"


class IssuedInvoice(NamedTuple):
    """What an invoice is known by; ``currency`` is "" where nobody states it, ``id`` where only numbers are known."""

    account: str
    number: str
    currency: str
    id: str = ""


def replacements(gone: Iterable[IssuedInvoice], new: Iterable[IssuedInvoice]) -> dict[IssuedInvoice, IssuedInvoice]:
    """Of the invoices that are booked no more those that another one replaced, each new one once.

    It is the new invoice of the account whose number continues the old one's ("INV-1R" that of "INV-1"); else the only
    new one, where the account lost no other invoice. Both sides in the order in which they are to be paired.
    """
    lost, left = list(gone), list(new)
    found = {}
    for old in lost:
        following = _successor(old, lost, left)
        if following is not None:
            left.remove(following)
            found[old] = following
    return found


def _successor(old: IssuedInvoice, gone: Sequence[IssuedInvoice], new: Sequence[IssuedInvoice]) -> IssuedInvoice | None:
    fitting = [each for each in new if each.account == old.account and old.currency in ("", each.currency)]
    continuing = [each for each in fitting if _continues(each.number, old.number)]
    if continuing:
        return continuing[0]
    alone = sum(each.account == old.account for each in gone) == 1
    return fitting[0] if alone and len(fitting) == 1 else None


def _continues(number: str, old: str) -> bool:
    """Whether the number begins with the old one; a further digit makes it another number ("INV-10" and "INV-1")."""
    rest = number[len(old) :]
    return bool(old) and number.startswith(old) and not (old[-1].isdigit() and rest[:1].isdigit())
