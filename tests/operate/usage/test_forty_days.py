"""Forty days of looking, over HTTP: one deployment runs away, and is found on the day; nothing else is ever alarmed."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.operate.usage import UsageReport, look
from chargeback.sandbox.months import Month
from tests.kit.platform import Place, place, spending_more

FIRST = "2026-05-10T02:00:00Z"
DAYS = 40
RUNAWAY = (6, 7)
"""7 June: the 29th day, after a rollover of the month."""


def forty_days(at: Place) -> list[UsageReport]:
    reports = []
    for _ in range(DAYS):
        reports.append(look(at.config, at.environ, at.clock))
        at.clock.pass_days(1)
    return reports


def on_one_day(month: Month, day: int) -> int:
    return 12 if (month.month, day) == RUNAWAY else 1


def from_then_on(month: Month, day: int) -> int:
    return 12 if (month.month, day) >= RUNAWAY else 1


@pytest.mark.parametrize("lasting", [on_one_day, from_then_on])
def test_a_runaway_is_found_on_its_day_and_nothing_else_is(tmp_path: Path, lasting: object) -> None:
    with place(tmp_path, now=FIRST, change=spending_more("acme-web", "cpu", lasting)) as at:  # type: ignore[arg-type]
        reports = forty_days(at)
    alarms = [report for report in reports if report.exit]
    assert [(report.day.month, report.day.day) for report in alarms] == [RUNAWAY]
    (alert,) = alarms[0].alerts
    assert (alert.project, alert.team, alert.new) == ("acme-web", "web", True)
    assert {moved.resource for moved in alert.resources} == {"cpu", "cpuUsage"}
    assert alert.deployment is not None and alert.deployment.name == "web"
    assert alert.cost > 5 * alert.usual
    line = alert.line()
    assert "acme-web" in line and "cpu" in line and "deployment: web" in line
    after = [alert.since for report in reports[30:37] for alert in report.alerts]
    assert after == [alarms[0].day] * (7 if lasting is from_then_on else 0), "one that goes on is shown, and not new"


def test_the_month_end_is_estimated_from_the_pace(tmp_path: Path) -> None:
    with place(tmp_path, now="2026-05-20T02:00:00Z") as at:
        reports = [look(at.config, at.environ, at.clock)]
        for _ in range(11):
            at.clock.pass_days(1)
            reports.append(look(at.config, at.environ, at.clock))
    final = reports[-1].total.month_to_date
    assert reports[-1].day.day == 31
    assert all(abs(report.total.month_end - final) < final / 10 for report in reports[5:])
