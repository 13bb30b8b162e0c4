"""Cells as XML fragments: numbers exactly as written, texts made inert, formulas together with their value.

A fragment does not know its row yet: ``ROW`` stands for the row's number, in references and in formulas, and is put in
when the row is streamed. So a fragment that repeats is made once, whatever rows it stands in.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import cache, lru_cache

from chargeback.model.money import format_exact, format_minor
from chargeback.publish.xlsx.texts import SharedStrings, escape, text_element, xml_text

ROW = "\0"
"""Stands for the number of the row; no text from outside can hold it."""
MOST_DIGITS = 15
"""Significant digits that a spreadsheet's numbers keep (BOOKING 8)."""
LARGEST_EXACT = 1_000_000_000_000_000
FIFTEEN = Context(prec=MOST_DIGITS, rounding=ROUND_HALF_EVEN)
"""The precision of a number cell."""
_MOMENTS = Context(prec=28, rounding=ROUND_HALF_EVEN)
_EPOCH = date(1899, 12, 30)
_DAY = 86_400
_MOST_FRAGMENTS = 1 << 13
_MOST_PREPARED = 3
_MOST_HEIGHTS = 1 << 6


def fits(amount: Decimal) -> bool:
    """Whether a number cell keeps every digit of the amount."""
    return FIFTEEN.plus(amount) == amount


@cache
def minor_writer(digits: int) -> Callable[[int], str]:
    """``format_minor`` for one number of digits, the fractions written beforehand: amounts are most of a ledger."""
    if not 0 < digits <= _MOST_PREPARED:
        return lambda units: format_minor(units, digits)
    unit = 10**digits
    fractions = tuple(f".{fraction:0{digits}d}" for fraction in range(unit))

    def written(units: int) -> str:
        if units < 0:
            return f"-{-units // unit}{fractions[-units % unit]}"
        return f"{units // unit}{fractions[units % unit]}"

    return written


class Cells:
    """Makes the cells of one workbook; ``look`` is a style's number from ``styles``, ``column`` its letters."""

    def __init__(self, strings: SharedStrings) -> None:
        self.strings = strings
        self._columns: dict[tuple[str, int, bool], TextColumn] = {}

    def texts(self, column: str, look: int, *, has_blanks: bool = False) -> TextColumn:
        """Text cells of a column with a look, by text; ``has_blanks``: a blank cell where there is no text."""
        key = (column, look, has_blanks)
        found = self._columns.get(key)
        if found is None:
            found = self._columns[key] = TextColumn(self, column, look, self.blank(column, look) if has_blanks else "")
        return found

    def forget_texts(self) -> None:
        """Let go of the text cells that were made."""
        for texts in self._columns.values():
            texts.clear()

    def text(self, column: str, text: str, look: int) -> str:
        """A text, from outside or ours; without a text a blank cell."""
        if not text:
            return self.blank(column, look)
        place = self.strings.place(text)
        if place is None:
            return f'<c r="{column}{ROW}" s="{look}" t="inlineStr"><is>{text_element(text)}</is></c>'
        return f'<c r="{column}{ROW}" s="{look}" t="s"><v>{place}</v></c>'

    def line(self, text: str, look: int, height: float | None = None) -> str:
        """A row that says something in its first cell."""
        return row([self.text("A", text, look)], height)

    def blank(self, column: str, look: int) -> str:
        """A cell with a look and nothing in it."""
        return f'<c r="{column}{ROW}" s="{look}"/>'

    def number(self, column: str, written: str | int, look: int) -> str:
        """A number as written; nothing is rounded, and no float is made of it. The writer knows that it fits."""
        return f'<c r="{column}{ROW}" s="{look}"><v>{written}</v></c>'

    def figure(self, column: str, written: str, look: int) -> str:
        """A figure of ours as a text, digit for digit: its minus sign starts no formula in a text cell."""
        return f'<c r="{column}{ROW}" s="{look}" t="inlineStr"><is><t>{written}</t></is></c>'

    def minor(self, column: str, units: int, digits: int, look: int) -> str:
        """An amount in minor units; a text where it has more digits than a number keeps."""
        written = minor_writer(digits)(units)
        if -LARGEST_EXACT < units < LARGEST_EXACT:
            return f'<c r="{column}{ROW}" s="{look}"><v>{written}</v></c>'
        return self.figure(column, written, look)

    def exact(self, column: str, amount: Decimal | None, look: int) -> str:
        """An exact decimal; a text where it has more digits than a number keeps, blank if there is none."""
        if amount is None:
            return self.blank(column, look)
        written = format_exact(amount)
        return self.number(column, written, look) if fits(amount) else self.figure(column, written, look)

    def formula(self, column: str, expression: str, value: Decimal | int | str | bool, look: int) -> str:
        """A formula of ours with the value that it has, so that a viewer that does not calculate shows it."""
        if isinstance(value, Decimal):  # nearly all are
            kind, written = "", format_exact(value)
        elif isinstance(value, str):
            kind, written = ' t="str"', xml_text(value)
        else:
            kind, written = ' t="b"' if isinstance(value, bool) else "", str(int(value))
        return f"{self.opening(column, expression, look, kind)}{written}</v></c>"

    def opening(self, column: str, expression: str, look: int, kind: str = "") -> str:
        """How a formula's cell begins, up to its value; ``kind`` is the attribute of a value that is no number."""
        return f'<c r="{column}{ROW}" s="{look}"{kind}><f>{escape(expression)}</f><v>'

    def day(self, column: str, day: date, look: int) -> str:
        """A calendar day as a spreadsheet's date."""
        return self.number(column, str((day - _EPOCH).days), look)

    def moment(self, column: str, moment: datetime | None, look: int) -> str:
        """A wall-clock time (its zone is the reader's to know), blank if there is none."""
        if moment is None:
            return self.blank(column, look)
        return self.number(column, serial(moment), look)


