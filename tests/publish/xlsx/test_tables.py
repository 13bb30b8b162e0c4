"""Declared tables: letters by place, a formula and its value from one expression, no reference to what is not there."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from chargeback.model.money import from_minor
from chargeback.publish.xlsx.expressions import (
    Batch,
    Choice,
    Exact,
    Expression,
    Nudged,
    Plain,
    Result,
    RowByRow,
    Total,
    across,
    all_of,
    constant,
    known,
    largest,
    rounded_to,
)
from chargeback.publish.xlsx.stack import Stack
from chargeback.publish.xlsx.tables import Column, Form, Record, Rows, Table
from tests.kit.one_sheet import new_book, whole


class Amounts(Table):
    """A table of sums."""

    label = Column("Label", 20)
    net = Column("Net", 14, Form.MONEY, is_kept=True)
    tax = Column("Tax", 14, Form.MONEY, is_kept=True)
    gross = Column("Gross", 14, Form.MONEY, computed=Total(net + tax), is_kept=True)
    twice = Column("Twice", 14, Form.MONEY, computed=Total((net + tax) * constant(2)))
    verdict = Column("Foots", 12, computed=Choice(all_of(net + tax <= gross, gross > constant(0)), "agrees", "differs"))


units = st.integers(min_value=-(10**9), max_value=10**9)


def stack_of(rows: list[tuple[int, int]], digits: int = 2) -> dict[str, tuple[object, object]]:
    """(formula, value) by cell of a table with a total."""
    book = new_book()
    stack = Stack(book.cells)
    block = stack.table(Amounts)
    for net, tax in rows:
        block.add({Amounts.label: "x", Amounts.net: net, Amounts.tax: tax}, digits)
    block.total({Amounts.label: "Total"}, (Amounts.net, Amounts.tax, Amounts.gross), digits)
    data = whole(book, stack.rows)
    formulas, values = (load_workbook(BytesIO(data), data_only=only)["One"] for only in (False, True))
    return {cell.coordinate: (cell.value, values[cell.coordinate].value) for row in formulas for cell in row}


def test_letters_come_from_the_order_of_the_columns() -> None:
    assert [column.letters for column in Amounts.columns] == list("ABCDEF")
    wide = Table.made_of("Wide", [Column(str(number)) for number in range(30)])
    assert wide.columns[29].letters == "AD"


@given(st.lists(st.tuples(units, units), min_size=1, max_size=8), st.integers(min_value=0, max_value=3))
def test_each_formula_carries_the_value_that_its_cells_give(rows: list[tuple[int, int]], digits: int) -> None:
    cells = stack_of(rows, digits)
    for number, (net, tax) in enumerate(rows, start=2):
        assert cells[f"D{number}"] == (f"=ROUND(B{number}+C{number},{digits})", float(from_minor(net + tax, digits)))
        assert cells[f"E{number}"][0] == f"=ROUND((B{number}+C{number})*2,{digits})"
        assert cells[f"F{number}"][1] == ("agrees" if net + tax > 0 else "differs")
    last, total = len(rows) + 1, sum(net for net, _ in rows)
    assert cells[f"B{last + 1}"] == (f"=ROUND(SUM(B2:B{last}),{digits})", float(from_minor(total, digits)))


def test_an_amount_that_floats_do_not_carry_gives_no_formula_anywhere() -> None:
    cells = stack_of([(10**15, 7)])
    assert [cells[name][0] for name in ("B2", "D2", "B3", "D3")] == [
        "10000000000000.00", "10000000000000.07", "10000000000000.00", "10000000000000.07",
    ]  # fmt: skip
    assert cells["C3"] == ("=ROUND(SUM(C2:C2),2)", 0.07), "the column beside it has its own sum"


def test_a_column_that_lacks_an_operand_has_no_cell() -> None:
    rows = Rows(new_book().cells, Amounts)
    assert rows.row({Amounts.net: 5}, 2).count("<c ") == 1
    assert rows.figures.at(Amounts.gross, 0) is None
    assert rows.figures.total(Amounts.gross) == (0, 0)


amounts = st.one_of(units, st.decimals(min_value=-(10**6), max_value=10**6, places=3), st.just("none"), st.none())


@given(st.lists(st.tuples(amounts, amounts, st.integers(min_value=0, max_value=3)), max_size=12))
def test_rows_that_are_made_together_are_those_made_one_by_one(
    rows: list[tuple[int | Decimal | str | None, int | Decimal | str | None, int]],
) -> None:
    records = [Record({Amounts.label: "x", Amounts.net: net, Amounts.tax: tax}, digits) for net, tax, digits in rows]
    cells = new_book().cells
    together, one_by_one = Rows(cells, Amounts), Rows(cells, Amounts)
    made = [one_by_one.row(each.supplied, each.digits, height=each.height) for each in records]
    assert list(together.rows(records)) == made
    assert together.figures == one_by_one.figures


@given(st.lists(st.tuples(units, st.decimals(min_value=-(10**6), max_value=10**6, places=3)), min_size=1, max_size=12))
def test_rows_that_are_given_by_column_are_those_made_one_by_one(rows: list[tuple[int, Decimal]]) -> None:
    cells = new_book().cells
    together, one_by_one = Rows(cells, Amounts), Rows(cells, Amounts)
    figures = [known(f"'Elsewhere'!A{place}", tax, abs(tax) + 1) for place, (_, tax) in enumerate(rows)]
    columns = {Amounts.label: "x", Amounts.net: [net for net, _ in rows], Amounts.tax: Exact(RowByRow(figures))}
    made = [
        one_by_one.row({Amounts.label: "x", Amounts.net: net, Amounts.tax: Exact(figure)}, 2)
        for (net, _), figure in zip(rows, figures, strict=True)
    ]
    assert list(together.together(columns, len(rows), 2)) == made
    assert together.figures == one_by_one.figures


def test_figures_row_by_row_are_for_their_own_rows_and_for_no_larger_formula() -> None:
    figures = RowByRow([known("A1", Decimal(1)), known("A2", Decimal(2))])
    for count in (1, 3):
        with pytest.raises(ValueError, match=f"2 figures for {count} rows"):
            Plain(figures).results(Batch({}, count=count))
    with pytest.raises(ValueError, match="2 figures for 1 rows"):
        Plain(figures).known_result(0)
    assert [each.formula for each in Plain(figures + constant(1)).results(Batch({}, count=2))] == ["", ""]


def result(expression: Expression) -> Result:
    """The plain result of an expression that reads no column."""
    return Plain(expression).known_result(0)


def test_operators_bind_as_in_a_spreadsheet() -> None:
    one, two, three = (known(f"{letter}1", Decimal(value)) for letter, value in zip("abc", (7, 2, 4), strict=True))
    assert result(one - (two - three)) == Result("a1-(b1-c1)", Decimal(9))
    assert result(one - two - three) == Result("a1-b1-c1", Decimal(1))
    assert result(one / (two * three)) == Result("a1/(b1*c1)", Decimal("0.875"))
    assert result((one + two) * three) == Result("(a1+b1)*c1", Decimal(36))
    assert result(one * two / three) == Result("a1*b1/c1", Decimal("3.5"))
    assert result(abs(two - one) + largest(two, three)) == Result("ABS(b1-a1)+MAX(b1,c1)", Decimal(9))
    assert result(rounded_to(two / one, 2)) == Result("ROUND(b1/a1,2)", Decimal("0.29"))


def test_what_has_no_name_in_a_formula_makes_the_whole_of_it_a_value() -> None:
    nameless = known("", Decimal(3))
    four = nameless + constant(1)
    for expression in (four, abs(nameless - constant(7)), largest(constant(4), four)):
        assert result(expression) == Result("", Decimal(4))
    assert Exact(nameless).known_result(2) == Result("", Decimal("3.00"))
    assert Nudged(nameless * constant(2)).known_result(2) == Result("", Decimal("6.00"))


def test_a_sum_across_counts_only_cells_that_are_there() -> None:
    table = Table.made_of("Crossed", [Column(str(number), form=Form.MONEY) for number in range(3)])
    first, _, last = table.columns
    rows = Batch({first: [150, 7], last: [-50, 0]}, digits=2, count=2)
    assert [found.value for found in Total(across(table.columns)).results(rows)] == [Decimal("1.00"), Decimal("0.07")]
    exact = Batch({first: [Decimal("1e-30")], last: [Decimal(10) ** 30]}, digits=2)
    assert across(table.columns).values(exact) == [Decimal(f"1{'0' * 30}.{'0' * 29}1")], "no digit is rounded away"
    assert across(table.columns).text == "SUM(A\0:C\0)"
