"""Sums over ledger lines, and over rows that show such sums: formula and figure both follow from the column.

The lines were added up beforehand (``model.totals.Sums``); a column that formulas add up is named as the figure that it
shows: ``lines``, ``net``, ``tax`` or ``gross``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from msgspec import Struct

from chargeback.model.money import from_minor
from chargeback.model.totals import Sums, total
from chargeback.publish.xlsx.cells import LARGEST_EXACT, ROW, minor_writer
from chargeback.publish.xlsx.expressions import Expression, known
from chargeback.publish.xlsx.rounding import names_apart
from chargeback.publish.xlsx.tables import Column, Form, Rows

_NOTHING = Sums()
_MOST_TERMS = 60
"""Ranges that a formula adds up."""
_END = "</v></c>"


def differ_by_more_than_case(names: Iterable[str]) -> bool:
    """Whether a formula that compares texts tells all of them apart."""
    found = list(names)
    return len({name.casefold() for name in found}) == len(found)


def _figure(text: str, column: Column, sums: Sums, digits: int, reach: int) -> Expression:
    """What the sums have for the column; ``reach`` is what the absolute values make that the formula reads."""
    figure = getattr(sums, column.name)
    if column.form is not Form.MONEY:
        return known(text, Decimal(figure))
    return known(text, from_minor(figure, digits), from_minor(reach, digits))


class TableSums(Struct, frozen=True):
    """What the lines of a spreadsheet's tables come to by the word in their column ``by``; each word's minor digits."""

    tables: Sequence[str]
    by: Column
    sums: Mapping[str, Sums]
    digits: Mapping[str, int]

    def total(self, column: Column, word: str) -> Expression:
        """Σ of the lines with that word; without a formula where a criterion would find other words too, as they differ
        in case alone or hold wildcards."""
        terms = (f'SUMIF({table}[{self.by.heading}],"{word}",{table}[{column.heading}])' for table in self.tables)
        sums = self.sums.get(word, _NOTHING)
        return _figure(self._added(terms), column, sums, self.digits.get(word, 0), sums.magnitude)

    def count(self, word: str) -> Expression:
        """How many lines have that word."""
        terms = (f'COUNTIF({table}[{self.by.heading}],"{word}")' for table in self.tables)
        return known(self._added(terms), Decimal(self.sums.get(word, _NOTHING).lines))

    def of_shown(self, column: Column, word: str) -> Expression:
        """Σ of the lines that the filter shows, all of which have that word and stand in the first table."""
        sums = self.sums[word]
        text = f"SUBTOTAL(109,{self.tables[0]}[{column.heading}])"
        return _figure(text, column, sums, self.digits[word], sums.magnitude)

    def _added(self, terms: Iterable[str]) -> str:
        return "+".join(terms) if names_apart(self.digits) else ""


class SummedRows:
    """Rows of one sheet that show sums of one currency, from the row ``first`` on: each is counted while it is made,
    and none is kept. They are added up by what they have in the column ``by``, and what these have in ``named`` is
    known; both are named as what a row is of has them."""

    def __init__(self, first: int, digits: int, by: Column, named: Column) -> None:
        self.first, self.digits = first, digits
        self._by, self._named = by, named
        self._count, self._absolute = 0, Sums()
        self._alike: dict[str, tuple[dict[str, None], Sums]] = {}

    def counted(self, rows: Iterable[tuple[Any, Sums]]) -> Iterator[tuple[Any, Sums]]:
        """The rows: what each is of, and its sums."""
        for of, sums in rows:
            self._count += 1
            self._absolute.add(Sums(abs(sums.net), abs(sums.tax), abs(sums.gross)))
            names, alike = self._alike.setdefault(getattr(of, self._by.name), ({}, Sums()))
            names[getattr(of, self._named.name)] = None
            alike.add(sums)
            yield of, sums

    def cells(self, column: Column, fixed: str = "") -> str:
        """The column's cells; ``fixed`` is "$" where a formula that is copied still means them."""
        last = self.first + self._count - 1
        return f"{fixed}{column.letters}{fixed}{self.first}:{fixed}{column.letters}{fixed}{last}"

    def total(self, column: Column) -> Expression:
        """Σ of the rows."""
        reach = getattr(self._absolute, column.name)
        return _figure(f"SUM({self.cells(column)})", column, self._whole, self.digits, reach)

    def alike(self, own: Column, columns: Sequence[Column]) -> Iterator[Alike]:
        """What rows have in the column by which they are added up, the different names beside it, and Σ of the columns
        for a row whose column ``own`` has it."""
        test = f"({self.cells(self._by, '$')}={own.text})" if differ_by_more_than_case(self._alike) else ""
        texts = {column: f"SUMPRODUCT({test}*{self.cells(column, '$')})" if test else "" for column in columns}
        reach = self._whole.magnitude
        for word, (names, sums) in self._alike.items():
            yield word, list(names), {column: _figure(text, column, sums, self.digits, reach)
                                      for column, text in texts.items()}  # fmt: skip

    @property
    def _whole(self) -> Sums:
        return total(sums for _, sums in self._alike.values())


