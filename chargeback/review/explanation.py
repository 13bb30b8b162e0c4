"""How an amount came about: one ledger line down to the evidence, or a team's or project's total as parts of invoice
lines.

The parts sum to the amount exactly, and the amount is the archived one: accounts of the month are posted again from the
revision's own evidence and configuration, and an account whose lines come out otherwise is not explained. All accounts
are read, since each may say which id and sid are one project's; only those concerned are posted, and all of them where
a project is split in proportion to the teams' direct cost.

Where the figures behind a ledger line stand: file of evidence, JSON pointer (RFC 6901), checksum of the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from chargeback.allocate.ownership import Ownership
from chargeback.allocate.posting import Context, direct_costs, post, post_lines
from chargeback.allocate.steps import LineSteps, line_steps
from chargeback.archive.boundary import damaged
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.config.splits import DirectCosts, Splits
from chargeback.errors import ConfigurationError
from chargeback.evidence import Answer
from chargeback.job.reperformed_revision import booking_again
from chargeback.job.sealing import archived_config
from chargeback.model.answers import amount_of
from chargeback.model.booking import AccountMonth
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.facts import answers_by_account
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.ledger import LedgerLine
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.money import format_exact
from chargeback.model.posting import PostedLine
from chargeback.model.report import Report
from chargeback.model.spreadsheet_text import guarded
from chargeback.model.totals import Amounts
from chargeback.model.versions import versions
from chargeback.month_end import read_month
from chargeback.publish.workpaper.sources import InvoiceSource, invoice_sources, pointer
from chargeback.review.figures import teams_of
from chargeback.review.ledger_rows import PATH, by_account, read_rows, totals_of
from chargeback.review.revision_choice import chosen_revision

_HEADER = ("total", "taxAmount", "subtotal")


LINE, TEAM, PROJECT = "line", "team", "project"
_PREFIXED = re.compile(r"(line|team|project):(.*)", re.DOTALL)


class _WhenAsked(Mapping[tuple[str, str], int]):
    """Direct costs, reckoned once somebody asks: all accounts must be read for them."""

    def __init__(self, reckon: Callable[[], DirectCosts]) -> None:
        self._reckon = reckon

    @cached_property
    def _costs(self) -> DirectCosts:
        return self._reckon()

    def __getitem__(self, key: tuple[str, str]) -> int:
        return self._costs[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._costs)

    def __len__(self) -> int:
        return len(self._costs)


class RepostedAccounts:
    """The revision's evidence and configuration, ready to post any of its accounts again."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.evidence = revision.evidence()
        self.config = archived_config(revision)
        period = revision.name.period
        self._months, self.projects = read_month(self.evidence, self.config, period)
        teams = {
            team.id: LedgerTeam(team.id, team.name, team.cost_center, team.gl_account) for team in self.config.teams
        }
        splits = Splits(self.config, _WhenAsked(self._direct))
        self.context = Context(Ownership.of(self.config, period), self.projects, splits, teams)

    @cached_property
    def answers(self) -> dict[str, list[Answer]]:
        """The answers of each account."""
        return answers_by_account(self.evidence)

    def months(self, accounts: tuple[str, ...]) -> list[AccountMonth]:
        """What the evidence says of these accounts, decided."""
        return [month for month in self._months if month.account in accounts]

    def lines(self, month: AccountMonth, rows: list[LedgerRow]) -> list[LedgerLine]:
        """The account's ledger lines in the ledger's order, each equal to the archived row in its place.

        ``ConfigurationError`` where another version made them otherwise; ``DamagedError`` where this one did.
        """
        _, columns = post(month, self.context)
        lines = list(columns)
        if list(map(_of_line, lines)) != list(map(_of_row, rows)):
            self._refuse(month.account)
        return lines

    def _direct(self) -> DirectCosts:
        return direct_costs(self._months, self.context.ownership, self.projects)

    def _refuse(self, account: str) -> None:
        made_by = self.evidence.run.versions
        if dict(made_by) != versions():
            raise ConfigurationError(
                f"{self.revision.name}: account {account[:80]} has another result with this version",
                remedy=f"explain it with chargeback {made_by.get('chargeback', self.revision.manifest.version)}",
            )
        raise damaged(self.revision.root / PATH, f"account {account[:80]} does not follow from the evidence")


def _of_line(line: LedgerLine) -> tuple[object, ...]:
    texts = (line.label.invoice, line.team.id, line.project, line.resource)
    return (*map(guarded, texts), line.net, line.tax, line.gross, line.invoice_line, line.basis.value)


