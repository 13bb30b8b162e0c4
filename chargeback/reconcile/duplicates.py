"""``invoice-duplicate``: nothing is billed twice, within an account or across accounts (INTERFACE, checks)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from chargeback.config import Config
from chargeback.model.booking import AccountMonth
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import ISSUED, Invoice
from chargeback.model.posting import MonthPosting, PostedLine, Posting
from chargeback.reconcile.cut_off import overlap, overlapping


def invoice_duplicate(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """No number twice among an account's issued invoices; no project with a positive line in two of them for the same
    days, whosever they are; no invoice in two accounts."""
    across = list(_across_accounts(posting))
    billed_twice = {check.account for check in across if check.outcome is Outcome.EXCEPTION}
    for account in posting.postings:
        for check in _within_account(account):
            if check.outcome is not Outcome.PASS or check.account not in billed_twice:
                yield check
    yield from across


def _within_account(posting: Posting) -> Iterator[Check]:
    month = posting.month
    found = [*_listed_twice(month), *_same_numbers(month), *_same_projects(posting)]
    yield from found
    if month.booked and not found:
        message = "no number twice, no project billed twice for the same days"
        yield Check(Code.INVOICE_DUPLICATE, Outcome.PASS, message, month.account)


def _listed_twice(month: AccountMonth) -> Iterator[Check]:
    for label in month.facts.repeated:
        message = f"{label} is listed more than once: it is booked once"
        yield Check(Code.INVOICE_DUPLICATE, Outcome.EXCEPTION, message, month.account, label)


def _same_numbers(month: AccountMonth) -> Iterator[Check]:
    booked = {invoice.id: invoice.number for invoice in month.booked}
    decided = {invoice.id for invoice in month.facts.invoices}  # of the month: the detail says whether it is issued
    listed = {
        row.id: row.label
        for row in month.facts.listed
        if row.status in ISSUED and row.row.number and row.id not in decided
    }
    counts = Counter({**listed, **booked}.values())
    for number in sorted({number for number in booked.values() if number and counts[number] > 1}):
        message = f"{counts[number]} issued invoices have the number {number}: one may be billed twice"
        yield Check(Code.INVOICE_DUPLICATE, Outcome.EXCEPTION, message, month.account, number)


def _same_projects(posting: Posting) -> Iterator[Check]:
    pairs = list(overlapping(posting.month.booked))
    projects = _positive_projects(posting) if pairs else {}  # nearly every account has one invoice
    for first, second in pairs:
        for project in sorted(projects[first.id] & projects[second.id]):
            message = f"{project} is billed in {first.label} and in {second.label} for the same days"
            yield _finding(Outcome.EXCEPTION, second, message, project)


def _positive_projects(posting: Posting) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in _charges(posting):
        found[line.invoice.id].add(line.project)
    return found


def _charges(posting: Posting) -> Iterator[PostedLine]:
    """The lines that bill a project something."""
    lines = posting.invoice_lines
    return (line for line in lines if line.item is not None and line.item.is_by_project and line.gross > 0)


def _across_accounts(posting: MonthPosting) -> Iterator[Check]:
    """One exception an invoice that a second account has too, and one a project that two accounts' invoices bill for
    the same days; a notice where only the number is the same. Each stands at the later account."""
    booked = [invoice for account in posting.postings for invoice in account.month.booked]
    for first, second in _pairs(booked, lambda invoice: invoice.id):
        message = f"{second.label} is an invoice of account {first.account} too: it is booked in both"
        yield _finding(Outcome.EXCEPTION, second, message)
    for first, second in _pairs(booked, lambda invoice: invoice.number):
        if first.id != second.id:
            message = f"account {first.account} has another invoice with the number {second.number}"
            yield _finding(Outcome.NOTICE, second, message)
    yield from _projects_of_two_accounts(posting)


def _projects_of_two_accounts(posting: MonthPosting) -> Iterator[Check]:
    billed_by: dict[str, str] = {}
    shared = {
        line.project
        for account in posting.postings
        for line in _charges(account)
        if billed_by.setdefault(line.project, account.month.account) != account.month.account
    }
    invoices: dict[str, dict[tuple[str, str], Invoice]] = defaultdict(dict)
    for account in posting.postings if shared else ():  # nearly every project is one account's alone
        for line in _charges(account):
            if line.project in shared:
                invoices[line.project][line.invoice.account, line.invoice.id] = line.invoice
    for project, found in sorted(invoices.items()):
        for first, second in combinations(found.values(), 2):
            if first.account != second.account and first.id != second.id and overlap(first, second):
                message = (
                    f"{project} is billed in {second.label} and, for the same days, in {first.label} of account "
                    f"{first.account}"
                )
                yield _finding(Outcome.EXCEPTION, second, message, project)


def _pairs(invoices: Iterable[Invoice], name: Callable[[Invoice], str]) -> Iterator[tuple[Invoice, Invoice]]:
    """(the first account's, another account's) invoice of each name that several accounts have."""
    named: dict[str, Invoice] = {}
    for invoice in invoices:
        first = named.setdefault(name(invoice), invoice) if name(invoice) else invoice
        if first.account != invoice.account:
            yield first, invoice


def _finding(outcome: Outcome, invoice: Invoice, message: str, project: str | None = None) -> Check:
    subject = None if project is None else Subject(SubjectKind.PROJECT, project)
    return Check(Code.INVOICE_DUPLICATE, outcome, message, invoice.account, invoice.label, subject)
