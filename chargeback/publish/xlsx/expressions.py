"""Expressions: one thing that gives both a formula's text and its exact value, so that they cannot differ.

An operand is a column of the row, a figure of another sheet, or a constant. ``ROW`` stands for the row's number in the
text. A result that a spreadsheet's binary floats might not find has no text: then the value stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, NamedTuple

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

if TYPE_CHECKING:
    from chargeback.publish.xlsx.tables import Column

_SUM, _PRODUCT, _ATOM = range(3)
_NOTHING = Decimal(0)
_MOST_ALLOWANCES = 1 << 8
_MOST_UNITS = 10**13
"""Minor units that a formula of ours rounds to, at most."""


class Result(NamedTuple):
    """What a cell shows: a formula ("" where the value stands alone) and the value that it has.

    ``is_minor``: it is an amount in minor digits, of which no more than 15 stand in a number cell.
    """

    formula: str
    value: Decimal
    is_minor: bool = False


@dataclass(slots=True)
class Row:
    """A row's figures by column, whole numbers and minor units as such, and the minor digits of its currency; ``exact``
    are those that an expression has read, as decimals: most are read several times."""

    figures: dict[Column, Decimal | int]
    digits: int = 0
    exact: dict[Column, Decimal] = field(default_factory=dict)


_NO_ROW = Row({})


_NO_COLUMNS: frozenset[Column] = frozenset()
Evaluated = tuple[Decimal, Decimal]
"""An exact value, and its reach: the sum of the absolute values that were added up to it."""


class Expression:
    """A figure in the making: ``columns`` are those of the row that it reads. What reads none may give its text and
    value as such: a workpaper has tens of thousands."""

    __slots__ = ("_binds", "_evaluate", "_text", "columns")

    def __init__(
        self,
        text: Callable[[], str] | str,
        evaluate: Callable[[Row], Evaluated] | Evaluated,
        columns: frozenset[Column] = _NO_COLUMNS,
        binds: int = _ATOM,
    ) -> None:
        self._text, self._evaluate, self.columns, self._binds = text, evaluate, columns, binds

    @property
    def text(self) -> str:
        """The formula; "" where there is none."""
        if not isinstance(self._text, str):
            self._text = self._text()
        return self._text

    def evaluated(self, row: Row) -> Evaluated:
        """The exact value on the row; ``KeyError`` where the row lacks a column that is read."""
        return self._evaluate if isinstance(self._evaluate, tuple) else self._evaluate(row)

    def value(self, row: Row) -> Decimal:
        """The exact value alone."""
        return self.evaluated(row)[0]

    def within(self, binds: int) -> str:
        """The text as an operand of what binds so tightly."""
        return f"({self.text})" if self._binds < binds else self.text

    def __add__(self, other: Expression) -> Expression:
        def evaluate(row: Row) -> Evaluated:
            (one, reach), (two, other_reach) = self.evaluated(row), other.evaluated(row)
            return EXACT.add(one, two), EXACT.add(reach, other_reach)

        return _joined("+", self, other, evaluate, _SUM)

    def __sub__(self, other: Expression) -> Expression:
        def evaluate(row: Row) -> Evaluated:
            (one, reach), (two, other_reach) = self.evaluated(row), other.evaluated(row)
            return EXACT.subtract(one, two), EXACT.add(reach, other_reach)

        return _joined("-", self, other, evaluate, _SUM)

    def __mul__(self, other: Expression) -> Expression:
        def evaluate(row: Row) -> Evaluated:
            value = EXACT.multiply(self.value(row), other.value(row))
            return value, value.copy_abs()

        return _joined("*", self, other, evaluate, _PRODUCT)

    def __truediv__(self, other: Expression) -> Expression:
        def evaluate(row: Row) -> Evaluated:
            value = EXACT.divide(self.value(row), other.value(row))
            return value, value.copy_abs()

        return _joined("/", self, other, evaluate, _PRODUCT)

    def __abs__(self) -> Expression:
        def evaluate(row: Row) -> Evaluated:
            value, reach = self.evaluated(row)
            return value.copy_abs(), reach

        return _called("ABS", (self,), evaluate)

    def less(self, expected: Expression) -> Expression:
        """The variance, actual less expected: floats lose no more of it than of the larger of the two."""

        def evaluate(row: Row) -> Evaluated:
            one, two = self.value(row), expected.value(row)
            return EXACT.subtract(one, two), max(one.copy_abs(), two.copy_abs())

        return _joined("-", self, expected, evaluate, _SUM)

    def __le__(self, most: Expression) -> Condition:
        return _compared("<=", self, most, lambda one, two: one <= two)

    def __ge__(self, least: Expression) -> Condition:
        return _compared(">=", self, least, lambda one, two: one >= two)

    def __gt__(self, other: Expression) -> Condition:
        return _compared(">", self, other, lambda one, two: one > two)

    def is_(self, other: Expression) -> Condition:
        """That both are the same."""
        return _compared("=", self, other, lambda one, two: one == two)


def _joined(
    sign: str, one: Expression, two: Expression, evaluate: Callable[[Row], Evaluated], binds: int
) -> Expression:
    def text() -> str:
        left, right = one.within(binds), two.within(binds + (sign in "-/"))
        return f"{left}{sign}{right}" if left and right else ""

    if isinstance(one._evaluate, tuple) and isinstance(two._evaluate, tuple):
        return Expression(text, evaluate(_NO_ROW), binds=binds)  # it is the same on every row
    return Expression(text, evaluate, one.columns | two.columns, binds)


def _called(name: str, operands: Iterable[Expression], evaluate: Callable[[Row], Evaluated]) -> Expression:
    used = tuple(operands)

    def text() -> str:
        texts = [operand.text for operand in used]
        return f"{name}({','.join(texts)})" if all(texts) else ""

    return Expression(text, evaluate, _columns(used))


def _columns(used: Iterable[Expression | Condition]) -> frozenset[Column]:
    return frozenset(column for operand in used for column in operand.columns)


def constant(value: Decimal | int) -> Expression:
    """A figure that stands in the formula itself."""
    amount = Decimal(value)
    return Expression(format_exact(amount), (amount, amount.copy_abs()))


def known(text: str, value: Decimal, reach: Decimal | None = None) -> Expression:
    """A figure that stands elsewhere: how formulas call it, "" where none can, and its value."""
    return Expression(text, (value, value.copy_abs() if reach is None else reach))


def added_up(text: str, values: Iterable[Decimal]) -> Expression:
    """Σ of figures that stand elsewhere: how a formula calls all of them, and their values."""
    return Expression(text, sum_and_reach(list(values)))


def sum_and_reach(figures: Sequence[Decimal]) -> tuple[Decimal, Decimal]:
    """Σ of the figures, and Σ of their absolute values."""
    total = reduce(EXACT.add, figures, _NOTHING)  # for a few figures a third of what `exact_sum` takes
    if not figures or min(figures) >= 0:
        return total, total.copy_abs()
    return total, reduce(EXACT.add, (figure.copy_abs() for figure in figures), _NOTHING)


def across(columns: Sequence[Column]) -> Expression:
    """Σ of neighbouring columns of amounts of the row; a cell that is not there counts nothing."""

    def evaluate(row: Row) -> Evaluated:
        found = [row.figures[column] for column in columns if column in row.figures]
        units = [each for each in found if isinstance(each, int)]
        if len(units) == len(found):
            return from_minor(sum(units), row.digits), from_minor(sum(map(abs, units)), row.digits)
        values = [column.value(row) for column in columns if column in row.figures]
        return exact_sum(values), exact_sum(value.copy_abs() for value in values)

    return Expression(lambda: f"SUM({columns[0].text}:{columns[-1].text})", evaluate)


def largest(*operands: Expression) -> Expression:
    """The largest of the operands; the first one's reach is that of all."""

    def evaluate(row: Row) -> Evaluated:
        values, reaches = zip(*(operand.evaluated(row) for operand in operands), strict=True)
        return max(values), max(reaches)

    return _called("MAX", operands, evaluate)