Alike = tuple[str, Sequence[str], Mapping[Column, Expression]]


class Place(NamedTuple):
    """Lines that stand together on a sheet: its name, and the numbers of the first and the last row."""

    sheet: str
    first: int
    last: int

    def cells(self, column: Column) -> str:
        """The column's cells, from another sheet."""
        return f"'{self.sheet}'!${column.letters}${self.first}:${column.letters}${self.last}"


class LineSums:
    """Writes cells that show Σ of lines on other sheets, for as many rows as a month has teams times accounts: what
    these share is made once. ``of`` gives by column the one of the lines that it adds up, None where it counts them."""

    def __init__(self, rows: Rows, of: Mapping[Column, Column | None], digits: int) -> None:
        self._cells, self._of, self._digits = rows.cells, of, digits
        self._looks = {column: rows.look(column, digits) for column in of}
        self._written = minor_writer(digits)

    def openings(self, places: Sequence[Place], alike: Mapping[Column, Column], reach: int) -> list[str]:
        """How the cells begin: formulas over those lines in the places that have in the columns of ``alike`` what the
        row has in its own beside them; "" for an amount without a formula. There is none without a place, with too many
        of them, and where floats may not carry ``reach``, the sum of the absolute values of all amounts there.

        Texts are compared as they are, and not by a criterion, for which 01 is 1.
        """
        return [self._opening(column, line, places, alike, reach) for column, line in self._of.items()]

    def _opening(
        self, column: Column, line: Column | None, places: Sequence[Place], alike: Mapping[Column, Column], reach: int
    ) -> str:
        has_formula = 0 < len(places) <= _MOST_TERMS and (line is None or reach < LARGEST_EXACT)
        if not has_formula:
            return "" if line else f'<c r="{column.letters}{ROW}" s="{self._looks[column]}"><v>'
        terms = []
        for place in places:
            tests = [f"({place.cells(key)}={own.text})" for key, own in alike.items()]
            terms.append(f"SUMPRODUCT({'*'.join((*tests, place.cells(line) if line else '1'))})")
        added = "+".join(terms)
        formula = f"ROUND({added},{self._digits})" if line else added
        return self._cells.opening(column.letters, formula, self._looks[column])

    def cells(self, openings: Sequence[str], sums: Sums) -> str:
        """The cells that begin so, of a row with these sums."""
        found = []
        for (column, line), opening in zip(self._of.items(), openings, strict=True):
            figure = getattr(sums, column.name)
            if opening:
                found.append(f"{opening}{self._written(figure) if line else figure}{_END}")
            else:
                found.append(self._cells.minor(column.letters, figure, self._digits, self._looks[column]))
        return "".join(found)
