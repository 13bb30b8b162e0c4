"""``journal.beancount`` by beancount itself: it loads, balances to the unit, and its balances are the ledgers'."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.money import from_minor
from chargeback.publish.exports import beancount as published
from chargeback.publish.exports import month_journal
from tests.kit.small_books import CONFIG, WEB, Bill, Line, make_books, paid

loader = pytest.importorskip("beancount.loader", reason="beancount is not installed: pip install beancount")
data = pytest.importorskip("beancount.core.data")


def written(books: Books, config: Config = CONFIG) -> str:
    journal = month_journal(books, config)
    return b"".join(published.chunks(journal.rows(), journal.currencies, "May", "note")).decode()


def load(text: str) -> list[data.Transaction]:
    entries, errors, _ = loader.load_string(text)
    assert not errors, errors
    return [entry for entry in entries if isinstance(entry, data.Transaction)]


def balances(transactions: Iterable[data.Transaction]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for transaction in transactions:
        for posting in transaction.postings:
            found[posting.account, posting.units.currency] += posting.units.number
    return dict(found)


def test_bean_check_passes(tmp_path: Path) -> None:
    path = tmp_path / "journal.beancount"
    path.write_text(written(make_books()), encoding="utf-8")
    command = [sys.executable, "-c", "from beancount.scripts.check import main; main()", str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_balances_by_team_are_the_ledgers_net() -> None:
    books = make_books()
    expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line in books.ledger.lines:
        expected[line.team.id, line.label.currency] += from_minor(line.net, line.label.digits)
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for transaction in load(written(books)):
        for posting in transaction.postings:
            if "team" in posting.meta:
                found[posting.meta["team"].removeprefix("'"), posting.units.currency] += posting.units.number
    assert found == expected


def test_balances_by_account() -> None:
    assert balances(load(written(make_books(settlements=(paid(),))))) == {
        ("Assets:1154", "THB"): Decimal("7.00"),
        ("Assets:1155", "JPY"): Decimal("-50"),
        ("Assets:1155", "THB"): Decimal("143.94"),
        ("Assets:1190", "THB"): Decimal("-104.00"),
        ("Expenses:6400", "THB"): Decimal("1100.50"),
        ("Expenses:6420", "THB"): Decimal("900.01"),
        ("Expenses:6420", "USD"): Decimal("10.00"),
        ("Expenses:6420-x24e1106e5a7a", "JPY"): Decimal("-500"),
        ("Expenses:6420-x24e1106e5a7a", "THB"): Decimal("150.75"),
        ("Expenses:6498", "THB"): Decimal("-0.25"),
        ("Expenses:6499", "THB"): Decimal("5.00"),
        ("Liabilities:2110", "JPY"): Decimal("550"),
        ("Liabilities:2110", "THB"): Decimal("-2199.95"),
        ("Liabilities:2110", "USD"): Decimal("-10.00"),
        ("Liabilities:2160", "THB"): Decimal("-3.00"),
    }


@pytest.mark.parametrize(
    ("leg", "off"), [("900.01 THB", "900.015 THB"), ("-500 JPY", "-500.5 JPY"), ("5.00 THB", "5.01 THB")]
)
def test_a_leg_half_a_minor_unit_off_fails(leg: str, off: str) -> None:
    text = written(make_books())
    assert text.count(f"  {leg}\n") == 1
    _, errors, _ = loader.load_string(text.replace(f"  {leg}\n", f"  {off}\n"))
    assert "does not balance" in errors[0].message


def test_metadata_tells_team_cost_centre_invoice_and_dates() -> None:
    books = make_books(settlements=(paid(),))
    by_entry = {transaction.meta["entry"]: transaction for transaction in load(written(books))}
    accrued = by_entry["2026-05-r1-ba_123-INV-2026-0010"]
    assert str(accrued.meta["document_date"]) == "2026-06-01" and "receipt" not in accrued.meta
    assert (accrued.payee, accrued.narration) == ("deploys.app", "Accrual of invoice INV-2026-0010 of ba_123")
    payment = by_entry["2026-05-r1-ba_123-INV-2026-0002-paid"]
    assert (payment.meta["receipt"], payment.meta["concerns"]) == ("DPLY-RC-202605-0001", "2026-04")
    assert (str(payment.date), payment.narration) == ("2026-05-20", "Payment of invoice INV-2026-0002 of ba_123")
    cost = accrued.postings[0].meta
    assert (cost["team"], cost["cost_center"], cost["gl_account"]) == ("data", "CC-200", "6400")
    assert cost["memo"] == "Cost of team ทีมข้อมูล, invoice INV-2026-0010 of Acme Billing for 2026-05"
    assert "document_date" not in by_entry["2026-05-r1-1042-=1+1"].meta


def test_hostile_text_stays_inside_its_string() -> None:
    hostile = 'x"\\\n2026-05-31 * "evil"\n  Assets:A 1 USD\x00\u202e\\"'
    bill = Bill("a\\", hostile, (Line(WEB, 100, 7),), currency='TH"B', name=hostile, receipt=hostile, tax_id="\\")
    transactions = load(written(make_books([bill], settlements=(paid(receipt=hostile),))))
    transaction, payment = sorted(transactions, key=lambda each: "receipt" in each.meta)
    assert payment.meta["receipt"] == 'x"\\2026-05-31 * "evil"  Assets:A 1 USD\u202e\\"'
    assert transaction.meta["account"] == "a\\"
    assert transaction.postings[0].meta["currency"] == 'TH"B'


def test_without_accounts_every_leg_is_readable() -> None:
    config = Config(archive=Path("archive"))
    assert set(balances(load(written(make_books(settlements=(paid(),)), config)))) >= {
        ("Expenses:6420", "THB"),
        ("Expenses:Unmapped:Team-data", "THB"),
        ("Expenses:Unmapped:Team-unassigned", "THB"),
        ("Assets:Unmapped:InputVat", "THB"),
        ("Assets:Unmapped:InputVatNotDue", "THB"),
        ("Assets:Unmapped:Clearing", "THB"),
        ("Liabilities:Unmapped:Payable", "THB"),
        ("Liabilities:Unmapped:WithholdingTax", "THB"),
    }


def test_months_join_in_one_ledger(tmp_path: Path) -> None:
    main = 'option "tolerance_multiplier" "0"\nplugin "beancount.plugins.auto_accounts"\n'
    for name in ("a", "b"):
        (tmp_path / f"{name}.beancount").write_text(written(make_books()), encoding="utf-8")
        main += f'include "{name}.beancount"\n'
    (tmp_path / "main.beancount").write_text(main, encoding="utf-8")
    entries, errors, _ = loader.load_file(str(tmp_path / "main.beancount"))
    assert not errors
    once = balances(load(written(make_books())))
    transactions = [entry for entry in entries if isinstance(entry, data.Transaction)]
    assert balances(transactions) == {key: 2 * amount for key, amount in once.items()}
