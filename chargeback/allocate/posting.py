"""From one account's booked invoices to its ledger lines (BOOKING 4.1-4.7), the account by itself.

An invoice's header and lines become whole minor units: rounding, adjustment, tax by line. Every invoice line is divided
over resources or projects by the proved report, and over teams where its project is shared; what cannot be divided is
booked whole and reported as a finding. The lines add up to each invoice's total and tax exactly. The usage of each
report row is divided over the ledger lines that its value reached (BOOKING 4.7).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from operator import attrgetter, sub

from msgspec import Struct, field

from chargeback.allocate.ownership import NOBODY, Ownership
from chargeback.allocate.report_weights import Division, ReportWeights
from chargeback.config import Team
from chargeback.config.splits import Splits
from chargeback.model.answers import LineItem, amount_of
from chargeback.model.booking import AccountMonth
from chargeback.model.bookkeeping import ADJUSTMENTS, UNASSIGNED, LedgerTeam
from chargeback.model.check import Subject, SubjectKind
from chargeback.model.invoice import Invoice, Shape
from chargeback.model.ledger import (
    Basis,
    Coded,
    InvoiceItem,
    InvoiceLabel,
    LedgerLines,
    LedgerProject,
    Origin,
)
from chargeback.model.money import divide, largest_remainder, round_together, whole_numbers
from chargeback.model.posting import NegativeRows, PostedLine, Posting, UndividedLine
from chargeback.model.projects import ProjectDirectory
from chargeback.model.report import Report
from chargeback.model.spool import Spool


def bookable_lines(invoice: Invoice) -> Sequence[LineItem]:
    """The lines that are booked as lines: none of an invoice whose lines are of both shapes."""
    return () if invoice.shape is Shape.MIXED else invoice.lines


def post_lines(invoice: Invoice, projects: ProjectDirectory) -> list[PostedLine]:
    """The invoice's lines and, where they do not foot or tax is left, its adjustment; they add up to total and tax."""
    items = bookable_lines(invoice)
    header = invoice.net_minor if invoice.shape is Shape.BY_SKU else invoice.total_minor
    amounts = round_together([amount_of(item.amount) for item in items], invoice.digits)
    difference = header - sum(amounts)
    tax = invoice.tax_minor
    weights = [*amounts, difference]
    taxes = largest_remainder(tax, weights) if sum(weights) else [0] * len(amounts) + [tax]
    posted = [
        _posted(invoice, number, item, amount, part, projects)
        for number, (item, amount, part) in enumerate(zip((*items, None), weights, taxes, strict=True), start=1)
    ]
    return posted if difference or taxes[-1] else posted[:-1]


def _posted(
    invoice: Invoice, number: int, item: LineItem | None, amount: int, tax: int, projects: ProjectDirectory
) -> PostedLine:
    gross = amount + tax if invoice.shape is Shape.BY_SKU else amount
    if item is None:
        return PostedLine(invoice, 0, None, gross - tax, tax, gross)
    return PostedLine(invoice, number, item, gross - tax, tax, gross, projects.of_line(item))


UNASSIGNED_TEAM = LedgerTeam(UNASSIGNED, "Unassigned")
ADJUSTMENTS_TEAM = LedgerTeam(ADJUSTMENTS, "Adjustments")


def divide_usage(report: Report, reached: dict[int, list[int]], gross: list[int]) -> dict[int, int]:
    """Millionths of usage by ledger row.

    ``reached``: for each report row the ledger rows that its value reached, in order; ``gross``: of every ledger row.
    A negative gross weighs nothing; where none weighs, the first row gets all.
    """
    usage: dict[int, int] = {}
    amounts = report.rows.usage
    for report_row, ledger_rows in reached.items():
        amount = amounts[report_row]
        if len(ledger_rows) == 1:
            usage[ledger_rows[0]] = usage.get(ledger_rows[0], 0) + amount
            continue
        weights = [max(gross[row], 0) for row in ledger_rows]
        if not any(weights):
            weights[0] = 1
        for row, part in zip(ledger_rows, largest_remainder(amount, weights), strict=True):
            usage[row] = usage.get(row, 0) + part
    return usage


class ProjectPart(Struct, frozen=True):
    """A line's part on one project ("" if there is none); ``resource`` None where it is still to be divided over
    them.
    """

    project: str
    resource: str | None
    gross: int
    tax: int
    divided: bool
    rows: tuple[int, ...] = ()


