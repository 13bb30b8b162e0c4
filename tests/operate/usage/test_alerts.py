"""What an alert is raised for, what it names, and in which order alerts stand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from chargeback.config import Usage
from chargeback.operate.usage.alerts import Alert, alerts_of
from chargeback.operate.usage.daily import by_project, by_resource
from chargeback.operate.usage.snapshot import DeploymentRow, Snapshot, UsageRow

from .test_daily import BANGKOK, row

START = date(2026, 5, 1)
SETTINGS = Usage()
Costs = dict[tuple[str, str], list[int]]


def counted(costs: Costs) -> list[UsageRow]:
    """Counters at a price of 1 whose days cost this; the first day cannot be told."""
    found = []
    for (project, resource), days in costs.items():
        total = 1_000
        for place, cost in enumerate([0, *days]):
            total += cost
            day = (START + timedelta(days=place)).isoformat()
            found.append(row(day, total, price="1", project=project, resource=resource))
    return found


def alerts(costs: Costs, deployments: tuple[DeploymentRow, ...] = (), settings: Usage = SETTINGS) -> tuple[Alert, ...]:
    """The alerts of the last day."""
    snapshot = Snapshot(tuple(counted(costs)), deployments)
    resources = by_resource(snapshot, BANGKOK)
    day = max(each.date for each in snapshot.usage)
    return alerts_of(snapshot, day, resources, by_project(resources), settings)


def test_a_resource_out_of_its_band_is_an_alert_also_where_its_project_is_within() -> None:
    """The disk goes from 10 to 90 a day; the project's own days swing between 1,000 and 2,000."""
    swinging = [1_000, 2_000] * 7
    (alert,) = alerts({("acme-web", "cpu"): [*swinging, 1_500], ("acme-web", "disk"): [*[10] * 14, 90]})
    assert [(each.resource, each.cost, each.usual) for each in alert.resources] == [("disk", 90, 10)]
    assert (alert.cost, alert.usual, alert.new) == (1_590, 1_510, True)
    assert (alert.since, alert.last_new) == (date(2026, 5, 16), date(2026, 5, 16))


def test_a_project_within_its_band_in_whole_and_in_parts_is_none() -> None:
    assert alerts({("acme-web", "cpu"): [100] * 15, ("acme-web", "disk"): [10] * 15}) == ()


def test_a_day_must_lie_above_the_usual_by_more_than_the_floor() -> None:
    """50 by default: at 100 a day, 150 is not above it by more, and 151 is."""
    settings = Usage(band=Decimal(1))
    assert alerts({("acme-web", "cpu"): [*[100] * 14, 150]}, settings=settings) == ()
    assert len(alerts({("acme-web", "cpu"): [*[100] * 14, 151]}, settings=settings)) == 1


def test_new_ones_come_first_then_the_dearest_excess_then_by_name() -> None:
    calm = [100] * 14
    found = alerts({
        ("b-same", "cpu"): [*calm, 400],
        ("a-same", "cpu"): [*calm, 400],
        ("dearest", "cpu"): [*calm, 900],
        ("going-on", "cpu"): [*calm[:-1], 2_000, 2_000],
    })  # fmt: skip
    assert [(alert.project, alert.new) for alert in found] == [
        ("dearest", True), ("a-same", True), ("b-same", True), ("going-on", False),
    ]  # fmt: skip


def test_the_resources_named_are_those_out_then_those_that_grew_most_at_most_three() -> None:
    calm = [100] * 14
    costs = {("acme-web", name): [*calm, last] for name, last in zip("abcde", (400, 130, 99, 900, 120), strict=True)}
    (alert,) = alerts(costs)
    assert [each.resource for each in alert.resources] == ["d", "a", "b"]


def test_the_deployment_is_the_one_that_grew_most_since_the_last_look() -> None:
    days = [START + timedelta(days=place) for place in (14, 15)]
    prices = {"steady": (900, 900), "grew": (100, 300), "shrank": (500, 400)}
    rows = tuple(
        DeploymentRow(day, "acme-web", name, "", Decimal(price))
        for name, both in prices.items()
        for day, price in zip(days, both, strict=True)
    )
    (alert,) = alerts({("acme-web", "cpu"): [*[100] * 14, 900]}, rows)
    assert alert.deployment is not None
    assert (alert.deployment.name, alert.deployment.before, alert.deployment.after) == ("grew", 100, 300)
    assert alert.line().endswith("; deployment grew grew from 100.00 to 300.00 a month")
