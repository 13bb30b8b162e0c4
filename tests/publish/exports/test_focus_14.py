"""``focus.csv`` in FOCUS 1.4: net and tax in rows of their own, credits, and how a split is told.

Where a rule of the specification has an id in the FOCUS requirements model, the test names it (``CAU-…``).
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.config import Config, Publish, SharedProject, Team, parse
from chargeback.evidence import Evidence, FolderStore, RunRecord
from chargeback.evidence.records import answers_from_json
from chargeback.model.books import Books
from chargeback.model.ledger import Basis
from chargeback.month_end import close_month
from chargeback.publish.exports import focus
from tests.kit.page_months import hostile_month, small_month
from tests.kit.small_books import CONFIG, DATA, OPS, TEAMS, WEB, Bill, Line, bills, make_books
from tests.kit.some import some

MONTHS = Path(__file__).parents[2] / "months"
GOLDEN = sorted(path.parent.name for path in MONTHS.glob("*/config.toml"))
Row = dict[str, str]


def in_1_4(config: Config, **changes: Any) -> Config:
    return replace(config, publish=Publish(focus="1.4"), **changes)


def split(how: Any) -> Config:
    """Data and ops share the platform."""
    shared = SharedProject("acme-platform", split=how)
    teams = tuple(Team(team.id, team.name, team.cost_center) for team in TEAMS[:3])
    return in_1_4(CONFIG, shared=(shared,), teams=teams)


WEIGHTS = split({"data": Decimal(40), "-ops": Decimal(60)})


def rows_of(books: Books, config: Config) -> list[Row]:
    text = b"".join(focus.chunks(books, config)).decode()
    return list(csv.DictReader(StringIO(text, newline=""), strict=True))


def rows(given: Iterable[Bill] | None = None, config: Config = WEIGHTS) -> list[Row]:
    return rows_of(make_books(given), config)


def golden(case: str) -> tuple[Books, Config]:
    folder = MONTHS / case
    run = RunRecord.from_json((folder / "evidence/run.json").read_bytes())
    evidence = Evidence(answers_from_json((folder / "evidence/index.json").read_bytes()), run, FolderStore(folder))
    config = in_1_4(parse((folder / "config.toml").read_bytes(), folder / "config.toml"))
    return close_month(evidence, config), config


def month(case: str) -> tuple[Books, Config]:
    if case in GOLDEN:
        return golden(case)
    made = small_month() if case == "small" else hostile_month()
    return made.books, in_1_4(made.config)


EVERY_MONTH = pytest.mark.parametrize("case", [*GOLDEN, "small", "hostile"])


@EVERY_MONTH
def test_rows_foot_to_the_ledger_line_by_line(case: str) -> None:
    books, config = month(case)
    cost: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    for row in some(rows_of(books, config)):
        cost[row["x_LedgerLine"], row["ChargeCategory"] == "Tax"] += Decimal(row["BilledCost"])
        assert row["BilledCost"] == row["ContractedCost"] == row["EffectiveCost"] == row["ListCost"]
    expected = {(str(line.line), False): Decimal(line.net).scaleb(-line.label.digits) for line in books.ledger.lines}
    taxed = [line for line in books.ledger.lines if line.tax]
    expected |= {(str(line.line), True): Decimal(line.tax).scaleb(-line.label.digits) for line in taxed}
    assert cost == expected


@EVERY_MONTH
def test_costs_of_an_invoice_add_up_to_what_is_payable(case: str) -> None:
    """BilledCost: "the sum … for a given InvoiceId and InvoiceIssuerName MUST match the payable amount"."""
    books, config = month(case)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(books, config):
        found[row["InvoiceDetailId"].rpartition("/")[0]] += Decimal(row["BilledCost"])
    invoices = [invoice for posting in books.posting.postings for invoice in posting.month.booked]
    assert found == {invoice.id: Decimal(invoice.total_minor).scaleb(-invoice.digits) for invoice in some(invoices)}


@EVERY_MONTH
def test_ratios_of_an_origin_charge_add_up_to_exactly_one(case: str) -> None:
    """CAU-AllocatedMethodDetailsObject-O-014-M, for the charge and for its tax."""
    books, config = month(case)
    lines = {str(line.line): line for line in books.ledger.lines}
    sums: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for row in rows_of(books, config):
        line = lines[row["x_LedgerLine"]]
        if line.basis is not Basis.SHARED_SPLIT:
            continue
        origin = (row["InvoiceDetailId"], line.invoice_line, line.project, line.resource)
        sums[origin] += element(row)["AllocatedRatio"]
    assert set(sums.values()) <= {Decimal(1)}
    assert bool(sums) == any(line.basis is Basis.SHARED_SPLIT for line in books.ledger.lines)


def element(row: Row) -> dict[str, Any]:
    """The one element of the row's details, numbers as exact decimals."""
    details = json.loads(row["AllocatedMethodDetails"], parse_float=Decimal)
    assert list(details) == ["Elements"]
    (one,) = details["Elements"]
    assert isinstance(one, dict)
    return one