def project_parts(posted: PostedLine, weights: ReportWeights | None) -> list[ProjectPart]:
    """The line's parts by project: one of a by-project line; of a by-SKU line one a project, or one without project."""
    item = posted.item
    if item is None:
        return [ProjectPart("", "", posted.gross, posted.tax, divided=False)]
    if item.is_by_project:
        return [ProjectPart(posted.project, None, posted.gross, posted.tax, divided=False)]
    division = weights.over_projects(item) if weights else None
    if division is None or not division.has_weight:
        return [ProjectPart("", item.sku_label, posted.gross, posted.tax, divided=False)]
    parts = zip(division.names, *divide(posted.gross, posted.tax, division.weights), division.rows, strict=True)
    return [
        ProjectPart(name, division.resource, gross, tax, divided=True, rows=rows) for name, gross, tax, rows in parts
    ]


def direct_costs(
    months: Iterable[AccountMonth], ownership: Ownership, projects: ProjectDirectory
) -> Counter[tuple[str, str]]:
    """(currency, team id) -> direct gross in minor units: what teams own alone, over all accounts."""
    direct: Counter[tuple[str, str]] = Counter()
    for month in months:
        weights = ReportWeights(month.report) if month.report else None
        for invoice in month.booked:
            for posted in post_lines(invoice, projects):
                for part in project_parts(posted, weights):
                    team = ownership.owner(part.project).team if part.project else None
                    if team:
                        direct[invoice.currency, team.id] += part.gross
    return direct


class Context(Struct, frozen=True):
    """What posting an account needs besides its own month."""

    ownership: Ownership
    projects: ProjectDirectory
    splits: Splits
    teams: dict[str, LedgerTeam]
    spool: Spool = field(default_factory=Spool)


def post(month: AccountMonth, context: Context) -> tuple[Posting, LedgerLines]:
    """The account's books, and its ledger lines in the ledger's order, which are numbered once all accounts are."""
    return _Poster(month, context).post()


class _Shared(Struct, frozen=True):
    """What the lines of one project's part have in common, whatever their resource."""

    label: InvoiceLabel
    team: LedgerTeam
    project: LedgerProject
    origin: Origin
    item: InvoiceItem


class _PostedColumns:
    """The account's lines as they are posted: by invoice, line, project, team and resource."""

    def __init__(self) -> None:
        self.parts: list[_Shared] = []
        self.counts: list[int] = []
        self.resources: list[str] = []
        self.gross: list[int] = []
        self.tax: list[int] = []

    def add(self, shared: _Shared, resources: Sequence[str], gross: Sequence[int], tax: Sequence[int]) -> None:
        """Add a line a resource."""
        self.parts.append(shared)
        self.counts.append(len(resources))
        self.resources += resources
        self.gross += gross
        self.tax += tax

    def lines(self, usage: Mapping[int, int]) -> LedgerLines:
        """The lines that have an amount or usage, in the ledger's order; ``usage`` in millionths, by place."""
        places = range(len(self.gross))
        used = [usage.get(place, 0) for place in places]
        part_of = list(chain.from_iterable(map(repeat, range(len(self.parts)), self.counts)))
        labels, teams, projects, origins, items = (
            Coded.of(map(attrgetter(name), self.parts)).at(part_of) for name in _Shared.__struct_fields__
        )
        found = LedgerLines(
            labels=labels,
            teams=teams,
            projects=projects,
            resources=Coded.of(self.resources),
            usage=whole_numbers(used),
            measured=bytes(map(usage.__contains__, places)),
            origins=origins,
            net=whole_numbers(list(map(sub, self.gross, self.tax))),
            tax=whole_numbers(self.tax),
            gross=whole_numbers(self.gross),
            items=items,
            numbers=places,
        )
        figures = zip(places, self.gross, self.tax, used, strict=True)
        kept = [place for place, gross, tax, millionths in figures if gross or tax or millionths]
        return (found.at(kept) if len(kept) < len(found) else found).in_order()


