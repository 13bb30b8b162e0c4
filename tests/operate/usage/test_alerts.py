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
    """At 100 a day and a floor of 80, 180 is not above it by more, and 181 is; the weekday's season ends at 150."""
    settings = Usage(band=Decimal(1), floor=Decimal(80))
    assert alerts({("acme-web", "cpu"): [*[100] * 14, 180]}, settings=settings) == ()
    assert len(alerts({("acme-web", "cpu"): [*[100] * 14, 181]}, settings=settings)) == 1


def test_one_resource_that_begins_makes_an_alert_new_though_another_goes_on() -> None:
    calm = [100] * 13
    going_on, beginning = [*calm, 2_000, 2_000], [*calm, 100, 2_000]
    (alert,) = alerts({("acme-web", "cpu"): going_on, ("acme-web", "disk"): beginning})
    assert (alert.new, alert.since, alert.last_new) == (True, date(2026, 5, 15), date(2026, 5, 16))


def test_the_alert_for_machines_has_every_amount_as_text() -> None:
    day = START + timedelta(days=15)
    before = (DeploymentRow(day - timedelta(days=1), "acme-web", "old", "", Decimal(1)),)
    costs = {("acme-web", "cpu"): [*[100] * 14, 900]}
    (new,) = alerts(costs, (*before, DeploymentRow(day, "acme-web", "new", "bkk", Decimal(300))))
    assert new.to_json()["deployment"] == {"name": "new", "location": "bkk", "before": None, "after": "300.00"}
    assert new.line().endswith("; new deployment new at bkk, 300.00 a month")
    (grown,) = alerts(costs, (*before, DeploymentRow(day, "acme-web", "old", "", Decimal(2))))
    assert grown.to_json() | {"resources": None} == {
        "project": "acme-web", "account": "1", "team": "web", "since": "2026-05-16", "new": True, "cost": "900.00",
        "usual": "100.00", "resources": None,
        "deployment": {"name": "old", "location": "", "before": "1.00", "after": "2.00"},
    }  # fmt: skip
    (largest,) = alerts(costs, (DeploymentRow(day, "acme-web", "only", "", Decimal(7)),))
    assert largest.line().endswith("; largest deployment: only, 7.00 a month")


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
