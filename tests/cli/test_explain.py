"""``chargeback explain`` as it is called."""

from __future__ import annotations

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import APRIL, Reviewed, csv_rows, spoil

pytestmark = pytest.mark.usefixtures("offline")


def test_a_line_is_followed_down_to_the_evidence(office: Reviewed) -> None:
    shown = call("explain", APRIL, "14", "--archive", office.root)
    assert shown.exit == 0
    assert "1. The invoice says" in shown.out
    assert "evidence/1042/billing.getInvoice-" in shown.out
    assert "#/result/lineItems/" in shown.out


def test_the_json_of_a_line_has_its_archived_amount(office: Reviewed) -> None:
    row = csv_rows(office.root / APRIL / "r1/ledgers/all.csv")[13]
    document = call("explain", APRIL, "14", "--output", "json", "--archive", office.root).document
    assert (document["schema"], document["kind"], document["gross"]) == (1, "line", row["gross"])


@pytest.mark.parametrize("subject", ["web", "team:web", "acme-platform", "project:acme-web"])
def test_a_team_or_project_is_the_sum_of_parts(office: Reviewed, subject: str) -> None:
    assert "the sum of these parts" in call("explain", APRIL, subject, "--archive", office.root).out


@pytest.mark.parametrize("arguments", [(APRIL, "nobody"), ("2025-01", "web"), (APRIL,), ("May", "web")])
def test_what_is_not_there_is_exit_2(office: Reviewed, arguments: tuple[str, ...]) -> None:
    assert call("explain", *arguments, "--archive", office.root).exit == 2


def test_an_absent_archive_is_exit_9(office: Reviewed) -> None:
    assert call("explain", APRIL, "web", "--archive", office.root / "nowhere").exit == 9


def test_damaged_evidence_is_exit_7(own_office: Reviewed) -> None:
    path = next((own_office.root / APRIL / "r1/evidence/1042").glob("billing.getInvoice-*"))
    spoil(path, lambda data: data.replace(b"1", b"2", 1))
    assert call("explain", APRIL, "1", "--archive", own_office.root).exit == 7
