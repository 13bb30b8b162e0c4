"""What other months say: ``history``, ``prior-periods``, ``account-set`` (INTERFACE, checks).

``settlement`` and ``journal-accounts``: what the journal has booked still stands, and has accounts (BOOKING 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter

from chargeback.config import AccountEntry, Config
from chargeback.evidence import SettlementRecord
from chargeback.model.archived_month import ArchivedMonth, difference
from chargeback.model.bookkeeping import key_of
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.facts import ListedInvoice, by_month
from chargeback.model.invoice import Invoice, InvoiceStatus
from chargeback.model.journal import MonthJournal
from chargeback.model.ledger import by_team
from chargeback.model.money import EXACT, format_exact, format_minor, from_minor, minor_digits
from chargeback.model.posting import MonthPosting, Posting
from chargeback.model.totals import gross_by
from chargeback.model.wording import counted
from chargeback.reconcile.invoices import withholding_comparison
from chargeback.reconcile.tie_out import not_performed


def settlement(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One exception an invoice of the month that was settled and is void, open, gone, or of another amount, tax or
    receipt now; one pass where all stand. What was paid and no journal books is one notice. An exception of
    ``invoice-withholding`` each settlement here of an earlier month's invoice that books another tax withheld than its
    rate gives: it came with the payment, so that the invoice's own month does not have it."""
    run = posting.run
    own = [record for record in run.settlements or () if record.concerns == posting.period]
    known = (invoice for each in posting.postings for invoice in each.month.facts.invoices)
    invoices = {(invoice.account, invoice.id): invoice for invoice in known}
    records = [*run.settled, *own]
    found = [check for record in records for check in _standing(record, invoices.get((record.account, record.invoice)))]
    yield from found
    if not found:
        message = (
            f"{counted(len(records), 'settled invoice')} found as paid" if records else "no invoice is settled yet"
        )
        yield Check(Code.SETTLEMENT, Outcome.PASS, message)
    yield from (
        check for record in run.settlements or () if record.concerns != posting.period for check in _withheld(record)
    )
    yield from (check for record in records for check in _withheld_since(record, invoices))
    yield from _paid_and_void({(record.account, record.invoice) for record in records}, invoices.values())
    if run.unsettled:
        payments = "; ".join(
            f"{each.number} of {each.account} ({each.concerns}): {each.reason}" for each in run.unsettled
        )
        yield Check(Code.SETTLEMENT, Outcome.NOTICE, f"paid in {posting.period}, and not settled here: {payments}")


def _withheld(record: SettlementRecord) -> Iterator[Check]:
    compared = withholding_comparison(
        (record.account, record.number),
        (record.currency, minor_digits(record.currency)),
        subtotal=record.total - record.tax,
        rate=Decimal(record.withholding_rate or 0),
        withheld=record.withheld,
    )
    if not compared.holds:
        yield compared.check()


def _withheld_since(record: SettlementRecord, invoices: Mapping[tuple[str, str], Invoice]) -> Iterator[Check]:
    """A notice where the platform shows another tax withheld than the settlement books: it was recorded afterwards, a
    settlement is booked once, and somebody has to book the difference."""
    invoice = invoices.get((record.account, record.invoice))
    if invoice is None or invoice.status is not InvoiceStatus.PAID or invoice.withheld_minor == record.withheld:
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
        if invoice.status is InvoiceStatus.VOID and invoice.paid_at and (invoice.account, invoice.id) not in booked:
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
    if invoice.status is not InvoiceStatus.PAID:
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
    values = [format_minor(value, digits) if isinstance(value, int) else value for value in (now[name], then[name])]
    return f"of another {name}: {values[0]}, it was {values[1]}"


