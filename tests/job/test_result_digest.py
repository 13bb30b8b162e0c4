"""What makes another result, and what does not (BOOKING 7)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.job import same_result
from chargeback.job.same_result import result_digest
from chargeback.model import archived_checks
from chargeback.sandbox import instant, platform_of, prepared
from chargeback.sandbox.dialect import Kind
from chargeback.sandbox.functions import Call
from chargeback.sandbox.makers import DEFAULT_NOW, small_world
from chargeback.sandbox.months import newest_closed
from chargeback.sandbox.scenario import Setup
from tests.kit.months import TEAMS, Account, Month, account, document, invoice, of, report
from tests.kit.workplace import Workplace, closing

ROWS = report(("acme-web", "CPU", 1, 60), ("acme-web", "Memory", 1, 40))
LINE = of("acme-web", 100, projectId="1001")
INV = invoice("INV-1", LINE, tax=7)
BEFORE = Month([account(INV, report=ROWS)], projects=[{"id": "1001", "project": "acme-web", "name": "Acme Web"}])
JOURNAL = '[journal]\nexpense = "6400"\n'


def digest(month: Month) -> dict[str, str]:
    return result_digest(month.books(), month.settings)


def with_invoice(**fields: Any) -> Month:
    return replace(BEFORE, accounts=[account({**INV, **fields}, report=ROWS)])


def with_account(given: Account) -> Month:
    return replace(BEFORE, accounts=[given])


PAID = {"status": "paid", "paidAt": "2026-06-02T00:00:00Z", "receiptNumber": "RC-1"}


@pytest.mark.parametrize("month", [
    pytest.param(with_invoice(**PAID), id="paid, with a receipt"),
    pytest.param(with_account(replace(account(INV, report=ROWS), name="Another name")), id="account name"),
    pytest.param(replace(BEFORE, projects=[{"id": "1001", "project": "acme-web", "name": "New"}]), id="project name"),
    pytest.param(replace(BEFORE, projects=()), id="project.list empty"),
    pytest.param(replace(BEFORE, projects="api: forbidden"), id="project.list refused"),
    pytest.param(replace(BEFORE, config=TEAMS.replace('name = "Web"', 'name = "The web team"')), id="team name"),
    pytest.param(replace(BEFORE, config=f"# a comment\n{TEAMS}"), id="comment"),
    pytest.param(replace(BEFORE, run_at="2026-06-09T03:00:00Z"), id="time"),
    pytest.param(replace(BEFORE, config=TEAMS + '[publish]\nleave_out = ["xlsx"]\n'), id="left out"),
    pytest.param(replace(BEFORE, config=TEAMS + '[[shared]]\nproject = "nothing"\nsplit = "even"\n'), id="idle claim"),
])  # fmt: skip
def test_what_makes_no_new_result(month: Month) -> None:
    assert digest(month) == digest(BEFORE)


@pytest.mark.parametrize(("month", "part"), [
    pytest.param(with_invoice(number="INV-2"), "ledgers", id="number"),
    pytest.param(with_invoice(lineItems=[{**LINE, "description": "Other"}]), "ledgers", id="description"),
    pytest.param(replace(BEFORE, config=TEAMS.replace("CC-100", "CC-101")), "ledgers", id="cost centre"),
    pytest.param(replace(BEFORE, config=TEAMS + '[[teams]]\nid = "new"\n'), "ledgers", id="team without lines"),
    pytest.param(with_invoice(issuedAt="2026-06-02T17:00:00Z"), "exports", id="day of issue"),
    pytest.param(replace(BEFORE, config=TEAMS + JOURNAL), "exports", id="journal account"),
    pytest.param(replace(BEFORE, config=TEAMS + '[publish]\nfocus = "1.4"\n'), "exports", id="FOCUS"),
    pytest.param(with_account(account(INV, report=report(("acme-web", "CPU", 1, 90)))), "findings", id="exception"),
    pytest.param(with_account(account(INV, report=ROWS, documents=(document("inv-1", path="invoices/a.pdf"),))),
                 "documents", id="document"),
    pytest.param(with_account(account(INV, report=ROWS, documents=(document("inv-1", outcome="unreadable"),))),
                 "findings", id="unreadable document"),
    pytest.param(with_invoice(**PAID, withholdingTaxAmount=5), "findings", id="wrong withholding"),
])  # fmt: skip
def test_what_makes_a_new_result(month: Month, part: str) -> None:
    before, after = digest(BEFORE), digest(month)
    assert before[part] != after[part]


def test_what_comes_of_a_payment_since_is_no_finding_of_an_invoice_that_was_open() -> None:
    paid = with_account(
        account({**INV, **PAID, "withholdingTaxAmount": 5}, report=ROWS, documents=(document("inv-1"),))
    )  # no receipt, and a tax withheld at no rate
    assert result_digest(paid.books(), paid.settings, {("1042", "INV-1")}) == digest(BEFORE)
    assert result_digest(paid.books(), paid.settings, ()) != digest(BEFORE)


def test_a_payment_since_is_none_whatever_characters_the_number_has() -> None:
    bill = {**INV, "number": "INV\t1"}
    before = with_account(account(bill, report=ROWS))
    paid = with_account(account({**bill, **PAID, "withholdingTaxAmount": 5}, report=ROWS))
    assert result_digest(paid.books(), paid.settings, {("1042", "INV\t1")}) == digest(before)


def test_tax_withheld_of_an_open_invoice_makes_one_revision_and_not_one_a_run(tmp_path: Path) -> None:
    def withheld(call: Call, result: Any) -> Any:
        if call.function == "billing.listInvoices":
            for item in result["items"]:
                item["status"] = "open" if item["status"] == "paid" else item["status"]
        if call.function == "billing.getInvoice":
            result |= {"withholdingTaxAmount": 5, "withholdingTaxRate": None}
            result["status"] = "open" if result["status"] == "paid" else result["status"]
        return result

    with by_id(tmp_path, "D", withheld) as place:
        assert place.close(at="2026-06-12T03:00:00Z").written
        checks = place.latest("2026-05").interpret(archived_checks.PATH, archived_checks.read_checks).checks
        assert ("invoice-withholding", "exception") in {(check.check, check.outcome) for check in checks}
        again = place.close(at=LATER)
        assert (again.is_new, place.revisions()) == (False, ["2026-05/r1"])


LATER = "2026-06-25T03:00:00Z"


def later(function: str, change: Callable[[Any], Any]) -> Callable[[Call, Any], Any]:
    """What the function answers from the middle of June on."""
    since = instant("2026-06-15T00:00:00Z")
    return lambda call, result: change(result) if call.function == function and call.now >= since else result


def renamed(result: Any) -> Any:
    return {"items": [{**item, "name": f"{item['name']} (old)"} for item in result["items"]]}


def other_sids(result: Any) -> Any:
    return {"items": [{**item, "project": f"{item['project']}-old"} for item in result["items"]]}


@pytest.mark.parametrize("kind", ["C", "D"])
@pytest.mark.parametrize("change", [
    pytest.param(later("project.list", renamed), id="projects renamed"),
    pytest.param(later("project.list", other_sids), id="projects with other sids"),
    pytest.param(later("project.list", lambda result: {"items": []}), id="projects deleted"),
    pytest.param(later("billing.get", lambda result: {**result, "name": "Renamed"}), id="account renamed"),
])  # fmt: skip
def test_what_is_renamed_or_deleted_afterwards_makes_no_revision(tmp_path: Path, kind: Kind, change: Any) -> None:
    """The report names projects by id, and some invoices are by SKU: in 0.2.0 this moved all their cost."""
    with by_id(tmp_path, kind, change) as place:
        first = place.close(at="2026-06-12T03:00:00Z")
        assert (first.exit, first.written) == (0, True)
        again = place.close(at=LATER)
        assert (again.exit, again.is_new, place.revisions()) == (0, False, ["2026-05/r1"])
        place.extend('[[teams]]\nid = "new"\n')  # another result, so that what the second revision is booked with shows
        assert place.close(at=LATER).changes == ()
        assert place.latest("2026-05").run_record().projects


def by_id(root: Path, kind: Kind, change: Any) -> Any:
    world = small_world(spelling="numbers")
    setup = Setup(world, kind, DEFAULT_NOW, newest_closed(DEFAULT_NOW, world.zone))
    ids = {project.sid: project.id for project in world.projects}

    def named_by_id(call: Call, result: Any) -> Any:
        if call.function == "billing.report":
            for row in result["list"]:
                row["projectSid"] = ids[row["projectSid"]]
        return result

    return closing(root, platform_of(setup.answering(named_by_id, change)))


def test_the_digest_of_a_revisions_files_is_the_one_that_it_holds(tmp_path: Path) -> None:
    """So that a revision of a version that kept none is compared by the same rule."""
    with by_id(tmp_path, "C", later("project.list", lambda result: result)) as place:
        place.extend('[[accepted]]\ncheck = "ownership"\naccount = "1042"\nuntil = "2026-12"\nreason = "r"\nby = "b"\n')
        result = place.close(at=LATER)
        assert result.written
        latest = place.latest("2026-05")
        assert dict(latest.run_record().digest) == same_result._digest_of_files(latest)


def test_the_digest_of_files_with_negative_amounts_is_the_one_that_the_revision_holds(tmp_path: Path) -> None:
    """A credit note of an archive of 0.2.0 makes no new revision by itself."""
    with closing(tmp_path, prepared("credit-note", now=instant(LATER))) as place:
        assert place.close(at=LATER).written
        latest = place.latest("2026-05")
        assert b",-" in latest.read("ledgers/all.csv")
        assert dict(latest.run_record().digest) == same_result._digest_of_files(latest)


def test_a_revision_that_holds_no_digest_is_compared_by_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with by_id(tmp_path, "D", later("billing.get", lambda result: {**result, "name": "Renamed"})) as place:
        _close_without_digest(place, monkeypatch)
        again = place.close(at=LATER)
        assert (again.is_new, place.revisions()) == (False, ["2026-05/r1"])
        place.extend('[[teams]]\nid = "new"\n')
        assert place.close(at=LATER).written


def _close_without_digest(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("chargeback.job.run.result_digest", lambda books, config: {})
        assert place.close(at="2026-06-12T03:00:00Z").written
    assert place.latest("2026-05").run_record().digest == {}
