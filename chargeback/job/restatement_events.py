"""Why a month was restated, as events: an invoice replaced, voided, new or changed, a project moved, a split changed.

Facts, not sentences: they are kept in the record of the revision, and said by ``model/restatement_text``. An event of
an invoice follows from what the revision before booked and what is booked now; one of a project or a split from the
same evidence booked with the two configurations, or from accounts whose own invoices are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.archive.revision import Revision
from chargeback.evidence import EarlierInvoice, RestatedTotal, RestatementEvent
from chargeback.evidence.records import EventKind
from chargeback.model import archived_summary
from chargeback.model.archive_overview import IssuedInvoice, replacements
from chargeback.model.books import Books
from chargeback.model.instants import parse_instant
from chargeback.model.invoice import Invoice, InvoiceStatus
from chargeback.model.ledger import Basis
from chargeback.model.totals import add_up

Parts = Mapping[tuple[str, str, str], Mapping[str, int]]
"""(account, project, currency) -> team -> gross in minor units."""


class Restated(Struct, frozen=True):
    """What a new revision changes, team by team, and what happened since the one before; nothing of a first one."""

    changes: tuple[RestatedTotal, ...] = ()
    events: tuple[RestatementEvent, ...] = ()


class _Key(NamedTuple):
    account: str
    invoice: str


def invoice_events(books: Books, latest: Revision, timezone: ZoneInfo) -> list[RestatementEvent]:
    """What became of the invoices since the revision, by account and number."""
    summary = latest.summary()
    listed = latest.interpret(archived_summary.PATH, archived_summary.read_listed)
    before = {_Key(each.account, each.invoice): each for each in summary.invoices if each.booked and not each.void}
    months = [posting.month for posting in books.posting.postings]
    after = {_Key(month.account, invoice.id): invoice for month in months for invoice in month.booked}
    voided = {
        _Key(month.account, row.id): _day(row.row.voided_at, timezone)
        for month in months
        for row in month.facts.listed
        if row.status is InvoiceStatus.VOID
    }
    gone = [before[key] for key in sorted(before, key=lambda key: before[key].number) if key not in after]
    new = [after[key] for key in sorted(after, key=lambda key: after[key].sort_key) if key not in before]
    kept = [key for key in before if key in after]
    paid = (after[key] for key in kept if _is_paid_since(listed.get(key), after[key]))
    found = [*_replaced(gone, new, voided), *_changed(before, after), *(_paid(invoice, timezone) for invoice in paid)]
    return sorted(found, key=lambda event: (event.account, event.invoice, event.kind))


def _replaced(
    gone: Sequence[EarlierInvoice], new: Sequence[Invoice], voided: Mapping[_Key, str]
) -> Iterator[RestatementEvent]:
    """Each invoice that is booked no more with the one that took its place, if there is one; then those left over."""
    by_name = {_issued(each): each for each in new}
    pairs = replacements([_booked_before(each) for each in gone], by_name)
    for old in gone:
        at, following = voided.get(_Key(old.account, old.invoice)), pairs.get(_booked_before(old))
        if following is not None:
            difference = by_name.pop(following).total_minor - old.total
            yield RestatementEvent(
                "replaced", old.account, old.number, other=following.number, at=at or "", currency=following.currency,
                difference=difference,
            )  # fmt: skip
        else:
            kind: EventKind = "gone" if at is None else "voided"
            yield RestatementEvent(
                kind, old.account, old.number, at=at or "", currency=old.currency, difference=-old.total
            )
    for invoice in by_name.values():
        yield RestatementEvent(
            "new", invoice.account, invoice.label, currency=invoice.currency, difference=invoice.total_minor
        )


def _booked_before(invoice: EarlierInvoice) -> IssuedInvoice:
    return IssuedInvoice(invoice.account, invoice.number, invoice.currency, invoice.invoice)


def _issued(invoice: Invoice) -> IssuedInvoice:
    return IssuedInvoice(invoice.account, invoice.label, invoice.currency, invoice.id)


def _changed(before: Mapping[_Key, EarlierInvoice], after: Mapping[_Key, Invoice]) -> Iterator[RestatementEvent]:
    for key, old in before.items():
        invoice = after.get(key)
        if invoice is not None and invoice.total_minor != old.total:
            difference = invoice.total_minor - old.total
            yield RestatementEvent(
                "changed", key.account, invoice.label, currency=invoice.currency, difference=difference
            )


def _is_paid_since(row: Mapping[str, str] | None, invoice: Invoice) -> bool:
    return row is not None and row.get("status") == InvoiceStatus.OPEN and invoice.status is InvoiceStatus.PAID


def _paid(invoice: Invoice, timezone: ZoneInfo) -> RestatementEvent:
    at = invoice.paid_at.astimezone(timezone).date().isoformat() if invoice.paid_at else ""
    return RestatementEvent("paid", invoice.account, invoice.label, at=at, currency=invoice.currency)


def _day(text: str | None, timezone: ZoneInfo) -> str:
    instant = parse_instant(text)
    return instant.astimezone(timezone).date().isoformat() if instant else ""


def configuration_events(before: Books, after: Books) -> list[RestatementEvent]:
    """What another configuration does to the same evidence: projects that other teams bear, or in other parts."""
    old, new = _by_project(_parts(before)), _by_project(_parts(after))
    found = []
    for project, currency in sorted({*old, *new}):
        was, now = old.get((project, currency), {}), new.get((project, currency), {})
        if was == now:
            continue
        kind: EventKind = "moved" if set(was) != set(now) else "split"
        teams = {"before": ", ".join(sorted(was)), "after": ", ".join(sorted(now))}
        found.append(RestatementEvent(kind, project=project, **teams, currency=currency, difference=_moved(was, now)))
    return found


def split_events(before: Books, after: Books, invoices: Iterable[RestatementEvent]) -> list[RestatementEvent]:
    """Projects of accounts whose invoices are the same, but whose parts moved, because of what other accounts were
    billed: a proportional split follows every account's direct cost."""
    touched = sorted({event.account for event in invoices if event.kind != "paid"})
    old, new = _parts(before, Basis.SHARED_SPLIT), _parts(after, Basis.SHARED_SPLIT)
    moved = {key: _moved(old.get(key, {}), now) for key, now in new.items() if key[0] not in touched}
    others = ", ".join(touched)
    return [
        RestatementEvent("proportional", account, other=others, project=project, currency=currency, difference=units)
        for (account, project, currency), units in sorted(moved.items())
        if units and touched
    ]


def _moved(before: Mapping[str, int], after: Mapping[str, int]) -> int:
    """What teams bear more than before, in minor units."""
    return sum(max(gross - before.get(team, 0), 0) for team, gross in after.items())


def _parts(books: Books, basis: Basis | None = None) -> Parts:
    lines = (line for line in books.ledger.lines if line.project and (basis is None or line.basis is basis))
    totals = add_up(lines, lambda line: ((line.label.account, line.project, line.label.currency), line.team.id))
    found: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for (part, team), amounts in totals.items():
        found[part][team] = amounts.gross
    return found


def _by_project(parts: Parts) -> Mapping[tuple[str, str], Mapping[str, int]]:
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for (_, project, currency), teams in parts.items():
        for team, gross in teams.items():
            found[project, currency][team] += gross
    return found
