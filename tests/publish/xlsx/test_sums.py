"""A formula over lines and the figure that stands with it are of the same column."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from chargeback.model.totals import Sums
from chargeback.publish.xlsx.cells import LARGEST_EXACT, ROW, Cells
from chargeback.publish.xlsx.sums import LineSums, Place, SummedRows, TableSums
from chargeback.publish.xlsx.tables import Column, Form, Rows, Table
from chargeback.publish.xlsx.texts import SharedStrings


class Amounts(Table):
    team = Column("team")
    lines = Column("lines", form=Form.COUNT)
    net = Column("net", form=Form.MONEY)
    gross = Column("gross", form=Form.MONEY)
    currency = Column("currency")


class Bearer(NamedTuple):
    team: str
    currency: str


THB, JPY = Sums(10_000, 700, 10_700, 3, 21_400), Sums(5, 0, 5, 1, 10)
ROWS = [(Bearer("a", "THB"), THB), (Bearer("b", "JPY"), JPY), (Bearer("a", "JPY"), JPY)]


def test_lines_of_two_tables_are_added_up_by_currency() -> None:
    sums = TableSums(["Lines", "Lines_2"], Amounts.currency, {"THB": THB, "JPY": JPY}, {"THB": 2, "JPY": 0})
    net, gross = (sums.total(column, "THB") for column in (Amounts.net, Amounts.gross))
    assert net.text == 'SUMIF(Lines[currency],"THB",Lines[net])+SUMIF(Lines_2[currency],"THB",Lines_2[net])'
    assert (net.known_figure, gross.known_figure[0]) == ((Decimal("100.00"), Decimal("214.00")), Decimal("107.00"))
    assert sums.total(Amounts.net, "JPY").known_figure[0] == 5
    assert sums.count("JPY").text == 'COUNTIF(Lines[currency],"JPY")+COUNTIF(Lines_2[currency],"JPY")'
    assert sums.of_shown(Amounts.gross, "THB").text == "SUBTOTAL(109,Lines[gross])"


def test_currencies_that_a_criterion_takes_for_each_other_have_values_alone() -> None:
    sums = TableSums(["Lines"], Amounts.currency, {"thb": THB, "THB": JPY}, {"thb": 2, "THB": 2})
    assert [each.text for each in (sums.total(Amounts.net, "thb"), sums.count("thb"))] == ["", ""]
    assert sums.count("thb").known_figure[0] == 3


def test_rows_that_show_sums_are_added_up_whole_and_by_what_they_are_of() -> None:
    above = SummedRows(4, 2, Amounts.team, Amounts.currency)
    assert list(above.counted(ROWS)) == ROWS
    net = above.total(Amounts.net)
    assert (net.text, net.known_figure) == ("SUM(C4:C6)", (Decimal("100.10"), Decimal("100.10")))
    (word, names, sums), (other, _, others) = above.alike(Amounts.team, [Amounts.lines, Amounts.gross])
    assert (word, other, names) == ("a", "b", ["THB", "JPY"])
    assert sums[Amounts.gross].text == others[Amounts.gross].text == f"SUMPRODUCT(($A$4:$A$6=A{ROW})*$D$4:$D$6)"
    assert [each[Amounts.gross].known_figure[0] for each in (sums, others)] == [Decimal("107.05"), Decimal("0.05")]
    assert sums[Amounts.lines].known_figure[0] == 4


def test_a_row_adds_up_its_own_lines_where_floats_carry_them() -> None:
    rows = Rows(Cells(SharedStrings()), Amounts)
    writer = LineSums(rows, {Amounts.lines: None, Amounts.net: Amounts.net}, 2)
    places, alike = [Place("Lines", 2, 5), Place("Lines 2", 2, 2)], {Amounts.team: Amounts.team}
    cells = writer.cells(writer.openings(places, alike, 1), THB)
    assert f"ROUND(SUMPRODUCT(('Lines'!$A$2:$A$5=A{ROW})*'Lines'!$C$2:$C$5)+SUMPRODUCT((" in cells
    assert cells.endswith("<v>100.00</v></c>") and "*1)</f><v>3</v></c>" in cells
    alone = writer.cells(writer.openings(places, alike, LARGEST_EXACT), THB)
    assert alone.count("<f>") == 1 and alone.endswith("<v>100.00</v></c>")
    assert "<f>" not in writer.cells(writer.openings([], alike, 1), THB)
    assert "<f>" not in writer.cells(writer.openings(places * 31, alike, 1), THB)
