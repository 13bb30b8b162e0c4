"""Tables as declarations: a class is a table, its attributes are the columns, and a computed one is an expression.

A row supplies figures and texts by column; the others follow from their expressions. Letters come from the columns'
order alone. What later sheets refer to is kept as it was written, so that a reference has the text and the value of the
cell that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar, NamedTuple
from xml.sax.saxutils import escape

from chargeback.model.money import format_exact, from_minor, to_minor
from chargeback.publish.xlsx import styles
from chargeback.publish.xlsx.cells import LARGEST_EXACT, ROW, Cells, TextColumn, minor_writer, serial
from chargeback.publish.xlsx.cells import row as row_of
from chargeback.publish.xlsx.expressions import Choice, Evaluated, Expression, Rounding, Row, sum_and_reach
from chargeback.publish.xlsx.shape import letters
from chargeback.publish.xlsx.styles import Kind, look, money
from chargeback.publish.xlsx.texts import xml_text

_IS_TEXT = ' t="str"'


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


class Column(Expression):
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
        super().__init__(self._reference, self.evaluated, frozenset((self,)))
        self.heading, self.width, self.form, self.computed = heading, width, form, computed
        self.kind, self.is_kept, self.place, self.letters = kind, is_kept, 0, ""
        self.to_the_right = form is not Form.TEXT if to_the_right is None else to_the_right

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _reference(self) -> str:
        if not self.letters:
            raise LookupError(f"the column {self.heading} is in no table yet")
        return f"{self.letters}{ROW}"

    def evaluated(self, row: Row) -> Evaluated:
        """The figure of the row's cell; ``KeyError`` where it has none."""
        value = self.value(row)
        return value, value.copy_abs()

    def value(self, row: Row) -> Decimal:
        """The same alone."""
        value = row.exact.get(self)
        if value is None:
            figure = row.figures[self]
            value = row.exact[self] = _whole(self, figure, row.digits) if isinstance(figure, int) else figure
        return value


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


@dataclass(frozen=True, slots=True)
class Styled:
    """A text that looks otherwise than its column."""

    text: str
    kind: Kind


Value = str | int | Decimal | date | Styled | Rounding | Choice | None
"""What a row supplies: a text, a number or minor units, a figure, a day or a time, a formula; None: no cell."""
Supplied = Mapping[Column, Value]


_MOST_OPENINGS, _MOST_NUMBERS = 1 << 12, 1 << 10


def note(text: str) -> Styled:
    """A remark where a figure might stand."""
    return Styled(text, Kind.NOTE)


Kept = int | Decimal | str | None
"""What is kept of a cell: a whole number or minor units, another figure, a text."""


@dataclass(slots=True)
class Figures:
    """What was written of one table, by column and row, and each row's minor digits; None where a cell is not there."""

    by_column: dict[Column, list[Kept]]
    digits: bytearray = field(default_factory=bytearray)

    def at(self, column: Column, index: int) -> Decimal | None:
        """The figure of a row, counted from 0; None where its cell holds none."""
        kept = self.by_column[column][index]
        if isinstance(kept, int):
            return _whole(column, kept, self.digits[index])
        return kept if isinstance(kept, Decimal) else None

    def of(self, column: Column, first: int = 0, count: int | None = None) -> list[Decimal]:
        """The figures of so many rows, from the one at ``first`` on."""
        last = len(self.digits) if count is None else first + count
        kept = enumerate(self.by_column[column][first:last], start=first)
        return [
            each if isinstance(each, Decimal) else _whole(column, each, self.digits[index])
            for index, each in kept
            if isinstance(each, (Decimal, int))
        ]

    def total(self, column: Column, first: int = 0, count: int | None = None) -> tuple[Decimal, Decimal]:
        """Σ of the figures of so many rows, and Σ of their absolute values."""
        last = len(self.digits) if count is None else first + count
        kept = self.by_column[column][first:last]
        decimals = [each for each in kept if isinstance(each, Decimal)]
        if len(decimals) == len(kept):
            return sum_and_reach(decimals)
        units = [each for each in kept if isinstance(each, int)]
        if column.form is Form.MONEY and len(units) == len(kept) and len(set(self.digits[first:last])) == 1:
            digits = self.digits[first]
            return from_minor(sum(units), digits), from_minor(sum(map(abs, units)), digits)
        return sum_and_reach(self.of(column, first, count))


def _whole(column: Column, number: int, digits: int) -> Decimal:
    return from_minor(number, digits) if column.form is Form.MONEY else Decimal(number)


