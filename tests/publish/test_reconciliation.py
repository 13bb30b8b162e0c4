"""``reconciliation.json`` and ``.csv``: text from outside without control characters, money with its minor digits."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from decimal import Decimal
from typing import Any

import pytest

from chargeback.model.books import Books
from chargeback.publish import reconciliation
from tests.kit.months import TEAMS, Account, invoice, month, of, report

EXACT = TEAMS + '[reconciliation]\ntolerance = { absolute = "0" }\n'
HOSTILE = Account(
    [invoice("INV\x1b[31m-1", of("acme\x00\u0085web", 100))],
    report=report(("ghost\r\n", "CPU", 1, 100)),
    id="10\x0742",
)


def published(books: Books) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The JSON document, and the CSV's rows."""
    body, table = (b"".join(chunks).decode("utf-8-sig") for _, chunks in reconciliation.files(books))
    return json.loads(body), list(csv.DictReader(io.StringIO(table, newline="")))


def controls(cells: Any) -> list[str]:
    """The cells that hold a control character."""
    return [text for text in map(str, cells) if any(unicodedata.category(character) == "Cc" for character in text)]


def test_no_control_character_of_an_account_invoice_or_subject_reaches_a_terminal_or_a_parser() -> None:
    document, rows = published(month(HOSTILE).books())
    found = [value for each in (*document["checks"], *document["accounts"], *rows) for value in each.values()]
    assert controls(found) == []
    assert [(row["account"], row["invoices"]) for row in document["accounts"]] == [("1042", ["INV[31m-1"])]
    for checks in (document["checks"], rows):
        assert {check["account"] for check in checks} == {"1042", ""}
        assert {check["invoice"] for check in checks} == {"INV[31m-1", ""}
        assert {"acmeweb", "ghost"} <= {check["subject"] for check in checks}


@pytest.mark.parametrize(("currency", "zero"), [("THB", "0.00"), ("JPY", "0"), ("KWD", "0.000")])
def test_a_tolerance_of_nothing_is_written_as_an_amount_of_its_currency(currency: str, zero: str) -> None:
    rows = report(("acme-web", "CPU", 1, 100), ("ghost", "CPU", 1, 5))
    billed = [invoice("I", of("acme-web", 100), of("acme-data", 5), currency=currency)]
    document, table = published(month(Account(billed, report=rows), config=EXACT).books())
    for checks in (document["checks"], table):
        written = [(check["check"], check["tolerance"]) for check in checks if check["tolerance"]]
        nothing = [(code, tolerance) for code, tolerance in written if not Decimal(tolerance)]
        assert {code for code, _ in nothing} >= {"invoice-arithmetic", "report-project", "report-resource"}
        assert {tolerance for _, tolerance in nothing} == {zero}
