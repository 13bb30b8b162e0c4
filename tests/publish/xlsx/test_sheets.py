"""References between sheets: the text of the cell and the value that stands there, also where a sheet goes on."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.spool import InMemory
from chargeback.publish.xlsx import sheets
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.expressions import Expression
from chargeback.publish.xlsx.sheets import Criterion, Head, SheetTable, TableDraft, Written
from chargeback.publish.xlsx.tables import Column, Form
from tests.kit.one_sheet import RUN_AT, new_book


class Parts(SheetTable):
    """Amounts by team and currency."""

    name = "Parts"
    purpose = "Parts by team."
    team = Column("Team", 10, Form.INTEGER, is_kept=True)
    amount = Column("Amount", 14, Form.MONEY, is_kept=True)
    currency = Column("Currency", 9, is_kept=True)
    totalled_by = (team, currency)
    totalled = (amount,)


def written(rows: list[tuple[int, int, str]]) -> Written:
    """The table with these rows."""
    found = Written(new_book().cells, Parts)
    for team, units, currency in rows:
        found.rows.row({Parts.team: team, Parts.amount: units, Parts.currency: currency}, 2)
    return found


def value(expression: Expression) -> Decimal:
    """The value of an expression that reads no column."""
    return expression.known_figure[0]


ROWS = [(1, 150, "THB"), (2, -50, "THB"), (1, 1000, "USD"), (3, 7, "THB")]


def test_a_cell_has_its_text_and_its_value() -> None:
    cell = written(ROWS).cell(Parts.amount, 1)
    assert (cell.text, value(cell)) == ("'Parts'!B6", Decimal("-0.50"))


def test_a_total_is_of_a_range_that_stands_together_else_of_each_cell() -> None:
    parts = written(ROWS)
    found = [parts.total_of(Parts.amount, rows) for rows in ([0, 1, 2], [0, 3], [])]
    assert [each.text for each in found] == ["SUM('Parts'!$B$5:$B$7)", "'Parts'!B5+'Parts'!B8", "0"]
    assert [value(each) for each in found] == [Decimal("11.00"), Decimal("1.57"), Decimal(0)]
    many = written(ROWS * 40).total_of(Parts.amount, list(range(0, 160, 2)))
    assert many.text == "", "eighty cells one by one are no formula"
    assert value(many) == sum((Decimal(ROWS[place % 4][1]) for place in range(0, 160, 2)), Decimal(0)) / 100


def test_criteria_find_what_a_spreadsheet_finds() -> None:
    parts = written(ROWS)
    team, currency = Criterion(Parts.team, Decimal(1), "A9"), Criterion(Parts.currency, "THB", '"THB"')
    assert parts.total_where(Parts.amount, [team], 0, 4).text == "SUMIF('Parts'!$A$5:$A$8,A9,'Parts'!$B$5:$B$8)"
    assert value(parts.total_where(Parts.amount, [team], 0, 4)) == Decimal("11.50")
    assert value(parts.total_where(Parts.amount, [team], 1, 3)) == Decimal(10)
    both = parts.total_where(Parts.amount, [team, currency], 0, 4)
    expected = "SUMIFS('Parts'!$B$5:$B$8,'Parts'!$A$5:$A$8,A9,'Parts'!$C$5:$C$8,\"THB\")"
    assert (both.text, value(both)) == (expected, Decimal("1.50"))
    assert (parts.count_where([currency]).text, value(parts.count_where([currency]))) == (
        "COUNTIF('Parts'!$C$5:$C$8,\"THB\")",
        3,
    )
    assert parts.total_here(Parts.amount, currency).text == 'SUMIF($C$5:$C$8,"THB",B$5:B$8)'
    assert parts.total_where(Parts.amount, [team], 0, 4, is_found=False).text == ""


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**6), 10**6), st.sampled_from(["THB", "USD"]))),
       st.integers(1, 5))  # fmt: skip
def test_rows_that_go_on_on_a_further_sheet_count_all_the_same(rows: list[tuple[int, int, str]], most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sheets, "_MOST_ROWS", most)
        parts = written(rows)
        total = parts.total(Parts.amount, 0, len(rows))
        assert value(total) == Decimal(sum(units for _, units, _ in rows)).scaleb(-2)
        assert total.text.count("!") == max(-(-len(rows) // most), 0)
        if rows:
            name, place = Parts.place(len(rows) - 1)
            assert parts.cell(Parts.amount, len(rows) - 1).text == f"'{name}'!B{place}"
            assert name == Parts.sheet_names(len(rows))[-1]
        team = parts.total_where(Parts.amount, [Criterion(Parts.team, Decimal(1), "1")], 0, len(rows))
        assert value(team) == Decimal(sum(units for owner, units, _ in rows if owner == 1)).scaleb(-2)
        assert bool(team.text) == (0 < len(rows) <= most), "no criterion spans two sheets"


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**6), 10**6), st.just("THB"))),
    st.integers(1, 12),
    st.data(),
)
def test_totals_by_number_are_those_of_a_criterion(
    rows: list[tuple[int, int, str]], most: int, data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(rows)))
    count = data.draw(st.integers(0, len(rows) - first))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sheets, "_MOST_ROWS", most)
        parts = written(rows)
        total_of = parts.total_by(Parts.amount, Parts.team, first, count)
        for team in (1, 2, 3, 4):
            one = parts.total_where(Parts.amount, [Criterion(Parts.team, Decimal(team), str(team))], first, count)
            assert (total_of(team).text, total_of(team).known_figure) == (one.text, one.known_figure)


def test_what_is_not_written_yet_cannot_be_referred_to() -> None:
    with pytest.raises(IndexError):
        written(ROWS).cell(Parts.amount, 4)


def test_figures_that_were_let_go_are_refused_and_those_behind_them_keep_their_rows() -> None:
    parts = written(ROWS[:2])
    parts.let_go()
    for team, units, currency in ROWS[2:]:
        parts.rows.row({Parts.team: team, Parts.amount: units, Parts.currency: currency}, 2)
    assert parts.count == len(ROWS)
    cell, team = parts.cell(Parts.amount, 2), Criterion(Parts.team, Decimal(3), "3")
    assert (cell.text, value(cell)) == ("'Parts'!B7", Decimal("10.00"))
    assert value(parts.total(Parts.amount, 2, 2)) == Decimal("10.07")
    assert value(parts.total_where(Parts.amount, [team], 2, 2)) == Decimal("0.07")
    for gone in (lambda: parts.cell(Parts.amount, 1), lambda: parts.total(Parts.amount, 1, 2)):
        with pytest.raises(LookupError, match="row 1 were let go"):
            gone()


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(-(10**6), 10**6), st.sampled_from(["THB", "USD"]))),
       st.sets(st.integers(0, 20)))  # fmt: skip
def test_totals_of_figures_that_were_let_go_are_those_of_figures_that_are_kept(
    rows: list[tuple[int, int, str]], goes: set[int]
) -> None:
    kept, parts = written(rows), written([])
    for place, (team, units, currency) in enumerate(rows):
        parts.rows.row({Parts.team: team, Parts.amount: units, Parts.currency: currency}, 2)
        if place in goes:
            parts.let_go()
    for team in (1, 2, 3, 4):
        criteria = Criterion(Parts.team, Decimal(team), "A9"), Criterion(Parts.currency, "USD", '"USD"')
        totals = [each.total_where(Parts.amount, criteria, 0, len(rows)) for each in (kept, parts)]
        counts = [each.count_where(criteria) for each in (kept, parts)]
        for one, other in (totals, counts):
            assert (one.text, one.known_figure) == (other.text, other.known_figure)


def test_a_total_by_other_columns_of_figures_that_were_let_go_is_refused() -> None:
    parts = written(ROWS)
    parts.let_go()
    team, currency = Criterion(Parts.team, Decimal(1), "1"), Criterion(Parts.currency, "THB", "2")
    assert value(parts.total_where(Parts.amount, [team, currency], 0, 4)) == Decimal("1.50")
    for gone in (
        lambda: parts.total_where(Parts.amount, [team], 0, 4),
        lambda: parts.count_where([team]),
        lambda: parts.total_where(Parts.amount, [team, currency], 1, 3),
    ):
        with pytest.raises(LookupError, match="were let go"):
            gone()


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.integers(1, 5))
def test_a_draft_whose_rows_come_in_parts_is_the_sheet_whose_rows_come_at_once(parts: list[int], most: int) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sheets, "_MOST_ROWS", most)
        whole, drafted = ([b"".join(drafts(each, sum(parts)))] for each in ([sum(parts)], parts))
    assert whole == drafted


def drafts(parts: list[int], count: int) -> list[bytes]:
    """The bytes of a workbook of one table with so many rows, that many at a time."""
    book = Book(RUN_AT, "", "", Parts.shapes(count, ()))
    found = Written(book.cells, Parts)
    draft = TableDraft(book, found, count, Head("Title", "Remark"), "file", InMemory)
    for part in parts:
        draft.add([found.rows.row({Parts.team: 1, Parts.amount: 7, Parts.currency: "THB"}, 2) for _ in range(part)])
    return [*draft.finish(), *book.finish()]
