"""``chargeback findings`` as it is called: the largest first, and what was decided about each."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from tests.cli.calling import Called, call
from tests.cli.test_sign import SigningClock
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, csv_rows, spoil

pytestmark = pytest.mark.usefixtures("offline")


def dispose(office: Reviewed, period: str, finding: str, text: str = "known, ticket 4711", by: str = "Ann") -> Called:
    arguments = ("--dispose", finding, "--as", text, "--by", by, "--archive", office.root)
    return call("findings", period, *arguments, context=SigningClock())


def test_findings_are_the_largest_first_with_what_follows(office: Reviewed) -> None:
    document = call("findings", APRIL, "--output", "json", "--archive", office.root).document
    found = document["findings"]
    amounts = [Decimal(each["amount"] or 0) for each in found]
    assert len(found) > 1
    assert amounts == sorted(amounts, reverse=True)
    for each in found:
        assert sum(follows["count"] for follows in each["follows"]) == each["checks"]
        sums = [Decimal(follows["amount"]) for follows in each["follows"] if follows["amount"] is not None]
        assert sum(sums) == Decimal(each["amount"] or 0)
        assert each["disposition"] is None
        assert each["remedy"]
        assert "[[" not in each["remedy"]
    assert document["open"] == len(found)
    assert sum(each["exceptions"] for each in found) == document["exceptions"]


def test_csv_has_a_row_a_finding(office: Reviewed) -> None:
    rows = call("findings", APRIL, "--output", "csv", "--archive", office.root).rows
    document = call("findings", APRIL, "--output", "json", "--archive", office.root).document
    names = ("check", "account", "amount", "currency", "remedy", "disposition")
    assert [{name: row[name] for name in names} for row in rows] == [
        {name: each[name] or "" for name in names} for each in document["findings"]
    ]
    assert {(row["period"], row["revision"]) for row in rows} == {(APRIL, "1")}


def test_text_says_what_where_how_much_and_what_to_do(office: Reviewed) -> None:
    shown = call("findings", APRIL, "--archive", office.root).out
    document = call("findings", APRIL, "--output", "json", "--archive", office.root).document
    assert shown.startswith(f"{APRIL} r1  {document['exceptions']} exceptions")
    places = [shown.index(each["id"]) for each in document["findings"]]
    assert places == sorted(places)
    for word in ("where", "what", "follows", "to do", "operator", "decided"):
        assert len(re.findall(rf"^    {word} ", shown, re.MULTILINE)) == len(places), word


def test_a_month_without_findings_says_so(office: Reviewed) -> None:
    assert "no findings" in call("findings", MARCH, "--archive", office.root).out


def test_the_newest_month_is_the_default(office: Reviewed) -> None:
    assert call("findings", "--output", "json", "--archive", office.root).document["period"] == MAY


def test_a_disposition_is_a_chained_line_and_shown_from_then_on(own_office: Reviewed) -> None:
    first, *others = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"]
    assert dispose(own_office, APRIL, first["id"]).exit == 0
    assert dispose(own_office, APRIL, others[0]["id"], text="=1+1", by="นารี").exit == 0
    rows = csv_rows(own_office.root / "dispositions.csv")
    assert list(rows[0]) == ["disposed_at", "period", "revision", "finding", "disposition", "by", "previous"]
    assert rows[0] | {"previous": ""} == {
        "disposed_at": "2026-06-27T01:00:00Z",
        "period": APRIL,
        "revision": "1",
        "finding": first["id"],
        "disposition": "known, ticket 4711",
        "by": "Ann",
        "previous": "",
    }
    assert rows[1]["disposition"] == "'=1+1"
    document = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document
    shown = {each["id"]: each for each in document["findings"]}
    assert shown[first["id"]]["disposition"] == "known, ticket 4711"
    assert shown[first["id"]]["disposed_by"] == "Ann"
    assert shown[first["id"]]["disposed_in"] == f"{APRIL}/r1"
    assert shown[others[0]["id"]]["disposition"] == "=1+1"
    assert document["open"] == len(shown) - 2
    assert "known, ticket 4711 (Ann, 2026-06-27" in call("findings", APRIL, "--archive", own_office.root).out
    assert call("verify", own_office.root, "--quick").exit == 0


def test_the_last_decision_counts(own_office: Reviewed) -> None:
    first = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"][0]["id"]
    dispose(own_office, APRIL, first)
    dispose(own_office, APRIL, first, text="refunded", by="Bob")
    document = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document
    assert (document["findings"][0]["disposition"], document["findings"][0]["disposed_by"]) == ("refunded", "Bob")


def test_what_cannot_be_is_exit_2_and_nothing_is_appended(own_office: Reviewed) -> None:
    first = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"][0]["id"]
    assert dispose(own_office, APRIL, "F-0000000000").exit == 2
    assert dispose(own_office, "2026-01", first).exit == 2
    assert dispose(own_office, APRIL, first, text=" ").exit == 2
    assert dispose(own_office, APRIL, first, by=" ").exit == 2
    for part in (("--dispose", first), ("--as", "x"), ("--by", "Ann"), ("--dispose", first, "--as", "x")):
        assert call("findings", APRIL, *part, "--archive", own_office.root).exit == 2
    assert not (own_office.root / "dispositions.csv").exists()


def test_a_line_that_was_changed_is_exit_7(own_office: Reviewed) -> None:
    first = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"][0]["id"]
    for text in ("one", "two"):
        dispose(own_office, APRIL, first, text=text)
    spoil(own_office.root / "dispositions.csv", lambda data: data.replace(b"one", b"ten"))
    assert call("findings", APRIL, "--archive", own_office.root).exit == 7
    called = call("verify", own_office.root, "--quick")
    assert called.exit == 7
    assert "dispositions.csv" in called.out + called.err


def test_a_revision_that_is_gone_is_missed_by_its_dispositions(own_office: Reviewed) -> None:
    first = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"][0]["id"]
    dispose(own_office, APRIL, first)
    spoil(own_office.root / "dispositions.csv", lambda data: data.replace(b",2026-04,1,", b",2026-04,9,"))
    called = call("verify", own_office.root, "--quick")
    assert called.exit == 7
    assert "2026-04/r9, which is gone" in called.out + called.err
