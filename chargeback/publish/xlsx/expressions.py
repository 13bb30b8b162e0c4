"""Expressions: one thing that gives both a formula's text and its exact value, so that they cannot differ.

An operand is a column of the row, a figure of another sheet, or a constant. ``ROW`` stands for the row's number in the
text. Values are found for many rows at once. A result that a spreadsheet's binary floats might not find has no text:
then the value stands alone.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import lru_cache, reduce
from itertools import repeat
from typing import Any

from msgspec import Struct

from chargeback.model.money import EXACT, exact_sum, format_exact, from_minor, rounding_allowance, to_minor
from chargeback.publish.xlsx.rounding import (
    LARGEST,
    MOST_PLACES,
    SLACK,
    is_found_after_a_nudge,
    is_safe_sum,
    quantized,
    rounded_result,
    rounds_as_floats_do,
)

_SUM, _PRODUCT, _ATOM = range(3)
_NOTHING = Decimal(0)
_absolute = Decimal.copy_abs
"""``abs`` would round to the precision of the thread."""
_MOST_ALLOWANCES = 1 << 8
_MOST_UNITS = 10**13
"""Minor units that a formula of ours rounds to, at most."""


class Result(Struct, frozen=True):
    """What a cell shows: a formula ("" where the value stands alone) and the value that it has.

    ``is_minor``: it is an amount in minor digits, of which no more than 15 stand in a number cell.
    """

    formula: str
    value: Decimal
    is_minor: bool = False


class Batch:
    """Rows of one table that have figures in the same columns: what is computed is computed for all of them at once.

    ``figures`` are theirs by column, whole numbers and minor units as such; ``digits`` the minor digits of their
    currency.
    """

    def __init__(self, figures: dict[Cell, Sequence[Decimal | int]], digits: int = 0, count: int = 1) -> None:
        self.figures, self.digits, self.count = figures, digits, count
        self._exact: dict[Cell, list[Decimal]] = {}

    def exact(self, column: Cell) -> list[Decimal]:
        """The column's figures as decimals: most are read several times. ``KeyError`` where it has none."""
        found = self._exact.get(column)
        if found is None:
            found = self._exact[column] = column.decimals(self.figures[column], self.digits)
        return found

    def only(self, index: int) -> Batch:
        """One of the rows."""
        return Batch({column: figures[index : index + 1] for column, figures in self.figures.items()}, self.digits)


_NO_COLUMNS: frozenset[Cell] = frozenset()
Figures = list[Decimal]
"""One exact figure for each row of a batch."""


class Expression:
    """A figure in the making: ``columns`` are those of the row that it reads. What reads none gives its text and value
    as such: a workpaper has tens of thousands.

    ``reaches`` are by row the sums of the absolute values that were added up; None: those of the values themselves.
    """

    __slots__ = ("_binds", "_reaches", "_text", "_values", "columns")

    def __init__(
        self,
        text: Callable[[], str] | str,
        values: Callable[[Batch], Figures] | Decimal,
        reaches: Callable[[Batch], Figures] | Decimal | None = None,
        columns: frozenset[Cell] = _NO_COLUMNS,
        binds: int = _ATOM,
    ) -> None:
        self._text, self._values, self._reaches, self.columns, self._binds = text, values, reaches, columns, binds

    @property
    def text(self) -> str:
        """The formula; "" if there is none."""
        if not isinstance(self._text, str):
            self._text = self._text()
        return self._text

    @property
    def value(self) -> Decimal:
        """The exact value of what reads no column; ``TypeError`` for any other expression."""
        if not isinstance(self._values, Decimal):
            raise TypeError("the value of an expression over columns is another one on each row")
        return self._values

    def texts(self, batch: Batch) -> Iterable[str]:
        """The formula on each row."""
        return repeat(self.text, batch.count)

    def values(self, batch: Batch) -> Figures:
        """The exact value on each row; ``KeyError`` where the rows lack a column that is read."""
        values = self._values
        return [values] * batch.count if isinstance(values, Decimal) else values(batch)

    def reaches(self, batch: Batch) -> Figures:
        """The reach on each row."""
        reaches = self._reaches
        if reaches is None:
            return list(map(_absolute, self.values(batch)))
        return [reaches] * batch.count if isinstance(reaches, Decimal) else reaches(batch)

    @property
    def known_figure(self) -> tuple[Decimal, Decimal]:
        """Value and reach of what reads no column; ``KeyError`` where it reads one."""
        value, reach = self._values, self._reaches
        if isinstance(value, Decimal) and not callable(reach):
            return value, value.copy_abs() if reach is None else reach
        return self.values(_NO_ROW)[0], self.reaches(_NO_ROW)[0]

    def within(self, binds: int) -> str:
        """The text as an operand of what binds so tightly."""
        return f"({self.text})" if self._binds < binds else self.text

    def __add__(self, other: Expression) -> Expression:
        return _joined("+", self, other, EXACT.add, _SUM, _added_reaches)

    def __sub__(self, other: Expression) -> Expression:
        return _joined("-", self, other, EXACT.subtract, _SUM, _added_reaches)

    def __mul__(self, other: Expression) -> Expression:
        return _joined("*", self, other, EXACT.multiply, _PRODUCT)

    def __truediv__(self, other: Expression) -> Expression:
        return _joined("/", self, other, EXACT.divide, _PRODUCT)

    def __abs__(self) -> Expression:
        def values(batch: Batch) -> Figures:
            return list(map(_absolute, self.values(batch)))

        return _called("ABS", (self,), values, self.reaches)

    def less(self, expected: Expression) -> Expression:
        """The variance, actual less expected: floats lose no more of it than of the larger of the two."""
        return _joined("-", self, expected, EXACT.subtract, _SUM, _larger_value)

    def __le__(self, most: Expression) -> Condition:
        return _compared("<=", self, most, operator.le)

    def __ge__(self, least: Expression) -> Condition:
        return _compared(">=", self, least, operator.ge)

    def __gt__(self, other: Expression) -> Condition:
        return _compared(">", self, other, operator.gt)

    def is_(self, other: Expression) -> Condition:
        """That both are the same."""
        return _compared("=", self, other, operator.eq)


