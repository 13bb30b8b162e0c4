"""What a restatement changes in the journal: just the difference, and with it the latest revision's balances."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.config import AccountEntry, Config
from chargeback.model.bookkeeping import LedgerTeam, Leg
from chargeback.model.invoice import InvoiceStatus
from chargeback.model.journal import Event, JournalRow
from chargeback.publish.exports import beancount, files, month_journal
from chargeback.publish.exports.change import Restating, corrections
from tests.kit.small_books import CONFIG, DATA, OPS, TEAMS, WEB, Bill, Line, bills, make_books

INVOICE = Bill("ba_1", "INV-1", (Line(WEB, 10_000, 700), Line(DATA, 5_000, 350)))


def rows(given: list[Bill], revision: int, config: Config = CONFIG) -> list[JournalRow]:
    return list(month_journal(make_books(given, revision=revision), config).rows())


def change(after: list[JournalRow], before: list[JournalRow], revision: int) -> list[JournalRow]:
    return corrections(after, before, Restating("2026-05", revision, "2026-06-20"))


def changed(before: list[Bill], after: list[Bill], config: Config = CONFIG) -> list[tuple[str, str, str]]:
    found = change(rows(after, 2, config), rows(before, 1, config), 2)
    return [(row.team or row.leg.value, row.gl_account, str(row.amount)) for row in found]


def test_same_month_changes_nothing() -> None:
    assert changed(bills(), bills()) == []


def test_corrected_line_changes_its_team_tax_and_payable() -> None:
    after = replace(INVOICE, lines=(Line(WEB, 12_000, 840), INVOICE.lines[1]))
    assert changed([INVOICE], [after]) == [
        ("web", "6420", "20.00"),
        ("Input VAT not due", "1155", "1.40"),
        ("Payable", "2110", "-21.40"),
    ]


def test_line_of_another_team_moves_between_them() -> None:
    after = replace(INVOICE, lines=(INVOICE.lines[0], replace(INVOICE.lines[1], team=OPS)))
    assert changed([INVOICE], [after]) == [("'-ops", "6420 ก", "50.00"), ("data", "6400", "-50.00")]


def test_other_cost_centre_of_a_team_moves_its_cost() -> None:
    moved = LedgerTeam("web", "Web", "CC-101", "6420")
    before, after = (
        rows([INVOICE], 1),
        [row._replace(cost_center="CC-101") if row.team == moved.id else row for row in rows([INVOICE], 2)],
    )
    found = [(row.team, row.cost_center, str(row.amount)) for row in change(after, before, 2)]
    assert found == [("web", "CC-101", "100.00"), ("web", "CC-100", "-100.00")]


def test_payment_changes_nothing() -> None:
    """A payment is an event of its own month: before, it restated its invoice's month and took the signatures."""
    assert changed([INVOICE], [replace(INVOICE, status=InvoiceStatus.PAID, receipt="RC-1", withheld="4.50")]) == []


def test_corrections_are_dated_on_the_day_of_the_run_and_say_which_month_they_concern() -> None:
    found = change(rows([], 2), rows([INVOICE], 1), 2)
    assert {(row.event, row.posting_date, row.concerns) for row in found} == {
        (Event.CORRECTION, "2026-06-20", "2026-05")
    }


def test_corrections_are_posted_where_the_configuration_says() -> None:
    first = written([INVOICE], 1, None)["exports/journal.csv"]
    original = replace(CONFIG, journal=replace(CONFIG.journal, corrections="original"))
    void = [replace(INVOICE, status=InvoiceStatus.VOID)]
    days = {}
    for config in (CONFIG, original):
        changes = written(void, 2, first, config)["exports/journal-change.csv"].decode()
        days[config.journal.corrections] = changes.split("\r\n")[1].split(",")[3]
    assert days == {"open": "2026-06-01", "original": "2026-05-31"}


def test_a_restated_month_of_0_2_moves_tax_to_not_due_and_what_was_withheld_back() -> None:
    before = [
        row._replace(leg=Leg.INPUT_VAT, gl_account="1154") if row.leg is Leg.TAX_PENDING else row
        for row in rows([INVOICE], 1)
    ]
    found = change(rows([INVOICE], 2), before, 2)
    assert sorted((row.gl_account, str(row.amount)) for row in found) == [("1154", "-10.50"), ("1155", "10.50")]


def test_invoice_that_is_void_now_is_taken_back_whole() -> None:
    found = change(rows([replace(INVOICE, status=InvoiceStatus.VOID)], 2), rows([INVOICE], 1), 2)
    assert [(row.entry, str(row.amount)) for row in found] == [
        ("2026-05-r2-ba_1-INV-1", "-100.00"),
        ("2026-05-r2-ba_1-INV-1", "-50.00"),
        ("2026-05-r2-ba_1-INV-1", "-10.50"),
        ("2026-05-r2-ba_1-INV-1", "160.50"),
    ]
    assert found[0].memo == "Change since r1: Cost of team Web, invoice INV-1 of Acme Billing for 2026-05"


