"""The figures of docs/journal.md: one invoice from issue to payment to void, as the program books it."""

from __future__ import annotations

import re
from pathlib import Path

from msgspec.structs import replace

from chargeback.config import Config
from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.invoice import InvoiceStatus
from chargeback.model.journal import JournalRow
from chargeback.publish.exports import month_journal
from chargeback.publish.exports.change import Restating, corrections
from tests.kit.small_books import CONFIG, Bill, Line, make_books, paid

DOCUMENT = Path(__file__).parents[3] / "docs/journal.md"
WEB, DATA = LedgerTeam("web", "Web", "CC-100", "6420"), LedgerTeam("data", "Data", "CC-200", "6421")
MAY_INVOICE = Bill("ba_1", "INV-1", (Line(WEB, 60_000, 4_200), Line(DATA, 40_000, 2_800)))
PAYMENT = paid(
    "INV-1", account="ba_1", concerns=Period(2026, 5), total=107_000, tax=7_000, tax_pending=7_000, withheld=3_000,
    paid_at="2026-06-20T05:00:00Z",
)  # fmt: skip


def tables() -> list[list[tuple[str, str, str]]]:
    """The example's tables: account, debit and credit of each row."""
    text = DOCUMENT.read_text(encoding="utf-8")
    example = text[text.index("## One invoice, from issue to payment") : text.index("## Which leg has which account")]
    found: list[list[tuple[str, str, str]]] = []
    for line in example.splitlines():
        cells = [cell.strip().replace(",", "") for cell in line.strip("|").split("|")]
        if cells[0] == "leg":
            found.append([])
        elif line.startswith("|") and not cells[0].startswith("---"):
            found[-1].append((cells[1], cells[2], cells[3]))
    return found


def shown(rows: list[JournalRow]) -> list[tuple[str, str, str]]:
    return [
        (row.gl_account, f"{row.amount:f}" if row.amount > 0 else "", f"{-row.amount:f}" if row.amount < 0 else "")
        for row in rows
    ]


def accrual(status: InvoiceStatus = InvoiceStatus.OPEN, revision: int = 1, config: Config = CONFIG) -> list[JournalRow]:
    books = make_books([replace(MAY_INVOICE, status=status)], revision=revision)
    ledger = replace(books.posting.ledger, teams=(WEB, DATA))
    return list(month_journal(replace(books, posting=replace(books.posting, ledger=ledger)), config).rows())


def test_accrual_and_settlement_are_those_of_the_document() -> None:
    june = make_books([], period=Period(2026, 6), settlements=(PAYMENT,))
    settlement = list(month_journal(june, CONFIG).rows())
    assert tables() == [shown(accrual()), shown(settlement)]
    assert {row.posting_date for row in accrual()} == {"2026-05-31"}
    assert {row.posting_date for row in settlement} == {"2026-06-20"}


def test_a_void_after_the_payment_leaves_what_the_document_says() -> None:
    june = make_books([], period=Period(2026, 6), settlements=(PAYMENT,))
    change = corrections(accrual(InvoiceStatus.VOID, 2), accrual(), Restating("2026-05", 2, "2026-08-01"))
    balances: dict[str, int] = {}
    for row in (*accrual(), *month_journal(june, CONFIG).rows(), *change):
        balances[row.gl_account] = balances.get(row.gl_account, 0) + int(row.amount * 100)
    assert {account: cents for account, cents in balances.items() if cents} == {
        "1154": 7_000, "1155": -7_000, "2110": 107_000, "2160": -3_000, "1190": -104_000,
    }  # fmt: skip
    text = re.sub(r"\s+", " ", DOCUMENT.read_text(encoding="utf-8"))
    assert "debit balance of 1,070.00 on *payable*" in text
    assert "*input VAT* keeps 70.00, and *not due* has a credit balance of the same amount" in text