def journal_accounts(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One notice a leg of the journal that no account is named for; one pass where every leg has one."""
    journal = MonthJournal(posting, config.bookkeeping, config.timezone)
    legs = dict.fromkeys(journal.legs())
    missing = dict.fromkeys(key_of(leg, team) for leg, team in legs if not config.bookkeeping.chart.of(leg, team))
    for key in missing:
        message = f'no account: add {key} = "…" to [journal]; entries with such a leg cannot be booked'
        yield Check(Code.JOURNAL_ACCOUNTS, Outcome.NOTICE, message, subject=Subject(SubjectKind.LEG, key))
    if not missing:
        yield Check(Code.JOURNAL_ACCOUNTS, Outcome.PASS, "every leg has an account")


def history(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One check a team and currency: within the configured variance of its previous month; a notice where not."""
    previous = next((month for month in posting.run.earlier if month.period == posting.period.plus(-1)), None)
    if previous is None:
        yield Check(Code.HISTORY, Outcome.PASS, "no previous month is archived")
        return
    before = gross_by(previous.totals, attrgetter("team", "currency"))
    now = gross_by(posting.ledger.every_part(), by_team)
    for team, currency in sorted({*before, *now}):
        yield _history(team, currency, before[team, currency], now[team, currency], config)


def _history(team: str, currency: str, before: int, now: int, config: Config) -> Check:
    limit = config.reconciliation.history_variance_percent
    digits = minor_digits(currency)
    change = Decimal(now - before)
    within = EXACT.multiply(change.copy_abs(), Decimal(100)) <= EXACT.multiply(limit, Decimal(abs(before)))
    figures = f"{format_minor(now, digits)} {currency} after {format_minor(before, digits)} the month before"
    return Check(
        Code.HISTORY,
        Outcome.PASS if within else Outcome.NOTICE,
        figures if within else f"{figures}: more than {format_exact(limit)} % apart",
        subject=Subject(SubjectKind.TEAM, team),
        expected=from_minor(before, digits),
        actual=from_minor(now, digits),
        variance=from_minor(now - before, digits),
        currency=currency,
    )


def prior_periods(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One exception an invoice that an account lists for an earlier archived month in which it was ours and whose
    latest revision has it otherwise, or that the revision has and the list no longer shows there; one notice an invoice
    of another month whose status is not known, in place of its comparison; one pass an account where all agree."""
    earlier = [ArchivedMonth.of(month) for month in posting.run.earlier if month.period < posting.period]
    entries = {entry.id: entry for entry in config.accounts}
    for account in posting.postings:
        ours = _ours(earlier, entries.get(account.month.account))
        unknown = list(_of_unknown_status(account))
        rows = by_month(account.month.facts.listed)
        found = [check for month in ours for check in _differing(account, month, rows.get(month.period, []))]
        yield from (*unknown, *found)
        if account.month.facts.list_refused and _is_booked(account.month.account, earlier):
            why = "the platform refuses the account's list of invoices"
            yield not_performed(Code.PRIOR_PERIODS, account.month.account, why)
        elif not found and not unknown:
            message = (
                f"agrees with {counted(len(earlier), 'earlier archived month')}"
                if earlier
                else "no earlier month is archived"
            )
            yield Check(Code.PRIOR_PERIODS, Outcome.PASS, message, account.month.account)


def _is_booked(account: str, earlier: Iterable[ArchivedMonth]) -> bool:
    """Whether an earlier month has an issued invoice of the account."""
    return any(not invoice.void for month in earlier for invoice in month.invoices.get(account, {}).values())


def _of_unknown_status(account: Posting) -> Iterator[Check]:
    """A notice an invoice, in place of its comparison (BOOKING 1)."""
    for row in account.month.facts.listed:
        if row.unknown_status:
            why = f'{row.label} has the status "{row.unknown_status[:40]}", which is not known'
            subject = Subject(SubjectKind.MONTH, str(row.month)) if row.month else None
            yield not_performed(Code.PRIOR_PERIODS, account.month.account, why, invoice=row.label, subject=subject)


def _ours(earlier: Iterable[ArchivedMonth], entry: AccountEntry | None) -> Iterator[ArchivedMonth]:
    return (month for month in earlier if entry is None or entry.ours_in(month.period))


def _differing(account: Posting, month: ArchivedMonth, rows: Sequence[ListedInvoice]) -> Iterator[Check]:
    facts = account.month.facts
    subject = Subject(SubjectKind.MONTH, str(month.period))
    for row in rows:
        reason = difference(facts.account, row, month)
        if reason:
            yield Check(Code.PRIOR_PERIODS, Outcome.EXCEPTION, reason, facts.account, row.label, subject)
    if facts.list_refused:
        return
    for invoice in month.no_longer_listed(facts.account, rows):
        reason = f"{invoice.number} is in {month.title}, but is no longer listed there: run --catch-up books that"
        yield Check(Code.PRIOR_PERIODS, Outcome.EXCEPTION, reason, facts.account, invoice.number, subject)


def account_set(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """Every account of the archive's newest revision is here, or not ours in this month; a new one is a notice."""
    run = posting.run
    new = sorted(set(run.accounts) - set(run.known_accounts)) if run.known_accounts else []
    for account in new:
        message = "the account is new: the archive's newest revision does not have it"
        yield Check(Code.ACCOUNT_SET, Outcome.NOTICE, message, account)
    gone = sorted(set(run.known_accounts) - set(run.accounts))
    for account in gone:
        message = f"the configuration says that the account is not ours in {posting.period}"
        yield Check(Code.ACCOUNT_SET, Outcome.PASS, message, account)
    if not new and not gone:
        message = counted(len(run.accounts), "account") + (", as in the newest revision" if run.known_accounts else "")
        yield Check(Code.ACCOUNT_SET, Outcome.PASS, message)