def test_an_invoice_that_belongs_to_another_company_now_moves_from_its_books_to_the_other_s() -> None:
    """Else the new company's books would never have it: no amount of an account differs."""
    before, after = (
        rows([INVOICE], revision, replace(CONFIG, accounts=(AccountEntry("ba_1", company=company),)))
        for revision, company in ((1, "Acme"), (2, "Bolt"))
    )
    found = change(after, before, 2)
    entries = {(row.entry, row.company) for row in found}
    assert entries == {("2026-05-r2-ba_1-INV-1", "Bolt"), ("2026-05-r2-ba_1-INV-1-reversed", "Acme")}
    for company, sign in (("Acme", -1), ("Bolt", 1)):
        mine = [row for row in found if row.company == company]
        assert [row.amount for row in mine] == [sign * row.amount for row in after]
        assert {row.tax_base for row in mine if row.leg is Leg.TAX_PENDING} == {sign * Decimal("150.00")}


def test_a_journal_of_0_2_names_no_company_and_nothing_moves() -> None:
    before = [row._replace(company="") for row in rows([INVOICE], 1)]
    assert change(rows([INVOICE], 2), before, 2) == []
    assert {row.company for row in change([], before, 2)} == {INVOICE.tax_id}


def test_without_accounts_tax_and_payable_are_still_told_apart() -> None:
    after = replace(INVOICE, lines=(Line(WEB, 12_000, 840), INVOICE.lines[1]))
    assert changed([INVOICE], [after], Config(archive=CONFIG.archive))[1:] == [
        ("Input VAT not due", "", "1.40"),
        ("Payable", "", "-21.40"),
    ]


def written(given: list[Bill], revision: int, previous: bytes | None, config: Config = CONFIG) -> dict[str, bytes]:
    books = make_books(given, revision=revision)
    return {path: b"".join(chunks) for path, chunks in files(books, config, previous)}


def test_first_revision_has_no_change_and_the_second_always_has() -> None:
    first = written(bills(), 1, None)
    second = written(bills(), 2, first["exports/journal.csv"])
    assert set(second) - set(first) == {f"exports/journal-change.{kind}" for kind in ("csv", "xlsx", "beancount")}
    assert second["exports/journal-change.csv"].decode("utf-8-sig").count("\r\n") == 1
    assert b'option "tolerance_multiplier" "0"' in second["exports/journal-change.beancount"]


some_lines = st.lists(
    st.builds(Line, st.sampled_from(TEAMS), st.integers(-999, 999), st.integers(-99, 99)), min_size=1, max_size=4
)
some_bills = st.lists(
    st.builds(
        Bill,
        st.sampled_from(["a", "=b"]),
        st.sampled_from(["1", "-2", ""]),
        some_lines.map(tuple),
        st.sampled_from(["THB", "JPY", "x\"'"]),
        st.sampled_from([InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.VOID]),
        withheld=st.sampled_from(["0", "3"]),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda bill: (bill.account, bill.number),
)


@given(st.lists(some_bills, min_size=2, max_size=3))
def test_first_journal_and_all_changes_are_the_latest_balances_by_beancount(revisions: list[list[Bill]]) -> None:
    loader = pytest.importorskip("beancount.loader", reason="beancount is not installed: pip install beancount")
    replayed, previous = "", None
    for revision, given_bills in enumerate(revisions, 1):
        archived = written(given_bills, revision, previous)
        previous = archived["exports/journal.csv"]
        name = "journal" if revision == 1 else "journal-change"
        replayed += archived[f"exports/{name}.beancount"].decode()
    assert _balances(loader, replayed) == _balances(loader, archived["exports/journal.beancount"].decode())


def _balances(loader: object, text: str) -> dict[tuple[str, ...], Decimal]:
    entries, errors, _ = loader.load_string(text)  # type: ignore[attr-defined]
    assert not errors, (errors, text)
    found: dict[tuple[str, ...], Decimal] = {}
    for entry in entries:
        for posting in getattr(entry, "postings", ()):
            team = posting.meta.get("team", "")
            key = (entry.meta["account"], entry.meta["invoice"], posting.account, team, posting.units.currency)
            found[key] = found.get(key, Decimal(0)) + posting.units.number
    return {key: amount for key, amount in found.items() if amount}


@given(some_bills, some_bills)
def test_each_entry_of_a_change_balances_and_has_no_row_of_zero(before: list[Bill], after: list[Bill]) -> None:
    found = change(rows(after, 2), rows(before, 1), 2)
    sums: dict[tuple[str, str], Decimal] = {}
    for row in found:
        assert row.amount
        sums[row.entry, row.currency] = sums.get((row.entry, row.currency), Decimal(0)) + row.amount
    assert not any(sums.values())
    assert b"".join(beancount.chunks(found, [], "t", "n"))
