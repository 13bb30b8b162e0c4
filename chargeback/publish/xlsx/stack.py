"""A sheet of several small tables beneath each other, with headings, sentences and totals between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from msgspec import Struct, field

from chargeback.publish.xlsx.cells import EMPTY_ROW, Cells, row
from chargeback.publish.xlsx.expressions import Expression, Total, known
from chargeback.publish.xlsx.shape import CHART_ROWS, ChartKind, letters
from chargeback.publish.xlsx.styles import Kind, look
from chargeback.publish.xlsx.tables import Column, Record, Rows, Styled, Supplied, Table, Value

_HEADINGS = (Kind.HEADING, Kind.HEADING_RIGHT)


class Stack(Struct):
    """The rows of the sheet so far, less the first ``handed_on`` ones."""

    cells: Cells
    rows: list[str] = field(default_factory=list)
    handed_on: int = 0

    @property
    def next(self) -> int:
        """The number of the row that comes next."""
        return self.handed_on + len(self.rows) + 1

    def taken(self, more: Iterable[str] = ()) -> Iterator[str]:
        """Hand on the rows, and further ones, of a sheet that is too large to be held."""
        rows, self.rows = self.rows, []
        self.handed_on += len(rows)
        yield from rows
        for each in more:
            self.handed_on += 1
            yield each

    def texts(self, *texts: str | Styled, height: float | None = None) -> int:
        """A row of texts, from the first column on; its number comes back."""
        styled = [text if isinstance(text, Styled) else Styled(text, Kind.PLAIN) for text in texts]
        cells = [
            self.cells.text(letters(place), each.text, look(each.kind)) for place, each in enumerate(styled, start=1)
        ]
        self.rows.append(row(cells, height))
        return self.next - 1

    def gap(self, until: int = 0) -> None:
        """An empty row, and more of them until so many rows are there."""
        self.rows.append(EMPTY_ROW)
        self.rows.extend([EMPTY_ROW] * (until + 1 - self.next))

    def title(self, title: str, subtitle: str) -> None:
        """The sheet's title and what it is about."""
        self.texts(Styled(title, Kind.TITLE), height=28)
        self.texts(Styled(subtitle, Kind.SUBTITLE), height=18)

    def section(self, heading: str, columns: int, note: str = "") -> None:
        """A section's heading, underlined over so many columns, and a sentence about it."""
        style = look(Kind.SECTION)
        others = [self.cells.blank(letters(place), style) for place in range(2, columns + 1)]
        self.rows.append(row([self.cells.text("A", heading, style), *others], 20))
        if note:
            self.texts(Styled(note, Kind.NOTE))

    def chart(self, kind: ChartKind) -> int:
        """Room for a chart over these rows; the number of its first one."""
        first = self.next
        self.gap(first + CHART_ROWS[kind])
        return first

    def fact(self, label: str, text: str, kind: Kind = Kind.STRONG) -> None:
        """A label and what it says."""
        self.texts(Styled(label, Kind.QUIET), Styled(text, kind))

    def table(
        self, table: type[Table], height: float = 18, *, headings: Mapping[Column, str] = MappingProxyType({})
    ) -> Block:
        """Begin a table with its row of headings; ``headings`` are those that say otherwise here."""
        made = Rows(self.cells, table)
        self.rows.append(made.heading(_HEADINGS, height, headings))
        return Block(self, made, self.next)


class Block(Struct):
    """One of the sheet's tables; ``first`` is the number of the first row that its next total adds up."""

    stack: Stack
    rows: Rows
    first: int
    _counted: int = 0
    _referred: dict[tuple[int, Column], Decimal] = field(default_factory=dict)

    def add(self, supplied: Supplied, digits: int = 0, *, height: float | None = None, kind: Kind | None = None) -> int:
        """Add a row; its number comes back."""
        self.stack.rows.append(self.rows.row(supplied, digits, height=height, kind=kind))
        self._hold_references()
        return self.stack.next - 1

    def add_all(self, records: Iterable[Record]) -> None:
        """Add rows."""
        self.stack.rows.extend(self.rows.rows(records))
        self._hold_references()

    def cell(self, column: Column, number: int, figure: Decimal | Expression) -> Expression:
        """The cell of another row of this table, in a column whose figures are kept. The row may follow; if it has
        another figure, adding it is a ``ValueError``."""
        value = figure if isinstance(figure, Decimal) else figure.value
        self._referred[number, column] = value
        return known(f"{column.letters}{number}", value)

    def _hold_references(self) -> None:
        figures, behind = self.rows.figures, self.stack.next
        for number, column in [place for place in self._referred if place[0] < behind]:
            value, figure = self._referred.pop((number, column)), figures.at(column, figures.count - (behind - number))
            if figure is not None and figure != value:
                raise ValueError(f"row {number} has {figure} as {column.heading}, and a formula takes it for {value}")

    def sums(self, columns: Sequence[Column], rows: int = 0) -> dict[Column, Expression]:
        """Σ of each column over the rows since the last total, or over so many last ``rows``."""
        count = self.rows.figures.count
        first, counted = (self.stack.next - rows, count - rows) if rows else (self.first, self._counted)
        return {
            column: known(
                f"SUM({column.letters}{first}:{column.letters}{self.stack.next - 1})",
                *self.rows.figures.total(column, counted),
            )
            for column in columns
        }

    def total(self, label: Supplied, columns: Sequence[Column], digits: int) -> None:
        """A total over the rows since the last one, as formulas with their values."""
        sums: dict[Column, Value] = {column: Total(total) for column, total in self.sums(columns).items()}
        self.add({**label, **sums}, digits, kind=Kind.TOTAL)
        self.first = self.stack.next
        self._counted = self.rows.figures.count