class Cell(Expression, ABC):
    """The cell of the row in one column: what a batch has the figures of."""

    @abstractmethod
    def decimals(self, figures: Sequence[Decimal | int], digits: int) -> Figures:
        """Figures of the column, whole numbers and minor units as such, as decimals; ``digits`` those of the rows'
        currency."""


class RowByRow(Expression):
    """Figures that stand elsewhere, one on each row of the batch that it is for. No larger formula can call them."""

    __slots__ = ("_figures",)

    def __init__(self, figures: Sequence[Expression]) -> None:
        found = [figure.known_figure for figure in figures]
        values, reaches = [value for value, _ in found], [reach for _, reach in found]
        super().__init__("", lambda batch: values, lambda batch: reaches)
        self._figures = figures

    def texts(self, batch: Batch) -> Iterable[str]:
        """The formula on each row."""
        return [figure.text for figure in self._figures]

    def values(self, batch: Batch) -> Figures:
        """The exact value on each row; ``ValueError`` where there are not as many rows as figures."""
        if len(self._figures) != batch.count:
            raise ValueError(f"{len(self._figures)} figures for {batch.count} rows")
        return super().values(batch)


_NO_ROW = Batch({})
_Reaches = Callable[[Expression, Expression, Batch], Figures]


def _added_reaches(one: Expression, two: Expression, batch: Batch) -> Figures:
    return list(map(EXACT.add, one.reaches(batch), two.reaches(batch)))


def _larger_value(one: Expression, two: Expression, batch: Batch) -> Figures:
    return list(map(max, map(_absolute, one.values(batch)), map(_absolute, two.values(batch))))


def _joined(
    sign: str,
    one: Expression,
    two: Expression,
    operation: Callable[[Decimal, Decimal], Decimal],
    binds: int,
    reach: _Reaches | None = None,
) -> Expression:
    def text() -> str:
        left, right = one.within(binds), two.within(binds + (sign in "-/"))
        return f"{left}{sign}{right}" if left and right else ""

    def values(batch: Batch) -> Figures:
        return list(map(operation, one.values(batch), two.values(batch)))

    def reaches(batch: Batch) -> Figures:
        return reach(one, two, batch) if reach else list(map(_absolute, values(batch)))

    if isinstance(one._values, Decimal) and isinstance(two._values, Decimal):  # it is the same on every row
        return Expression(text, values(_NO_ROW)[0], reaches(_NO_ROW)[0], binds=binds)
    return Expression(text, values, reaches, one.columns | two.columns, binds)


def _called(
    name: str,
    operands: Iterable[Expression],
    values: Callable[[Batch], Figures],
    reaches: Callable[[Batch], Figures],
) -> Expression:
    used = tuple(operands)

    def text() -> str:
        texts = [operand.text for operand in used]
        return f"{name}({','.join(texts)})" if all(texts) else ""

    return Expression(text, values, reaches, _columns(used))


def _columns(used: Iterable[Expression | Condition]) -> frozenset[Cell]:
    return frozenset(column for operand in used for column in operand.columns)