def shared(rows: Iterable[Row], category: str = "Usage") -> dict[str, Row]:
    """By team, the rows of split charges."""
    return {row["x_Team"]: row for row in rows if row["AllocatedMethodId"] and row["ChargeCategory"] == category}


def test_split_by_weights_tells_the_weights() -> None:
    found = shared(rows())
    assert {team: row["AllocatedMethodId"] for team, row in found.items()} == {
        "data": "shared-weights",
        "'-ops": "shared-weights",
    }
    assert element(found["data"]) == {"AllocatedRatio": Decimal("0.4"), "UsageUnit": "Weights", "UsageQuantity": 40}
    assert element(found["'-ops"]) == {"AllocatedRatio": Decimal("0.6"), "UsageUnit": "Weights", "UsageQuantity": 60}


def test_even_split_gives_the_unit_that_is_left_to_the_first() -> None:
    lines = [
        Line(team, 100, 7, "acme-platform", share="33.3333", basis=Basis.SHARED_SPLIT) for team in (WEB, DATA, OPS)
    ]
    found = shared(rows([Bill("ba_1", "INV-1", tuple(replace(line, usage="1") for line in lines))], split("even")))
    ratios = {team: element(row) for team, row in found.items()}
    assert ratios == {
        "'-ops": {"AllocatedRatio": Decimal("0.333333333334")},
        "data": {"AllocatedRatio": Decimal("0.333333333333")},
        "web": {"AllocatedRatio": Decimal("0.333333333333")},
    }


def test_proportional_split_tells_the_direct_cost_that_it_went_by() -> None:
    own = (Line(DATA, 10_000, 700, "acme-data"), Line(WEB, 30_000, 2_100), Line(OPS, -5, 0, "ops"))
    parts = [
        Line(team, 100, 7, "acme-platform", usage="1", share="x", basis=Basis.SHARED_SPLIT) for team in (DATA, WEB)
    ]
    found = shared(rows([Bill("ba_1", "INV-1", (*own, *parts))], split("proportional")))
    assert element(found["data"]) == {
        "AllocatedRatio": Decimal("0.25"),
        "UsageUnit": "THB",
        "UsageQuantity": Decimal(107),
    }
    assert element(found["web"])["AllocatedRatio"] == Decimal("0.75")
    assert found["web"]["AllocatedMethodId"] == "shared-proportional"


def test_project_whose_sid_is_spelled_with_combining_marks_is_the_one_of_the_configuration() -> None:
    """Ownership compares after NFC (BOOKING 5): a split that it made is told whatever the platform's spelling."""
    shared_project = SharedProject("acme-caf\u00e9", split={"data": Decimal(1)})
    line = Line(DATA, 100, 7, "acme-cafe\u0301", usage="1", share="100", basis=Basis.SHARED_SPLIT)
    found = shared(rows([Bill("ba_1", "INV-1", (line,))], replace(WEIGHTS, shared=(shared_project,))))
    assert element(found["data"])["AllocatedRatio"] == 1


def test_proportional_split_without_direct_cost_is_even_and_measured_by_nothing() -> None:
    parts = [Line(team, 1, 0, "acme-platform", usage="1", share="x", basis=Basis.SHARED_SPLIT) for team in (DATA, WEB)]
    found = shared(rows([Bill("ba_1", "INV-1", tuple(parts))], split("proportional")))
    assert {team: element(row) for team, row in found.items()} == {
        "data": {"AllocatedRatio": Decimal("0.5")},
        "web": {"AllocatedRatio": Decimal("0.5")},
    }


def test_team_that_got_no_unit_is_no_part_of_the_ratios() -> None:
    """0.01 among three teams: one line, which bears all of it."""
    line = Line(DATA, 1, 0, "acme-platform", usage="1", share="33.3333", basis=Basis.SHARED_SPLIT)
    found = shared(rows([Bill("ba_1", "INV-1", (line,))], split("even")))
    assert element(found["data"]) == {"AllocatedRatio": Decimal(1)}


@given(st.lists(st.integers(1, 10**15), min_size=1, max_size=3))
def test_any_weights_add_up_to_exactly_one(weights: list[int]) -> None:
    teams = [WEB, DATA, OPS][: len(weights)]
    config = split({team.id: Decimal(weight).scaleb(-3) for team, weight in zip(teams, weights, strict=True)})
    lines = tuple(Line(team, 1, 1, "acme-platform", usage="1", basis=Basis.SHARED_SPLIT) for team in teams)
    found = rows([Bill("ba_1", "INV-1", lines)], config)
    for category in ("Usage", "Tax"):
        assert sum(element(row)["AllocatedRatio"] for row in some(shared(found, category).values())) == 1


