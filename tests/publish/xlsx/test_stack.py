"""A stack of tables: a formula that names another row of its table takes the figure that stands there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import ROW
from chargeback.publish.xlsx.expressions import Plain
from chargeback.publish.xlsx.shape import SheetShape
from chargeback.publish.xlsx.stack import Block, Stack
from chargeback.publish.xlsx.tables import Column, Form, Table


class Amounts(Table):
    """An amount, and how it differs from another row's."""

    amount = Column("Amount", form=Form.COUNT, is_kept=True)
    difference = Column("Difference", form=Form.COUNT)


def block() -> Block:
    """A table without rows yet."""
    book = Book("2026-06-01T01:00:00Z", "", "", [SheetShape("Sheet", 2, 0)])
    return Stack(book.cells).table(Amounts)


@pytest.mark.parametrize("value", [5, 4])
def test_a_row_before_that_has_another_figure_is_noticed(value: int) -> None:
    made = block()
    number = made.add({Amounts.amount: 5})
    difference = Plain(Amounts.amount - made.cell(Amounts.amount, number, Decimal(value)))
    supplied = {Amounts.amount: 7, Amounts.difference: difference}
    if value == 5:
        made.add(supplied)
        assert f"<f>A3-A{number}</f><v>2</v>" in made.stack.rows[-1].replace(ROW, "3")
    else:
        with pytest.raises(ValueError, match=f"row {number} has 5 as Amount, and a formula takes it for 4"):
            made.add(supplied)


def test_a_row_that_follows_with_another_figure_is_noticed() -> None:
    made = block()
    total = made.cell(Amounts.amount, made.stack.next + 1, Decimal(9))
    made.add({Amounts.amount: 9, Amounts.difference: Plain(total - Amounts.amount)})
    with pytest.raises(ValueError, match="has 8 as Amount, and a formula takes it for 9"):
        made.add({Amounts.amount: 8})
