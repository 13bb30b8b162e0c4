"""Files for an ERP by a profile: each parsed back, balanced, as long as it may be, and what it does not carry."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.config import AccountEntry, Config
from chargeback.model.journal import JournalRow
from chargeback.publish.exports import erp, files, month_journal
from tests.kit.small_books import CONFIG, bills, make_books, paid
from tests.kit.some import some

from ...model.test_erp_profile import SMALL

ONE_COMPANY = replace(CONFIG, accounts=tuple(AccountEntry(account, company="Acme") for account in ("ba_123", "1042")))
BOOKED = "2026-05-r1-ba_123-INV-2026-0009"


def written(name: str, config: Config = ONE_COMPANY, own: Mapping[str, str] | None = None) -> dict[str, str]:
    """The files that a profile makes of the month, and no others."""
    entry: str | Path = Path(f"/etc/{name}.toml") if own else name
    config = replace(config, journal=replace(config.journal, format=(entry,)))
    made = make_books(bills(), settlements=(paid(),))
    made = replace(made, posting=replace(made.posting, run=replace(made.posting.run, profiles=own or {})))
    everything = {path: b"".join(chunks) for path, chunks in files(made, config, None)}
    return {path: data.decode() for path, data in everything.items() if f"journal-{name}" in path}


def parsed(data: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data, newline="")))


def all_rows(made: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of all of a profile's files."""
    return [row for path, data in made.items() if path.endswith(".csv") for row in parsed(data)]


def rows_of_the_journal() -> list[JournalRow]:
    return list(month_journal(make_books(bills(), settlements=(paid(),)), ONE_COMPANY).rows())


def expected() -> dict[tuple[str, str], Decimal]:
    """By entry and account, what the journal books."""
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows_of_the_journal():
        found[row.entry, row.gl_account] += row.amount
    return dict(found)


def read_back(name: str, made: Mapping[str, str]) -> dict[tuple[str, str], Decimal]:
    """By entry and account, what the profile's files book, as the ERP would read them."""
    entry_column, account, debit, credit = {
        "odoo": ("ref", "line_ids/account_id", "line_ids/debit", "line_ids/credit"),
        "erpnext": (
            "Reference Number",
            "Account (Accounting Entries)",
            "Debit (Accounting Entries)",
            "Credit (Accounting Entries)",
        ),
        "xero": ("*Narration", "*AccountCode", "*Amount", ""),
    }[name]
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for path, data in made.items():
        entry = ""
        for row in parsed(data) if path.endswith(".csv") else ():
            entry = row[entry_column] or entry
            found[entry, row[account]] += Decimal(row[debit] or 0) - Decimal(row.get(credit, "") or 0)
    return dict(found)


@pytest.mark.parametrize("name", ["odoo", "erpnext", "xero"])
def test_a_file_read_back_is_the_journal_and_every_entry_of_it_balances(name: str) -> None:
    found = read_back(name, written(name))
    assert found == dict(some(expected().items()))
    balances: dict[str, Decimal] = defaultdict(Decimal)
    for (entry, _), amount in found.items():
        balances[entry] += amount
    assert set(balances.values()) == {Decimal(0)}


@pytest.mark.parametrize("name", ["odoo", "erpnext", "xero"])
def test_a_file_holds_one_currency_and_the_note_names_it(name: str) -> None:
    made = written(name)
    assert len([path for path in made if path.endswith(".csv")]) == 3, "baht, dollars, yen"
    note = made[f"exports/journal-{name}.txt"]
    assert f"exports/journal-{name}.csv: " in note
    assert "of Acme, USD" in note
    assert "columns after https://" in note


def test_odoo_gets_cost_centres_as_an_analytic_distribution_on_cost_alone() -> None:
    rows = all_rows(written("odoo"))
    (web,) = [row for row in rows if row["line_ids/debit"] == "900.01"]
    assert json.loads(web["line_ids/analytic_distribution"]) == {"CC-100": 100}
    assert [row["line_ids/analytic_distribution"] for row in rows if row["line_ids/account_id"] == "2110"] == some(
        [""] * sum(row["line_ids/account_id"] == "2110" for row in rows)
    )
    assert [row["date"] for row in rows if row["ref"] == BOOKED] == ["2026-05-31"], "an entry's own fields stand once"


def test_xero_dates_are_its_own_and_debits_are_positive() -> None:
    rows = all_rows(written("xero"))
    assert {row["*Date"] for row in rows if row["*Narration"] == BOOKED} == {"31/05/2026"}
    assert [row["*Amount"] for row in rows if row["*AccountCode"] == "1190"] == ["-104.00"]


def test_what_a_format_does_not_carry_is_told() -> None:
    lines = written("xero")["exports/journal-xero.txt"].splitlines()
    missing = "event, company, document_date, account, tax_id, invoice, receipt, concerns, tax_base, currency"
    assert [line for line in lines if line.startswith("not carried")] == [f"not carried: {missing}"]


def test_entries_that_are_not_to_be_booked_are_left_out_and_named() -> None:
    config = replace(ONE_COMPANY, journal=replace(ONE_COMPANY.journal, clearing=None))
    made = written("odoo", config)
    assert not any("-paid" in data for path, data in made.items() if path.endswith(".csv"))
    told = "left out, not to be booked, see the column bookable of journal.csv: 2026-05-r1-ba_123-INV-2026-0002-paid"
    assert told in made["exports/journal-odoo.txt"].splitlines()


def test_a_profile_of_ones_own_is_kept_in_the_evidence_and_says_all_of_the_file() -> None:
    made = written("ours", own={"ours": SMALL})
    first = made["exports/journal-ours.csv"].split("\r\n")
    assert first[0] == '"Beleg";"Tag";"Konto";"Betrag";"Text"'
    files_made = [data for path, data in made.items() if path.endswith(".csv")]
    rows = [row for data in files_made for row in csv.DictReader(StringIO(data), delimiter=";")]
    assert {"31.05.2026"} < {row["Tag"] for row in rows}
    assert "64200" in {row["Konto"] for row in rows} and "6420" not in {row["Konto"] for row in rows}
    assert "900,01" in {row["Betrag"] for row in rows}
    assert {len(row["Text"]) for row in rows} == {10}
    assert all(len(data.splitlines()) <= 8 for data in some(files_made))


def test_an_entry_that_a_file_cannot_hold_is_left_out_whole_and_named() -> None:
    small = SMALL.replace("most_lines = 7", "most_lines = 6").replace("most = 45", "most = 34")
    made = written("ours", own={"ours": small})
    note = made["exports/journal-ours.txt"]
    assert f"left out, longer than the 6 lines of a file: {BOOKED}" in note
    assert "left out, Beleg takes 34 characters: 2026-05-r1-ba_123-INV-2026-0002-paid" in note
    assert not any(BOOKED in data for path, data in made.items() if path.endswith(".csv"))


def test_profiles_that_come_with_the_program_are_those_that_the_configuration_knows() -> None:
    from chargeback.config.forms import PROFILES

    config = replace(CONFIG, journal=replace(CONFIG.journal, format=PROFILES))
    assert [profile.name for profile in erp.profiles(config, {})] == list(PROFILES)
