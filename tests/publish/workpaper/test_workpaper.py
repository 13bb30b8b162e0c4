"""The auditor's workpaper: every figure traced, every sum a live formula, every verdict the reconciliation's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.config import Config
from chargeback.evidence import EarlierInvoice, Evidence, sha256_of
from chargeback.model.books import Books
from chargeback.model.check import Cause, Code, Outcome
from chargeback.model.money import format_minor
from chargeback.model.strict_json import parse
from chargeback.month_end import close_month
from chargeback.publish.workpaper import workpaper
from chargeback.publish.workpaper.method import ReportDetail, stated_by_the_report_alone
from chargeback.publish.xlsx import sheets
from tests.kit import sample
from tests.kit.opened import Opened
from tests.some import some

SHEETS = ["Index", "Lead", "Findings", "Exceptions", "Tie-out", "Invoices", "Invoice lines", "Ledger control",
          "Ledger parts", "Cut-off and completeness", "Open items", "Method", "Evidence", "Evidence files",
          "Configuration"]  # fmt: skip


@cache
def paper() -> Opened:
    """The sample's workpaper."""
    ((path, chunks),) = workpaper(sample.books(), sample.config(), sample.evidence())
    assert path == "reconciliation/reconciliation.xlsx"
    return Opened.of(chunks)


def of(evidence: Evidence, config: Config) -> tuple[Books, Opened]:
    """The workpaper of other evidence, with its books."""
    books = close_month(evidence, config)
    ((_, chunks),) = workpaper(books, config, evidence)
    return books, Opened.of(chunks)


def table(book: Opened, sheet: str) -> Iterator[dict[str, Any]]:
    """A sheet's rows under its headings (the fourth row), by heading, down to what the sheet says of itself."""
    rows = book.rows(sheet, 4)
    headings = [str(heading) for heading in rows[0]]
    for row in rows[1:]:
        if str(row[0]).startswith("Working paper: "):
            return
        if any(value is not None for value in row):
            yield dict(zip(headings, row, strict=True))


