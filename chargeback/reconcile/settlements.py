"""``settlement`` and ``journal-accounts``: what the journal has booked still stands, and has accounts (BOOKING 9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from chargeback.config import Config
from chargeback.evidence import SettlementRecord
from chargeback.model.bookkeeping import key_of
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import Invoice, Status
from chargeback.model.journal import MonthJournal
from chargeback.model.ledger import LedgerTeam
from chargeback.model.money import format_minor, from_minor, minor_digits
from chargeback.model.posting import MonthPosting


def settlement(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One exception an invoice of the month that was settled and is void, open, gone, or of another amount, tax or
    receipt now; one pass where all stand. What was paid and no journal books is one notice."""
    run = posting.run
    own = [record for record in run.settlements or () if record.concerns == str(posting.period)]
    known = (invoice for each in posting.postings for invoice in each.month.facts.invoices)
    invoices = {(invoice.account, invoice.id): invoice for invoice in known}
    records = [*run.settled, *own]
    found = [check for record in records for check in _standing(record, invoices.get((record.account, record.invoice)))]
    yield from found
    if not found:
        message = f"{len(records)} settled invoices stand as they were paid" if records else "no invoice is settled yet"
        yield Check(Code.SETTLEMENT, Outcome.PASS, message)
    yield from (check for record in records for check in _withheld_since(record, invoices))
    yield from _paid_and_void({(record.account, record.invoice) for record in records}, invoices.values())
    if run.unsettled:
        told = "; ".join(f"{each.number} of {each.account} ({each.concerns}): {each.reason}" for each in run.unsettled)
        yield Check(Code.SETTLEMENT, Outcome.NOTICE, f"paid in {posting.period}, and not settled here: {told}")


def _withheld_since(record: SettlementRecord, invoices: Mapping[tuple[str, str], Invoice]) -> Iterator[Check]:
    """A notice where the platform shows another tax withheld than the settlement books: it was recorded afterwards, a
    settlement is booked once, and somebody has to book the difference."""
    invoice = invoices.get((record.account, record.invoice))
    if invoice is None or invoice.status is not Status.PAID or invoice.withheld_minor == record.withheld:
        return
    then, now = (format_minor(units, invoice.digits) for units in (record.withheld, invoice.withheld_minor))
    message = (
        f"{now} {record.currency} is withheld now, and its settlement books {then}: "
        "book the difference between clearing and withholding tax yourself"
    )
    yield Check(Code.SETTLEMENT, Outcome.NOTICE, message, record.account, record.number)


def _paid_and_void(booked: set[tuple[str, str]], invoices: Iterable[Invoice]) -> Iterator[Check]:
    """A notice an invoice that says when it was paid, is void now, and was so before any month could book its payment:
    what was paid comes back, or stands in no journal."""
    for invoice in invoices:
        if invoice.status is Status.VOID and invoice.paid_at and (invoice.account, invoice.id) not in booked:
            total, day = format_minor(invoice.total_minor, invoice.digits), invoice.paid_at.date()
            message = (
                f"{total} {invoice.currency} was paid on {day} (UTC), the invoice is void, and no journal books it"
            )
            yield Check(Code.SETTLEMENT, Outcome.NOTICE, message, invoice.account, invoice.label)


def _standing(record: SettlementRecord, invoice: Invoice | None) -> Iterator[Check]:
    change = _change(record, invoice)
    if not change:
        return
    digits = minor_digits(record.currency)
    paid, withheld = (format_minor(units, digits) for units in (record.total - record.withheld, record.withheld))
    yield Check(
        Code.SETTLEMENT,
        Outcome.EXCEPTION,
        f"{paid} {record.currency} was paid and {withheld} withheld, and the invoice is {change} now",
        record.account,
        record.number,
        variance=from_minor(record.total, digits),
        currency=record.currency,
    )


def _change(record: SettlementRecord, invoice: Invoice | None) -> str:
    """How a settled invoice differs from what was settled, "" where it does not."""
    if invoice is None:
        return "no longer listed"
    if invoice.status is not Status.PAID:
        return invoice.status.value
    digits = invoice.digits
    now = {"currency": invoice.currency, "total": invoice.total_minor, "tax": invoice.tax_minor}
    then = {"currency": record.currency, "total": record.total, "tax": record.tax}
    if record.receipt and invoice.receipt_number:
        now["receipt"], then["receipt"] = invoice.receipt_number, record.receipt
    changed = [name for name in now if now[name] != then[name]]
    if not changed:
        return ""
    name = changed[0]
    shown = [format_minor(value, digits) if isinstance(value, int) else value for value in (now[name], then[name])]
    return f"of another {name}: {shown[0]}, it was {shown[1]}"


def journal_accounts(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One notice a leg of the journal that no account is named for; one pass where every leg has one."""
    journal = MonthJournal(posting, config.bookkeeping, config.timezone)
    missing = {key_of(row.leg, LedgerTeam(row.team)): None for row in journal.rows() if not row.gl_account}
    for key in missing:
        message = f'no account: add {key} = "…" to [journal]; entries with such a leg cannot be booked'
        yield Check(Code.JOURNAL_ACCOUNTS, Outcome.NOTICE, message, subject=Subject(SubjectKind.LEG, key))
    if not missing:
        yield Check(Code.JOURNAL_ACCOUNTS, Outcome.PASS, "every leg has an account")