_allowance = lru_cache(_MOST_ALLOWANCES)(rounding_allowance)


def rounding_of(parts: Expression, digits: int) -> Expression:
    """What rounding alone can explain where so many rounded parts are compared (BOOKING 6, tolerance)."""

    def evaluate(row: Row) -> Evaluated:
        value = _allowance(int(parts.value(row)), digits)
        return value, value

    def text() -> str:
        return f"MIN(5*{parts.text},10+INT(10*SQRT({parts.text})))/{10 ** (digits + 1)}"

    return Expression(text, evaluate, parts.columns, _PRODUCT)


def rounded_to(expression: Expression, places: int) -> Expression:
    """The expression rounded half away from zero, within a larger formula."""

    def text() -> str:
        inner = expression.text
        return f"ROUND({inner},{places})" if inner else ""

    def evaluate(row: Row) -> Evaluated:
        value, reach = expression.evaluated(row)
        return quantized(value, places), reach

    return Expression(text, evaluate, expression.columns)


class Condition:
    """What holds or not: as a formula, and on a row."""

    def __init__(self, text: Callable[[], str], holds: Callable[[Row], bool], columns: frozenset[Column]) -> None:
        self._make_text, self.holds, self.columns = text, holds, columns
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The condition as a formula."""
        if self._text is None:
            self._text = self._make_text()
        return self._text


def _compared(sign: str, one: Expression, two: Expression, holds: Callable[[Decimal, Decimal], bool]) -> Condition:
    return Condition(
        lambda: f"{one.text}{sign}{two.text}",
        lambda row: holds(one.value(row), two.value(row)),
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
        lambda row: combine(condition.holds(row) for condition in conditions),
        _columns(conditions),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """A formula that says one word where the condition holds, and another one where it does not."""

    condition: Condition
    holds: str
    fails: str

    @property
    def columns(self) -> frozenset[Column]:
        """The columns that are read."""
        return self.condition.columns

    @property
    def text(self) -> str:
        """The formula."""
        return f'IF({self.condition.text},"{self.holds}","{self.fails}")'

    def word(self, row: Row) -> str:
        """What it says on the row."""
        return self.holds if self.condition.holds(row) else self.fails


class Rounding:
    """How a result is shown: an expression, and what the formula rounds it to."""

    def __init__(self, expression: Expression) -> None:
        self.expression = expression
        self.columns = expression.columns

    def result(self, row: Row) -> Result:
        """The formula and its value, or the value alone."""
        raise NotImplementedError


class Plain(Rounding):
    """The expression as it is: a count, or a figure that stands in a number cell."""

    def result(self, row: Row) -> Result:
        """Its text and its value."""
        return Result(self.expression.text, self.expression.value(row))


class Reference(Plain):
    """An amount that stands elsewhere, as a text where it has too many digits for a number cell."""

    def result(self, row: Row) -> Result:
        """Its text, where that is a number; and its value."""
        found = super().result(row)
        return found if found.value.copy_abs() < LARGEST else Result("", found.value)


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
        like: Column | None = None,
        most: int = MOST_PLACES,
        reach: Expression | None = None,
    ) -> None:
        super().__init__(expression)
        self._digits, self._like, self._most, self._reach = digits, like, most, reach

    def result(self, row: Row) -> Result:
        """ROUND(…), where floats find it."""
        value, reach = self.expression.evaluated(row)
        if self._reach is not None:
            reach = self._reach.evaluated(row)[1]
        digits = row.digits if self._digits is None else self._digits
        if self._like is not None:
            digits = _decimals(self._like.value(row))
        found, places, is_safe = rounded_result(value, digits, reach, self._most)
        text = self.expression.text if is_safe else ""
        return Result(f"ROUND({text},{places})" if text else "", found)


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


class Total(Rounding):
    """A sum of amounts in minor digits, rounded to these: exact as long as the addends stay below 15 digits."""

    def result(self, row: Row) -> Result:
        """ROUND(…), where floats find it."""
        value, reach = self.expression.evaluated(row)
        text = self.expression.text if is_safe_sum(reach, row.digits) else ""
        return Result(f"ROUND({text},{row.digits})" if text else "", value, is_minor=True)


class ToMinor(Rounding):
    """An amount as it was sent, rounded to the row's minor units; ``exact`` is the amount with all its digits, which a
    number cell may not have."""

    def __init__(self, expression: Expression, exact: Decimal) -> None:
        super().__init__(expression)
        self._exact = exact

    def result(self, row: Row) -> Result:
        """ROUND(…), where a float cannot round otherwise."""
        units, sent = to_minor(self._exact, row.digits), self.expression.value(row)
        value, text = from_minor(units, row.digits), self.expression.text
        is_found = abs(units) < _MOST_UNITS and rounds_as_floats_do(sent, row.digits)
        if not text or not is_found or quantized(sent, row.digits) != value:
            return Result("", value, is_minor=True)
        return Result(f"ROUND({text},{row.digits})", value)


class Share(Rounding):
    """What one amount is of another, to three decimals of a percent; only where floats find both."""

    def result(self, row: Row) -> Result:
        """ROUND(…,5)."""
        return Result(f"ROUND({self.expression.text},5)", quantized(self.expression.value(row), 5))


class Nudged(Rounding):
    """A product or quotient to the row's minor digits, half away from zero: binary floats may fall just short of a
    tie, so that the formula moves it away from zero first."""

    def result(self, row: Row) -> Result:
        """ROUND(… + SIGN(…) × slack, digits), where floats find it."""
        exact, text = self.expression.value(row), self.expression.text
        value = quantized(exact, row.digits)
        if not text or not is_found_after_a_nudge(exact, row.digits):
            return Result("", value)
        return Result(f"ROUND({text}+SIGN({text})*{SLACK:f},{row.digits})", value)


NEARLY_NOTHING = constant(SLACK)
"""What comparisons in formulas allow for binary floats."""
