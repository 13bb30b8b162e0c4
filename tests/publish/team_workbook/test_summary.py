"""``ledgers/<team>.xlsx``: the CSV's cells, exact totals, what changed and why, and nothing of another team."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.config import Budget, Config
from chargeback.evidence import EarlierMonth, EarlierTotal, RestatedTotal, RestatementEvent
from chargeback.model.books import Books
from chargeback.model.ledger_register import COLUMNS
from chargeback.publish.team_workbook import files
from chargeback.publish.xlsx.shape import Fill, SheetShape, pages_wide
from tests.kit import sample
from tests.kit.opened import Opened
from tests.kit.some import some
from tests.publish.team_workbook.workbooks import changed, of_team, opened, workbooks


def test_each_team_has_a_workbook_lines_or_not() -> None:
    names = ("web", "data", "idle", "unassigned", "adjustments")
    assert list(workbooks()) == [f"ledgers/{team}.xlsx" for team in names]
    for book in some(workbooks().values()):
        assert book.values.sheetnames == ["Summary", "Lines", "Notes"]
        assert book.misplaced_cells() == []


def test_amounts_show_the_digits_of_their_currency() -> None:
    first = sample.books().ledger.lines[0]
    line = first._replace(label=replace(first.label, currency="JPY", digits=0), net=1000, tax=70, gross=1070)
    sheet = opened(changed(sample.books(), line), first.team.id).formulas["Lines"]
    assert (sheet["Q2"].value, sheet["Q2"].number_format) == (1070, "#,##0")


def total(book: Opened, sheet: str, formula: str) -> Any:
    """The value of the one formula that contains the text."""
    found = [value for name, _, text, value in book.formula_cells() if name == sheet and formula in text]
    assert found
    return found[0]


def test_totals_are_formulas_that_carry_exact_values() -> None:
    book = of_team("web")
    lines = [line for line in sample.books().ledger.of_team("web") if line.label.currency == "THB"]
    for name in ("net", "tax", "gross"):
        expected = Decimal(sum(getattr(line, name) for line in lines)).scaleb(-2)
        for sheet in ("Lines", "Summary"):
            found = total(book, sheet, f'SUMIF(Lines[currency],"THB",Lines[{name}])')
            assert Decimal(str(found)) == expected


def test_the_summary_shows_the_previous_month_and_the_change() -> None:
    rows = of_team("web").rows("Summary")
    (found,) = [row for row in rows if row[0] == "THB" and row[1] == 5]
    assert found[2:8] == [1211.15, 84.78, 1295.93, 841.12, 370.03, 0.43993]


def test_a_previous_month_that_is_not_archived_is_told() -> None:
    books = sample.books()
    alone = replace(books, posting=replace(books.posting, run=replace(books.posting.run, earlier=())))
    assert "not archived" in opened(alone, "web").texts()


def test_shared_projects_stand_apart_with_their_rule() -> None:
    texts = of_team("web").texts()
    assert "Shared projects: this team's part" in texts
    assert "by weights: 60 of 100" in texts
    assert "by weights: 40 of 100" in of_team("data").texts()


def test_a_native_chart_shows_projects_with_values_kept() -> None:
    _, chart = of_team("web").formulas["Summary"]._charts
    series = chart.series[0]
    names = [point.v for point in series.cat.strRef.strCache.pt]
    values = [point.v for point in series.val.numRef.numCache.pt]
    assert names == ["acme-web", "acme-platform", "acme-shop-staging"]
    assert values == [1000, 180, 31.15]


def years(*earlier: tuple[int, int | None, int], revision: int = 1, **run: Any) -> Books:
    """The sample's books with these earlier months of web (months back, net, gross)."""
    books = sample.books()
    known = tuple(
        EarlierMonth(books.period.plus(-back), 1, (), (), (EarlierTotal("web", "THB", gross, net),))
        for back, net, gross in earlier
    )
    changed = replace(books.posting.run, earlier=known, revision=revision, **run)
    return replace(books, posting=replace(books.posting, run=changed))


def months_of(book: Opened, heading: str) -> list[list[Any]]:
    """The rows of the table of months under the heading."""
    rows = book.rows("Summary")
    start = next(place for place, row in enumerate(rows) if row[0] == heading) + 3
    end = next(place for place, row in enumerate(rows) if place > start and "to date" in str(row[0])) + 1
    return rows[start:end]


def test_months_begin_with_the_first_archived_one_and_the_year_so_far_is_added_up_by_a_formula() -> None:
    book = opened(years((13, 1, 1), (6, 100, 107), (4, 20_000, 21_400), (1, 90_000, 96_300)), "web")
    rows = months_of(book, "By month: THB")
    assert [row[0] for row in rows] == ["2025-11", "2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05",
                                        "2026 to date (3 of 5 months)"]  # fmt: skip
    assert [row[2] for row in rows] == [1, None, 200, None, None, 900, 1211.15, 2311.15]
    assert [row[3] for row in rows] == [1.07, None, 214, None, None, 963, 1295.93, 2472.93]
    assert rows[1][4] == "not archived"
    assert total(book, "Summary", "ROUND(SUM(C22:C26),2)") == 2311.15


def test_a_year_with_a_month_whose_net_nobody_kept_has_no_net_so_far() -> None:
    rows = months_of(opened(years((1, None, 96_300)), "web"), "By month: THB")
    assert [row[2:5] for row in rows] == [[None, 963, "net not known"], [1211.15, 1295.93, None], [None, 2258.93, None]]


