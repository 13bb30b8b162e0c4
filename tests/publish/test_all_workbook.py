"""``ledgers/all.xlsx``: the cells of ``all.csv``, and teams × accounts × cost centres that foot to them."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.job.csv_rows import rows as csv_rows
from chargeback.job.readback import workbook_difference
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.ledger import InvoiceLabel, LedgerLine
from chargeback.model.ledger_register import COLUMNS
from chargeback.model.spreadsheet_text import guarded
from chargeback.publish import all_workbook, ledger_csv, revision_files
from chargeback.publish.all_workbook import COST_CENTRES, PATH
from tests.kit import sample
from tests.kit.ledger_lines import columns
from tests.kit.opened import Opened, differences, needs_libreoffice
from tests.kit.some import some


def opened(books: Books, most: int = 1_000) -> Opened:
    """The workbook of these books, with so many lines a sheet."""
    return Opened.of(all_workbook.chunks(books, sample.config(), most))


def books_of(*lines: LedgerLine, teams: tuple[LedgerTeam, ...] = ()) -> Books:
    """The sample's books with these lines, numbered, and the teams that they name."""
    books = sample.books()
    numbered = columns(line._replace(line=number) for number, line in enumerate(lines, start=1))
    known = tuple(dict.fromkeys((*teams, *(line.team for line in lines))))
    ledger = replace(books.ledger, lines=numbered, teams=known)
    return replace(books, posting=replace(books.posting, ledger=ledger))


def line(team: LedgerTeam, account: str, net: int, currency: str = "THB") -> LedgerLine:
    """A line of 7 % tax."""
    label = InvoiceLabel(account, f"Name of {account}", f"INV-{account}", f"i-{account}", "open", currency, 2)
    tax = net * 7 // 100
    first = sample.books().ledger.lines[0]
    return first._replace(label=label, team=team, net=net, tax=tax, gross=net + tax)


def table(book: Opened, heading: str) -> list[list[Any]]:
    """The rows of the block under that heading, its row of column headings aside, up to the next empty row."""
    rows = book.rows(COST_CENTRES)
    start = next(place for place, row in enumerate(rows) if str(row[0] or "").startswith(heading))
    while rows[start][0] != "Cost centre":
        start += 1
    found = rows[start + 1 :]
    return found[: next((place for place, row in enumerate(found) if not any(row)), len(found))]


def test_every_line_of_every_team_stands_as_the_csv_has_it() -> None:
    data = b"".join(all_workbook.chunks(sample.books(), sample.config()))
    every = b"".join(dict(ledger_csv.files(sample.books()))["ledgers/all.csv"])
    assert workbook_difference(BytesIO(data), len(every), csv_rows(BytesIO(every))) == ""
    book = Opened.of([data])
    assert book.values.sheetnames == [COST_CENTRES, "Lines"]
    assert book.misplaced_cells() == []
    lines = sample.books().ledger.lines
    table = book.formulas["Lines"].tables["Lines"]
    assert table.ref == table.autoFilter.ref == f"A1:V{len(lines) + 1}"
    assert [column.name for column in table.tableColumns] == list(COLUMNS)


def test_identifiers_are_texts_and_amounts_are_numbers() -> None:
    book = opened(books_of(line(LedgerTeam("007", "Bond", "0042", "0815"), "0001", 10_000)))
    cells = dict(zip(COLUMNS, book.formulas["Lines"][2], strict=True))
    assert [cells[name].value for name in ("account", "team", "cost_center", "gl_account")] == [
        "0001", "007", "0042", "0815"
    ]  # fmt: skip
    assert [cells[name].value for name in ("net", "tax", "gross")] == [100, 7, 107]
    assert {cells[name].data_type for name in ("net", "tax", "gross", "line")} == {"n"}


def test_each_team_and_account_is_added_up_by_a_formula_over_its_lines() -> None:
    lines = sample.books().ledger.lines
    wanted = {
        (each.team.id, each.label.account): Decimal(
            sum(one.net for one in lines if (one.team.id, one.label.account) == (each.team.id, each.label.account))
        ).scaleb(-2)
        for each in lines
        if each.label.currency == "THB"
    }
    rows = table(opened(sample.books()), "Teams × accounts × cost centres: THB")
    found = {(row[1], row[3]): Decimal(str(row[6])) for row in rows if row[1]}
    assert found == wanted
    sums = [text for sheet, _, text, _ in opened(sample.books()).formula_cells() if sheet == COST_CENTRES]
    assert any("SUMPRODUCT(('Lines'!$F$2" in text for text in sums)


def test_blocks_foot_to_the_lines_and_to_the_invoices() -> None:
    book, totals = opened(sample.books()), {total.currency: total for total in sample.books().totals}
    for currency, whole in some(totals.items()):
        for heading in ("Teams × accounts × cost centres", "Cost centres"):
            rows = {row[0]: row for row in table(book, f"{heading}: {currency}")}
            wanted = [Decimal(units).scaleb(-whole.digits) for units in (whole.net, whole.tax, whole.gross)]
            assert [Decimal(str(cell)) for cell in rows[f"Total {currency}"][6:9]] == wanted
        rows = {row[0]: row for row in table(book, f"Teams × accounts × cost centres: {currency}")}
        assert rows["Difference"][5:9] == [0, 0, 0, 0]


