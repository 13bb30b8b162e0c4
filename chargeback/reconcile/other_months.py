"""What other months say: ``history``, ``prior-periods``, ``account-set`` (INTERFACE, checks)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from chargeback.config import AccountEntry, Config
from chargeback.model.archived_month import ArchivedMonth, difference
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.facts import ListedInvoice, by_month
from chargeback.model.money import EXACT, format_exact, format_minor, from_minor, minor_digits
from chargeback.model.posting import MonthPosting, Posting
from chargeback.reconcile.comparing import not_performed

TeamTotals = Counter[tuple[str, str]]


def history(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One check a team and currency: within the configured variance of its previous month; a notice where not."""
    previous = next((month for month in posting.run.earlier if month.period == str(posting.period.plus(-1))), None)
    if previous is None:
        yield Check(Code.HISTORY, Outcome.PASS, "no previous month is archived")
        return
    before: TeamTotals = Counter({(total.team, total.currency): total.gross for total in previous.totals})
    now: TeamTotals = Counter()
    for line in posting.ledger.lines:
        now[line.team.id, line.label.currency] += line.gross
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
    earlier = [ArchivedMonth.of(month) for month in posting.run.earlier if month.period < str(posting.period)]
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
                f"agrees with {len(earlier)} earlier archived months" if earlier else "no earlier month is archived"
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
        message = f"not ours in {posting.period}, as the configuration says"
        yield Check(Code.ACCOUNT_SET, Outcome.PASS, message, account)
    if not new and not gone:
        message = f"{len(run.accounts)} accounts" + (", as in the newest revision" if run.known_accounts else "")
        yield Check(Code.ACCOUNT_SET, Outcome.PASS, message)