def serial(moment: datetime) -> str:
    """The wall-clock time as a spreadsheet's number: days since 30 December 1899, ten decimals (1900 date system)."""
    midnight = datetime(moment.year, moment.month, moment.day, tzinfo=moment.tzinfo)
    wall = moment.replace(tzinfo=None) - midnight.replace(tzinfo=None)
    days = Decimal((moment.date() - _EPOCH).days)
    fraction = _MOMENTS.divide(wall // timedelta(microseconds=1), _DAY * 1_000_000)
    return format_exact(_MOMENTS.quantize(_MOMENTS.add(days, fraction), Decimal("1e-10")).normalize(_MOMENTS))


class TextColumn(dict[str, str]):
    """Text cells of one column with one look, each text made once: ``column[text]``; ``blank`` is what stands without a
    text, "" for no cell."""

    def __init__(self, cells: Cells, column: str, look: int, blank: str = "") -> None:
        super().__init__()
        self._cells, self._column, self._look, self._blank = cells, column, look, blank
        self._place, self._opening = cells.strings.place, f'<c r="{column}{ROW}" s="{look}" t="s"><v>'

    def __missing__(self, text: str) -> str:
        if not text:
            fragment = self._blank
        elif (place := self._place(text)) is not None:
            fragment = f"{self._opening}{place}</v></c>"
        else:
            fragment = self._cells.text(self._column, text, self._look)
        if len(self) >= _MOST_FRAGMENTS:
            self.clear()
        self[text] = fragment
        return fragment


@lru_cache(_MOST_HEIGHTS)
def row_opening(height: float | None = None) -> str:
    """How a row begins, up to its first cell; ``height`` in points, None for the sheet's own."""
    size = f' ht="{height:g}" customHeight="1"' if height is not None else ""
    return f'<row r="{ROW}"{size}>'


ROW_END = "</row>"


def row(cells: Sequence[str], height: float | None = None) -> str:
    """A row of cells, in the order of their columns."""
    return f"{row_opening(height)}{''.join(cells)}{ROW_END}"


EMPTY_ROW = row(())