class _Poster:
    def __init__(self, month: AccountMonth, context: Context) -> None:
        self.month = month
        self.context = context
        self.weights = ReportWeights(month.report) if month.report else None
        self.posted: list[PostedLine] = []
        self.undivided: list[UndividedLine] = []
        self.negative: list[NegativeRows] = []
        self.columns = _PostedColumns()
        self.reached: dict[int, list[int]] = {}

    def post(self) -> tuple[Posting, LedgerLines]:
        for invoice in self.month.booked:
            label = _label(invoice, self.month.facts.name)
            for posted in post_lines(invoice, self.context.projects):
                self.posted.append(posted)
                self._post_line(label, posted)
        report = self.month.report
        usage = divide_usage(report, self.reached, self.columns.gross) if report else {}
        keep = self.context.spool.sequence
        posting = Posting(self.month, keep(self.posted), keep(self.undivided), keep(self.negative))
        return posting, self.columns.lines(usage)

    def _post_line(self, label: InvoiceLabel, posted: PostedLine) -> None:
        if posted.item is None:
            part = ProjectPart("", "", posted.gross, posted.tax, divided=False)
            self._add(label, posted, part, ADJUSTMENTS_TEAM, Origin(Basis.ADJUSTMENT, ""), None)
            return
        parts = project_parts(posted, self.weights)
        if not posted.item.is_by_project:
            self._look_at_projects(posted, posted.item, parts)
        for part in parts:
            self._post_part(label, posted, part)

    def _post_part(self, label: InvoiceLabel, posted: PostedLine, part: ProjectPart) -> None:
        division = self._division(posted, part)
        divided = part.divided or division is not None
        owner = self.context.ownership.owner(part.project) if part.project else NOBODY
        if owner.shared is None:
            origin = Origin(_basis(shared=False, divided=divided), "")
            self._add(label, posted, part, self._ledger_team(owner.team), origin, division)
            return
        shares = self.context.splits.of(owner.shared, label.currency)
        amounts = divide(part.gross, part.tax, [share.weight for share in shares])
        for share, gross, tax in zip(shares, *amounts, strict=True):
            piece = ProjectPart(part.project, part.resource, gross, tax, part.divided, part.rows)
            origin = Origin(_basis(shared=bool(share.percent), divided=divided), share.percent)
            self._add(label, posted, piece, self._ledger_team(share.team), origin, division)

    def _division(self, posted: PostedLine, part: ProjectPart) -> Division | None:
        if part.resource is not None or self.weights is None:
            return None
        division = self.weights.over_resources(part.project)
        rows = self.weights.rows_of(part.project)
        subject = Subject(SubjectKind.PROJECT, part.project)
        if division.has_weight:
            self._look_for_negative(posted, subject, rows)
            return division
        self._find_undivided(posted, subject, rows)
        return None

    def _look_at_projects(self, posted: PostedLine, item: LineItem, parts: list[ProjectPart]) -> None:
        """What is to be reported of how a by-SKU line was divided over projects, or that it was not."""
        if self.weights is None:
            return
        report = self.weights.report
        rows = report.rows_named_like(item)
        if not parts[0].divided:
            self._find_undivided(posted, Subject(SubjectKind.RESOURCE, item.sku_label), rows)
            return
        subject = Subject(SubjectKind.RESOURCE, parts[0].resource or "")
        self._look_for_negative(posted, subject, rows or range(len(report.rows)))

    def _find_undivided(self, posted: PostedLine, subject: Subject, rows: tuple[int, ...]) -> None:
        if posted.gross or posted.tax:
            self.undivided.append(UndividedLine(posted, subject, rows))

    def _look_for_negative(self, posted: PostedLine, subject: Subject, rows: Iterable[int]) -> None:
        negative = self.weights.negative_among(rows) if self.weights else ()
        if negative and (posted.gross or posted.tax):
            self.negative.append(NegativeRows(posted, subject, negative))

    def _add(
        self,
        label: InvoiceLabel,
        posted: PostedLine,
        part: ProjectPart,
        team: LedgerTeam,
        origin: Origin,
        division: Division | None,
    ) -> None:
        """The part's line, or its lines by resource where the report divides it."""
        context, item, sid = self.context, posted.item, part.project
        project = LedgerProject(sid, context.projects.name_of(sid), context.ownership.environment(sid))
        described = InvoiceItem(posted.number, (item.description or "") if item else "")
        shared = _Shared(label, team, project, origin, described)
        first = len(self.columns.gross)
        if division is None:
            self._reach(first, part.rows)
            self.columns.add(shared, (part.resource or "",), (part.gross,), (part.tax,))
            return
        for place, rows in enumerate(division.rows, start=first):
            self._reach(place, rows)
        self.columns.add(shared, division.names, *divide(part.gross, part.tax, division.weights))

    def _reach(self, place: int, rows: Iterable[int]) -> None:
        for row in rows:
            self.reached.setdefault(row, []).append(place)

    def _ledger_team(self, team: Team | None) -> LedgerTeam:
        return self.context.teams[team.id] if team else UNASSIGNED_TEAM


def _basis(*, shared: bool, divided: bool) -> Basis:
    if shared:
        return Basis.SHARED_SPLIT
    return Basis.REPORT_SHARE if divided else Basis.INVOICE_LINE


def _label(invoice: Invoice, account_name: str) -> InvoiceLabel:
    return InvoiceLabel(
        account=invoice.account,
        account_name=account_name,
        invoice=invoice.label,
        invoice_id=invoice.id,
        status=invoice.status.value,
        currency=invoice.currency,
        digits=invoice.digits,
    )
