"""How a month's or an account's state is said, wherever it is shown: page, list, show, run, notifications (BOOKING 6).

What could not be performed is no pass, so its number always stands beside the state.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from chargeback.model.books import AcceptedTotal, Books, Status
from chargeback.model.check import Finding, Outcome
from chargeback.model.money import format_exact


def grouped(written: str) -> str:
    """A written amount with its thousands grouped: "1,155.60"."""
    whole, point, fraction = written.partition(".")
    return f"{int(whole):,}{point}{fraction}" if not whole.startswith("-0") else written


def counted(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 exception", "1,204 exceptions"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def money_list(amounts: Iterable[tuple[str, str]]) -> str:
    """Amounts of several currencies in a row: "12.50 THB + 3.00 USD"."""
    return " + ".join(f"{text} {currency}".strip() for text, currency in amounts)


def status_text(status: Status, exceptions: int, accepted: AcceptedTotal, not_performed: int) -> str:
    """The state wherever it is shown: "reconciled, 2 accepted (12.50 THB), 6 checks not performed", "3 exceptions",
    "not ready"."""
    unperformed = f"{counted(not_performed, 'check')} not performed" if not_performed else ""
    return ", ".join(part for part in (_state(status, exceptions), accepted_text(accepted), unperformed) if part)


def booking_text(status: Status) -> str:
    """That a month's journal is not to be booked, "" where it may be (BOOKING 9)."""
    return "" if status is not Status.EXCEPTIONS else "not to be booked: it has exceptions that nobody has accepted"


def books_status_text(books: Books) -> str:
    """The state of a month's books, findings first: "1 finding, 324 exceptions, 6 checks not performed"."""
    exceptions = sum(1 for _ in books.having(Outcome.EXCEPTION))
    text = status_text(books.status, exceptions, books.accepted, books.not_performed)
    findings = len(books.open_findings) if books.status is Status.EXCEPTIONS else 0
    return f"{counted(findings, 'finding')}, {text}" if findings else text


def finding_text(finding: Finding) -> str:
    """A finding in one line: "F-0123456789 report-total ba_1 INV-1: what was found; 12 checks, 1,234.00 THB"."""
    subject = finding.subject.name if finding.subject else ""
    where = [part for part in (finding.account, finding.invoice, subject) if part]
    follows = [counted(finding.checks, "check")] if finding.checks > 1 else []
    if finding.amount is not None:
        follows.append(money_list([(_amount(finding.amount), finding.currency)]))
    parts = [" ".join([finding.id, finding.code.value, *where]) + f": {finding.message}"]
    parts += [", ".join(follows)] if follows else []
    parts += [f"decided: {decided_text(finding)}"] if finding.disposition else []
    return "; ".join(parts)


def decided_text(finding: Finding) -> str:
    """What somebody decided about it before the revision was written: "credit note requested (Ann, 2026-05-03)"."""
    given = finding.disposition
    return f"{given.disposition} ({given.by}, {given.disposed_at[:10]})" if given else ""


def accepted_text(accepted: AcceptedTotal) -> str:
    """What somebody answers for: "2 accepted (12.50 THB)", "" where there is nothing."""
    if not accepted.count:
        return ""
    amounts = money_list((_amount(value), currency) for currency, value in accepted.amounts)
    return f"{accepted.count:,} accepted ({amounts})" if amounts else f"{accepted.count:,} accepted"


def _amount(value: Decimal) -> str:
    return grouped(format_exact(value))


def _state(status: Status, exceptions: int) -> str:
    if status is Status.RECONCILED:
        return "reconciled"
    if status is Status.NOT_READY:
        return "not ready"
    return counted(exceptions, "exception") if exceptions else "exceptions"