class Rows:
    """Makes the rows of one table in one workbook; what repeats is made once.

    ``figures`` keeps what other rows and sheets refer to.
    """

    def __init__(self, cells: Cells, table: type[Table]) -> None:
        self.cells, self.table = cells, table
        self.figures = Figures({column: [] for column in table.columns if column.is_kept})
        self._places: dict[tuple[int, Kind | None], list[_Place]] = {}
        self._openings: dict[tuple[Column, int, str], str] = {}

    def texts(self, column: Column) -> Mapping[str, str]:
        """The column's text cells by text."""
        return self.cells.texts(column.letters, look(column.kind))

    def text(self, column: Column, text: str) -> str:
        """A text cell; none where there is no text."""
        return self.texts(column)[text]

    def forget_texts(self) -> None:
        """Let go of what rows were made from; the figures stay."""
        self.cells.forget_texts()
        self._openings.clear()

    def row(self, supplied: Supplied, digits: int = 0, *, height: float | None = None, kind: Kind | None = None) -> str:
        """A row: what is supplied, and the computed columns that then can be had.

        ``digits`` are those of the row's currency, ``height`` is in points; ``kind`` is the look of all its cells.
        """
        row, cells, get = Row({}, digits), list[str](), supplied.get
        figures, add = row.figures, cells.append
        for column, computed, reads, style, number, written, texts, kept in self._places_of(digits, kind):
            value = get(column, computed)
            figure: Kept = None
            # By the exact type, as a workpaper has a million cells: nearly all are texts and whole numbers.
            if type(value) is str:
                add(texts[value])
                figure = value
            elif type(value) is int and -LARGEST_EXACT < value < LARGEST_EXACT:
                add(f"{number}{written(value)}</v></c>")
                figures[column] = figure = value
            elif value is not None and (value is not computed or reads <= figures.keys()):
                fragment, figure = self._cell(column, value, row, style, texts)
                add(fragment)
                if isinstance(figure, (int, Decimal)):
                    figures[column] = figure
            if kept is not None:
                kept.append(figure)
        self.figures.digits.append(digits)
        return row_of(cells, height)

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

    def _cell(self, column: Column, value: Value, row: Row, style: int, texts: Mapping[str, str]) -> tuple[str, Kept]:
        """The cell, and what others may refer to of it."""
        if isinstance(value, Rounding):
            return self._result_cell(column, value, row, style)
        if isinstance(value, Decimal):
            return self.cells.exact(column.letters, value, style), value
        if isinstance(value, str):
            return texts[value], value
        if isinstance(value, int):
            return self._whole_cell(column, value, row.digits, style), value
        if isinstance(value, Choice):
            word = value.word(row)
            return f"{self._opening(column, style, value.text, _IS_TEXT)}{xml_text(word)}</v></c>", word
        if isinstance(value, Styled):
            return self.cells.text(column.letters, value.text, look(value.kind)), value.text
        if isinstance(value, datetime):
            return self.cells.moment(column.letters, value, style), Decimal(serial(value))
        if isinstance(value, date):
            return self.cells.day(column.letters, value, style), None
        raise TypeError(f"{column.heading}: {value!r} is nothing that a cell can hold")

    def _whole_cell(self, column: Column, value: int, digits: int, style: int) -> str:
        """A whole number, or minor units, of any size."""
        if column.form is Form.MONEY:
            return self.cells.minor(column.letters, value, digits, style)
        return self.cells.number(column.letters, str(value), style)

    def _result_cell(self, column: Column, value: Rounding, row: Row, style: int) -> tuple[str, Decimal]:
        formula, found, is_minor = value.result(row)
        letters, cells = column.letters, self.cells
        if formula and value.columns:
            return f"{self._opening(column, style, formula)}{format_exact(found)}</v></c>", found
        if formula:
            return cells.formula(letters, formula, found, style), found
        if is_minor:
            return cells.minor(letters, to_minor(found, row.digits), row.digits, style), found
        return cells.exact(letters, found, style), found

    def _opening(self, column: Column, style: int, formula: str, kind: str = "") -> str:
        """The cell of a formula over its own row, up to its value: it is the same in many rows."""
        key = (column, style, formula)
        found = self._openings.get(key)
        if found is None:
            if len(self._openings) >= _MOST_OPENINGS:
                self._openings.clear()
            found = f'<c r="{column.letters}{ROW}" s="{style}"{kind}><f>{escape(formula)}</f><v>'
            self._openings[key] = found
        return found

    def _places_of(self, digits: int, kind: Kind | None) -> list[_Place]:
        """The columns as they are in a row of such a currency; ``kind`` None: each has its own look."""
        found = self._places.get((digits, kind))
        if found is None:
            found = self._places[digits, kind] = [self._place(column, digits, kind) for column in self.table.columns]
        return found

    def _place(self, column: Column, digits: int, kind: Kind | None) -> _Place:
        letters, computed, own = column.letters, column.computed, kind or column.kind
        style, number, written = _number(letters, column.form, own, digits)
        return _Place(
            column,
            computed,
            computed.columns if computed is not None else frozenset(),
            style,
            number,
            written,
            self.cells.texts(letters, look(own), has_blanks=kind is not None),
            self.figures.by_column.get(column),
        )


class _Place(NamedTuple):
    """A column in rows of one currency and look: which columns its formula reads, its style, how a number begins and is
    written, its texts, and what it keeps."""

    column: Column
    computed: Rounding | Choice | None
    reads: frozenset[Column]
    style: int
    number: str
    written: Callable[[int], str]
    texts: TextColumn
    kept: list[Kept] | None


@lru_cache(_MOST_NUMBERS)
def _number(letters: str, form: Form, kind: Kind, digits: int) -> tuple[int, str, Callable[[int], str]]:
    """The style of figures in a column, how their cells begin, and what writes a whole number: every workbook has the
    same few."""
    style = _style(form, kind, digits)
    return style, f'<c r="{letters}{ROW}" s="{style}"><v>', minor_writer(digits) if form is Form.MONEY else str


def _style(form: Form, kind: Kind, digits: int) -> int:
    return look(kind, money(digits) if form is Form.MONEY else form.value)
