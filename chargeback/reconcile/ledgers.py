"""``ledger-control`` and ``ownership``: nothing is lost on the way to the teams (INTERFACE, ledgers; BOOKING 5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from chargeback.config import Config
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.invoice import Invoice
from chargeback.model.ledger import Lines
from chargeback.model.money import EXACT, format_exact, format_minor, from_minor, minor_digits
from chargeback.model.posting import MonthPosting
from chargeback.model.text import normalized
from chargeback.model.totals import Sums, total
from chargeback.model.wording import counted

_OTHER_SOURCES = "names are those of the invoices, the report and the month's latest revision"


def ledger_control(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One check a booked invoice over all ledgers as they are published: Σ gross = total, Σ tax = tax, gross = net +
    tax.
    """
    ledger = posting.ledger
    sums = {key: total(parts) for key, parts in ledger.parts.items()}
    skewed = _skewed(ledger.lines)
    for account in posting.postings:
        for invoice in account.month.booked:
            key = (invoice.account, invoice.id)
            yield _control(invoice, sums.pop(key, Sums()), is_skewed=key in skewed)
    for (account_id, invoice_id), stray in sorted(sums.items()):
        message = f"{counted(stray.lines, 'ledger line')} of no booked invoice"
        yield Check(Code.LEDGER_CONTROL, Outcome.EXCEPTION, message, account_id, invoice_id)


def _skewed(lines: Lines) -> set[tuple[str, str]]:
    """Account and id of the invoices with a line whose gross is not its net and tax."""
    found: set[tuple[str, str]] = set()
    for some in lines.batches():
        amounts = zip(some.labels.codes, some.net, some.tax, some.gross, strict=True)
        codes = {code for code, net, tax, gross in amounts if gross != net + tax}
        labels = map(some.labels.table.__getitem__, codes)
        found.update((label.account, label.invoice_id) for label in labels)
    return found


def _control(invoice: Invoice, sums: Sums, *, is_skewed: bool) -> Check:
    tax, gross = sums.tax, sums.gross
    holds = gross == invoice.total_minor and tax == invoice.tax_minor and not is_skewed
    expected, actual = from_minor(invoice.total_minor, invoice.digits), from_minor(gross, invoice.digits)
    message = f"the sum of {counted(sums.lines, 'ledger line')} is exactly the total and the tax"
    if not holds:
        message = (
            f"the sum of {counted(sums.lines, 'ledger line')} is {format_exact(actual)} with "
            f"{format_exact(from_minor(tax, invoice.digits))} tax, the invoice has {format_exact(expected)} with "
            f"{format_exact(from_minor(invoice.tax_minor, invoice.digits))}: do not book this; report it as a bug"
        )
    return Check(
        Code.LEDGER_CONTROL,
        Outcome.PASS if holds else Outcome.EXCEPTION,
        message,
        invoice.account,
        invoice.label,
        None,
        expected,
        actual,
        EXACT.subtract(actual, expected),
        from_minor(0, invoice.digits),
        invoice.currency,
    )


def ownership(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One exception a project with cost that nobody owns; notices for idle ones, unmatched claims, a missing project
    list.
    """
    findings = posting.ownership
    for account in posting.postings:
        unowned = findings.unowned.get(account.month.account, ())
        for project in unowned:
            message = f"nobody owns {project or 'the rows without a project'}: its cost is in the ledger unassigned"
            yield Check(Code.OWNERSHIP, Outcome.EXCEPTION, message, account.month.account, subject=_project(project))
        if not unowned:
            yield Check(Code.OWNERSHIP, Outcome.PASS, "every project with cost has an owner", account.month.account)
    yield from _ownership_notices(posting)
    yield from _between_companies(posting, config)


def _between_companies(posting: MonthPosting, config: Config) -> Iterator[Check]:
    """One notice a pair of companies where a team of one bears cost that another one is billed for (BOOKING 9); a team
    whose company the configuration does not say bears it in the books of whom the invoice belongs to."""
    companies = {team.id: normalized(team.company) for team in config.teams if team.company}
    if not companies:
        return
    bookkeeping = config.bookkeeping
    tax_ids = {
        (each.account, each.id): each.tax_id or account.month.facts.tax_id
        for account in posting.postings
        for each in account.month.booked
    }
    gross: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    teams: dict[tuple[str, str], set[str]] = defaultdict(set)
    for part in posting.ledger.every_part():
        bearer, label = companies.get(part.team.id), part.label
        tax_id = tax_ids.get((label.account, label.invoice_id), "")
        billed = normalized(bookkeeping.company(label.account, tax_id))
        if bearer and bearer != billed:
            gross[billed, bearer][label.currency] += part.gross
            teams[billed, bearer].add(part.team.id)
    for (billed, bearer), amounts in sorted(gross.items()):
        owed = ", ".join(
            f"{format_minor(units, minor_digits(currency))} {currency}" for currency, units in sorted(amounts.items())
        )
        bearers = ", ".join(sorted(teams[billed, bearer]))
        message = (
            f"{owed} gross that {billed} is billed for is borne by {bearers} of {bearer}: "
            "an entry between the two companies is theirs to book"
        )
        pair = Subject(SubjectKind.COMPANY, f"{billed} / {bearer}")
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, message, subject=pair)


def _project(sid: str) -> Subject:
    return Subject(SubjectKind.PROJECT, sid)


def _ownership_notices(posting: MonthPosting) -> Iterator[Check]:
    findings = posting.ownership
    for project in findings.idle:
        message = f"{project} is listed, without cost in the month, and nobody owns it"
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, message, subject=_project(project))
    for pattern, title in findings.unmatched:
        message = f'"{pattern}" of {title} matches no project of the month'
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, message, subject=Subject(SubjectKind.CLAIM, pattern))
    for contradiction in findings.contradictions:
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, str(contradiction), subject=_project(contradiction.sid))
    for refused in posting.projects.refusals:
        message = f'project.list was refused ("{refused}"): {_OTHER_SOURCES}'
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, message)
    if not posting.projects.by_sid and not posting.projects.refusals:
        yield Check(Code.OWNERSHIP, Outcome.NOTICE, f"project.list is empty: {_OTHER_SOURCES}")
