"""*Ledger control*: the ledgers against the invoices, exactly; and what of each invoice went to which team."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from chargeback.model.check import Code
from chargeback.model.money import minor_digits
from chargeback.model.wording import counted
from chargeback.publish.workpaper.invoices import Invoices
from chargeback.publish.workpaper.numbered_accounts import AGREES, DIFFERS, AccountPaper, InvoicePaper, Paper
from chargeback.publish.workpaper.sheet import Declaration, OfAccounts, account_sheet, concluded
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.expressions import NEARLY_NOTHING, Choice, Exact, Plain, Reference, all_of
from chargeback.publish.xlsx.rounding import names_apart
from chargeback.publish.xlsx.sheets import Criterion, SheetTable, Written
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Rows, Table, Value


class LedgerControl(SheetTable):
    """One row a booked invoice."""

    name = "Ledger control"
    purpose = "All ledgers add up to the invoices, exactly, with no tolerance. Each sum is over rows of Ledger parts."
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 16)
    invoice = Column("Invoice", 18)
    currency = Column("Currency", 9)
    lines = Column("Ledger lines [F]", 10, Form.COUNT)
    net = Column("Ledgers: net [F]", 15, Form.MONEY, is_kept=True)
    tax = Column("Ledgers: tax [F]", 14, Form.MONEY, is_kept=True)
    gross = Column("Ledgers: gross [F]", 15, Form.MONEY, is_kept=True)
    invoice_tax = Column("Invoice: tax [E]", 14, Form.MONEY)
    invoice_total = Column("Invoice: total [E]", 15, Form.MONEY, is_kept=True)
    tax_difference = Column("Tax: difference", 12, Form.MONEY, Exact(tax - invoice_tax))
    gross_difference = Column("Gross: difference", 12, Form.MONEY, Exact(gross - invoice_total))
    cross_footing = Column("Net + tax − gross [X]", 12, Form.MONEY, Exact(net + tax - gross))
    control = Column(
        "Control",
        13,
        computed=Choice(
            all_of(
                abs(tax_difference) <= NEARLY_NOTHING,
                abs(gross_difference) <= NEARLY_NOTHING,
                abs(cross_footing) <= NEARLY_NOTHING,
            ),
            AGREES,
            DIFFERS,
        ),
        kind=Kind.VERDICT,
    )


class TeamTotals(Table):
    """Beneath the controls: one row a team and currency, as the team's own ledger has it."""

    number = Column("No.", form=Form.INTEGER, kind=Kind.QUIET)
    team = Column("Team")
    file = Column("File")
    currency = Column("Currency")
    lines = Column("Lines", form=Form.COUNT)
    net = Column("Net", form=Form.MONEY)
    tax = Column("Tax", form=Form.MONEY)
    gross = Column("Gross", form=Form.MONEY)


class LedgerParts(SheetTable):
    """One row a booked invoice and team."""

    name = "Ledger parts"
    purpose = (
        "What of each invoice went to which team: sums of the lines in ledgers/<team>.csv, and so of ledgers/all.csv."
    )
    number = Column("No.", 6, Form.INTEGER, kind=Kind.QUIET)
    account = Column("Account", 16)
    invoice = Column("Invoice", 18)
    team = Column("Team", 20)
    lines = Column("Lines", 10, Form.COUNT, is_kept=True)
    net = Column("Net", 15, Form.MONEY, is_kept=True)
    tax = Column("Tax", 14, Form.MONEY, is_kept=True)
    gross = Column("Gross", 15, Form.MONEY, is_kept=True)
    currency = Column("Currency", 9, is_kept=True)
    file = Column("File", 30)
    team_number = Column("Team no.", 9, Form.INTEGER, kind=Kind.QUIET, is_kept=True)
    totalled_by = (team_number, currency)
    totalled = (lines, net, tax, gross)


def _count(paper: Paper) -> int:
    return sum(bool(invoice.booked) for _, invoice in paper.invoices())


def _rows(written: Written, paper: Paper) -> OfAccounts:
    return lambda accounts: written.rows.rows(_controls(paper, accounts, written.count))


def _controls(paper: Paper, accounts: Iterable[AccountPaper], first: int) -> Iterator[Record]:
    booked = ((account, invoice) for account in accounts for invoice in account.invoices if invoice.booked)
    for row, (account, invoice) in enumerate(booked, start=first):
        invoice.control = row
        yield _control(paper, account, invoice)


