"""``focus-invoice-detail.csv`` and ``focus-billing-period.csv``: the invoices' own side, whose join is a tie-out."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.config import Config, Publish
from chargeback.model.answers import LineItem
from chargeback.model.books import Books, Status
from chargeback.publish.exports import focus, focus_invoice
from tests.kit.small_books import CONFIG, WEB, Bill, Line, bills, make_books
from tests.kit.some import some

from .test_focus_14 import EVERY_MONTH, month

Row = dict[str, str]


def read(chunks: Iterator[bytes]) -> list[Row]:
    text = b"".join(chunks).decode()
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def details(books: Books, config: Config = CONFIG) -> list[Row]:
    return read(focus_invoice.invoice_details(books, config))


@EVERY_MONTH
@pytest.mark.parametrize("version", ["1.2", "1.4"])
def test_joined_with_cost_and_usage_both_sides_of_every_invoice_agree(case: str, version: str, tmp_path: Path) -> None:
    """The join that FOCUS names: InvoiceIssuerName and InvoiceId, in 1.4 InvoiceDetailId too. Our tie-out."""
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install duckdb")
    books, config = month(case)
    config = replace(config, publish=Publish(focus=version))  # type: ignore[arg-type]
    made = {"focus": focus.chunks(books, config), "detail": focus_invoice.invoice_details(books, config)}
    for name, chunks in made.items():
        (tmp_path / f"{name}.csv").write_bytes(b"".join(chunks))
    key = "InvoiceIssuerName, InvoiceId, BillingAccountId" + (", InvoiceDetailId" if version == "1.4" else "")

    def side(name: str) -> str:
        path = tmp_path / f"{name}.csv"
        return (
            f"(SELECT {key}, sum(CAST(BilledCost AS DECIMAL(38, 6))) AS cost"
            f" FROM read_csv('{path}', all_varchar = true, header = true, quote = '\"', escape = '\"') GROUP BY ALL)"
        )

    joined = duckdb.sql(
        f"SELECT usage.cost, invoiced.cost FROM {side('focus')} AS usage FULL JOIN {side('detail')} AS invoiced"
        f" USING ({key}) WHERE coalesce(usage.cost, 0) != coalesce(invoiced.cost, 0)"
    ).fetchall()
    assert joined == []
    assert len(some(details(books, config))) >= 1


@EVERY_MONTH
def test_records_of_an_invoice_are_unique_and_add_up_to_its_total(case: str) -> None:
    """InvoiceDetailId "MUST uniquely identify a record within a given InvoiceId"."""
    books, config = month(case)
    found = details(books, config)
    assert len({row["InvoiceDetailId"] for row in found}) == len(found)
    totals = {invoice.id: invoice.total_minor for posting in books.posting.postings for invoice in posting.month.booked}
    digits = {invoice.id: invoice.digits for posting in books.posting.postings for invoice in posting.month.booked}
    sums = {key: Decimal(0) for key in totals}
    for row in some(found):
        sums[row["InvoiceDetailId"].rpartition("/")[0]] += Decimal(row["BilledCost"])
    assert sums == {key: Decimal(total).scaleb(-digits[key]) for key, total in totals.items()}


def test_line_tax_and_rest_are_records_of_their_own() -> None:
    """ChargeCategory: Usage may aggregate any but Tax, which stands apart."""
    found = [row for row in details(make_books()) if row["InvoiceId"] == "INV-2026-0009"]
    assert [(row["ChargeCategory"], row["BilledCost"], row["InvoiceDetailId"]) for row in found] == [
        ("Usage", "1156.26", "inv_INV-2026-0009/1"),
        ("Adjustment", "-0.25", "inv_INV-2026-0009/adjustment"),
        ("Tax", "80.94", "inv_INV-2026-0009/tax"),
    ]


def test_credit_note_is_a_credit_whose_figures_are_no_text() -> None:
    found = details(make_books([bills()[3]]))
    assert [(row["ChargeCategory"], row["BilledCost"]) for row in found] == [("Credit", "-500.0"), ("Tax", "-50.0")]


def test_line_is_there_as_the_invoice_states_it() -> None:
    sku = LineItem(sku="cpu", description="CPU", quantity=Decimal("7.2E2"), unit="vCPU-hour", unit_price=Decimal("1.5"),
                   amount=Decimal(1080))  # fmt: skip
    bill = Bill("1042", "INV-1", (Line(WEB, 108_000, 7_560, "", "", "cpu"),), items=(sku,))
    row, _ = details(make_books([bill]))
    stated = ("x_InvoiceLine", "x_InvoicedAmount", "x_Quantity", "x_Unit", "x_UnitPrice")
    assert tuple(row[name] for name in stated) == ("1", "1080", "720", "vCPU-hour", "1.5")
    assert json.loads(row["InvoiceDetailGrain"]) == {"SkuId": "cpu", "x_InvoiceLine": 1}
    assert (row["BillingAccountId"], row["x_BillingAccountId"]) == ("deploys.app/1042", "1042")


def test_what_focus_wants_of_every_record_is_never_null() -> None:
    """Mandatory columns that allow no null (Invoice Detail, FOCUS 1.4)."""
    may_be_null = {"InvoiceDetailDescription", "InvoiceDetailGrain", "InvoiceIssueDate", "PaymentDueDate"}
    wanted = [name for name in focus_invoice.DETAIL_COLUMNS if name not in may_be_null and not name.startswith("x_")]
    for row in some(details(make_books())):
        assert [name for name in wanted if not row[name]] == []
        assert row["ReferenceInvoiceId"] == row["InvoiceId"]
        assert row["InvoiceIssueStatus"] == "Issued"


def test_issue_date_is_in_whole_seconds_and_null_where_nobody_states_it() -> None:
    """DateTimeFormat: YYYY-MM-DDTHH:mm:ssZ."""
    issued = bills()[0].issued
    assert issued is not None
    (row, *_) = details(make_books([replace(bills()[0], issued=issued.replace(microsecond=123_456))]))
    assert row["InvoiceIssueDate"] == "2026-05-31T18:30:00Z"
    assert details(make_books([bills()[2]]))[0]["InvoiceIssueDate"] == ""


def test_text_from_outside_begins_no_formula() -> None:
    hostile = LineItem(project="=cmd", description="@SUM(1)", unit="+1", amount=1)
    bill = Bill("=ba", "=1+1", (Line(WEB, 1, 0, "=cmd"),), items=(hostile,), id="=inv", currency="USD")
    row = details(make_books([bill]))[0]
    texts = ("BillingAccountId", "InvoiceId", "InvoiceDetailId", "InvoiceDetailDescription", "x_Unit")
    assert [row[name] for name in texts] == ["'=ba", "'=1+1", "'=inv/1", "'@SUM(1)", "'+1"]


@pytest.mark.parametrize(
    ("status", "told"), [(Status.RECONCILED, "Closed"), (Status.EXCEPTIONS, "Open")], ids=["reconciled", "exceptions"]
)
def test_month_is_one_billing_period(status: Status, told: str) -> None:
    """BillingPeriodLastUpdated "MUST be greater than or equal to BillingPeriodCreated"; no column is null."""
    (row,) = read(focus_invoice.billing_periods(replace(make_books(revision=2), status=status), CONFIG))
    assert row == {
        "InvoiceIssuerName": "deploys.app",
        "BillingPeriodStart": "2026-04-30T17:00:00Z",
        "BillingPeriodEnd": "2026-05-31T17:00:00Z",
        "BillingPeriodStatus": told,
        "BillingPeriodCreated": "2026-06-01T00:00:00Z",
        "BillingPeriodLastUpdated": "2026-06-01T00:00:00Z",
        "x_Period": "2026-05",
        "x_Revision": "r2",
    }


def test_documentation_names_every_column() -> None:
    text = (Path(__file__).parents[3] / "docs" / "focus.md").read_text(encoding="utf-8")
    columns = {*focus_invoice.DETAIL_COLUMNS, *focus_invoice.PERIOD_COLUMNS}
    assert [name for name in sorted(columns) if f"`{name}`" not in text] == []
