"""Tables as declarations: a class is a table, its attributes are the columns, and a computed one is an expression.

A row supplies figures and texts by column; the others follow from their expressions. Letters come from the columns'
order alone. What later sheets refer to is kept as it was written, so that a reference has the text and the value of the
cell that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from itertools import groupby, islice, repeat
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from msgspec import Struct, field

from chargeback.model.money import format_exact, format_minors, from_minor, to_minor
from chargeback.publish.xlsx import styles
from chargeback.publish.xlsx.cells import LARGEST_EXACT, ROW, ROW_END, Cells, TextColumn, row_opening, serial
from chargeback.publish.xlsx.cells import row as row_of
from chargeback.publish.xlsx.expressions import Batch, Cell, Choice, Result, Rounding, sum_and_reach
from chargeback.publish.xlsx.shape import letters
from chargeback.publish.xlsx.styles import Kind, look, money


class Form(Enum):
    """How the figures of a column look, and what an ``int`` in it is: a number, or minor units of the row's currency.

    A quantity or rate that comes as text is written digit for digit.
    """

    TEXT = styles.GENERAL
    INTEGER = styles.INTEGER
    COUNT = styles.COUNT
    QUANTITY = styles.QUANTITY
    PERCENT = styles.PERCENT
    RATE = styles.RATE
    DATE = styles.DATE
    MOMENT = styles.MOMENT
    EXACT = styles.EXACT
    MONEY = "money"


class Column(Cell):
    """A column: its heading, its width in characters, how its figures look, and its formula where it is computed.

    ``is_kept``: other sheets refer to its figures, or a total adds them up. As an operand it is the cell of the row.
    """

    def __init__(
        self,
        heading: str = "",
        width: float = 0,
        form: Form = Form.TEXT,
        computed: Rounding | Choice | None = None,
        *,
        kind: Kind = Kind.PLAIN,
        is_kept: bool = False,
        to_the_right: bool | None = None,
    ) -> None:
        super().__init__(self._reference, lambda batch: batch.exact(self), columns=frozenset((self,)))
        self.heading, self.width, self.form, self.computed = heading, width, form, computed
        self.kind, self.is_kept, self.place, self.letters = kind, is_kept, 0, ""
        self.to_the_right = form is not Form.TEXT if to_the_right is None else to_the_right

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _reference(self) -> str:
        if not self.letters:
            raise LookupError(f"the column {self.heading} is in no table yet")
        return f"{self.letters}{ROW}"

    def decimals(self, figures: Sequence[Decimal | int], digits: int) -> list[Decimal]:
        """Amounts of a column of money are in minor units where they are whole numbers."""
        if self.form is Form.MONEY:
            return [from_minor(each, digits) if isinstance(each, int) else each for each in figures]
        return list(map(Decimal, figures))


class Table:
    """A table: its columns are its attributes, in their order, from the sheet's first column on."""

    columns: ClassVar[tuple[Column, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.columns = tuple(column for column in vars(cls).values() if isinstance(column, Column))
        for place, column in enumerate(cls.columns, start=1):
            column.place, column.letters = place, letters(place)

    @classmethod
    def made_of(cls, name: str, columns: Iterable[Column]) -> type[Table]:
        """A table whose columns are known only where it is written."""
        return type(name, (cls,), {f"column_{place}": column for place, column in enumerate(columns, start=1)})

    @classmethod
    def widths(cls) -> dict[int, float]:
        """The columns' widths, by place."""
        return {column.place: column.width for column in cls.columns}


class Styled(Struct, frozen=True):
    """A text that looks otherwise than its column."""

    text: str
    kind: Kind


Value = str | int | Decimal | date | Styled | Rounding | Choice | None
"""What a row supplies: a text, a number or minor units, a figure, a day or a time, a formula; None: no cell."""
Supplied = Mapping[Column, Value]


Columns = dict[Column, Value | list[Value]]
"""What rows supply that are made together: a list has a value for each row, all of one type; any other value stands on
all of them."""


class Record(Struct, frozen=True):
    """What a row is made of: what is supplied, the minor digits of its currency, and its height in points (None: the
    sheet's own)."""

    supplied: Supplied
    digits: int = 0
    height: float | None = None


_MOST_STYLES = 1 << 10
MOST_TOGETHER = 256
"""Rows that are made together, a column after the other: which ones they are decides which text comes first, and so its
number in the workbook."""
_END = "</v></c>"


def note(text: str) -> Styled:
    """A remark where a figure might stand."""
    return Styled(text, Kind.NOTE)


Kept = int | Decimal | str | None
"""What is kept of a cell: a whole number or minor units, another figure, a text."""


class Figures(Struct):
    """What was written of one table, by column and row, and each row's minor digits; None where a cell is not there.

    The figures of the first ``gone`` rows were let go: ``LookupError`` for whoever asks for one.
    """

    by_column: dict[Column, list[Kept]]
    digits: bytearray = field(default_factory=bytearray)
    gone: int = 0

    @property
    def count(self) -> int:
        """How many rows were written."""
        return self.gone + len(self.digits)

    def let_go(self) -> None:
        """Keep no figure of the rows so far."""
        self.gone = self.count
        self.digits.clear()
        for kept in self.by_column.values():
            kept.clear()

    def at(self, column: Column, index: int) -> Decimal | None:
        """The figure of a row, counted from 0; None where its cell holds none."""
        place = self._place(index)
        kept = self.by_column[column][place]
        if isinstance(kept, int):
            return _whole(column, kept, self.digits[place])
        return kept if isinstance(kept, Decimal) else None

    def of(self, column: Column, first: int, count: int) -> Sequence[Kept]:
        """What is kept of so many rows."""
        start = self._place(first)
        return self.by_column[column][start : start + count]

    def total(self, column: Column, first: int = 0, count: int | None = None) -> tuple[Decimal, Decimal]:
        """Σ of the figures of so many rows, all from the one at ``first`` on where it is not said, and Σ of their
        absolute values."""
        start = self._place(first)
        last = len(self.digits) if count is None else start + count
        return self._total(column, self.by_column[column][start:last], self.digits[start:last])

    def total_at(self, column: Column, indexes: Iterable[int]) -> tuple[Decimal, Decimal]:
        """The same of the rows at these indexes."""
        places = list(map(self._place, indexes))
        kept = self.by_column[column]
        return self._total(column, [kept[place] for place in places], bytes([self.digits[place] for place in places]))

    @staticmethod
    def _total(column: Column, kept: Sequence[Any], digits: bytes | bytearray) -> tuple[Decimal, Decimal]:
        kinds = set(map(type, kept))
        if kinds <= {Decimal}:
            return sum_and_reach(kept)
        if kinds == {int} and column.form is Form.MONEY and len(set(digits)) == 1:
            return from_minor(sum(kept), digits[0]), from_minor(sum(map(abs, kept)), digits[0])
        pairs = zip(kept, digits, strict=True)
        figures = [_whole(column, each, own) if isinstance(each, int) else each for each, own in pairs]
        return sum_and_reach([each for each in figures if isinstance(each, Decimal)])

    def _place(self, index: int) -> int:
        if index < self.gone:
            raise LookupError(f"the figures of row {index} were let go")
        return index - self.gone


def _whole(column: Column, number: int, digits: int) -> Decimal:
    return from_minor(number, digits) if column.form is Form.MONEY else Decimal(number)


class Rows:
    """Makes the rows of one table in one workbook; what repeats is made once.

    ``figures`` keeps what other rows and sheets refer to.
    """

    def __init__(self, cells: Cells, table: type[Table]) -> None:
        self.cells, self.table = cells, table
        self.figures = Figures({column: [] for column in table.columns if column.is_kept})
        self._places: dict[tuple[int, Kind | None], dict[Column, _Place]] = {}

    def texts(self, column: Column) -> Mapping[str, str]:
        """The column's text cells by text."""
        return self.cells.texts(column.letters, look(column.kind))

    def text(self, column: Column, text: str) -> str:
        """A text cell; none where there is no text."""
        return self.texts(column)[text]

    def whole(self, column: Column, values: Sequence[int], digits: int = 0) -> list[str]:
        """A cell for each whole number, or amount in minor units."""
        return self._whole_cells(self._place(column, digits, None), values, digits)

    def forget_texts(self) -> None:
        """Let go of what rows were made from; the figures stay."""
        self.cells.forget_texts()

    def rows(self, records: Iterable[Record], *, kind: Kind | None = None) -> Iterator[str]:
        """The rows of the records, in their order: what is supplied, and the computed columns that then can be had;
        ``kind`` is the look of all cells.

        Records that follow each other and supply the same columns are made together, a column after the other.
        """
        for _, alike in groupby(records, _pattern):
            while together := list(islice(alike, MOST_TOGETHER)):
                supplied = zip(*(record.supplied.values() for record in together), strict=True)
                columns = dict(zip(together[0].supplied, supplied, strict=True))
                heights = [record.height for record in together]
                yield from self._made(columns, together[0].digits, heights, kind)

    def together(self, columns: Columns, count: int, digits: int = 0) -> Iterator[str]:
        """So many rows of one currency; who has more than ``MOST_TOGETHER`` asks for some after the other."""
        supplied = {column: value if isinstance(value, list) else [value] * count for column, value in columns.items()}
        return self._made(supplied, digits, [None] * count, None)

    def row(self, supplied: Supplied, digits: int = 0, *, height: float | None = None, kind: Kind | None = None) -> str:
        """One row: ``digits`` are those of the row's currency, ``height`` is in points."""
        return next(self._made({column: (value,) for column, value in supplied.items()}, digits, (height,), kind))

    def _made(
        self, supplied: Mapping[Column, Sequence[Any]], digits: int, heights: Sequence[float | None], kind: Kind | None
    ) -> Iterator[str]:
        """Rows of one currency; a column's values are all of one type."""
        batch, cells, count = Batch({}, digits, len(heights)), list[Iterable[str]](), len(heights)
        places = self._places.setdefault((digits, kind), {})
        for column in self.table.columns:
            values, computed = supplied.get(column), column.computed
            if values is None and computed is not None and computed.columns <= batch.figures.keys():
                values = [computed] * count
            figures: Sequence[Any] | None = None
            if values is not None and values[0] is not None:
                if column not in places:
                    places[column] = self._place(column, digits, kind)
                fragments, figures = self._column(places[column], values, batch)
                cells.append(fragments)
                if figures and isinstance(figures[0], (int, Decimal)):
                    batch.figures[column] = figures
            if column.is_kept:
                self.figures.by_column[column].extend(figures or [None] * count)
        self.figures.digits.extend(bytes([digits]) * count)
        yield from map("".join, zip(map(row_opening, heights), *cells, repeat(ROW_END, count), strict=True))

    def look(self, column: Column, digits: int = 0) -> int:
        """The number of the column's style, for amounts of so many minor digits."""
        return _style(column.form, column.kind, digits)

    def heading(
        self, kinds: tuple[Kind, Kind], height: float | None, otherwise: Mapping[Column, str] = MappingProxyType({})
    ) -> str:
        """The row of headings, ``kinds`` to the left and to the right, ``height`` points high; ``otherwise`` are those
        that say another thing here."""
        found = [
            self.cells.text(column.letters, otherwise.get(column, column.heading), look(kinds[column.to_the_right]))
            for column in self.table.columns
        ]
        return row_of(found, height)

    def _column(self, place: _Place, values: Sequence[Any], batch: Batch) -> tuple[Sequence[str], Sequence[Any]]:
        """The column's cells, and what others may refer to of each."""
        column, style, first = place.column, place.style, values[0]
        if isinstance(first, str):
            return list(map(place.texts.__getitem__, values)), values
        if isinstance(first, int):
            return self._whole_cells(place, values, batch.digits), values
        if isinstance(first, Decimal):
            return [self.cells.exact(column.letters, value, style) for value in values], values
        if isinstance(first, Rounding):
            results = _results(values, batch)
            return self._result_cells(place, results, batch.digits), [found.value for found in results]
        if isinstance(first, Choice):
            words, formula = _words(values, batch), self.cells.formula
            texts = [first.text] * len(words) if _is_one(values) else [value.text for value in values]
            return [formula(column.letters, *pair, style) for pair in zip(texts, words, strict=True)], words
        if isinstance(first, Styled):
            cells = [self.cells.text(column.letters, value.text, look(value.kind)) for value in values]
            return cells, [value.text for value in values]
        if isinstance(first, datetime):
            cells = [self.cells.moment(column.letters, value, style) for value in values]
            return cells, [Decimal(serial(value)) for value in values]
        if isinstance(first, date):
            return [self.cells.day(column.letters, value, style) for value in values], [None] * len(values)
        raise TypeError(f"{column.heading}: {first!r} is nothing that a cell can hold")

    def _whole_cells(self, place: _Place, values: Sequence[int], digits: int) -> list[str]:
        """Whole numbers, or minor units, of any size."""
        column, number = place.column, place.number
        if column.form is not Form.MONEY:
            return [f"{number}{value}{_END}" for value in values]
        if min(values) > -LARGEST_EXACT and max(values) < LARGEST_EXACT:
            return [f"{number}{written}{_END}" for written in format_minors(values, digits)]
        return [self.cells.minor(column.letters, value, digits, place.style) for value in values]

    def _result_cells(self, place: _Place, results: Sequence[Result], digits: int) -> list[str]:
        """Formulas with their values, and values that stand alone."""
        letters, style, cells = place.column.letters, place.style, self.cells
        found, last, opening = list[str](), "", ""
        for result in results:
            if formula := result.formula:
                if formula != last:  # a column's own expression has one text on many rows
                    last, opening = formula, cells.opening(letters, formula, style)
                found.append(f"{opening}{format_exact(result.value)}{_END}")
            elif result.is_minor:
                found.append(cells.minor(letters, to_minor(result.value, digits), digits, style))
            else:
                found.append(cells.exact(letters, result.value, style))
        return found

    def _place(self, column: Column, digits: int, kind: Kind | None) -> _Place:
        letters, own = column.letters, kind or column.kind
        style = _style(column.form, own, digits)
        texts = self.cells.texts(letters, look(own), has_blanks=kind is not None)
        return _Place(column, style, f'<c r="{letters}{ROW}" s="{style}"><v>', texts)


class _Place(NamedTuple):
    """A column in rows of one currency and look: its style, how a number begins, and its texts."""

    column: Column
    style: int
    number: str
    texts: TextColumn


def _pattern(record: Record) -> tuple[int | Column | type, ...]:
    """What rows that are made together have alike."""
    return record.digits, *record.supplied, *map(type, record.supplied.values())


def _results(values: Sequence[Rounding], batch: Batch) -> list[Result]:
    """What each comes to on its row: found at once where one is for all rows."""
    if _is_one(values):
        return values[0].results(batch)
    digits = batch.digits
    return [
        value.results(batch.only(row))[0] if value.columns else value.known_result(digits)
        for row, value in enumerate(values)
    ]


def _is_one(values: Sequence[object]) -> bool:
    """Whether all rows have the same one."""
    first = values[0]
    return all(value is first for value in values)


def _words(values: Sequence[Choice], batch: Batch) -> list[str]:
    """The same of choices."""
    if _is_one(values):
        return values[0].words(batch)
    return [value.words(batch.only(row))[0] for row, value in enumerate(values)]


@lru_cache(_MOST_STYLES)
def _style(form: Form, kind: Kind, digits: int) -> int:
    return look(kind, money(digits) if form is Form.MONEY else form.value)
