"""All journals and changes as one ledger of beancount: it checks with no tolerance, and at every month's end its
balances are the ledgers and the open items."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from chargeback.evidence.period import Period
from chargeback.review.figures import shown_items
from chargeback.sandbox import Clock, Month, Platform, instant, small_world
from chargeback.sandbox.timeline import credit_note, paying, voided_after_payment
from tests.kit.office import Office, in_process

from . import ledgers

loader = pytest.importorskip("beancount.loader", reason="beancount is not installed: pip install beancount")
data = pytest.importorskip("beancount.core.data")

MAY = Month(2026, 5)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """May to July, corrections on the months' last days: paid late, void after payment, credited."""
    world = small_world().changed(
        paying("1043", MAY, instant("2026-06-20T00:00:00Z")),
        voided_after_payment("1042", MAY, instant("2026-07-10T00:00:00Z")),
        credit_note("1045", MAY, instant("2026-07-03T00:00:00Z"), 10_700),
    )
    platform = Platform(world, "D", clock=Clock("2026-06-05T03:00:00Z"))
    office = Office(tmp_path_factory.mktemp("office"), platform)
    office.changes = {"[journal]\n": '[journal]\ncorrections = "original"\n'}
    with in_process(platform):
        for moment in ("2026-06-05T03:00:00Z", "2026-07-05T03:00:00Z", "2026-08-05T03:00:00Z"):
            assert office.run_at(moment).exit in (0, 3)
    return office.archive


def one_ledger(archive: Path) -> str:
    """A book as docs/journal.md says it: one include a file."""
    paths = []
    for revisions in ledgers.months(archive).values():
        first, *others = revisions
        paths += [first / "exports/journal.beancount", *(each / "exports/journal-change.beancount" for each in others)]
    assert len(paths) == 5, "May was restated twice"
    head = 'option "tolerance_multiplier" "0"\nplugin "beancount.plugins.auto_accounts"\n'
    return head + "".join(f'include "{path}"\n' for path in paths)


def balances(archive: Path, until: Period) -> Counter[tuple[str, str]]:
    """By beancount's account and currency, in minor units of two digits, at the end of the month."""
    path = archive.parent / "main.beancount"
    path.write_text(one_ledger(archive))
    entries, errors, _ = loader.load_file(str(path))
    assert not errors, errors
    found: Counter[tuple[str, str]] = Counter()
    for entry in entries:
        if isinstance(entry, data.Transaction) and entry.date <= until.last_day:
            for posting in entry.postings:
                found[posting.account, posting.units.currency] += int(posting.units.number * 100)
                assert posting.units.number * 100 == int(posting.units.number * 100)
    return found


@pytest.mark.parametrize("number", [5, 6, 7])
def test_at_every_month_s_end_balances_are_the_ledgers_and_the_open_items(archive: Path, number: int) -> None:
    until = Period(2026, number)
    found = balances(archive, until)
    latest = [revisions[-1] for month, revisions in ledgers.months(archive).items() if month <= str(until)]
    costs = sum(amount for (account, _), amount in found.items() if account.startswith("Expenses:"))
    accruals = Counter[str]()
    for revision in latest:
        for row in ledgers.rows(revision / "exports/journal.csv"):
            if row["event"] == "accrual":
                accruals[row["gl_account"]] += ledgers.cents(row["debit"]) - ledgers.cents(row["credit"])
    nets = sum(net + tax for revision in latest for net, tax, *_ in ledgers.invoices(revision).values())
    assert costs == nets - accruals["1155"], "net, and tax where it may not be reclaimed"
    items = shown_items(archive, str(until)).items
    owed = sum(item.outstanding for item in items)
    assert found["Liabilities:2110", "THB"] == -owed
    assert Decimal(owed) != 0


def test_the_book_is_wrong_where_a_leg_is_half_a_satang_off(archive: Path) -> None:
    """The check itself works."""
    path = archive.parent / "wrong.beancount"
    text = (ledgers.months(archive)["2026-05"][0] / "exports/journal.beancount").read_text()
    leg = next(line for line in text.splitlines() if line.startswith("  Liabilities:2110 "))
    account, amount, currency = leg.split()
    path.write_text(text.replace(leg, f"  {account}  {Decimal(amount) + Decimal('0.005')} {currency}", 1))
    _, errors, _ = loader.load_file(str(path))
    assert errors