def _of_row(row: LedgerRow) -> tuple[object, ...]:
    texts = (row.invoice, row.team, row.project, row.resource)
    return (*map(guarded, texts), row.net, row.tax, row.gross, row.invoice_line, row.basis)


class SourceFigure(Struct, frozen=True):
    """One figure as the platform sent it: ``of`` says of what; ``pointer`` resolves to ``value`` in the file."""

    of: str
    name: str
    value: str
    path: str
    pointer: str
    sha256: str

    @property
    def place(self) -> str:
        """File and pointer in one, as a URI fragment has them."""
        return f"{self.path}#{self.pointer}"


class Provenance(Struct, frozen=True):
    """Where an invoice's header and lines stand, and its account's report (None where none is proved)."""

    invoice: InvoiceSource
    report: Report | None

    def header(self) -> list[SourceFigure]:
        """Total, tax and subtotal of the invoice."""
        figures = {figure.name: figure for figure in self.invoice.header}
        return [
            _source("invoice", name, str(figures[name].value), figures[name].answer, figures[name].pointer)
            for name in _HEADER
            if name in figures
        ]

    def amount_of_line(self, number: int) -> SourceFigure | None:
        """The amount of the invoice's line, counted from 1; None for the adjustment, which no answer states."""
        if not number or self.invoice.lines is None:
            return None
        item = self.invoice.invoice.lines[number - 1]
        figure = self.invoice.line(number - 1, "amount", amount_of(item.amount))
        return _source(f"line {number}", "amount", format_exact(amount_of(item.amount)), figure.answer, figure.pointer)

    def report_row(self, row: int) -> SourceFigure:
        """The value of a row of the proved report, counted from 0."""
        assert self.report is not None  # noqa: S101 (only a report has rows)
        found = self.report.rows[row]
        place = pointer("result", "list", row, "billingValue")
        of = f"report, {found.project}, {found.resource}"
        return _source(of, "billingValue", format_exact(found.value), self.report.answer, place)


def provenance(again: RepostedAccounts, month: AccountMonth, invoice: Invoice) -> Provenance:
    """Where the figures of one of the account's invoices stand."""
    sources = invoice_sources(month.facts, again.evidence, again.answers.get(month.account, ()))
    mine = next(source for source in sources if source.invoice.id == invoice.id)
    return Provenance(mine, month.report)


def _source(of: str, name: str, value: str, answer: Answer, place: str) -> SourceFigure:
    return SourceFigure(of, name, value, answer.path or "", place, answer.sha256)


_SELECTS: Mapping[str, Callable[[LedgerRow], str]] = {
    LINE: lambda row: str(row.line),
    TEAM: lambda row: row.team,
    PROJECT: lambda row: row.project,
}


class Adjustment(Struct, frozen=True):
    """What an invoice holds beyond its booked lines, on the lines' ``basis`` ("total" or "net"), in minor units:
    difference = header - lines (BOOKING 4.3)."""

    basis: str
    header: int
    lines: int
    difference: int


class LineExplanation(Struct, frozen=True):
    """One line of ``all.csv``: the archived row, the invoice, every division on the way, and where each figure
    stands."""

    revision: Revision
    row: LedgerRow
    invoice: Invoice
    steps: LineSteps
    claims: tuple[str, ...]
    """The patterns of the configuration by which the project is the team's, or shared."""
    sources: Provenance

    @property
    def adjustment(self) -> Adjustment | None:
        """What was booked beyond the invoice's lines, where the ledger line is that."""
        posted = self.steps.posted
        if posted.item is not None:
            return None
        by_sku = self.invoice.shape is Shape.BY_SKU
        header = self.invoice.net_minor if by_sku else self.invoice.total_minor
        difference = posted.net if by_sku else posted.gross
        return Adjustment("net" if by_sku else "total", header, header - difference, difference)


class InvoicePart(Struct, frozen=True):
    """What one invoice line (0: its adjustment) brings to the total on one project: ``rows`` of the ledger, added
    up."""

    row: LedgerRow
    posted: PostedLine
    lines: tuple[int, ...]
    amounts: Amounts
    source: SourceFigure | None


class TotalExplanation(Struct, frozen=True):
    """A team's or project's total by currency, and the parts of invoice lines that it is the sum of."""

    revision: Revision
    kind: str
    name: str
    parts: tuple[InvoicePart, ...]
    totals: Mapping[str, Amounts]


Explanation = LineExplanation | TotalExplanation