def resolved(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer (RFC 6901)."""
    for step in pointer.split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        document = document[int(key)] if isinstance(document, list) else document[key]
    return document


def untraced(book: Opened, evidence: Evidence) -> Iterator[str]:
    """Figures whose pointer does not lead to their value, or whose checksum is not their file's."""
    for row in table(book, "Evidence"):
        data = evidence.store.read(row["File"])
        found = resolved(parse(data), row["JSON pointer"])
        shown = row["As sent, where a number cell cannot hold it"] or row["Value"]
        same = found == shown if isinstance(found, str) else Decimal(found) == Decimal(str(shown))
        if not same or sha256_of(data) != row["SHA-256 of the file"]:
            yield f"{row['File']}{row['JSON pointer']}: {found!r}, shown {shown!r}"


def test_the_sheets_are_those_of_an_auditor() -> None:
    assert paper().values.sheetnames == SHEETS
    assert paper().misplaced_cells() == []


def test_every_pointer_leads_to_its_value() -> None:
    assert list(untraced(paper(), sample.evidence())) == []
    figures = list(table(paper(), "Evidence"))
    assert {row["Figure"] for row in figures} >= {"billingValue", "subtotal", "taxAmount", "total", "taxRate", "amount",
                                                  "quantity", "unitPrice", "periodStart", "periodEnd"}  # fmt: skip


def test_a_field_that_the_detail_lacks_is_traced_to_the_list_row() -> None:
    (row,) = [row for row in table(paper(), "Evidence") if (row["Figure"], row["Invoice"]) == ("subtotal", "INV-USD-7")]
    assert (row["File"], row["JSON pointer"]) == (
        "evidence/ba_usd/billing.listInvoices.json",
        "/result/items/0/subtotal",
    )


def test_a_figure_that_a_number_cell_cannot_hold_keeps_its_digits() -> None:
    (row,) = [row for row in table(paper(), "Evidence") if row["As sent, where a number cell cannot hold it"]]
    assert row["As sent, where a number cell cannot hold it"] == "535.000000000000001"
    assert row["Value"] == 535


def test_the_lead_shows_the_books_by_live_formulas() -> None:
    books = sample.books()
    formulas = {cell: text for sheet, cell, text, _ in paper().formula_cells() if sheet == "Lead"}
    for number, (summary, row) in enumerate(zip(books.accounts, table(paper(), "Lead"), strict=False), start=5):
        assert row["Account"] == summary.account
        assert row["Status"] == summary.status.value
        assert Decimal(str(row["Invoice lines (Tie-out)"])).scaleb(2) == summary.line_total
        assert Decimal(str(row["Invoices (Ledger control)"])).scaleb(2) == summary.invoice_total
        assert Decimal(str(row["Ledgers (Ledger control)"])).scaleb(2) == summary.ledger_total
        assert round(float(summary.variance or 0), 9) == row["Variance: report − lines"]
        assert {f"{letters}{number}" for letters in "FGHIJKLMORST"} <= set(formulas)
    assert formulas["F5"] == "=ROUND(SUM('Tie-out'!$E$5:$E$9),2)"


@pytest.mark.parametrize(("code", "sheet"), [(Code.REPORT_PROJECT, "Tie-out"), (Code.REPORT_RESOURCE, "Tie-out")])
def test_the_tie_outs_verdicts_are_the_checks(code: Code, sheet: str) -> None:
    checks = {(check.account, check.subject_name): check for check in sample.books().checks if check.code is code}
    found = 0
    for row in table(paper(), sheet):
        check = checks.get((row["Account"], row["Project or resource"]))
        if check is not None and check.actual is not None:
            found += 1
            assert row["Outcome of the check"] == check.outcome.value
            assert row["Recomputed"] == ("agrees" if check.outcome is Outcome.PASS else "differs")
            assert Decimal(str(row["Invoice lines [F]"])) == check.expected
            assert row["Usage report [E]"] == round(float(check.actual), 9)
    assert found


def test_invoices_are_footed_and_taxed_again() -> None:
    rows = {row["Invoice"]: row for row in table(paper(), "Invoices")}
    thai, usd, void = rows["INV-2026-0009"], rows["INV-USD-7"], rows["INV-2026-0008"]
    assert (thai["Footing [F]"], thai["Lines − header"], thai["Tax [R]"]) == ("differs", -3.67, "agrees")
    assert (thai["With-holding [R]"], thai["Withheld [E]"]) == ("agrees", 58.04)
    assert (usd["Footing [F]"], usd["They foot to"], usd["Tax [R]"]) == ("agrees", "subtotal", "agrees")
    assert (void["Status"], void["Booked = total [L]"]) == ("void", "not booked")
    assert {row["Arithmetic [X]"] for row in rows.values()} == {"agrees"}
    assert str(thai["Period from"]) == "2026-05-01 00:00:00"


def test_the_ledgers_are_controlled_without_tolerance() -> None:
    controls = [row["Control"] for row in table(paper(), "Ledger control") if row["Control"]]
    assert controls == ["agrees", "agrees"]
    parts = [row for row in table(paper(), "Ledger parts") if row["Invoice"] == "INV-2026-0009"]
    assert {row["Team"]: row["Gross"] for row in parts} == {
        "adjustments": 3.67, "data": 663.4, "unassigned": 107, "web": 1295.93,
    }  # fmt: skip


def test_each_teams_totals_are_those_of_its_own_workbook() -> None:
    found = {(row["Account"], row["Currency"]): row["Ledgers: gross [F]"] for row in table(paper(), "Ledger control")}
    for (team, currency), gross in found.items():
        lines = [line for line in sample.books().ledger.of_team(team) if line.label.currency == currency]
        if lines:
            assert Decimal(str(gross)).scaleb(2) == sum(line.gross for line in lines)
    assert {team for team, _ in found} >= {"web", "data", "unassigned", "adjustments"}


def test_rows_that_a_sheet_does_not_hold_go_on_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "_MOST_ROWS", 4)
    evidence, config = sample.evidence(), sample.config()
    _, book = of(evidence, config)
    assert "Evidence 2" in book.values.sheetnames
    names = [name for name in book.values.sheetnames if name.startswith("Evidence") and "files" not in name]
    figures = [row for name in names for row in table(book, name)]
    assert [row["JSON pointer"] for row in figures] == [row["JSON pointer"] for row in table(paper(), "Evidence")]
    formulas = {text for name, _, text, _ in book.formula_cells() if name.startswith("Tie-out")}
    assert any("'Evidence 2'!" in text for text in formulas)
    assert book.misplaced_cells() == []