def _control(paper: Paper, account: AccountPaper, invoice: InvoicePaper) -> Record:
    table, parts, invoices = LedgerControl, paper.written(LedgerParts), paper.written(Invoices)
    first, count = invoice.first_part, invoice.part_count
    return Record(
        {
            table.number: account.number,
            table.account: account.account,
            table.invoice: invoice.invoice.label,
            table.currency: invoice.invoice.currency,
            table.lines: Plain(parts.total(LedgerParts.lines, first, count)),
            table.net: Exact(parts.total(LedgerParts.net, first, count)),
            table.tax: Exact(parts.total(LedgerParts.tax, first, count)),
            table.gross: Exact(parts.total(LedgerParts.gross, first, count)),
            table.invoice_tax: Reference(invoices.cell(Invoices.tax, invoice.row)),
            table.invoice_total: Reference(invoices.cell(Invoices.total, invoice.row)),
        },
        invoice.invoice.digits,
    )


def _team_rows(written: Written, paper: Paper) -> Iterator[str]:
    """What all invoices together give each team."""
    yield EMPTY_ROW
    rows, parts = Rows(written.rows.cells, TeamTotals), paper.written(LedgerParts)
    yield rows.heading((Kind.HEADING, Kind.HEADING_RIGHT), None)
    is_plain = names_apart({str(currency) for _, currency in parts.totals})
    yield from rows.rows(
        _team(parts, number, team.id, currency, is_plain=is_plain)
        for number, team in enumerate(paper.books.ledger.teams, start=1)
        for currency in sorted(str(code) for owner, code in parts.totals if owner == number)
    )


def _team(parts: Written, number: int, team: str, currency: str, *, is_plain: bool) -> Record:
    table, digits = TeamTotals, minor_digits(currency)
    criteria = (
        Criterion(LedgerParts.team_number, Decimal(number), table.number.text),
        Criterion(LedgerParts.currency, currency, table.currency.text),
    )
    supplied: dict[Column, Value] = {
        table.number: number,
        table.team: team,
        table.file: f"ledgers/{team}.csv",
        table.currency: currency,
    }
    sums = {table.lines: LedgerParts.lines, table.net: LedgerParts.net, table.tax: LedgerParts.tax,
            table.gross: LedgerParts.gross}  # fmt: skip
    for column, source in sums.items():
        total = parts.total_where(source, criteria, 0, parts.count, is_found=is_plain)
        supplied[column] = Exact(total, 0 if column is table.lines else digits)
    return Record(supplied, digits)


def _parts_count(paper: Paper) -> int:
    return sum(invoice.part_count for _, invoice in paper.invoices())


def _parts(written: Written, paper: Paper) -> OfAccounts:
    numbers = {team.id: number for number, team in enumerate(paper.books.ledger.teams, start=1)}
    return lambda accounts: written.rows.rows(_part_records(paper, accounts, numbers, written.count))


def _part_records(
    paper: Paper, accounts: Iterable[AccountPaper], numbers: Mapping[str, int], first: int
) -> Iterator[Record]:
    table = LedgerParts
    mine = ((account, invoice) for account in accounts for invoice in account.invoices)
    for account, invoice in mine:
        parts = paper.parts(invoice)
        invoice.first_part = first
        first += len(parts)
        for part in parts:
            yield Record(
                {
                    table.number: account.number,
                    table.account: account.account,
                    table.invoice: invoice.invoice.label,
                    table.team: part.team.id,
                    table.lines: part.lines,
                    table.net: part.net,
                    table.tax: part.tax,
                    table.gross: part.gross,
                    table.currency: invoice.invoice.currency,
                    table.file: f"ledgers/{part.team.id}.csv",
                    table.team_number: numbers[part.team.id],
                },
                invoice.invoice.digits,
            )


DECLARED = Declaration(
    reference="D-1",
    source="Ledger parts, which are sums over ledgers/all.csv, and the invoices' headers, on Invoices",
    procedure="Tax and gross of all ledgers together are held against each invoice, net + tax against gross: exactly.",
    conclusion=concluded(Code.LEDGER_CONTROL),
)
PARTS_DECLARED = Declaration(
    reference="D-2",
    source="the lines of ledgers/<team>.csv, which are those of ledgers/all.csv",
    procedure="The lines are added up by invoice and team; Ledger control adds these sums up.",
    conclusion=lambda paper: f"{counted(_parts_count(paper), 'part')} of {counted(_count(paper), 'booked invoice')}.",
)
SHEET = account_sheet(LedgerControl, _rows, _count, DECLARED, reads=(LedgerParts.name, Invoices.name), below=_team_rows)
PARTS_SHEET = account_sheet(LedgerParts, _parts, _parts_count, PARTS_DECLARED)
