"""``chargeback diff`` as it is called."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import APRIL, MAY, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def test_two_revisions_by_team_invoice_and_line(office: Reviewed) -> None:
    shown = call("diff", MAY, "r1", "r2", "--archive", office.root)
    assert shown.exit == 0
    assert shown.out.splitlines()[0] == f"{MAY} r1 -> r2  reconciled -> 2 exceptions"
    assert "why: evidence" in shown.out


def test_the_latest_and_the_one_before_it_by_default(office: Reviewed) -> None:
    document = call("diff", MAY, "--output", "json", "--archive", office.root).document
    assert (document["schema"], document["before"]["revision"], document["after"]["revision"]) == (1, 2, 3)


def test_csv_has_a_row_a_line_and_sums_to_the_difference(office: Reviewed) -> None:
    rows = call("diff", MAY, "r1", "r3", "--output", "csv", "--archive", office.root).rows
    document = call("diff", MAY, "r1", "r3", "--output", "json", "--archive", office.root).document
    assert len(rows) == len(document["lines"]) and {row["note"] for row in rows} >= {"new", "gone"}
    for total in document["totals"]:
        mine = [Decimal(row["gross_difference"]) for row in rows if row["currency"] == total["currency"]]
        assert sum(mine) == Decimal(total["difference"]["gross"])
    assert [row for row in rows if not row["gross_before"]] == [row for row in rows if row["note"] == "new"]


@pytest.mark.parametrize("arguments", [(APRIL,), (MAY, "r9"), (MAY, "r1", "r9"), ("2025-01",), (), (MAY, "x")])
def test_what_is_not_there_is_exit_2(office: Reviewed, arguments: tuple[str, ...]) -> None:
    assert call("diff", *arguments, "--archive", office.root).exit == 2


def test_an_absent_archive_is_exit_9(office: Reviewed) -> None:
    assert call("diff", MAY, "--archive", office.root / "nowhere").exit == 9