def constant(value: Decimal | int) -> Expression:
    """A figure that stands in the formula itself."""
    amount = Decimal(value)
    return Expression(format_exact(amount), amount)


def alone(value: Decimal) -> Expression:
    """A figure that no formula can call."""
    return Expression("", value)


def known(text: str, value: Decimal, reach: Decimal | None = None) -> Expression:
    """A figure that stands elsewhere: how formulas call it, "" where none can, and its value. Only this package makes
    such pairs, from columns: elsewhere nothing would hold the text and the value together."""
    return Expression(text, value, reach)


def sum_and_reach(figures: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Σ of the figures, and Σ of their absolute values."""
    total = reduce(EXACT.add, figures, _NOTHING)  # for a few figures a third of what `exact_sum` takes
    if not figures or min(figures) >= 0:
        return total, total.copy_abs()
    return total, reduce(EXACT.add, (figure.copy_abs() for figure in figures), _NOTHING)


def across(columns: Sequence[Cell]) -> Expression:
    """Σ of neighbouring columns of amounts of the row; a cell that is not there counts nothing."""

    def sums(batch: Batch, *, absolute: bool) -> Figures:
        found = [column for column in columns if column in batch.figures]
        units = [batch.figures[column] for column in found]
        if all(type(each) is int for figures in units for each in figures):
            rows = list(zip(*units, strict=True)) or [()] * batch.count
            return [from_minor(sum(map(abs, row) if absolute else row), batch.digits) for row in rows]
        amounts = zip(*map(batch.exact, found), strict=True)
        return [exact_sum(map(_absolute, row) if absolute else row) for row in amounts]

    return Expression(
        lambda: f"SUM({columns[0].text}:{columns[-1].text})",
        lambda batch: sums(batch, absolute=False),
        lambda batch: sums(batch, absolute=True),
    )


def largest(*operands: Expression) -> Expression:
    """The largest of the operands; the first one's reach is that of all."""
    return _called(
        "MAX",
        operands,
        lambda batch: list(map(max, *(operand.values(batch) for operand in operands))),
        lambda batch: list(map(max, *(operand.reaches(batch) for operand in operands))),
    )


_allowance = lru_cache(_MOST_ALLOWANCES)(rounding_allowance)


def rounding_of(parts: Expression, digits: int) -> Expression:
    """What rounding alone can explain where so many rounded parts are compared (BOOKING 6, tolerance)."""

    def values(batch: Batch) -> Figures:
        return [_allowance(int(count), digits) for count in parts.values(batch)]

    def text() -> str:
        return f"MIN(5*{parts.text},10+INT(10*SQRT({parts.text})))/{10 ** (digits + 1)}"

    return Expression(text, values, columns=parts.columns, binds=_PRODUCT)


def rounded_to(expression: Expression, places: int) -> Expression:
    """The expression rounded half away from zero, within a larger formula."""

    def text() -> str:
        inner = expression.text
        return f"ROUND({inner},{places})" if inner else ""

    def values(batch: Batch) -> Figures:
        return [quantized(value, places) for value in expression.values(batch)]

    return Expression(text, values, expression.reaches, expression.columns)


class Condition:
    """What holds or not: as a formula, and on each row."""

    def __init__(self, text: Callable[[], str], holds: Callable[[Batch], list[bool]], columns: frozenset[Cell]) -> None:
        self._make_text, self.holds, self.columns = text, holds, columns
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The condition as a formula."""
        if self._text is None:
            self._text = self._make_text()
        return self._text


def _compared(sign: str, one: Expression, two: Expression, holds: Callable[[Any, Any], bool]) -> Condition:
    return Condition(
        lambda: f"{one.text}{sign}{two.text}",
        lambda batch: list(map(holds, one.values(batch), two.values(batch))),
        one.columns | two.columns,
    )


def all_of(*conditions: Condition) -> Condition:
    """That every one of them holds."""
    return _combined("AND", conditions, all)


def any_of(*conditions: Condition) -> Condition:
    """That one of them holds."""
    return _combined("OR", conditions, any)


def _combined(name: str, conditions: tuple[Condition, ...], combine: Callable[[Iterable[bool]], bool]) -> Condition:
    return Condition(
        lambda: f"{name}({','.join(condition.text for condition in conditions)})",
        lambda batch: list(map(combine, zip(*(condition.holds(batch) for condition in conditions), strict=True))),
        _columns(conditions),
    )


class Choice(Struct, frozen=True, eq=False):
    """A formula that says one word where the condition holds, and another one where it does not."""

    condition: Condition
    holds: str
    fails: str

    @property
    def columns(self) -> frozenset[Cell]:
        """The columns that are read."""
        return self.condition.columns

    @property
    def text(self) -> str:
        """The formula."""
        return f'IF({self.condition.text},"{self.holds}","{self.fails}")'

    def words(self, batch: Batch) -> list[str]:
        """What it says on each row."""
        return [self.holds if holds else self.fails for holds in self.condition.holds(batch)]


class Rounding:
    """How a result is shown: an expression, and what the formula rounds it to."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self.columns = expression.columns

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """What the cell shows of a value, and whether it is a formula of the expression's text."""
        raise NotImplementedError

    def results(self, batch: Batch) -> list[Result]:
        """The formula and its value, or the value alone, on each row."""
        own = self.expression
        figures = own.texts(batch), own.values(batch), own.reaches(batch), repeat(batch.digits, batch.count)
        return list(map(self.shown, *figures))

    def known_result(self, digits: int) -> Result:
        """The same where no column of the row is read."""
        return self.shown(self.expression.text, *self.expression.known_figure, digits)


class Plain(Rounding):
    """The expression as it is: a count, or a figure that stands in a number cell."""

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """Its text and its value."""
        return Result(text, value)


class Reference(Rounding):
    """An amount that stands elsewhere, as a text where it has too many digits for a number cell."""

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """Its text, where that is a number; and its value."""
        return Result(text if value.copy_abs() < LARGEST else "", value)


class Exact(Rounding):
    """Rounded to as many decimals as the exact result has where floats carry them, no coarser than the row's currency.

    ``digits`` instead of the currency's; ``like`` a column instead, to the decimals of its figure; ``most`` decimals;
    ``reach`` is the operand that decides how exact floats are, where it is not what was added up.
    """

    def __init__(
        self,
        expression: Expression,
        digits: int | None = None,
        *,
        like: Cell | None = None,
        most: int = MOST_PLACES,
        reach: Expression | None = None,
    ) -> None:
        super().__init__(expression)
        self._digits, self._like, self._most, self._reach = digits, like, most, reach or expression
        if reach is not None or like is not None:
            self.columns = _columns(each for each in (expression, reach, like) if each is not None)

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """ROUND(…), where floats find it."""
        own = digits if self._digits is None else self._digits
        found, places, is_safe = rounded_result(value, own, reach, self._most)
        return Result(f"ROUND({text},{places})" if text and is_safe else "", found)

    def results(self, batch: Batch) -> list[Result]:
        """The same on each row."""
        values, reaches = self.expression.values(batch), self._reach.reaches(batch)
        digits = [batch.digits] * batch.count
        if self._like is not None:
            digits = list(map(_decimals, self._like.values(batch)))
        return list(map(self.shown, self.expression.texts(batch), values, reaches, digits))


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


class Total(Rounding):
    """A sum of amounts in minor digits, rounded to these: exact as long as the addends stay below 15 digits."""

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """ROUND(…), where floats find it."""
        is_found = text and is_safe_sum(reach, digits)
        return Result(f"ROUND({text},{digits})" if is_found else "", value, is_minor=True)


class ToMinor(Rounding):
    """An amount as it was sent, rounded to the row's minor units; ``exact`` is the amount with all its digits, which a
    number cell may not have."""

    def __init__(self, expression: Expression, exact: Decimal) -> None:
        super().__init__(expression)
        self._exact = exact

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """ROUND(…), where a float cannot round otherwise."""
        units = to_minor(self._exact, digits)
        booked = from_minor(units, digits)
        is_found = abs(units) < _MOST_UNITS and rounds_as_floats_do(value, digits)
        if not text or not is_found or quantized(value, digits) != booked:
            return Result("", booked, is_minor=True)
        return Result(f"ROUND({text},{digits})", booked)


class Share(Rounding):
    """What one amount is of another, to three decimals of a percent; only where floats find both."""

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """ROUND(…,5)."""
        return Result(f"ROUND({text},5)", quantized(value, 5))


class Nudged(Rounding):
    """A product or quotient to the row's minor digits, half away from zero: binary floats may fall just short of a
    tie, so that the formula moves it away from zero first."""

    def shown(self, text: str, value: Decimal, reach: Decimal, digits: int) -> Result:
        """ROUND(… + SIGN(…) × slack, digits), where floats find it."""
        found = quantized(value, digits)
        if not text or not is_found_after_a_nudge(value, digits):
            return Result("", found)
        return Result(f"ROUND({text}+SIGN({text})*{SLACK:f},{digits})", found)


NEARLY_NOTHING = constant(SLACK)
"""What comparisons in formulas allow for binary floats."""
