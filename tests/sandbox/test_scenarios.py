"""Each scenario makes its situation, in both kinds, and the sample configuration owns the world."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pytest

from chargeback.sandbox import (
    SCENARIOS,
    Platform,
    instant,
    newest_closed,
    prepared,
    sample_configuration,
    scale_world,
    small_world,
)

from .auditor import audit
from .conftest import report_request

# Check codes of the documented table; written out, as the sandbox shares nothing with the job.
CODES = {
    "invoice-issued", "invoice-identity", "invoice-arithmetic", "invoice-tax", "invoice-withholding", "invoice-footing",
    "line-arithmetic", "invoice-cutoff", "invoice-duplicate", "account-set", "prior-periods", "report-period",
    "report-chart", "report-total", "report-project", "report-resource", "currency", "ownership", "ledger-control",
    "invoice-pdf", "history",
}  # fmt: skip
NOT_EXCEPTIONS = {"account-set", "history", "ledger-control"}  # exit 5, notices, and what no platform can cause


def answers(platform: Platform) -> Iterator[Any]:
    """Everything that a monthly run asks for."""
    kind = platform.dialect.kind
    yield platform.call("billing.list")
    yield platform.call("project.list")
    for account in platform.world.accounts:
        yield platform.call("billing.report", report_request(account.id, kind))
        yield (listed := platform.call("billing.listInvoices", {"id": account.id, "billingAccountId": account.id}))
        for item in listed.get("result", {}).get("items", []):
            payload = {"id": item["id"], "invoiceId": item["id"]}
            yield platform.call("billing.getInvoice", payload)
            link = platform.call("billing.downloadInvoice", payload)
            yield link["ok"]


def quiet(platform: Platform) -> bool:
    """Whether every answer is JSON of the API: no fault of transport, no absence."""
    return not platform.faults.rules and not platform.world.events


@lru_cache
def clean(kind: Any) -> list[Any]:
    return list(answers(prepared(kind=kind)))


# Its difference is in documents, or it is as the default world in May 2026.
SAME_ANSWERS = {"clean", "receipt-missing", "by-sku"}


@pytest.mark.parametrize("kind", ["C", "D"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_scenario_can_be_asked_everything_and_is_not_clean(name: str, kind: Any) -> None:
    platform = prepared(name, kind=kind)
    if quiet(platform):
        same = name in SAME_ANSWERS or (name.startswith("pdf-") and name != "pdf-missing")
        assert (list(answers(platform)) == clean(kind)) == same
    expected = SCENARIOS[name].expectation(kind)
    assert expected.exceptions | expected.consequences <= CODES
    assert (expected.exit == 3) == bool(expected.exceptions)


# What the auditor cannot judge: documents, other months, readiness, refusals, and what follows from them.
TOO_FINE = {"several-currencies", "idle-days"}  # it reckons in satang, and takes a gap of idle days for a gap
NOT_AUDITED = {"invoice-pdf", "prior-periods", "invoice-issued"}


@pytest.mark.parametrize("kind", ["C", "D"])
@pytest.mark.parametrize("name", [name for name, scenario in SCENARIOS.items() if scenario.expected_exit in (0, 3)])
def test_a_second_opinion_finds_what_the_register_says(name: str, kind: Any) -> None:
    scenario = SCENARIOS[name]
    expected = scenario.expectation(kind)
    if not quiet(prepared(name, kind=kind)) or scenario.months_back or name in TOO_FINE:
        pytest.skip("not what the auditor judges")
    if expected.exit == 4:
        pytest.skip("not ready")
    found = audit(prepared(name, kind=kind))
    assert expected.exceptions - NOT_AUDITED <= found <= expected.exceptions | expected.consequences


@pytest.mark.parametrize(
    "now", ["2026-05-31T18:00:00Z", "2026-06-12T00:00:00Z", "2026-11-25T00:00:00Z", "2027-01-01T00:00:00Z"]
)
@pytest.mark.parametrize("kind", ["C", "D"])
def test_clean_is_clean_whenever_it_is_asked(kind: Any, now: str) -> None:
    for seed in (1, 2):
        platform = prepared(kind=kind, seed=seed, now=instant(now))
        assert audit(platform) == set()
        month = newest_closed(instant(now), platform.world.zone)
        for account in platform.world.accounts:
            assert platform.world.control_totals(account.id, month, instant(now)).invoices


def test_every_check_that_a_platform_can_fail_is_provoked() -> None:
    provoked = {code for scenario in SCENARIOS.values() for code in scenario.expected_exceptions}
    assert provoked == CODES - NOT_EXCEPTIONS
    assert {scenario.expected_exit for scenario in SCENARIOS.values()} == {0, 3, 4, 5, 6}


def test_an_unknown_scenario_is_told() -> None:
    with pytest.raises(ValueError, match=r"no scenario is named 'x'; one of .*clean"):
        prepared("x")


def test_by_sku_holds_after_the_changeover() -> None:
    platform = prepared("by-sku", now=instant("2026-11-05T00:00:00Z"))
    ((invoice, _),) = platform.world.final_invoices("1043", "2026-10")
    assert invoice.lines[0].sku == "cpu"


@pytest.mark.parametrize(
    "world", [small_world(), small_world(spelling="prefixed", currencies=True), scale_world(5, 6, 2)]
)
def test_the_sample_configuration_owns_every_project_with_cost(world: Any) -> None:
    document = tomllib.loads(sample_configuration(world, endpoint="http://127.0.0.1:1/", token_env="TOKEN"))
    assert document["timezone"] == "Asia/Bangkok"
    assert [account["id"] for account in document["accounts"]] == [account.id for account in world.accounts]
    owned = {sid for team in document["teams"] for sid in team["projects"]}
    shared = {entry["project"] for entry in document.get("shared", [])}
    assert owned | shared == {project.sid for project in world.projects if project.size}
    assert not owned & shared


@pytest.mark.parametrize("way", ["even", "proportional", "weights"])
def test_the_sample_configuration_is_toml_whatever_the_names(way: str) -> None:
    world = prepared("hostile-names").world
    document = tomllib.loads(sample_configuration(world, accounts=False, shared=way))
    assert "accounts" not in document
    assert "../../escape" in {sid for team in document["teams"] for sid in team["projects"]}
    if way == "weights":
        assert sum(document["shared"][0]["split"].values()) > 0
