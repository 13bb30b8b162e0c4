"""``chargeback list`` as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def test_every_revision_and_the_head(office: Reviewed) -> None:
    listed = call("list", "--archive", office.root)
    assert listed.exit == 0
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == [
        f"{MARCH}/r1",
        f"{APRIL}/r1",
        f"{MAY}/r1",
        f"{MAY}/r2",
        f"{MAY}/r3",
        "head",
    ]


def test_json_is_one_document(office: Reviewed) -> None:
    document = call("list", "--output", "json", "-c", office.config).document
    assert (document["schema"], len(document["revisions"])) == (1, 5)
    assert document["head"] == document["revisions"][-1]["head"]
    assert [each["latest"] for each in document["revisions"]] == [True, True, False, False, True]


def test_an_absent_archive_is_exit_9(tmp_path: Path) -> None:
    assert call("list", "--archive", tmp_path / "nowhere").exit == 9


def test_months_between_two_and_the_archives_own_head(office: Reviewed) -> None:
    whole = call("list", "--output", "json", "--archive", office.root).document
    part = call("list", "--since", APRIL, "--until", APRIL, "--output", "json", "--archive", office.root).document
    assert [each["period"] for each in part["revisions"]] == [APRIL]
    assert part["head"] == whole["head"]
    since = call("list", "--since", MAY, "--archive", office.root).out.splitlines()
    assert [line.split()[0] for line in since[1:]] == [f"{MAY}/r1", f"{MAY}/r2", f"{MAY}/r3", "head"]
    assert call("list", "--since", "2040-01", "--archive", office.root).out.startswith("no revision of these months")
    assert call("list", "--since", "2040", "--archive", office.root).exit == 2


def test_csv_has_a_row_a_revision_and_currency(office: Reviewed) -> None:
    rows = call("list", "--output", "csv", "--archive", office.root).rows
    document = call("list", "--output", "json", "--archive", office.root).document
    expected = [
        (each["head"], total["gross"], total["currency"]) for each in document["revisions"] for total in each["totals"]
    ]
    assert [(row["head"], row["gross"], row["currency"]) for row in rows] == expected and expected
