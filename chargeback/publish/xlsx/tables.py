"""Tables as declarations: a class is a table, its attributes are the columns, and a computed one is an expression.

A row supplies figures and texts by column; the others follow from their expressions. Letters come from the columns'
order alone. What later sheets refer to is kept as it was written, so that a reference has the text and the value of the
cell that is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import ClassVar

from chargeback.model.money import from_minor, to_minor
from chargeback.publish.xlsx import styles
from chargeback.publish.xlsx.cells import ROW, Cells, TextColumn, serial
from chargeback.publish.xlsx.cells import row as row_of
from chargeback.publish.xlsx.expressions import Choice, Evaluated, Expression, Result, Rounding, Row
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
        super().__init__(lambda: f"{self.letters}{ROW}", self._cell, frozenset((self,)))
        self.heading, self.width, self.form, self.computed = heading, width, form, computed
        self.kind, self.is_kept, self.place = kind, is_kept, 0
        self.to_the_right = form is not Form.TEXT if to_the_right is None else to_the_right

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def letters(self) -> str:
        """Its letters, by its place in the table."""
        return letters(self.place)

    def _cell(self, row: Row) -> Evaluated:
        value = row.figures[self]
        return Evaluated(value, value.copy_abs())


class Table:
    """A table: its columns are its attributes, in their order, from the sheet's first column on."""

    columns: ClassVar[tuple[Column, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls.columns = tuple(column for column in vars(cls).values() if isinstance(column, Column))
        for place, column in enumerate(cls.columns, start=1):
            column.place = place

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


def note(text: str) -> Styled:
    """A remark where a figure might stand."""
    return Styled(text, Kind.NOTE)


@dataclass(slots=True)
class Figures:
    """The figures that were written of one table, by column: what its number cells hold, None where none stands."""

    by_column: dict[Column, list[Decimal | str | None]] = field(default_factory=dict)

    def of(self, column: Column, first: int = 0, count: int | None = None) -> list[Decimal]:
        """The figures of so many rows, from the one at ``first`` on, counted from 0."""
        rows = self.by_column.get(column, [])
        return [each for each in rows[first : None if count is None else first + count] if isinstance(each, Decimal)]


class Rows:
    """Makes the rows of one table in one workbook; what repeats is made once.

    ``figures`` keeps what other rows and sheets refer to.
    """

    def __init__(self, cells: Cells, table: type[Table]) -> None:
        self.cells, self.table = cells, table
        self.figures = Figures({column: [] for column in table.columns if column.is_kept})
        self._texts = {column: TextColumn(cells, column.letters, look(column.kind)) for column in table.columns}
        self._looks: dict[tuple[Column, Kind, int], int] = {}

    def texts(self, column: Column) -> Mapping[str, str]:
        """The column's text cells by text."""
        return self._texts[column]

    def text(self, column: Column, text: str) -> str:
        """A text cell; none where there is no text."""
        return self._texts[column][text]

    def row(self, supplied: Supplied, digits: int = 0, *, height: float | None = None, kind: Kind | None = None) -> str:
        """A row: what is supplied, and the computed columns that then can be had.

        ``digits`` are those of the row's currency, ``height`` is in points; ``kind`` is the look of all its cells.
        """
        row = Row({}, digits)
        cells = []
        for column in self.table.columns:
            value = supplied[column] if column in supplied else self._computed(column, row)
            fragment, figure = ("", None) if value is None else self._cell(column, value, row, kind)
            cells.append(fragment)
            if isinstance(figure, Decimal):
                row.figures[column] = figure
            if column.is_kept:
                self.figures.by_column[column].append(figure)
        return row_of(cells, height)

    def look(self, column: Column, digits: int = 0) -> int:
        """The number of the column's style, for amounts of so many minor digits."""
        return self._look(column, column.kind, digits)

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

    def _computed(self, column: Column, row: Row) -> Rounding | Choice | None:
        formula = column.computed
        return formula if formula is not None and formula.columns <= row.figures.keys() else None

    def _cell(self, column: Column, value: Value, row: Row, kind: Kind | None) -> tuple[str, Decimal | str | None]:
        """The cell, and what others may refer to of it."""
        if isinstance(value, str):
            return self._text_cell(column, value, kind)
        if isinstance(value, Rounding):
            return self._result_cell(column, value.result(row), row, kind)
        if isinstance(value, Choice):
            return self._choice_cell(column, value, row, kind)
        if isinstance(value, Styled):
            return self.cells.text(column.letters, value.text, look(value.kind)), value.text
        return self._number_cell(column, value, self._look(column, kind or column.kind, row.digits), row.digits)

    def _text_cell(self, column: Column, text: str, kind: Kind | None) -> tuple[str, str]:
        if kind is None:
            return self._texts[column][text], text
        return self.cells.text(column.letters, text, look(kind)), text

    def _number_cell(
        self, column: Column, value: int | Decimal | date | None, style: int, digits: int
    ) -> tuple[str, Decimal | None]:
        letters, cells = column.letters, self.cells
        if isinstance(value, int):
            if column.form is Form.MONEY:
                return cells.minor(letters, value, digits, style), from_minor(value, digits)
            return cells.number(letters, str(value), style), Decimal(value)
        if isinstance(value, Decimal):
            return cells.exact(letters, value, style), value
        if isinstance(value, datetime):
            return cells.moment(letters, value, style), Decimal(serial(value))
        if isinstance(value, date):
            return cells.day(letters, value, style), None
        return "", None

    def _result_cell(self, column: Column, result: Result, row: Row, kind: Kind | None) -> tuple[str, Decimal]:
        style = self._look(column, kind or column.kind, row.digits)
        if not result.formula and result.is_minor:
            return self.cells.minor(column.letters, to_minor(result.value, row.digits), row.digits, style), result.value
        if not result.formula:
            return self.cells.exact(column.letters, result.value, style), result.value
        return self.cells.formula(column.letters, result.formula, result.value, style), result.value

    def _choice_cell(self, column: Column, choice: Choice, row: Row, kind: Kind | None) -> tuple[str, str]:
        word = choice.word(row)
        return self.cells.formula(column.letters, choice.text, word, look(kind or column.kind)), word

    def _look(self, column: Column, kind: Kind, digits: int) -> int:
        key = (column, kind, digits)
        found = self._looks.get(key)
        if found is None:
            number_format = money(digits) if column.form is Form.MONEY else column.form.value
            found = self._looks[key] = look(kind, number_format)
        return found