def test_teams_of_one_cost_centre_are_one_row() -> None:
    red, blue, grey = LedgerTeam("red", "", "CC-1"), LedgerTeam("blue", "", "CC-1"), LedgerTeam("grey")
    book = opened(books_of(line(red, "a", 100), line(blue, "a", 200), line(grey, "a", 400)))
    rows = [row[:2] + row[5:7] for row in table(book, "Cost centres: THB")]
    assert rows == [["CC-1", "blue, red", 2, 3], ["none", "grey", 1, 4], ["Total THB", None, 3, 7]]


def test_more_lines_than_a_sheet_holds_go_on_on_the_next_and_still_foot() -> None:
    lines = sample.books().ledger.lines
    book = opened(sample.books(), most=5)
    names = book.values.sheetnames
    assert names == [COST_CENTRES, *("Lines" if number == 1 else f"Lines {number}" for number in range(1, len(names)))]
    assert len(names) > 2
    numbers = [row[19] for name in names[1:] for row in book.rows(name, 2) if isinstance(row[19], int)]
    assert numbers == [each.line for each in lines]
    assert any("'Lines 2'!" in text for sheet, _, text, _ in book.formula_cells() if sheet == COST_CENTRES)


@pytest.mark.parametrize("accounts", [("1", "01"), ("ba*", "ba_1"), ("=1+1", "x"), ("may-1", "may-01")])
def test_identifiers_that_a_criterion_takes_for_each_other_are_not_mixed(accounts: tuple[str, str]) -> None:
    one, other = accounts
    teams = LedgerTeam("1"), LedgerTeam("01")
    lines = [line(team, account, net) for account, nets in ((one, (100, 200)), (other, (400, 800)))
             for team, net in zip(teams, nets, strict=True)]  # fmt: skip
    rows = table(opened(books_of(*lines)), "Teams × accounts × cost centres: THB")
    found = {(row[1], row[3]): row[6] for row in rows if row[1]}
    assert found == {
        ("1", guarded(one)): 1, ("01", guarded(one)): 2, ("1", guarded(other)): 4, ("01", guarded(other)): 8
    }  # fmt: skip


def test_a_currency_that_differs_in_case_alone_or_an_amount_beyond_a_cell_makes_no_formula() -> None:
    red, first = LedgerTeam("red"), 10**17
    cases = [[line(red, "a", 1, "thb"), line(red, "a", 2, "THB")], [line(red, "a", first), line(red, "a", 2)]]
    for lines in some(cases):
        formulas = [text for sheet, _, text, _ in opened(books_of(*lines)).formula_cells() if sheet == COST_CENTRES]
        assert not [text for text in formulas if "SUMPRODUCT" in text and "$O$" in text]


def test_a_month_without_lines_has_a_table_without_rows() -> None:
    book = opened(books_of(teams=(LedgerTeam("idle"),)))
    assert "nothing is booked in this month" in book.texts()
    assert book.formulas["Lines"].tables["Lines"].ref == "A1:V2"


def test_leaving_workbooks_out_leaves_out_the_teams_and_all_lines_and_nothing_else_and_says_so() -> None:
    evidence = sample.evidence()
    shipped = dict(revision_files.files(sample.books(), sample.config(), evidence))
    config = replace(sample.config(), publish=replace(sample.config().publish, leave_out=("xlsx",)))
    kept = dict(revision_files.files(sample.books(), config, evidence))
    teams = {f"ledgers/{team.id}.xlsx" for team in sample.books().ledger.teams}
    assert set(shipped) - set(kept) == {PATH, *teams}
    assert {"reconciliation/reconciliation.xlsx", "exports/journal.xlsx"} <= set(kept)
    page = b"".join(kept["index.html"]).decode()
    assert "Without workbooks of teams and of all lines" in page
    assert "Without workbooks" not in b"".join(shipped["index.html"]).decode()


def test_the_same_books_give_the_same_bytes() -> None:
    one, two = (
        hashlib.sha256(b"".join(all_workbook.chunks(sample.books(), sample.config()))).hexdigest() for _ in range(2)
    )
    assert one == two


@needs_libreoffice
@pytest.mark.parametrize("most", [1_000, 5])
def test_it_recalculates_to_what_it_stores(tmp_path: Path, most: int) -> None:
    assert differences(opened(sample.books(), most), tmp_path) == []


@needs_libreoffice
def test_identifiers_like_numbers_recalculate_to_what_it_stores(tmp_path: Path) -> None:
    teams = LedgerTeam("1", "", "01"), LedgerTeam("01", "", "1"), LedgerTeam("may-1", "", "1e0")
    currencies = ("THB", "USD")
    keys = [(account, team, currency) for account in ("1", "01", "ba*") for team in teams for currency in currencies]
    lines = [line(team, account, 100 * place + 1, currency) for place, (account, team, currency) in enumerate(keys)]
    assert differences(opened(books_of(*lines)), tmp_path) == []
