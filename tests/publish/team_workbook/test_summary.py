"""``ledgers/<team>.xlsx``: the CSV's cells, exact totals, what changed and why, and nothing of another team."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.config import Budget, Config
from chargeback.evidence import EarlierMonth, EarlierTotal, RestatedTotal, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.ledger import LedgerLine
from chargeback.model.ledger_register import COLUMNS, written_rows
from chargeback.model.spreadsheet_text import guarded
from chargeback.publish.team_workbook import files
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.totals import totals_of_lines
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.shape import Fill, SheetShape, pages_wide
from tests.kit import sample
from tests.kit.opened import Opened
from tests.ledger_lines import columns
from tests.some import some

NUMBERS = {"usage", "share_percent", "net", "tax", "gross", "line", "invoice_line"}


@cache
def workbooks() -> dict[str, Opened]:
    """The sample's workbooks by path."""
    return {path: Opened.of(chunks) for path, chunks in files(sample.books(), sample.config())}


def of_team(team: str) -> Opened:
    """One team's workbook."""
    return workbooks()[f"ledgers/{team}.xlsx"]


def changed(books: Books, *lines: LedgerLine) -> Books:
    """The books with these lines instead."""
    ledger = replace(books.ledger, lines=columns(lines))
    return replace(books, posting=replace(books.posting, ledger=ledger), checks=())


def opened(books: Books, team: str) -> Opened:
    """A team's workbook of other books."""
    return next(Opened.of(chunks) for path, chunks in files(books, sample.config()) if path == f"ledgers/{team}.xlsx")


def test_each_team_has_a_workbook_lines_or_not() -> None:
    names = ("web", "data", "idle", "unassigned", "adjustments")
    assert list(workbooks()) == [f"ledgers/{team}.xlsx" for team in names]
    for book in some(workbooks().values()):
        assert book.values.sheetnames == ["Summary", "Lines", "Notes"]
        assert book.misplaced_cells() == []


@pytest.mark.parametrize("team", ["web", "data", "unassigned", "adjustments"])
def test_lines_hold_what_the_csv_holds(team: str) -> None:
    lines = list(sample.books().ledger.of_team(team))
    rows = of_team(team).rows("Lines")
    assert tuple(rows[0]) == COLUMNS
    for line, found in zip(lines, rows[1:], strict=False):
        for name, text, value in zip(COLUMNS, next(written_rows(Period(2026, 5), columns([line]))), found, strict=True):
            if name in NUMBERS and text:
                assert isinstance(value, int | float)
                assert Decimal(str(value)) == Decimal(text)
            else:
                assert (value or "") == guarded(text)


def test_lines_are_a_table_with_filters_under_a_frozen_header() -> None:
    book = of_team("web")
    sheet = book.formulas["Lines"]
    table = sheet.tables["Lines"]
    assert table.ref == table.autoFilter.ref == "A1:V7"
    assert [column.name for column in table.tableColumns] == list(COLUMNS)
    assert sheet.freeze_panes == "A2"
    assert sheet.print_title_rows == "$1:$1"


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


def test_notes_say_what_touches_the_team_in_plain_words() -> None:
    web, data = of_team("web").texts(), of_team("data").texts()
    staging = "Report and invoice differ for a project: 43.33 THB, expected 33.33"
    assert staging in web
    assert staging not in data
    assert "Invoice lines do not foot to the invoice; known and accepted" in data
    assert not any("2066.33" in text for text in data), "the invoice's total is of other teams too"
    assert "invoices/ba_thai/INV-2026-0009.pdf" in data
    assert "The previous month's figures are those of 2026-04, revision 2." in web


def test_an_acceptance_is_no_other_teams_project() -> None:
    texts = of_team("data").texts()
    assert not any("acme-lost" in text for text in texts)


def test_pages_are_a4_landscape_with_file_and_revision_below() -> None:
    for book in some(workbooks().values()):
        for sheet in some(book.formulas):
            assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
            assert "2026-05 revision 1" in sheet.oddFooter.left.text
            assert sheet.oddFooter.right.text == "Page &P of &N"
            assert sheet.print_title_rows


