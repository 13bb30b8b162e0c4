"""A restatement: which invoice took the place of which; its events, totals and largest changes in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from chargeback.evidence import RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.model.money import format_minor, minor_digits
from chargeback.model.wording import counted, grouped

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