def test_charge_that_was_not_split_has_no_allocation_and_a_split_one_has_all_of_it() -> None:
    """CAU-AllocatedMethodId-C-004-C and 005-C, CAU-AllocatedMethodDetails-C-005-C and 006-C."""
    for row in some(rows()):
        told = [name for name in focus.focus_allocation.COLUMNS if row[name]]
        assert told == (list(focus.focus_allocation.COLUMNS) if row["x_Basis"] == "shared-split" else [])
    assert {row["AllocatedResourceId"] for row in rows() if row["AllocatedResourceId"]} == {"data", "'-ops"}


def test_allocated_charges_share_the_dimensions_of_their_origin() -> None:
    """DataGeneratorCalculatedSplitCostAllocationHandling: dimensions and the keys of Tags match the origin charge."""
    own = {*focus.focus_allocation.COLUMNS, *focus.QUANTITY_COLUMNS, *focus.COST_COLUMNS}
    one, other = shared(rows()).values()
    differing = {name for name in one if name not in own and not name.startswith("x_") and one[name] != other[name]}
    assert differing == set()
    assert json.loads(one["Tags"]) == {"environment": "production"}


def test_allocated_tags_are_the_teams_and_repeat_none_of_the_origins() -> None:
    """AllocatedTags "MUST NOT include resource tags already present in Tags"."""
    assert json.loads(shared(rows())["data"]["AllocatedTags"]) == {"team": "data", "cost_center": "CC-200"}


@EVERY_MONTH
def test_taxes_are_charges_of_their_own(case: str) -> None:
    """SkuId, PricingQuantity, PricingCategory and ConsumedQuantity MUST be null when ChargeCategory is "Tax"."""
    nothing = ("SkuId", "SkuMeter", "PricingCategory", *focus.QUANTITY_COLUMNS)
    books, config = month(case)
    taxes = [row for row in rows_of(books, config) if row["ChargeCategory"] == "Tax"]
    assert bool(taxes) == any(line.tax for line in books.ledger.lines)
    assert [row for row in taxes if any(row[name] for name in nothing)] == []
    assert {row["InvoiceDetailId"].rpartition("/")[2] for row in taxes} <= {"tax"}


def test_credit_note_and_negative_line_are_credits_without_a_quantity() -> None:
    refund = Bill(
        "ba_1",
        "INV-2",
        (Line(WEB, -100, -7, usage="3"), Line(WEB, 500, 35, usage="9", number=2)),
        items=(bills()[0].items * 2),
    )
    found = {(row["InvoiceId"], row["x_InvoiceLine"]): row for row in rows([bills()[3], refund]) if row["SkuId"]}
    assert found["CN-7", "1"]["ChargeCategory"] == found["INV-2", "1"]["ChargeCategory"] == "Credit"
    assert not any(found["INV-2", "1"][name] for name in focus.QUANTITY_COLUMNS)
    assert (found["INV-2", "2"]["ChargeCategory"], found["INV-2", "2"]["ConsumedQuantity"]) == ("Usage", "9.0")


def test_negative_rest_of_an_invoice_is_an_adjustment() -> None:
    found = [row for row in rows() if row["x_Basis"] == "adjustment"]
    assert [(row["ChargeCategory"], row["BilledCost"]) for row in found] == [("Adjustment", "-0.25")]


def test_who_provides_and_who_hosts() -> None:
    """CAU-ServiceProviderName-C-003-M: never null; the host "MAY equal" it where the provider does not show it."""
    columns = focus.COLUMNS_1_4
    assert "ProviderName" not in columns and "PublisherName" not in columns
    assert {(row["ServiceProviderName"], row["HostProviderName"]) for row in rows()} == {("deploys.app", "deploys.app")}


def test_every_row_has_every_column_once() -> None:
    assert len(set(focus.COLUMNS_1_4)) == len(focus.COLUMNS_1_4)
    for row in some(rows()):
        assert tuple(row) == focus.COLUMNS_1_4 and None not in row.values()


def test_categories_and_frequencies_are_among_those_allowed() -> None:
    """CAU-ChargeCategory-C-002-M and 003-M; ChargeFrequency "MUST be one of the allowed values"."""
    found = {(row["ChargeCategory"], row["ChargeFrequency"]) for row in rows()}
    assert found == {
        ("Usage", "Usage-Based"),
        ("Adjustment", "One-Time"),
        ("Credit", "One-Time"),
        ("Tax", "One-Time"),
    }


def test_documentation_names_every_column_and_method() -> None:
    text = (Path(__file__).parents[3] / "docs" / "focus.md").read_text(encoding="utf-8")
    methods = ("shared-even", "shared-proportional", "shared-weights")
    assert [name for name in (*focus.COLUMNS_1_4, *methods) if f"`{name}`" not in text] == []
