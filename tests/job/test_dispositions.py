"""A decision about a finding through whole runs: kept in the record, published, proved, and no new result."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chargeback.archive.reading import Archive
from chargeback.evidence.period import Period
from chargeback.job.verify import VerifyRequest, verify
from chargeback.sandbox import Clock, instant, prepared
from tests.cli.calling import call
from tests.kit.platform import answering
from tests.kit.workplace import Workplace

APRIL, MAY = Period.parse("2026-04"), Period.parse("2026-05")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workplace]:
    """Two months in which nobody owns a project."""
    platform = prepared("clean", kind="C", now=instant("2026-06-20T03:00:00Z"), clock=Clock("2026-05-20T03:00:00Z"))
    with answering(platform):
        found = Workplace(tmp_path, platform)
        text = found.config_path.read_text()
        assert '"acme-web", ' in text
        found.config_path.write_text(text.replace('"acme-web", ', "").replace('"acme-web"', '"acme-none"'))
        yield found


def document(office: Workplace, period: Period) -> dict[str, Any]:
    latest = Archive(office.archive).latest(period)
    assert latest is not None
    found: dict[str, Any] = json.loads(latest.read("reconciliation/reconciliation.json"))
    return found


def ownership(office: Workplace, period: Period) -> dict[str, Any]:
    (found,) = (each for each in document(office, period)["findings"] if each["check"] == "ownership")
    assert isinstance(found, dict)
    return found


def test_a_decision_is_carried_into_the_next_month_and_restates_nothing(office: Workplace) -> None:
    assert office.run().exit == 3
    finding = ownership(office, APRIL)
    assert finding["disposition"] is None
    given = ("--dispose", finding["id"], "--as", "moves to web in June", "--by", "Ann", "--archive", office.archive)
    assert call("findings", "2026-04", *given).exit == 0
    assert office.run().exit == 3
    assert office.revisions() == ["2026-04/r1"], "a decision is no new result"
    office.platform.clock.set("2026-06-20T03:00:00Z")
    assert office.run().exit == 3
    carried = ownership(office, MAY)
    assert (carried["id"], carried["disposition"], carried["disposed_by"]) == (
        finding["id"],
        "moves to web in June",
        "Ann",
    )
    latest = Archive(office.archive).latest(MAY)
    assert latest is not None
    assert [each.finding for each in latest.run_record().dispositions] == [finding["id"]]
    assert {state.path for state in latest.run_record().registers} == {"dispositions.csv"}
    proved = verify(office.archive, VerifyRequest())
    assert (proved.findings, proved.differences, proved.exit) == ((), (), 0)
    shown = call("findings", "2026-05", "--output", "json", "--archive", office.archive).document
    assert shown["open"] == len(shown["findings"]) - 1