def with_budget(amount: str) -> Config:
    """The sample's configuration with a budget of web."""
    config = sample.config()
    budget = Budget(Decimal(amount), "THB")
    return replace(
        config, teams=tuple(replace(team, budget=budget if team.id == "web" else None) for team in config.teams)
    )


def test_the_budget_stands_beside_each_month_and_the_year() -> None:
    books, config = years((1, 90_000, 96_300)), with_budget("1000.00")
    book = next(Opened.of(chunks) for path, chunks in files(books, config) if path == "ledgers/web.xlsx")
    rows = months_of(book, "By month, and budget: THB")
    assert [row[2] for row in rows] == [900, 1211.15, 2111.15]
    assert [row[5:8] for row in rows] == [[1000, 100, 0.9], [1000, -211.15, 1.21115], [2000, -111.15, 1.05558]]
    assert "By month: USD" in book.texts(), "a budget in another currency is compared with nothing"
    data = next(Opened.of(chunks) for path, chunks in files(books, config) if path == "ledgers/data.xlsx")
    assert not [text for text in data.texts() if "budget" in text]


def test_a_line_shows_the_months_and_no_point_of_a_month_that_is_not_archived() -> None:
    chart, _ = opened(years((3, 500, 535), (1, 900, 963)), "web").formulas["Summary"]._charts
    series = chart.series[0]
    assert [point.v for point in series.cat.strRef.strCache.pt] == ["2026-02", "2026-03", "2026-04", "2026-05"]
    assert [(point.idx, point.v) for point in series.val.numRef.numCache.pt] == [(0, 5), (2, 9), (3, 1211.15)]


def test_tax_that_cannot_be_reclaimed_is_cost() -> None:
    config = replace(sample.config(), accounts=tuple(replace(each, vat="cost") for each in sample.config().accounts))
    book = next(Opened.of(chunks) for path, chunks in files(sample.books(), config) if path == "ledgers/web.xlsx")
    rows = book.rows("Summary")
    start = next(place for place, row in enumerate(rows) if row[0] == "What the cost centre bears")
    assert rows[start + 3][:5] == ["THB", None, 1211.15, 84.78, 1295.93]
    assert "By project and resource: gross, THB" in book.texts()
    assert "What the cost centre bears" not in of_team("web").texts()
    assert "By project and resource: net, THB" in of_team("web").texts()


def test_a_restated_workbook_says_before_after_and_why() -> None:
    restated = (
        RestatedTotal("web", "THB", 130_300, 129_593, ("evidence",), "", 121_776, 121_115),
        RestatedTotal("data", "THB", 1, 2, ("evidence",), "", 1, 2),
    )
    event = RestatementEvent("replaced", "ba_thai", "INV-2026-0008", "INV-2026-0009", at="2026-06-02", currency="THB")
    book = opened(years(revision=2, restated=restated, events=(event,)), "web")
    rows = book.rows("Summary")
    start = next(place for place, row in enumerate(rows) if row[0] == "What changed, and why")
    assert [row[:5] for row in rows[start + 3 : start + 5]] == [
        ["Net", "THB", 1217.76, 1211.15, -6.61],
        ["Gross", "THB", 1303, 1295.93, -7.07],
    ]
    assert rows[start + 5][0] == "INV-2026-0008 was voided and replaced by INV-2026-0009 (2026-06-02)"
    assert "What changed, and why" not in of_team("web").texts()


@pytest.mark.parametrize("columns", [9, 22, 60])
def test_no_text_is_printed_under_seven_points(columns: int) -> None:
    fill, shape = Fill(dict.fromkeys(range(1, columns + 1), 18.0), ""), SheetShape("S", columns, 1, frozen_columns=2)
    pages, repeated = pages_wide(shape, fill), 2 * 18 * 5.25
    needed = columns * 18 * 5.25 + repeated * (pages - 1)
    assert 10 * pages * 784 / needed >= 7
    assert pages == 1 or 10 * (pages - 1) * 784 / (needed - repeated) < 7, "and no more pages than that needs"


def test_a_team_without_lines_has_headers_and_zero_totals() -> None:
    book = of_team("idle")
    assert tuple(book.rows("Lines")[0]) == COLUMNS
    assert book.formulas["Lines"].tables["Lines"].ref == "A1:V2"
    values = {value for name, _, text, value in book.formula_cells() if name == "Summary" and "SUMIF" in text}
    assert values == {0}
    assert not book.formulas["Summary"]._charts


@pytest.mark.parametrize("team", ["web", "data", "idle", "unassigned", "adjustments"])
def test_no_other_teams_data(team: str) -> None:
    lines = sample.books().ledger.lines
    mine = {name for line in lines if line.team.id == team for name in (line.project, line.project_name)}
    foreign = {name for line in lines for name in (line.project, line.project_name) if name and len(name) > 4} - mine
    for text in some(of_team(team).texts()):
        assert not [name for name in foreign if name in text]


def test_pages_are_a4_landscape_with_file_and_revision_below() -> None:
    for book in some(workbooks().values()):
        for sheet in some(book.formulas):
            assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
            assert "2026-05 revision 1" in sheet.oddFooter.left.text
            assert sheet.oddFooter.right.text == "Page &P of &N"
            assert sheet.print_title_rows


def test_many_resources_are_listed_beneath_each_other() -> None:
    first = sample.books().ledger.lines[0]
    lines = [first._replace(resource=f"SKU {number}", line=number) for number in range(1, 21)]
    texts = opened(changed(sample.books(), *lines), first.team.id).texts()
    assert "By project and resource: THB" in texts
    assert {f"SKU {number}" for number in range(1, 21)} <= texts