def test_exceptions_say_what_how_much_and_where_to_look() -> None:
    rows = list(table(paper(), "Exceptions"))
    told = list(sample.books().having(Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE))
    assert len(rows) == len(told)
    (footing,) = [row for row in rows if row["Check"] == "invoice-footing"]
    assert (footing["Outcome"], footing["Variance [R]"], footing["Currency"]) == ("accepted", -3.67, "THB")
    assert "ticket 4711" in footing["What was found"]
    assert all(row["Where to look"] for row in rows)


def test_a_cause_stands_by_itself() -> None:
    books, config = sample.books(), sample.config()
    check = next(check for check in books.checks if check.code is Code.REPORT_TOTAL and check.account == "ba_thai")
    told = replace(check, cause=Cause.UNCOVERED_DAYS)
    checks = tuple(told if other is check else other for other in books.checks)
    ((_, chunks),) = workpaper(replace(books, checks=checks), config, sample.evidence())
    rows = [row for row in table(Opened.of(chunks), "Exceptions") if row["Check"] == "report-total"]
    assert [row["Cause"] for row in rows] == ["uncovered-days"]


def test_the_index_counts_every_check_and_leads_to_every_sheet() -> None:
    books = sample.books()
    rows = paper().rows("Index")
    counted = {row[0]: row[1:5] for row in rows if row[0] in set(Code)}
    for code in Code:
        outcomes = [check.outcome for check in books.checks if check.code is code]
        order = (Outcome.PASS, Outcome.EXCEPTION, Outcome.ACCEPTED, Outcome.NOTICE)
        assert counted[code] == [outcomes.count(outcome) for outcome in order]
    links = [cell.hyperlink.location for row in paper().formulas["Index"].iter_rows() for cell in row if cell.hyperlink]
    assert links == [f"'{sheet}'!A1" for sheet in SHEETS[1:]]
    for sheet in some(SHEETS[1:]):
        assert paper().formulas[sheet]["A3"].hyperlink.location == "'Index'!A1"
        assert str(paper().values[sheet]["A3"].value).startswith("← Index")


def test_each_sheet_says_what_it_is_for_whence_how_and_what_follows_and_so_does_the_index() -> None:
    index = paper().texts()
    references = []
    for sheet in some(each for each in SHEETS if each != "Index"):
        said = [str(row[0]) for row in paper().rows(sheet)][-5:]
        assert [each.partition(": ")[0] for each in said] == [
            "Working paper", "Purpose", "Source", "Procedure", "Conclusion"
        ]  # fmt: skip
        references.append(said[0].removeprefix("Working paper: ").removesuffix(f" {sheet}"))
        assert f"{references[-1]} {sheet}" in index
        assert {said[1], said[2], said[3], said[4].removeprefix("Conclusion: ")} <= index
    assert " ".join(references) == "A-1 A-2 A-3 B-1 C-1 C-2 D-1 D-2 E-1 E-2 F-1 X-1 X-2 X-3"


