"""What changed between revisions: rows that sum to the difference of the totals, each with its reason."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.errors import ConfigurationError, StorageError
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.totals import Amounts
from chargeback.review.changes import Change, change_lines, line_changes
from chargeback.review.difference import difference, difference_lines
from chargeback.review.ledger_rows import rows_of
from chargeback.review.terminal import Terminal
from tests.kit.months import TEAMS, account, invoice, month, of, report
from tests.kit.reviewed import APRIL, CREDIT, MAY, Reviewed, units

PAIRS = [("r1", "r2"), ("r2", "r3"), ("r1", "r3"), ("r3", "r1"), ("2", "2")]


def document(office: Reviewed, first: str | None = None, second: str | None = None) -> dict[str, Any]:
    return json.loads(json.dumps(difference(office.root, MAY, first, second).to_json()))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("first", "second"), PAIRS)
@pytest.mark.parametrize("table", ["teams", "invoices", "lines"])
def test_rows_sum_to_the_difference_of_the_totals(office: Reviewed, first: str, second: str, table: str) -> None:
    found = document(office, first, second)
    assert {total["currency"] for total in found["totals"]} == {"JPY", "KWD", "THB"}
    for total in found["totals"]:
        for side in ("net", "tax", "gross"):
            rows = [row["difference"][side] for row in found[table] if row["currency"] == total["currency"]]
            assert sum(map(units, rows)) == units(total["difference"][side])


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_totals_are_those_of_the_manifests(office: Reviewed, first: str, second: str) -> None:
    found = document(office, first, second)
    for side in ("before", "after"):
        manifest = json.loads((office.root / MAY / f"r{found[side]['revision']}/manifest.json").read_bytes())
        stated = {total["currency"]: total["gross"] for total in manifest["totals"]}
        assert {total["currency"]: total[side]["gross"] for total in found["totals"]} == stated


def test_by_default_the_latest_is_compared_with_the_one_before(office: Reviewed) -> None:
    found = document(office)
    assert (found["before"]["revision"], found["after"]["revision"]) == (2, 3)
    assert document(office, "r1")["after"]["revision"] == 3


def test_an_invoice_paid_later_a_replaced_one_and_a_credit_note(office: Reviewed) -> None:
    found = document(office, "r1", "r2")
    notes = sorted((row["account"], row["note"], units(row["difference"]["gross"])) for row in found["invoices"])
    thai = [note for note in notes if note[0] in ("1042", "1043", "1045")]
    assert [note[:2] for note in thai] == [
        ("1042", "new, open"),
        ("1043", "open -> paid"),
        ("1045", "gone"),
        ("1045", "new, open"),
    ]
    assert thai[0][2] == -CREDIT
    assert thai[1][2] == 0
    assert thai[2][2] == -thai[3][2] != 0


def test_lines_of_a_replaced_invoice_are_matched_with_those_of_the_one_that_replaced_it(office: Reviewed) -> None:
    found = document(office, "r1", "r2")
    (replaced,) = [event for event in found["why"]["events"] if event["kind"] == "replaced"]
    assert replaced["account"] == "1045"
    assert [row for row in found["lines"] if row["account"] == "1045"] == [], "the same amounts, another number"


def lines_of(number: str, *amounts: tuple[str, str, int], account: str = "1042") -> list[LedgerRow]:
    """A line a project and resource, in an invoice of that number."""
    return [
        LedgerRow(
            "2026-05", account, "Acme", number, "open", "web", "CC-1", "6420", project, project.title(), "production",
            resource, "1", "", units, 0, units, "THB", "report-share", place, place, f"{project} in {number}", 2,
        )
        for place, (project, resource, units) in enumerate(amounts, start=1)
    ]  # fmt: skip


def test_a_replaced_invoice_that_is_cheaper_is_a_handful_of_changes() -> None:
    amounts = [(f"p{place // 10:02d}", f"R{place % 10}", 1_000 + place) for place in range(270)]
    cheaper = [(project, resource, units - 70 * (project == "p07")) for project, resource, units in amounts]
    changes = line_changes(lines_of("INV-1", *amounts), lines_of("INV-1R", *cheaper))
    assert len(changes) == 10
    assert {change.key[:4] for change in changes} == {("1042", "INV-1R", 0, "p07")}
    assert {(change.replaces, change.note, change.difference.gross) for change in changes} == {("INV-1", "", -70)}


def posted(number: str, less: int) -> list[LedgerRow]:
    """An invoice over eighteen projects of fifteen resources each, one of them so much cheaper."""
    values = {f"p{place:02d}": [Decimal(37 + 3 * place + which) for which in range(15)] for place in range(18)}
    rows = [(sid, f"R{which:02d}", 1, value) for sid, each in values.items() for which, value in enumerate(each)]
    bill = [of(sid, sum(each) - (less if sid == "p07" else 0)) for sid, each in values.items()]
    tax = (sum(line["amount"] for line in bill) * 7 / 107).quantize(Decimal("0.01"))
    config = TEAMS.replace('projects = ["acme-web", "acme-web-*"]', 'projects = ["p*"]')
    books = month(account(invoice(number, *bill, tax=tax), report=report(*rows)), config=config).books()
    return list(rows_of(books.period, books.ledger.lines))


def test_a_replacement_7_00_cheaper_is_15_changes_not_540_rows() -> None:
    before, after = posted("INV-1", 0), posted("INV-1R", 7)
    assert len(before) == len(after) == 270
    changes = line_changes(before, after)
    assert len(changes) == 15
    assert sum(change.difference.gross for change in changes) == -7_00


def test_a_line_that_only_one_of_the_two_has_is_new_or_gone() -> None:
    old, new = lines_of("INV-1", ("a", "CPU", 5), ("b", "CPU", 7)), lines_of("INV-1R", ("a", "CPU", 5), ("c", "CPU", 7))
    assert [(change.key[3], change.note) for change in line_changes(old, new)] == [("b", "gone"), ("c", "new")]


def test_invoices_that_did_not_replace_each_other_are_not_matched() -> None:
    old = [*lines_of("INV-1", ("a", "CPU", 5)), *lines_of("INV-2", ("a", "CPU", 6))]
    changes = line_changes(old, lines_of("INV-9", ("a", "CPU", 5)))
    assert sorted((change.key[1], change.note) for change in changes) == [
        ("INV-1", "gone"), ("INV-2", "gone"), ("INV-9", "new"),
    ]  # fmt: skip
    others = line_changes(lines_of("INV-1", ("a", "CPU", 5)), lines_of("INV-1R", ("a", "CPU", 5), account="7"))
    assert [change.note for change in others] == ["gone", "new"]


AMOUNTS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["CPU", "Disk"]), st.integers(-(10**6), 10**6)), max_size=6
)
SIDES = st.lists(st.tuples(st.sampled_from(["I-1", "I-1R", "I-2", "I-2R", "I-3"]), AMOUNTS), max_size=4)


@given(SIDES, SIDES)
def test_whatever_is_matched_the_lines_sum_to_the_difference(before: Any, after: Any) -> None:
    old, new = ([row for number, amounts in side for row in lines_of(number, *amounts)] for side in (before, after))
    difference_of_totals = sum(row.gross for row in new) - sum(row.gross for row in old)
    assert sum(change.difference.gross for change in line_changes(old, new)) == difference_of_totals


def test_reasons_are_those_that_the_runs_gave(office: Reviewed) -> None:
    assert _reasons(document(office, "r1", "r2")) == {"evidence"}
    assert _reasons(document(office, "r2", "r3")) == {"configuration"}
    assert _reasons(document(office, "r1", "r3")) <= {"evidence, configuration", "evidence", "configuration"}
    assert document(office, "r1", "r2")["why"]["differing"] == ["evidence"]
    assert document(office, "r2", "r3")["why"]["configuration"] == {"lines_added": 3, "lines_removed": 3}


def _reasons(found: dict[str, Any]) -> set[str]:
    return {row["reason"] for row in found["teams"] if units(row["difference"]["gross"])}


def test_exceptions_that_came_are_named(office: Reviewed) -> None:
    found = document(office, "r1", "r2")
    assert ("report-total", "exception") in {(row["check"], row["after"]) for row in found["checks"]}


def test_a_revision_does_not_differ_from_itself(office: Reviewed) -> None:
    found = document(office, "r2", "r2")
    assert (found["invoices"], found["lines"], found["checks"], found["why"]["differing"]) == ([], [], [], [])


def test_a_month_with_one_revision_has_nothing_to_compare(office: Reviewed) -> None:
    with pytest.raises(ConfigurationError, match="one revision"):
        difference(office.root, APRIL, None, None)


@pytest.mark.parametrize(("first", "second"), [("r9", None), ("r1", "r7"), ("x", None), ("r0", None)])
def test_a_revision_that_is_not_there_is_a_usage_error(office: Reviewed, first: str, second: str | None) -> None:
    with pytest.raises(ConfigurationError):
        difference(office.root, MAY, first, second)


def test_an_absent_archive_is_a_storage_error(office: Reviewed) -> None:
    with pytest.raises(StorageError):
        difference(office.root / "nowhere", MAY, None, None)


def test_text_has_every_table_and_the_reason(office: Reviewed) -> None:
    text = "\n".join(difference_lines(difference(office.root, MAY, "r1", "r2"), Terminal()))
    for part in (
        "teams: 4 changes",
        "invoices: 6 changes",
        "why: evidence",
        "-107.00",
        "open -> paid",
        "  event          ",
        "and replaced by",
    ):
        assert part in text
    assert "invoices: none changed" in "\n".join(difference_lines(difference(office.root, MAY, None, None), Terminal()))


def test_rows_beyond_the_most_are_added_up() -> None:
    changes = [Change((str(place),), "THB", None, Amounts(1, 0, 1)) for place in range(250)]
    lines = change_lines(changes, ("team",), Terminal())
    assert len(lines) == 103
    assert "150 others" in lines[-2] and lines[-2].split()[-1] == "+1.50"
    assert lines[-1].split()[-1] == "+2.50"
