"""*Method*: how the month was reconciled, with which tolerances, marks and versions; and *Configuration* beside it.

What the report alone states: figures of the ledgers that no second source confirms (BOOKING 4.5 and 6).

The tie-out compares at the grain that the invoice's lines have: a by-project line says nothing of resources, a by-SKU
line nothing of projects. How such a line was divided further follows from the report by itself, and an error there
would move cost between projects or resources without a difference in any check.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from chargeback.model.invoice import Shape
from chargeback.model.ledger import InvoiceLabel
from chargeback.model.money import format_exact, format_minor
from chargeback.model.posting import MonthPosting
from chargeback.model.wording import counted
from chargeback.publish.team_workbook.notes import BASES, TAX_RULES
from chargeback.publish.workpaper.numbered_accounts import AGREES, DIFFERS, NOT_PERFORMED, Paper
from chargeback.publish.workpaper.sheet import Declaration, stacked_sheet, titled
from chargeback.publish.xlsx.shape import SheetShape
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Record, Styled, Table

NAME = "Method"
PURPOSE = "How the figures were compared and allocated, with which tolerances and versions."
CONFIGURATION = "Configuration"
CONFIGURATION_PURPOSE = "What the figures were compared and allocated with: config.toml of this revision, line by line."
_WIDTHS = (28.0, 120.0)
_FROZEN = 3
_CHARACTERS = 130
"""Characters that a line of the second column holds, for the height of a row with wrapped text."""
MARKS = (
    ("[E]", "traced to evidence: read from the sheet Evidence, where file, JSON pointer and checksum stand"),
    ("[F]", "footed: added up again by a formula over the rows behind it"),
    ("[X]", "cross-footed: rows and columns lead to the same figure"),
    ("[R]", "recomputed by a formula from the figures beside it"),
    ("[L]", "agreed to the lines that were booked"),
    (AGREES, "the formula finds no difference beyond what is allowed"),
    (DIFFERS, "it finds one: the sheet Exceptions says what it means, unless rounding explains it"),
    (NOT_PERFORMED, "the comparison needs something that is not there; a notice or an exception says what"),
)
STEPS = (
    ("1 Evidence", "The platform's answers are kept as received, unchanged. Evidence files lists them."),
    (
        "2 Cut-off",
        "An invoice belongs to the month, in the configured time zone, that holds most of its period. "
        "Open and paid ones are booked; void ones and drafts are evidence.",
    ),
    (
        "3 The report",
        "It is used only if its answer proves which month it covers: by the days of its chart, or its range.",
    ),
    (
        "4 Tie-out",
        "The report is compared with the invoices' lines, in total and by project or by resource; "
        "the expected side is the invoice's.",
    ),
    (
        "5 Posting",
        "Lines are rounded together to minor units, so that they add up to what their exact sum rounds to; "
        "what does not foot to the header is an adjustment.",
    ),
    (
        "6 Allocation",
        "A by-project line goes to the project's team, divided over resources by the report; a by-SKU line is "
        "divided over projects by the report; shared projects are split by the configured rule.",
    ),
    ("7 Control", "All ledgers together add up to every invoice's tax and total, exactly, with no tolerance."),
    (
        "Formulas",
        "Each ends in ROUND and carries its value. 0.0000001 in a formula moves exact halves away from zero, or "
        "allows for binary fractions; it is below any minor unit. An amount of more than 15 digits, which a number "
        "cell cannot hold, stands as a text, and no formula is made of it.",
    ),
)


class ReportDetail(StrEnum):
    """What of a ledger line the report alone states."""

    PROJECT = "which project used a resource"
    RESOURCE = "which resources a project's cost consists of"


class OneSource(Struct, frozen=True):
    """How many ledger lines of a currency have it so, and their gross as amounts without sign, in minor units."""

    grain: ReportDetail
    currency: str
    digits: int
    lines: int
    gross: int


def stated_by_the_report_alone(posting: MonthPosting) -> list[OneSource]:
    """One entry a grain and currency that occurs, in that order."""
    found: dict[tuple[ReportDetail, str, int], list[int]] = {}
    shapes = {
        (invoice.account, invoice.id): invoice.shape for each in posting.postings for invoice in each.month.booked
    }

    def kind(label: InvoiceLabel) -> tuple[ReportDetail, str, int]:
        shape = shapes[label.account, label.invoice_id]
        return (ReportDetail.PROJECT if shape is Shape.BY_SKU else ReportDetail.RESOURCE), label.currency, label.digits

    columns = chain.from_iterable(
        zip(
            lines.labels.each(kind),
            lines.projects.each(lambda project: bool(project.sid)),
            lines.resources.each(bool),
            lines.gross,
            strict=True,
        )
        for lines in posting.ledger.lines.batches()
    )
    for key, is_of_project, is_of_resource, gross in columns:
        if is_of_project and is_of_resource:  # a line that was not divided lacks the one that it does not name
            sums = found.setdefault(key, [0, 0])
            sums[0] += 1
            sums[1] += abs(gross)
    order = list(ReportDetail)
    keys = sorted(found, key=lambda key: (order.index(key[0]), key[1]))
    return [OneSource(*key, *found[key]) for key in keys]


class Configuration(Table):
    """One row a line of the configuration."""

    line = Column("Line", kind=Kind.QUIET, to_the_right=True)
    text = Column("Text", kind=Kind.MONO)


def _rows(stack: Stack, paper: Paper) -> Sequence[int]:
    titled(stack, NAME, PURPOSE, DECLARED, paper)
    _pairs(stack, "Population and scope", _scope(paper))
    _pairs(stack, "Marks", MARKS)
    _pairs(stack, "How it was done", STEPS)
    _pairs(stack, "Stated by the report alone: no second source confirms it", _one_source(paper))
    _pairs(stack, "Tolerances", _tolerances(paper))
    _pairs(stack, "How tax was apportioned", [("", rule) for rule in TAX_RULES])
    _pairs(stack, "Basis of a ledger line", [(basis.value, meaning) for basis, meaning in BASES.items()])
    _pairs(stack, "Versions", sorted(paper.books.posting.run.versions.items()))
    _pairs(stack, "Accepted exceptions in force", _accepted(paper))
    return ()


def _configuration(stack: Stack, paper: Paper) -> Sequence[int]:
    titled(stack, CONFIGURATION, CONFIGURATION_PURPOSE, CONFIGURATION_DECLARED, paper)
    block = stack.table(Configuration)
    lines = paper.config.source.decode("utf-8", "replace").splitlines()
    block.add_all(
        Record({Configuration.line: number, Configuration.text: line}) for number, line in enumerate(lines, start=1)
    )
    return ()


def _scope(paper: Paper) -> list[tuple[str, str]]:
    return [("Population", paper.population), ("Scope", paper.scope)]


def _pairs(stack: Stack, heading: str, pairs: Iterable[tuple[str, str]]) -> None:
    stack.section(heading, len(_WIDTHS))
    for label, text in list(pairs) or [("none", "")]:
        lines = max(1, -(-len(text) // _CHARACTERS))
        stack.texts(Styled(label, Kind.STRONG), Styled(text, Kind.WRAPPED), height=14.0 * lines + 1)
    stack.gap()


def _one_source(paper: Paper) -> list[tuple[str, str]]:
    """How much of the ledgers was divided by the report alone, which no check compares with anything else."""
    return [
        (
            f"{format_minor(each.gross, each.digits)} {each.currency}",
            f"{each.grain}: {each.lines} ledger lines; their sums by invoice line do tie out",
        )
        for each in stated_by_the_report_alone(paper.books.posting)
    ]


def _tolerances(paper: Paper) -> list[tuple[str, str]]:
    settings = paper.config.reconciliation
    absolute, percent = format_exact(settings.tolerance.absolute), format_exact(settings.tolerance.percent)
    return [
        (
            "report-* checks",
            f"the larger of {absolute} in the invoice's currency and {percent} % of the expected amount",
        ),
        (
            "rounding",
            "a difference up to the smaller of n/2 and 1 + the root of n minor units passes, and the check states it; "
            "n is the number of rounded parts (each line; three if a line is compared with its part of the tax; each "
            "point of a chart)",
        ),
        ("tax basis", f"the report's values are {settings.tax_basis}: lines are compared on that basis"),
        (
            "history",
            f"a notice from {format_exact(settings.history_variance_percent)} % month over month, never an exception",
        ),
        ("ledger-control, arithmetic", "none: exact"),
    ]


def _accepted(paper: Paper) -> list[tuple[str, str]]:
    return [
        (entry.check, f"{entry.account}, until {entry.until}, by {entry.by}: {entry.reason}"
         + (f"; up to {format_exact(entry.up_to)}" if entry.up_to is not None else ""))
        for entry in paper.config.accepted
        if paper.books.period <= entry.until
    ]  # fmt: skip


def _shape(paper: Paper) -> SheetShape:
    return SheetShape(NAME, len(_WIDTHS), _FROZEN, plain_from=1)


DECLARED = Declaration(
    reference="F-1",
    source="the rules of booking that come with the program, and the configuration",
    procedure="The rules are applied to the whole population; what only one source states is named.",
    conclusion=lambda paper: paper.scope,
)
CONFIGURATION_DECLARED = Declaration(
    reference="X-3",
    source="config.toml of this revision",
    procedure="The file is kept with the revision, unchanged; verify and rebuild use it and no other.",
    conclusion=lambda paper: f"{counted(len(paper.config.source.splitlines()), 'line')}.",
)
SHEET = stacked_sheet(_shape, PURPOSE, _WIDTHS, _rows, name=NAME, declared=DECLARED)
CONFIGURATION_SHEET = stacked_sheet(
    lambda paper: replace(_shape(paper), name=CONFIGURATION),
    CONFIGURATION_PURPOSE,
    _WIDTHS,
    _configuration,
    name=CONFIGURATION,
    declared=CONFIGURATION_DECLARED,
)