def test_the_index_says_the_population_and_that_nothing_was_sampled_and_has_lines_to_sign_on() -> None:
    texts, books = paper().texts(), sample.books()
    invoices, lines = (
        "3 invoices of the month, 2 of them booked",
        "8 posted invoice lines, 9 report rows, 12 ledger lines",
    )
    assert f"2 billing accounts, {invoices}, {lines}" in texts
    checks = f"{len(books.checks)} checks, {books.not_performed} of them not performed."
    assert f"100 % re-performed, no sampling: {checks}" in texts
    assert {"Prepared by", "Reviewed by", "Name", "Date", "Signature"} <= texts


def test_every_column_of_the_lead_foots_and_agrees_with_the_journal() -> None:
    rows = list(table(paper(), "Lead"))
    accounts, totals = [row for row in rows if row["No."]], [row for row in rows if not row["No."]]
    summed = [name for name, value in totals[0].items() if isinstance(value, int | float)]
    assert len(summed) == 12
    for total in some(totals):
        mine = [row for row in accounts if row["Currency"] == total["Currency"]]
        for name in summed:
            assert Decimal(str(total[name])) == sum(Decimal(str(row[name] or 0)) for row in mine), name
    assert [row["Ledgers − journal"] for row in accounts] == [0, 0]
    for row in some(accounts):
        assert round(row["Ledgers: net"] + row["Ledgers: tax"], 2) == row["Ledgers (Ledger control)"]
    assert {row["Month before: invoices"] for row in accounts} == {"not known"}


def test_the_lead_compares_with_the_invoices_of_the_month_before() -> None:
    evidence, config = sample.evidence(), sample.config()
    (month,) = evidence.run.earlier
    invoices = (EarlierInvoice("ba_thai", "i1", "INV-1", "THB", 150000, False, accrued=150000),
                EarlierInvoice("ba_thai", "i2", "INV-2", "THB", 9, True, booked=False, accrued=0))  # fmt: skip
    known = replace(month, invoices=invoices, settlements=())
    evidence = replace(evidence, run=replace(evidence.run, earlier=(known,)))
    _, book = of(evidence, config)
    thai, usd, total, _ = table(book, "Lead")
    assert (thai["Month before: invoices"], thai["Change"]) == (1500, 570)
    assert (usd["Month before: invoices"], usd["Change"]) == (0, 1166.84)
    assert (total["Month before: invoices"], total["Change"]) == (1500, 570)


def test_the_summary_of_findings_has_count_amount_share_and_state_and_foots() -> None:
    books = sample.books()
    rows = {row["Finding"]: row for row in table(paper(), "Findings")}
    still_open = {finding.id for finding in books.open_findings}
    for finding in some(books.findings):
        row = rows[finding.id]
        assert (row["Checks"], row["State"]) == (finding.checks, "open" if finding.id in still_open else "accepted")
        assert row["What to do"]
    project = next(row for row in rows.values() if row["Invoice, subject"] == "acme-shop-staging")
    assert (project["Amount: Σ of variances, rounded"], project["Month's total, gross (Lead)"]) == (10, 2070)
    assert project["% of the month"] == 0.00483
    total = rows["Total THB"]
    assert total["Amount: Σ of variances, rounded"] == 23.67


def test_a_month_without_findings_says_so() -> None:
    books, config = sample.books(), sample.config()
    ((_, chunks),) = workpaper(replace(books, findings=()), config, sample.evidence())
    assert "none: no check found a difference that nobody accepted" in Opened.of(chunks).texts()


def test_gaps_in_the_sequence_of_invoice_numbers_are_told() -> None:
    rows = paper().rows("Cut-off and completeness")
    start = next(place for place, row in enumerate(rows) if str(row[0]).startswith("6 Sequence"))
    assert [row[1:8] for row in rows[start + 3 : start + 5]] == [
        ["ba_thai", "INV-2026-", "INV-2026-0008", "INV-2026-0009", 2, 0, "none"],
        ["ba_usd", "INV-USD-", "INV-USD-7", "INV-USD-7", 1, 0, "none"],
    ]