def explain(root: Place, period: str | None, subject: str) -> Explanation:
    """How the amount of a ledger line (its number), a team or a project came about.

    ``ConfigurationError`` where there is no such line, team or project, or several mean different things;
    ``DamagedError`` where the archived ledger does not follow from the evidence.
    """
    revision = chosen_revision(Archive(root), period)
    rows = read_rows(revision)
    kind, name = _meaning(revision, rows, subject)
    chosen = [row for row in rows if _SELECTS[kind](row) == name]
    with booking_again(revision):
        if kind == LINE:
            return _explain_line(revision, chosen[0], rows)
        return TotalExplanation(revision, kind, name, tuple(_parts(revision, chosen, rows)), totals_of(chosen))


def _meaning(revision: Revision, rows: list[LedgerRow], subject: str) -> tuple[str, str]:
    """What the text names; a line, team and project of one name are told apart by a prefix."""
    match = _PREFIXED.fullmatch(subject)
    kinds, name = ((match[1],), match[2]) if match else ((LINE, TEAM, PROJECT), subject)
    known = {
        LINE: {str(row.line) for row in rows},
        TEAM: set(teams_of(revision)),
        PROJECT: {row.project for row in rows if row.project},
    }
    found = [kind for kind in kinds if name in known[kind]]
    if len(found) == 1:
        return found[0], name
    if found:
        ways = " or ".join(f"{kind}:{name}" for kind in found)
        raise ConfigurationError(
            f'"{name[:80]}" is a {" and a ".join(found)} of {revision.name}', remedy=f"write {ways}"
        )
    raise ConfigurationError(
        f'{revision.name}: has no line, team or project "{name[:80]}"',
        remedy=f"lines are 1 to {len(rows)}, teams {', '.join(teams_of(revision))}; `show --by project` names projects",
    )


def _explain_line(revision: Revision, row: LedgerRow, rows: list[LedgerRow]) -> LineExplanation:
    again = RepostedAccounts(revision)
    archived = by_account(rows)[row.account]
    month, line = _again(again, archived, archived.index(row))
    invoice = next(each for each in month.booked if each.id == line.label.invoice_id)
    steps = line_steps(month, invoice, line, again.context)
    if (steps.gross, steps.tax) != (row.gross, row.tax):
        raise damaged(revision.root / PATH, f"line {row.line} does not follow from its steps")
    return LineExplanation(revision, row, invoice, steps, _claims(again, line), provenance(again, month, invoice))


def _again(again: RepostedAccounts, archived: list[LedgerRow], place: int) -> tuple[AccountMonth, LedgerLine]:
    (month,) = again.months((_account(again, archived[0]),))
    return month, again.lines(month, archived)[place]


def _account(again: RepostedAccounts, row: LedgerRow) -> str:
    """The account's id as the platform gave it: the ledger has it without control characters."""
    written = guarded(row.account)
    return next((each for each in again.evidence.run.accounts if guarded(each) == written), row.account)


def _claims(again: RepostedAccounts, line: LedgerLine) -> tuple[str, ...]:
    owner = again.context.ownership.owner(line.project) if line.project else None
    claims = owner.team.projects if owner and owner.team else (owner.shared,) if owner and owner.shared else ()
    period = again.revision.name.period
    return tuple(claim.pattern for claim in claims if claim.active_in(period) and claim.matches(line.project))


def _parts(revision: Revision, chosen: list[LedgerRow], rows: list[LedgerRow]) -> Iterable[InvoicePart]:
    again = RepostedAccounts(revision)
    archived = by_account(rows)
    wanted = {row.line for row in chosen}
    accounts = {_account(again, row): row.account for row in chosen}
    for month in again.months(tuple(accounts)):
        mine = archived[accounts[month.account]]
        lines = again.lines(month, mine)
        pairs = [(row, line) for row, line in zip(mine, lines, strict=True) if row.line in wanted]
        yield from _account_parts(again, month, pairs)


def _account_parts(
    again: RepostedAccounts, month: AccountMonth, pairs: list[tuple[LedgerRow, LedgerLine]]
) -> Iterable[InvoicePart]:
    grouped: dict[tuple[str, int, str], list[LedgerRow]] = {}
    for row, line in pairs:
        grouped.setdefault((line.label.invoice_id, line.invoice_line, line.project), []).append(row)
    for invoice in month.booked:
        posted = {line.number: line for line in post_lines(invoice, again.projects)}
        mine = {key: group for key, group in grouped.items() if key[0] == invoice.id}
        sources = provenance(again, month, invoice) if mine else None
        for (_, number, _), group in sorted(mine.items(), key=lambda entry: entry[0]):
            yield _part(posted[number], group, sources.amount_of_line(number) if sources else None)


def _part(posted: PostedLine, group: list[LedgerRow], source: SourceFigure | None) -> InvoicePart:
    amounts = totals_of(group)[group[0].currency]
    return InvoicePart(group[0], posted, tuple(row.line for row in group), amounts, source)
