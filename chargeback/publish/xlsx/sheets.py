"""Sheets of one table under a title, and references to what was written on them.

A reference has the text of the cell or range and the value that stands there: what is not written yet cannot be
referred to. Rows that one sheet does not hold go on on a further one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import ClassVar, NamedTuple

from msgspec import Struct

from chargeback.model.money import EXACT
from chargeback.publish.xlsx.book import Book, Draft, Keep
from chargeback.publish.xlsx.cells import Cells
from chargeback.publish.xlsx.expressions import Expression, known
from chargeback.publish.xlsx.shape import Fill, FilterTable, SheetShape
from chargeback.publish.xlsx.styles import Kind, look
from chargeback.publish.xlsx.tables import Column, Kept, Rows, Table

FIRST = 5
"""The first row of figures: title, purpose, a remark and the headings come before."""
_MOST_ROWS = 1_048_576 - FIRST - 1_000
"""Rows of figures on one sheet; some are left for totals beneath them."""
_MOST_TERMS = 60
"""Cells that a formula adds up one by one."""
_HEADINGS = (Kind.HEADER, Kind.HEADER_RIGHT)
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9]")
"""What the name of a spreadsheet's table does not have."""
_ZERO = Decimal(0)
Words = tuple[tuple[str, str], ...]


class SheetTable(Table):
    """A table that fills a sheet: its name, what it shows, the columns that stay in view, those printed (0: all).

    Of rows whose figures were let go the totals of ``totalled`` columns stay, and how many rows there are, by the
    values of the columns ``totalled_by``.
    """

    name: ClassVar[str]
    purpose: ClassVar[str]
    frozen_columns: ClassVar[int] = 0
    printed: ClassVar[int] = 0
    totalled_by: ClassVar[tuple[Column, ...]] = ()
    totalled: ClassVar[tuple[Column, ...]] = ()

    @classmethod
    def sheet_names(cls, count: int) -> list[str]:
        """The sheets that so many rows need."""
        return [cls.place(part * _MOST_ROWS)[0] for part in range(max(-(-count // _MOST_ROWS), 1))]

    @classmethod
    def shapes(cls, count: int, words: Words, links: tuple[str, ...] = ()) -> list[SheetShape]:
        """Their shapes; ``words`` are the verdicts to colour, ``links`` where the remark leads."""
        verdicts = tuple(column.place for column in cls.columns if column.kind is Kind.VERDICT)
        headings = tuple(column.heading for column in cls.columns)
        return [
            SheetShape(name, len(cls.columns), FIRST - 1, cls.frozen_columns, filter_row=FIRST - 1,
                  table=FilterTable(_NOT_IN_A_NAME.sub("_", name), headings), plain_from=FIRST, verdicts=verdicts,
                  verdicts_from=FIRST, words=words if verdicts else (), links=links, printed=cls.printed)
            for name in cls.sheet_names(count)
        ]  # fmt: skip

    @classmethod
    def place(cls, index: int) -> tuple[str, int]:
        """The sheet and the row on it of the figures' row at ``index``, counted from 0."""
        part, offset = divmod(index, _MOST_ROWS)
        return (cls.name if not part else f"{cls.name} {part + 1}"), FIRST + offset

    @classmethod
    def is_divided(cls, first: int, count: int) -> bool:
        """Whether the rows are on more than one sheet."""
        return first // _MOST_ROWS != (first + count - 1) // _MOST_ROWS

    @classmethod
    def range_of(cls, column: Column, first: int, count: int) -> str:
        """A range of one column as formulas on other sheets write it: several where it goes on on a further sheet."""
        name, start = cls.place(first)
        if not cls.is_divided(first, count):
            return f"'{name}'!${column.letters}${start}:${column.letters}${start + count - 1}"
        here = _MOST_ROWS - (start - FIRST)
        return f"{cls.range_of(column, first, here)},{cls.range_of(column, first + here, count - here)}"


class Head(NamedTuple):
    """What stands above the headings: the title, a remark, and the remark's row where it is a link (0: it is none)."""

    title: str
    remark: str
    link_row: int = 0


class Criterion(NamedTuple):
    """Which rows count: a column, what its cell must be, and how a formula calls that."""

    column: Column
    wanted: Decimal | str
    text: str


_Key = tuple[Kept, ...]
"""The values that rows have alike, by criterion."""
_Total = tuple[Decimal, Decimal]
"""Σ of figures, and Σ of their absolute values."""


class _Gone(Struct):
    """How many of the rows that were let go have the same values, and the totals of their figures."""

    totals: dict[Column, _Total]
    count: int = 0


class Written:
    """What was written of one table, in the order of its rows."""

    def __init__(self, cells: Cells, table: type[SheetTable]) -> None:
        self.table, self.rows = table, Rows(cells, table)
        self._ranges: dict[tuple[Column, int, int], str] = {}
        self._found: dict[tuple[int, tuple[Column, ...]], dict[_Key, list[int]]] = {}
        self._gone: dict[_Key, _Gone] = {}

    @property
    def count(self) -> int:
        """How many rows are written."""
        return self.rows.figures.count

    @property
    def totals(self) -> Collection[_Key]:
        """The values by which there are totals of the rows that were let go."""
        return self._gone.keys()

    def let_go(self) -> None:
        """Keep no figure of the rows so far, only their totals: nothing refers to one of them any more."""
        figures, totalled = self.rows.figures, self.table.totalled
        if by := self.table.totalled_by:
            for key, found in self._rows_by(by).items():
                gone = self._gone.setdefault(key, _Gone(dict.fromkeys(totalled, (_ZERO, _ZERO))))
                gone.count += len(found)
                for column in totalled:
                    gone.totals[column] = _added(gone.totals[column], figures.total_at(column, found))
        figures.let_go()
        self._ranges.clear()
        self._found.clear()

    def cell(self, column: Column, index: int) -> Expression:
        """A cell, from another sheet."""
        name, place = self.table.place(index)
        return known(f"'{name}'!{column.letters}{place}", self.rows.figures.at(column, index) or _ZERO)

    def total(self, column: Column, first: int, count: int) -> Expression:
        """Σ of a column over rows that stand together, from another sheet; 0 of none."""
        if not count:
            return known("0", _ZERO)
        text = f"SUM({self.table.range_of(column, first, count)})"
        return known(text, *self.rows.figures.total(column, first, count))

    def total_of(self, column: Column, indexes: Sequence[int]) -> Expression:
        """Σ of a column over these rows: as a range where they stand together, else each by itself; without a formula
        where there are too many."""
        if not indexes or indexes[-1] - indexes[0] + 1 == len(indexes):
            return self.total(column, indexes[0] if indexes else 0, len(indexes))
        text = "+".join(self.cell(column, index).text for index in indexes) if len(indexes) <= _MOST_TERMS else ""
        return known(text, *self.rows.figures.total_at(column, indexes))

    def total_where(
        self, column: Column, criteria: Sequence[Criterion], first: int, count: int, *, is_found: bool = True
    ) -> Expression:
        """Σ of a column over those of the rows that meet the criteria; without a formula where they are divided, or
        where ``is_found`` says that a formula's criteria would find others too."""
        total = self._total(column, criteria, first, count)
        if not is_found or not count or self.table.is_divided(first, count):
            return known("", *total)
        amounts, terms = self._range(column, first, count), self._terms(criteria, first, count)
        return known(f"SUMIF({terms},{amounts})" if len(criteria) == 1 else f"SUMIFS({amounts},{terms})", *total)

    def total_by(self, column: Column, key: Column, first: int, count: int) -> Callable[[int], Expression]:
        """What gives Σ of a column over those of so many rows that have a number in the column ``key``: for who asks
        for many; without a formula where the rows are divided."""
        figures, places = self.rows.figures, defaultdict[Kept, list[int]](list)
        for index, number in enumerate(figures.of(key, first, count), start=first):
            places[number].append(index)
        is_found = count and not self.table.is_divided(first, count)
        keys, amounts = (self._range(each, first, count) if is_found else "" for each in (key, column))
        return lambda number: known(
            f"SUMIF({keys},{number},{amounts})" if is_found else "", *figures.total_at(column, places.get(number, ()))
        )

    def count_where(self, criteria: Sequence[Criterion], first: int = 0, count: int | None = None) -> Expression:
        """How many of the rows meet the criteria; without a formula where they are divided."""
        rows = max(self.count, 1) if count is None else count
        gone = self._of_gone(criteria, first)
        found = Decimal(len(self._meeting(criteria, first, rows)) + (gone.count if gone else 0))
        if self.table.is_divided(first, rows):
            return known("", found)
        terms = self._terms(criteria, first, rows)
        return known(f"COUNTIF({terms})" if len(criteria) == 1 else f"COUNTIFS({terms})", found)

    def total_here(self, column: Column, criterion: Criterion) -> Expression:
        """Σ of a column over all rows that meet the criterion, from beneath them on the same sheet; without a formula
        where they are divided."""
        last = FIRST + self.count - 1
        keys = f"${criterion.column.letters}${FIRST}:${criterion.column.letters}${last}"
        amounts = f"{column.letters}${FIRST}:{column.letters}${last}"
        total = self._total(column, [criterion], 0, self.count)
        has_formula = criterion.text and not self.table.is_divided(0, max(self.count, 1))
        return known(f"SUMIF({keys},{criterion.text},{amounts})" if has_formula else "", *total)

    def _terms(self, criteria: Sequence[Criterion], first: int, count: int) -> str:
        return ",".join(f"{self._range(each.column, first, count)},{each.text}" for each in criteria)

    def _range(self, column: Column, first: int, count: int) -> str:
        """A range that many rows refer to."""
        key = (column, first, count)
        if key not in self._ranges:
            self._ranges[key] = self.table.range_of(column, first, count)
        return self._ranges[key]

    def _total(self, column: Column, criteria: Sequence[Criterion], first: int, count: int) -> _Total:
        """The total of those of the rows that meet the criteria."""
        kept = self.rows.figures.total_at(column, self._meeting(criteria, first, count))
        gone = self._of_gone(criteria, first)
        return _added(gone.totals[column], kept) if gone else kept

    def _of_gone(self, criteria: Sequence[Criterion], first: int) -> _Gone | None:
        """What is known of the rows from ``first`` on that were let go and meet the criteria; ``LookupError`` where
        the table is not totalled by these columns, or where only some of its rows are meant."""
        if first >= self.rows.figures.gone:
            return None
        if first or tuple(each.column for each in criteria) != self.table.totalled_by:
            raise LookupError(f"{self.table.name}: the figures of row {first} were let go")
        return self._gone.get(tuple(each.wanted for each in criteria))

    def _meeting(self, criteria: Sequence[Criterion], first: int, count: int) -> list[int]:
        """Those of the rows whose figures are kept that meet the criteria."""
        found = self._rows_by(tuple(each.column for each in criteria))
        meeting = found.get(tuple(each.wanted for each in criteria), ())
        return [index for index in meeting if first <= index < first + count]

    def _rows_by(self, columns: tuple[Column, ...]) -> dict[_Key, list[int]]:
        """The rows whose figures are kept, by what they have in these columns."""
        groups = self._found.get((self.count, columns))
        if groups is None:
            groups = self._found[self.count, columns] = defaultdict(list)
            kept = (self.rows.figures.by_column[column] for column in columns)
            for index, key in enumerate(zip(*kept, strict=True), start=self.rows.figures.gone):
                groups[key].append(index)
        return groups


def _added(one: _Total, other: _Total) -> _Total:
    return EXACT.add(one[0], other[0]), EXACT.add(one[1], other[1])


class TableDraft:
    """The sheets of a table in the making: ``count`` rows under the headings, with a filter, and any further ones.

    ``head`` stands above the headings, ``footer`` below every page.
    """

    def __init__(self, book: Book, written: Written, count: int, head: Head, footer: str, keep: Keep) -> None:
        self._book, self._written, self._count, self._head = book, written, count, head
        self._footer, self._keep, self._drafts = footer, keep, list[Draft]()
        self._names = written.table.sheet_names(count)
        self._begin()

    def add(self, rows: Iterable[str]) -> None:
        """Rows below those that are here already."""
        remaining = iter(rows)
        while len(self._drafts) < len(self._names):
            room = _MOST_ROWS + FIRST - 1 - self._drafts[-1].fill.rows
            self._drafts[-1].add(islice(remaining, room))
            if self._drafts[-1].fill.rows < _MOST_ROWS + FIRST - 1:
                return
            self._begin()
        self._drafts[-1].add(remaining)

    def finish(self) -> Iterator[bytes]:
        """Write the sheets."""
        for draft in self._drafts:
            yield from self._book.place(draft)
        self._written.rows.forget_texts()

    def _begin(self) -> None:
        """The next sheet, with what stands above its figures."""
        written, part, head = self._written, len(self._drafts), self._head
        cells, table = written.rows.cells, written.table
        held = max(min(self._count - part * _MOST_ROWS, _MOST_ROWS), 1)
        links = (head.link_row,) if head.link_row else ()
        fill = Fill(table.widths(), self._footer, last_row=FIRST + held - 1, link_rows=links)
        self._drafts.append(self._book.draft(self._names[part], fill, self._keep))
        self._drafts[-1].add(
            (
                cells.line(head.title, look(Kind.TITLE), 28),
                cells.line(table.purpose, look(Kind.SUBTITLE), 18),
                cells.line(head.remark, look(Kind.LINK if head.link_row else Kind.NOTE)),
                written.rows.heading(_HEADINGS, 44),
            )
        )