def lines_alone(of: list[LedgerLine], most: int) -> Opened:
    """A workbook of nothing but these lines, so many a sheet."""
    books = sample.books()
    team = next(team for team in books.ledger.teams if team.id == "web")
    month = TeamMonth(books, sample.config(), team, columns(of), totals_of_lines(columns(of)))
    lines = replace(month.sheet_lines, most=most)
    book = Book("2026-06-01T01:00:00Z", "", "", lines.shapes())
    return Opened.of([*lines.write(book), *book.finish()])


def test_more_lines_than_a_sheet_holds_continue_on_the_next() -> None:
    books = sample.books()
    lines = list(books.ledger.of_team("web"))
    found = lines_alone(lines, most=5)
    assert found.values.sheetnames == ["Lines", "Lines 2"]
    assert [sheet.tables[name].ref for sheet, name in zip(found.formulas, ("Lines", "Lines_2"), strict=True)] == [
        "A1:V6",
        "A1:V2",
    ]
    assert [row[19] for row in found.rows("Lines", 2)] == [line.line for line in lines[:5]]
    formulas = [text for sheet, _, text, _ in found.formula_cells() if sheet == "Lines 2"]
    assert 'SUMIF(Lines[currency],"THB",Lines[net])+SUMIF(Lines_2[currency],"THB",Lines_2[net])' in formulas[0]


def test_a_full_last_sheet_leaves_its_totals_to_the_summary() -> None:
    lines = list(sample.books().ledger.of_team("web"))
    assert not list(lines_alone(lines, most=len(lines)).formula_cells())


def test_amounts_beyond_a_number_cell_are_texts_and_no_formula_is_made_of_them() -> None:
    first = sample.books().ledger.lines[0]
    huge = first._replace(net=10**17, tax=7 * 10**15, gross=107 * 10**15)
    book = opened(changed(sample.books(), huge, first._replace(line=2)), first.team.id)
    row = book.rows("Lines", 2)[0]
    assert row[14:17] == ["1000000000000000.00", "70000000000000.00", "1070000000000000.00"]
    assert not [text for _, _, text, _ in book.formula_cells() if "SUM(" in text or "SUMIF(" in text]


def test_a_credit_beyond_a_number_cell_is_a_text_that_still_reads_as_the_amount() -> None:
    first = sample.books().ledger.lines[0]
    credit = first._replace(net=-(10**17), tax=-7 * 10**15, gross=-107 * 10**15)
    book = opened(changed(sample.books(), credit), first.team.id)
    amounts = ["-1000000000000000.00", "-70000000000000.00", "-1070000000000000.00"]
    assert book.rows("Lines", 2)[0][14:17] == amounts, "an apostrophe would make them no amounts"
    assert set(amounts) <= {str(cell) for row in book.rows("Summary") for cell in row}
    assert not [text for text in book.texts() if text.startswith("'-")]


@pytest.mark.parametrize("currencies", [("*", "THB"), ("thb", "THB"), ("<>", "USD")])
def test_a_currency_that_a_criterion_reads_otherwise_is_no_formula(currencies: tuple[str, str]) -> None:
    first = sample.books().ledger.lines[0]
    lines = [first._replace(label=replace(first.label, currency=currency)) for currency in currencies]
    book = opened(changed(sample.books(), *lines), first.team.id)
    assert not [text for _, _, text, _ in book.formula_cells() if "IF(Lines" in text]


def test_many_resources_are_listed_beneath_each_other() -> None:
    first = sample.books().ledger.lines[0]
    lines = [first._replace(resource=f"SKU {number}", line=number) for number in range(1, 21)]
    texts = opened(changed(sample.books(), *lines), first.team.id).texts()
    assert "By project and resource: THB" in texts
    assert {f"SKU {number}" for number in range(1, 21)} <= texts