def test_each_sheet_of_one_table_is_a_table_with_a_name_and_the_headings_of_its_cells() -> None:
    names = {}
    for sheet in some(paper().formulas):
        for found in sheet.tables.values():
            first, last = found.ref.split(":")
            assert first == "A4"
            assert [column.name for column in found.tableColumns] == [cell.value for cell in sheet[4]]
            assert len({column.name.casefold() for column in found.tableColumns}) == len(found.tableColumns)
            assert sheet.cell(int(re.sub("[A-Z]", "", last)) + 1, 1).value is None, "nothing touches it"
            names[sheet.title] = found.displayName
    assert names["Tie-out"] == "Tie_out"
    assert set(SHEETS) - set(names) == {"Index", "Cut-off and completeness", "Method", "Configuration"}


def test_checksums_are_not_printed() -> None:
    for sheet, last in (("Evidence", "J"), ("Evidence files", "H")):
        printed = paper().formulas[sheet].print_area
        assert re.fullmatch(rf"'{sheet}'!\$A\$1:\${last}\$[0-9]+", printed)
        heads = [cell.value for cell in paper().values[sheet][4]]
        assert [place for place, head in enumerate(heads) if "SHA" in str(head)] == [ord(last) - 64]


def test_method_holds_the_configuration_in_force() -> None:
    texts = paper().texts()
    assert "split = { web = 60, data = 40 }" in texts
    assert "3.11.7" in texts
    assert any(text.startswith("the larger of 0.05") for text in texts)


def test_what_the_report_alone_states_is_told_with_its_amount() -> None:
    """A value that no second source states can be wrong without any check that differs: an auditor has to know it."""
    alone = stated_by_the_report_alone(sample.books().posting)
    texts = paper().texts()
    assert {each.grain for each in alone} == set(ReportDetail)
    for each in alone:
        assert f"{each.grain}: {each.lines} ledger lines; their sums by invoice line do tie out" in texts
        assert f"{format_minor(each.gross, each.digits)} {each.currency}" in texts


def test_evidence_files_lists_every_answer_and_document() -> None:
    evidence = sample.evidence()
    rows = list(table(paper(), "Evidence files"))
    assert len(rows) == len(evidence.answers) + len(evidence.run.documents)
    assert [row["File"] for row in rows[: len(evidence.answers)]] == [answer.path for answer in evidence.answers]
    assert json.loads(rows[1]["Request"]) == {"id": "ba_thai"}


def test_no_cell_is_an_error_or_empty() -> None:
    for name, cell, text, value in some(paper().formula_cells()):
        assert value is not None, (name, cell, text)
        assert not str(value).startswith("#"), (name, cell, text)


def test_an_account_in_two_currencies_has_a_row_each() -> None:
    evidence, config = sample.two_currencies()
    books, book = of(evidence, config)
    rows = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert [row["Currency"] for row in rows] == ["THB", "USD"]
    assert all(row["Variance: report − lines"] is None for row in rows)
    assert book.misplaced_cells() == []
    assert len(books.accounts) == 3


def test_a_report_that_is_not_proved_has_no_total() -> None:
    evidence, config = sample.unproved_report()
    _, book = of(evidence, config)
    (row,) = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert row["Usage report (Tie-out)"] == "not proved"
    assert list(untraced(book, evidence)) == []


def test_amounts_beyond_a_number_cell_are_texts_and_no_formula_misses_them() -> None:
    evidence, config = sample.huge_amounts()
    books, book = of(evidence, config)
    (row,) = [row for row in table(book, "Lead") if row["Account"] == "ba_usd"]
    assert row["Invoices (Ledger control)"] == "109000000000000000.07"
    assert list(untraced(book, evidence)) == []
    assert books.status.value == "exceptions"


def test_an_invoice_without_lines_or_detail_is_shown_as_it_is() -> None:
    evidence, config = sample.refused_detail()
    _, book = of(evidence, config)
    (row,) = [row for row in table(book, "Invoices") if row["Invoice"] == "INV-USD-7"]
    assert row["Footing [F]"] == "not performed"
    assert row["List row and detail"].startswith("the platform does not give it")
    assert list(untraced(book, evidence)) == []
