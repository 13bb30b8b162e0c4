"""The tie-out account by account: report, invoice lines, invoices and ledgers beside each other, what differs first."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct, field

from chargeback.model.books import AcceptedTotal, AccountSummary, Books, Status
from chargeback.model.check import Check, Checks, Outcome
from chargeback.model.money import EXACT
from chargeback.model.text import readable
from chargeback.model.wording import money_list, status_text
from chargeback.publish.pages.elements import heads, named, numbers, pill, scrolled, section, table
from chargeback.publish.pages.rendering import isolated, plain
from chargeback.publish.pages.wording import amount, minor

MOST_ACCOUNTS = 60
"""Accounts that are listed; one that is not reconciled comes before one that is."""
_STATES = {Status.RECONCILED: "reconciled", Status.EXCEPTIONS: "with exceptions", Status.NOT_READY: "not ready"}


class AccountRow(Struct, frozen=True):
    """One account and currency; ``report`` and ``variance`` are "" where no report is proved."""

    account: str
    name: str
    currency: str
    invoices: tuple[str, ...]
    more_invoices: int
    report: str
    lines: str
    invoice: str
    ledger: str
    variance: str
    status: str
    state: str


class Remaining(Struct, frozen=True):
    """The accounts that are not listed: how many of which state, and what was invoiced to them."""

    count: int
    states: tuple[str, ...]
    exceptions: int
    invoiced: str


class TieOutSection(Struct, frozen=True):
    """The accounts listed, and the others."""

    rows: tuple[AccountRow, ...]
    rest: Remaining | None


class _Findings(Struct):
    """What one account's checks found, in all its currencies."""

    exceptions: int = 0
    accepted: int = 0
    not_performed: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)

    def take(self, check: Check) -> None:
        """Count one exception, accepted or not, or a check that could not be performed."""
        if not check.performed:
            self.not_performed += 1
            return
        if check.outcome is Outcome.EXCEPTION:
            self.exceptions += 1
            return
        self.accepted += 1
        if check.variance is not None:
            sofar = self.amounts.get(check.currency, Decimal(0))
            self.amounts[check.currency] = EXACT.add(sofar, check.variance.copy_abs())

    @property
    def accepted_total(self) -> AcceptedTotal:
        """What somebody answers for."""
        return AcceptedTotal(self.accepted, tuple(sorted(self.amounts.items())))


def tie_out(books: Books) -> TieOutSection:
    """The table of accounts, those not reconciled first, then as the month has them."""
    found = _findings(books)
    ranked = sorted(books.accounts, key=lambda account: _rank(account, found))
    cut = len(ranked) if len(ranked) <= MOST_ACCOUNTS + 1 else MOST_ACCOUNTS
    shown, left = ranked[:cut], ranked[cut:]
    return TieOutSection(tuple(_row(account, found) for account in shown), _remaining(left, found) if left else None)


def _findings(books: Books) -> dict[str, _Findings]:
    found: dict[str, _Findings] = {}
    listed = (Outcome.EXCEPTION, Outcome.ACCEPTED)
    for check in Checks.in_order(books.checks).where(lambda kind: kind[1] in listed or not kind[2]):
        found.setdefault(check.account, _Findings()).take(check)
    return found


def _rank(account: AccountSummary, found: dict[str, _Findings]) -> int:
    if account.status is not Status.RECONCILED:
        return 0
    return 1 if account.account in found else 2


def _status(account: AccountSummary, found: dict[str, _Findings]) -> str:
    of_account = found.get(account.account, _Findings())
    return status_text(account.status, of_account.exceptions, of_account.accepted_total, of_account.not_performed)


def _row(account: AccountSummary, found: dict[str, _Findings]) -> AccountRow:
    digits = account.digits
    return AccountRow(
        account=account.account,
        name=account.name,
        currency=account.currency,
        invoices=account.invoices[:4],
        more_invoices=max(len(account.invoices) - 4, 0),
        report="" if account.report_total is None else amount(account.report_total),
        lines=minor(account.line_total, digits),
        invoice=minor(account.invoice_total, digits),
        ledger=minor(account.ledger_total, digits),
        variance="" if account.variance is None else amount(account.variance),
        status=_status(account, found),
        state=account.status.value,
    )


def _remaining(accounts: Iterable[AccountSummary], found: dict[str, _Findings]) -> Remaining:
    states: dict[Status, int] = {}
    invoiced: dict[tuple[str, int], int] = {}
    count = exceptions = 0
    for account in accounts:
        count += 1
        states[account.status] = states.get(account.status, 0) + 1
        exceptions += found.get(account.account, _Findings()).exceptions
        key = (account.currency, account.digits)
        invoiced[key] = invoiced.get(key, 0) + account.invoice_total
    return Remaining(
        count,
        tuple(f"{number:,} {_STATES[state]}" for state, number in sorted(states.items())),
        exceptions,
        money_list((minor(units, digits), currency) for (currency, digits), units in sorted(invoiced.items())),
    )


_COLUMNS = ("Report", "Lines", "Variance", "Invoiced", "Ledgers")


def tie_out_section(books: Books, workpaper: str) -> str:
    """The section; ``workpaper`` is the link to it, "" where the revision has none."""
    made = tie_out(books)
    about = (
        "Per billing account: what the usage report adds up to, what the invoices' lines add up to, what was invoiced, "
        "and what the ledgers hold. The variance is report less lines, compared on the same tax basis."
    )
    whole = f' The whole of it: <a href="{workpaper}">the workpaper</a>.' if workpaper else ""
    parts = [f'<p class="about">{about}{whole}</p>\n']
    if made.rows:
        caption = "Accounts with exceptions first" if made.rest else "Every billing account"
        headings = f"\n{heads(('Account', 'Status'), _COLUMNS)}\n"
        parts.append(scrolled("Tie-out", table(caption, headings, map(_account_row, made.rows))))
    else:
        parts.append("<p>No billing account was booked this month.</p>\n")
    if made.rest:
        rest = made.rest
        exceptions = f" ({rest.exceptions:,} exceptions)" if rest.exceptions else ""
        states = f"{plain(rest.invoiced)} invoiced: {', '.join(rest.states)}{exceptions}"
        parts.append(f"<p><b>And {rest.count:,} more accounts</b>, {states}.</p>\n")
    return section("tie-out", "Tie-out", *parts)


def _account_row(row: AccountRow) -> str:
    invoices = "".join(f", {isolated(invoice)}" for invoice in row.invoices)
    more = f" and {row.more_invoices} more" if row.more_invoices else ""
    amounts = (row.report or "not proved", row.lines, row.variance, row.invoice, row.ledger)
    return (
        f'<tr role="row">\n<th role="rowheader" scope="row">{named(row.account, row.name)} '
        f'<span class="sub">{isolated(row.currency)}{invoices}{more}</span></th>\n'
        f'<td role="cell" class="text wide">{pill(row.state, readable(row.status))}</td>\n'
        f"{numbers(_COLUMNS, amounts)}\n</tr>\n"
    )
