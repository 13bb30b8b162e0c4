"""``focus.csv``: one row a ledger line, costs that add up to the invoices, and what the columns say of a charge."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.evidence.period import Period
from chargeback.model.answers import LineItem
from chargeback.model.books import Books
from chargeback.model.ledger import Basis
from chargeback.publish.exports import focus
from chargeback.publish.exports.focus import service, unit_format
from tests.kit.small_books import CONFIG, DATA, WEB, Bill, Line, make_books

INVOICE = Bill("ba_1", "INV-1", (Line(WEB, 10_000, 700, usage="720"),))


def written(books: Books) -> bytes:
    return b"".join(focus.chunks(books, CONFIG))


def rows(*bills: Bill) -> list[dict[str, str]]:
    books = make_books(bills) if bills else make_books()
    return list(csv.DictReader(StringIO(written(books).decode("utf-8"), newline="")))


def row(**changes: object) -> dict[str, str]:
    (found,) = rows(replace(INVOICE, lines=(replace(INVOICE.lines[0], **changes),)))
    return found


def test_every_ledger_line_is_a_row_in_its_order() -> None:
    books = make_books()
    found = rows()
    assert [row["x_LedgerLine"] for row in found] == [str(line.line) for line in books.ledger.lines]
    assert all(None not in row and None not in row.values() for row in found)
    text = written(books).decode("utf-8")
    assert text.startswith("BillingAccountId,") and text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")


def test_month_without_lines_is_a_heading() -> None:
    assert written(make_books([])).decode() == ",".join(focus.COLUMNS) + "\r\n"


def test_costs_of_an_invoice_add_up_to_its_total() -> None:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for line in rows():
        found[line["InvoiceId"]] += Decimal(line["BilledCost"])
        assert Decimal(line["BilledCost"]) == Decimal(line["x_NetCost"]) + Decimal(line["x_TaxCost"])
        assert line["BilledCost"] == line["ContractedCost"] == line["EffectiveCost"] == line["ListCost"]
    invoices = [invoice for posting in make_books().posting.postings for invoice in posting.month.booked]
    assert found == {invoice.label.replace("=1", "'=1"): invoice.total for invoice in invoices}


@pytest.mark.parametrize(
    ("zone", "month", "start", "end"),
    [
        ("Asia/Bangkok", "2026-05", "2026-04-30T17:00:00Z", "2026-05-31T17:00:00Z"),
        ("UTC", "2026-05", "2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z"),
        ("Europe/Berlin", "2026-03", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"),
    ],
)
def test_period_is_the_month_in_the_configured_time_zone(zone: str, month: str, start: str, end: str) -> None:
    books = make_books([INVOICE], period=Period.parse(month))
    text = b"".join(focus.chunks(books, replace(CONFIG, timezone_name=zone))).decode()
    (found,) = csv.DictReader(StringIO(text, newline=""))
    assert (found["BillingPeriodStart"], found["BillingPeriodEnd"]) == (start, end)
    assert (found["ChargePeriodStart"], found["ChargePeriodEnd"]) == (start, end)


def test_charge_with_a_usage_is_usage_of_that_quantity() -> None:
    found = row(usage="0.25")
    assert (found["ChargeCategory"], found["ChargeFrequency"], found["PricingCategory"]) == (
        "Usage",
        "Usage-Based",
        "Standard",
    )
    assert (found["ConsumedQuantity"], found["ConsumedUnit"]) == ("0.25", "Units")
    assert (found["PricingQuantity"], found["PricingUnit"]) == ("0.25", "Units")


def test_charge_without_a_quantity_is_an_adjustment_of_none() -> None:
    found = row(usage="", basis=Basis.INVOICE_LINE)
    assert (found["ChargeCategory"], found["ChargeFrequency"], found["PricingCategory"]) == (
        "Adjustment",
        "One-Time",
        "",
    )
    assert not any(found[name] for name in focus.QUANTITY_COLUMNS)


def test_sku_line_booked_whole_has_the_invoices_quantity_and_unit() -> None:
    sku = LineItem(sku="cpu", quantity=Decimal("7.2E2"), unit="vCPU-hour", amount=1)
    line = replace(INVOICE.lines[0], usage="", basis=Basis.INVOICE_LINE)
    (found,) = rows(replace(INVOICE, items=(sku,), lines=(line,)))
    assert (found["ConsumedQuantity"], found["ConsumedUnit"]) == ("720.0", "vCPU-Hours")
    (divided,) = rows(replace(INVOICE, items=(sku,), lines=(replace(line, basis=Basis.SHARED_SPLIT),)))
    assert divided["ChargeCategory"] == "Adjustment"


def test_whole_numbers_have_a_point_so_that_no_reader_takes_the_column_for_integers() -> None:
    (found,) = rows(replace(INVOICE, currency="JPY"))
    assert (found["BilledCost"], found["ConsumedQuantity"], found["x_NetCost"]) == ("10700.0", "720.0", "10000")


def test_names_that_are_not_ascii_stand_in_columns_of_ours() -> None:
    (found,) = rows(
        replace(
            INVOICE,
            account="1042",
            name="บริษัท",
            lines=(Line(DATA, 1, 0, "acme-data", "ข้อมูล", "Disk", "1", description="ดิสก์"),),
        )
    )
    assert (found["BillingAccountId"], found["x_BillingAccountId"]) == ("deploys.app/1042", "1042")
    assert (found["BillingAccountName"], found["x_BillingAccountName"]) == ("Billing account 1042", "บริษัท")
    assert (found["SubAccountName"], found["x_ProjectName"]) == ("acme-data", "ข้อมูล")
    assert (found["ChargeDescription"], found["x_ChargeDescription"]) == ("Disk of acme-data", "ดิสก์")
    assert found["x_TeamName"] == "ทีมข้อมูล"


def test_charge_without_a_project_has_no_sub_account() -> None:
    found = row(project="", project_name="")
    assert (found["SubAccountId"], found["SubAccountName"], found["SubAccountType"]) == ("", "", "")


def test_tags_are_an_object_of_the_team_its_cost_centre_and_the_environment() -> None:
    assert json.loads(row()["Tags"]) == {"team": "web", "cost_center": "CC-100", "environment": "production"}
    assert json.loads(row(team=replace(WEB, cost_center=""), environment="")["Tags"]) == {"team": "web"}


def test_text_from_outside_begins_no_formula_and_ends_no_row() -> None:
    found = row(project='=cmd|"x",y\r\n', project_name="\t+1", resource="@r", description="-d")
    assert found["SubAccountId"] == '\'=cmd|"x",y'
    assert (found["x_ProjectName"], found["SkuMeter"], found["ChargeDescription"]) == ("'+1", "'@r", "'-d")


@pytest.mark.parametrize(
    ("resource", "category", "name"),
    [
        ("CPU", "Compute", "Deployments"),
        ("cpuUsage", "Compute", "Deployments"),
        ("Dropbox Storage", "Storage", "Dropbox"),
        ("egress", "Networking", "Network"),
        ("Quantum", "Other", "deploys.app"),
        ("", "Other", "deploys.app"),
    ],
)
def test_service_follows_the_price_lists_names(resource: str, category: str, name: str) -> None:
    assert service(resource)[:2] == (category, name)


@pytest.mark.parametrize(
    ("unit", "spelled"),
    [
        ("vCPU-hour", "vCPU-Hours"),
        ("GiB-Months", "GiB-Months"),
        ("GB", "GB"),
        ("hour", "Hours"),
        ("", "Units"),
        ("ชั่วโมง", "Units"),
        ("GB,hour", "Units"),
        ("a-b", "Units"),
    ],
)
def test_unit_is_spelled_as_focus_spells_units(unit: str, spelled: str) -> None:
    assert unit_format(unit) == spelled


def test_documentation_names_every_column() -> None:
    text = (Path(__file__).parents[3] / "docs" / "focus.md").read_text(encoding="utf-8")
    assert [name for name in focus.COLUMNS if f"`{name}`" not in text] == []
