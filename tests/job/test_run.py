"""The monthly job as time goes by: which month, what is written when, what is carried, and what ends a run.

May 2026 of the sandbox's small world, over real HTTP; one account alone where more would add nothing but time.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from chargeback.archive.locked_archive import open_for_writing
from chargeback.cli.run_output import to_document
from chargeback.collect.pdf_reader import PdfReader
from chargeback.config import Config
from chargeback.errors import (
    AccessError,
    ConfigurationError,
    CredentialError,
    DamagedError,
    DeadlineError,
    LockedError,
    NotReadyError,
)
from chargeback.evidence import Evidence
from chargeback.job import run, same_result
from chargeback.job.collection import Collected, Collector
from chargeback.model.books import Books
from chargeback.model.check import Code, Outcome
from chargeback.month_end import close_month
from chargeback.publish import revision_files
from chargeback.publish.revision_files import PublishedFile
from chargeback.sandbox import Platform, Setup, instant, newest_closed, running, small_world
from chargeback.sandbox.credentials import Credential
from chargeback.sandbox.faults import Faults
from chargeback.sandbox.functions import Call
from chargeback.sandbox.records import Invoice
from chargeback.sandbox.scenario import OPEN, PARTS, PROJECT
from chargeback.sandbox.scenarios import platform_of
from chargeback.sandbox.timeline import edited, extra, issued, paying, withholding
from chargeback.sandbox.world import DocumentsAway, Inactive
from tests.kit.platform import only
from tests.kit.workplace import NOW, Workplace, closing, codes, exceptions, messages

APRIL_CLOSES, MAY_CLOSES, LATER = "2026-05-05T03:00:00Z", "2026-06-05T03:00:00Z", "2026-06-25T03:00:00Z"
Change = Callable[[Setup], Setup]
Place = Callable[..., Workplace]


def setup(*changes: Change, now: str = NOW, kind: Any = "C", positions: tuple[int, ...] = (OPEN,)) -> Setup:
    world = small_world(now=instant(now))
    made = only(*positions)(Setup(world, kind, instant(now), newest_closed(instant(now), world.zone)))
    for change in changes:
        made = change(made)
    return made


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Opens a place with one account of the small world, changed as wished."""
    with ExitStack() as stack:

        def opened(*changes: Change, faults: str = "", **made: Any) -> Workplace:
            platform = platform_of(setup(*changes, **made), faults=faults)
            return stack.enter_context(closing(tmp_path, platform))

        yield opened


def account_of(made: Setup) -> str:
    return made.world.accounts[0].id


def may(made: Setup) -> Any:
    return made.month


def answered(change: Callable[[Call, Any], Any]) -> Change:
    return lambda made: made.answering(change)


def of_function(function: str, change: Callable[[Any], Any]) -> Change:
    return answered(lambda call, result: change(result) if call.function == function else result)


# Periods.


def test_the_month_before_the_present_one_is_closed_by_default(place: Place) -> None:
    result = place().close()
    assert (str(result.period), result.exit, result.written, result.revision) == ("2026-05", 0, True, 1)


@pytest.mark.parametrize(("now", "period"), [("2026-05-31T16:59:59Z", "2026-04"), ("2026-05-31T17:00:00Z", "2026-05")])
def test_which_month_that_is_follows_the_configured_zone(place: Place, now: str, period: str) -> None:
    assert str(place().run_job(job_at=now, dry_run=True)[0].period) == period


def test_a_month_that_is_not_over_is_exit_4_and_asks_nothing(place: Place) -> None:
    office = place()
    (result,) = office.run_job("2026-06")
    assert (result.exit, str(result.period)) == (4, "2026-06")
    assert result.errors[0].remedy == "run again from 2026-07-01 on"
    assert office.server.recorder.received == []
    assert not (office.root / "archive").exists()


@pytest.mark.parametrize(("period", "problem"), [("2026-07", "lies in the future"), ("2026-5", "is not a month")])
def test_a_month_in_the_future_or_malformed_is_exit_2(place: Place, period: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        place().run_job(period)


def test_an_older_month_is_closed_when_asked_for(place: Place) -> None:
    office = place(kind="D")
    assert [office.close("2026-03").exit, office.close().exit] == [0, 0]
    assert office.revisions() == ["2026-03/r1", "2026-05/r1"]


# The same result, and another one.


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_cannot_be_imported_ahead_is_no_traceback_for_cron_to_mail(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short_of_memory() -> None:
        raise MemoryError

    monkeypatch.setattr(revision_files, "prepare", short_of_memory)
    assert place().close().exit == 0


def test_the_same_result_writes_nothing(place: Place) -> None:
    office = place()
    assert office.close().written
    before = office.archived_files()
    again = office.close(at=LATER)
    assert (again.exit, again.written, again.revision) == (0, False, 1)
    assert (again.path, again.head) == (office.latest("2026-05").root, office.latest("2026-05").sha256)
    assert office.archived_files() == before


def test_the_same_exceptions_are_exit_3_again_and_write_nothing(place: Place) -> None:
    office = place(lambda made: made.edited(0, lambda invoice: replace(invoice, document="missing")))
    assert [(result.exit, result.written) for result in (office.close(), office.close())] == [(3, True), (3, False)]


def test_comments_order_and_names_of_options_in_the_configuration_are_no_new_result(place: Place) -> None:
    office = place()
    office.close()
    office.configure(before="# nothing of weight\n", api="timeout = 5\nconcurrency = 2\n")
    assert not office.close().written


def test_other_messages_times_and_pdf_bytes_are_no_new_result(place: Place) -> None:
    office = place()
    office.platform._documents_dated_now = True
    office.close()
    assert not office.close(at=LATER).written


def test_an_invoice_paid_since_restates_nothing_and_is_settled_in_the_month_of_its_payment(place: Place) -> None:
    """A payment restated its invoice's month before, and took both signatures with it."""
    paid = instant("2026-06-20T00:00:00Z")
    office = place(lambda made: made.changed(paying(account_of(made), may(made), paid)))
    assert office.close(at=MAY_CLOSES).revision == 1
    later = office.close(at=LATER)
    assert (later.exit, later.written, later.is_new, later.revision) == (0, False, False, 1)
    assert {row["invoice_status"] for row in rows(office, "ledgers/all.csv")} == {"open"}
    settled = [row for row in rows(office, "exports/journal.csv") if row["event"] == "settlement"]
    june = office.close("2026-06", at="2026-07-05T00:00:00Z")
    assert june.written
    found = [row for row in rows(office, "exports/journal.csv", "2026-06") if row["event"] == "settlement"]
    assert settled == [] and {(row["concerns"], row["posting_date"]) for row in found} == {("2026-05", "2026-06-20")}
    assert any(path.endswith(".receipt.pdf") for path in office.latest("2026-06").records)


def test_a_credit_note_since_is_a_restatement_that_says_what_changed_and_why(place: Place) -> None:
    moment = instant("2026-06-20T00:00:00Z")
    office = place(lambda made: made.changed(extra(account_of(made), may(made), moment, -1070)))
    office.close(at=MAY_CLOSES)
    result = office.close(at=LATER)
    assert (result.exit, result.revision) == (3, 2)
    assert [(change.after - change.before, change.currency, ", ".join(change.why)) for change in result.changes] == [
        (-1070, "THB", "evidence")
    ]
    amounts = [row["credit"] or row["debit"] for row in rows(office, "exports/journal-change.csv")]
    assert "10.70" in amounts
    assert not office.close().written
    latest = office.latest("2026-05")  # negative amounts too: an upgrade restates no month with a credit note
    assert dict(latest.run_record().digest) == same_result._digest_of_files(latest)


def test_tax_withheld_since_is_no_new_result(place: Place) -> None:
    paid, withheld = instant("2026-06-04T00:00:00Z"), instant("2026-06-20T00:00:00Z")

    def change(made: Setup) -> Setup:
        account, month = account_of(made), may(made)
        return made.changed(paying(account, month, paid), withholding(account, month, withheld))

    office = place(change, positions=(PROJECT,))
    office.close(at=MAY_CLOSES)
    assert not office.close(at=LATER).written


def test_another_configuration_is_a_restatement_because_of_it(place: Place) -> None:
    office = place()
    office.close()
    path = office.root / "config.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"baan-suan-data"', '"elsewhere"'), encoding="utf-8")
    result = office.close()
    assert (result.exit, result.revision, codes(result)) == (3, 2, {"ownership"})
    assert {(change.team, ", ".join(change.why)) for change in result.changes} == {
        ("data", "configuration"),
        ("unassigned", "configuration"),
    }


def rows(office: Workplace, path: str, month: str = "2026-05") -> list[dict[str, str]]:
    """A CSV of a month's latest revision."""
    text = office.latest(month).read(path).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


# Other months.


def late(made: Setup, month: Any, moment: str) -> Setup:
    return made.changed(extra(account_of(made), month, instant(moment), 1070))


def test_a_late_invoice_of_an_archived_month_is_an_exception_until_catch_up_books_it(place: Place) -> None:
    office = place(lambda made: late(made, may(made).plus(-1), "2026-06-04T00:00:00Z"), kind="D")
    assert office.close(at=APRIL_CLOSES).exit == 0
    first = office.close(at=MAY_CLOSES)
    assert (first.exit, codes(first)) == (3, {"prior-periods"})
    caught = office.run_job(catch_up=True)
    assert [(str(result.period), result.revision, result.written) for result in caught] == [
        ("2026-04", 2, True),
        ("2026-05", 2, True),
    ]
    assert "prior-periods" not in codes(caught[1])
    assert [result.written for result in office.run_job(catch_up=True)] == [False]


def gone_to_may(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**row, "periodStart": "2026-04-30T17:00:00Z", "periodEnd": "2026-05-31T17:00:00Z"}]


def gone_for_good(row: dict[str, Any]) -> list[dict[str, Any]]:
    return []


@pytest.mark.parametrize("gone", [gone_to_may, gone_for_good])
def test_an_invoice_that_leaves_an_archived_month_is_not_charged_there_for_ever_nor_in_two_months(
    place: Place, gone: Callable[[dict[str, Any]], list[dict[str, Any]]]
) -> None:
    def listed_otherwise(call: Call, result: Any) -> Any:
        if call.function != "billing.listInvoices" or call.now < instant("2026-06-01T00:00:00Z"):
            return result
        rows = [gone(row) if row["periodStart"].startswith("2026-03-31") else [row] for row in result["items"]]
        return {"items": [row for group in rows for row in group]}

    office = place(answered(listed_otherwise), kind="D")
    assert office.close(at=APRIL_CLOSES).exit == 0
    charged = office.latest("2026-04").read("ledgers/all.csv")
    first = office.close(at=MAY_CLOSES)
    assert first.exit == 3
    assert [check.subject_name for check in exceptions(first) if check.code is Code.PRIOR_PERIODS] == ["2026-04"]
    april, may = office.run_job(catch_up=True)
    assert (str(april.period), april.revision, april.written) == ("2026-04", 2, True)
    assert charged.count(b"INV-2026-0281") > 0
    assert office.latest("2026-04").read("ledgers/all.csv").count(b"INV-2026-0281") == 0
    assert "prior-periods" not in codes(may)
    assert [result.written for result in office.run_job(catch_up=True)] == [False]


def test_a_list_refused_as_inactive_takes_nothing_out_of_an_archived_month(place: Place) -> None:
    def inactive(made: Setup) -> Setup:
        event = Inactive(instant("2026-06-01T00:00:00Z"), account=account_of(made))
        return replace(made, world=made.world.happening(event))

    office = place(inactive, kind="D")
    assert office.close(at=APRIL_CLOSES).exit == 0
    (may,) = office.run_job(at=MAY_CLOSES, catch_up=True)
    assert (may.exit, codes(may)) == (3, {"invoice-issued"})
    assert office.revisions() == ["2026-04/r1", "2026-05/r1"]


def test_catch_up_closes_the_months_that_have_no_revision(place: Place) -> None:
    office = place(kind="D")
    office.close("2026-03")
    results = office.run_job(catch_up=True)
    assert [(str(result.period), result.exit, result.written) for result in results] == [
        ("2026-04", 0, True),
        ("2026-05", 0, True),
    ]


def test_catch_up_of_an_empty_archive_does_the_month_alone(place: Place) -> None:
    results = place().run_job(catch_up=True, dry_run=True)
    assert [str(result.period) for result in results] == ["2026-05"]


# Pending reports, carried reports and documents.


def late_invoice(moment: str) -> Change:
    return lambda made: made.changed(issued(account_of(made), may(made), instant(moment)))


def test_a_report_proved_in_time_waits_in_pending_and_closes_the_month_later(place: Place) -> None:
    office = place(late_invoice("2026-07-02T00:00:00Z"))
    early = office.close(at=MAY_CLOSES)
    assert (early.exit, early.revision, early.written) == (4, None, False)
    assert office.revisions() == []
    assert len([path for path in office.archived_files() if path.startswith("pending/2026-05/")]) == 2
    closed = office.close("2026-05", at="2026-07-05T03:00:00Z")
    assert (closed.exit, closed.written) == (0, True)
    assert not [path for path in office.archived_files() if path.startswith("pending/")]
    index = json.loads(office.latest("2026-05").read("evidence/index.json"))
    carried = [row for row in index if row["path"] and row["path"].endswith("billing.report-carried.json")]
    assert [row["requested_at"][:10] for row in carried] == ["2026-06-05"]


def test_a_report_that_can_no_longer_be_had_is_carried_from_the_latest_revision(place: Place) -> None:
    office = place()
    office.close()
    again = office.close("2026-05", at="2026-07-20T03:00:00Z")
    assert (again.exit, again.written) == (0, False)


def test_a_run_that_the_platform_ends_keeps_the_reports_it_proved(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    first, last = (account.id for account in platform.world.accounts)
    platform.faults = Faults.parse(f"billing.listInvoices@{last}:page-token")
    with closing(tmp_path, platform) as office:
        result = office.close()
        assert (result.exit, office.revisions()) == (6, [])
        kept = {path.split("/")[2] for path in office.archived_files() if path.startswith("pending/")}
        assert kept == {first}


def test_a_pdf_that_is_there_now_and_then_makes_no_revision(place: Place) -> None:
    away = DocumentsAway(instant("2026-06-21T00:00:00Z"), instant("2026-06-26T00:00:00Z"))
    office = place(lambda made: replace(made, world=made.world.happening(away)))
    assert office.close().exit == 0
    assert [office.close(at=moment).written for moment in (LATER, "2026-06-28T00:00:00Z")] == [False, False]


def searched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The numbers that documents are searched for from now on."""
    found: list[str] = []
    read = PdfReader.read

    def noted(self: PdfReader, data: bytes, **asked: Any) -> Any:
        found.append(asked["number"])
        return read(self, data, **asked)

    monkeypatch.setattr(PdfReader, "read", noted)
    return found


def test_a_document_is_searched_again_only_where_another_text_is_looked_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    more: list[int] = []

    def dearer(result: Any) -> Any:
        return {**result, "total": result["total"] + sum(more), "subtotal": result["subtotal"] + sum(more)}

    office, found = place(numbered("INV-1"), of_function("billing.getInvoice", dearer)), searched(monkeypatch)
    assert office.close().exit == 0
    assert found == ["INV-1"]
    assert office.close(at=LATER).written is False
    assert found == ["INV-1"], "the bytes are those whose reading the revision records"
    more.append(10)
    again = office.close(at=LATER)
    assert "INV-1" in found[1:], "another total is looked for"
    assert "invoice-pdf" in codes(again)


def test_a_document_that_another_version_read_is_read_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    office, found = place(numbered("INV-1")), searched(monkeypatch)
    assert office.close().exit == 0
    monkeypatch.setattr("chargeback.job.collection.__version__", "9.9.9")
    assert office.close(at=LATER).written is False
    assert found == ["INV-1", "INV-1"]


def test_a_pdf_that_comes_later_is_a_new_revision(place: Place) -> None:
    away = DocumentsAway(instant("2026-06-01T00:00:00Z"), instant("2026-06-21T00:00:00Z"))
    office = place(lambda made: replace(made, world=made.world.happening(away)))
    assert codes(office.close()) == {"invoice-pdf"}
    result = office.close(at=LATER)
    assert (result.exit, result.revision) == (0, 2)


def numbered(number: str, part: int = 0, listed: str = "") -> Change:
    """One invoice of the month by that number, in its list row perhaps by another."""

    def named(invoice: Invoice) -> Invoice:
        return replace(invoice, number=number, wrong_row={"number": listed} if listed else {})

    return lambda made: made.changed(edited(account_of(made), may(made), named, part))


def documents(office: Workplace) -> list[str]:
    """The names of the documents of May's latest revision."""
    return [path.split("/")[-1] for path in office.latest("2026-05").records if path.startswith("invoices/")]


def test_two_invoices_whose_details_carry_one_number_are_booked_with_both_their_documents(place: Place) -> None:
    office = place(numbered("INV-1"), numbered("INV-1", part=1, listed="INV-2"), positions=(PARTS,))
    result = office.close()
    assert (result.exit, result.written, messages(result)) == (3, True, [])
    assert codes(result) == {"invoice-identity", "invoice-duplicate"}
    assert documents(office) == [
        "INV-1~19452800016.pdf",
        "INV-1~19452800016.receipt.pdf",
        "INV-1~19452800018.pdf",
    ]


def test_a_void_invoice_of_the_number_does_not_rename_the_document_that_counts(place: Place) -> None:
    office = place(numbered("INV-2026-0345"))
    assert office.close().exit == 0
    listed = office.platform.world.invoices(account_of(setup()), instant(NOW))
    assert [status for invoice, status in listed if invoice.number == "INV-2026-0345"] == ["void", "open"]
    assert documents(office) == ["INV-2026-0345.pdf"]


def test_of_two_invoices_with_one_number_each_keeps_its_own_document_when_one_is_paid(place: Place) -> None:
    def two_more_of_one_sum(made: Setup) -> Setup:
        account, month = account_of(made), may(made)
        return made.changed(
            extra(account, month, instant("2026-06-02T00:00:00Z"), 1070, slot=6),
            extra(account, month, instant("2026-06-03T00:00:00Z"), 1070, slot=7),
        )

    def second_paid(made: Setup) -> Setup:
        return made.changed(paying(account_of(made), may(made), instant("2026-06-20T00:00:00Z"), part=2))

    office = place(two_more_of_one_sum, numbered("INV-1", part=1), numbered("INV-1", part=2), second_paid)
    office.close(at=MAY_CLOSES)
    paths = [f"invoices/1045/INV-1~{invoice}.pdf" for invoice in ("19452800030", "19452800031")]
    bodies = [office.latest("2026-05").read(path) for path in paths]
    assert bodies[0] != bodies[1]
    office.extend('[[teams]]\nid = "new"\n')
    assert office.close(at=LATER).revision == 2
    assert [office.latest("2026-05").read(path) for path in paths] == bodies, "no invoice shows another one's PDF"


def test_an_empty_report_for_our_bounds_does_not_hide_the_cost_that_it_has_for_those_of_utc(place: Place) -> None:
    whole: dict[str, Any] = {}

    def by_utc(call: Call, result: Any) -> Any:
        if call.function == "billing.listInvoices":
            return {"items": [row for row in result["items"] if row["periodStart"].startswith("2026-04-30")]}
        if call.function == "billing.report":
            whole.setdefault(call.payload["from"], result)
            return whole["2026-04-30T17:00:00Z"] if len(whole) == 2 else {"list": [], "chart": {}}
        return result

    result = place(answered(by_utc), kind="D").close(dry_run=True)
    assert (result.exit, codes(result)) == (0, set())
    assert result.books is not None
    assert result.books.accounts[0].report_total, "the cost that the report shows for UTC's bounds"


# What ends a run.


def test_an_account_that_is_gone_is_exit_5_and_names_it(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    gone = platform.world.accounts[1].id
    with closing(tmp_path, platform) as office:
        office.configure(accounts=True)
        office.close()
        text = (office.root / "config.toml").read_text(encoding="utf-8")
        block = text[text.index(f'[[accounts]]\nid = "{gone}"') : text.index("[[teams]]")]
        (office.root / "config.toml").write_text(text.replace(block, ""), encoding="utf-8")
        result = office.close()
        assert (result.exit, [type(error) for error in result.errors]) == (5, [AccessError])
        assert result.errors[0].account == gone
        assert "the configuration no longer lists it" in messages(result)[0]
        (office.root / "config.toml").write_text(
            text.replace(f'id = "{gone}"', f'id = "{gone}"\nuntil = "2026-04"'), encoding="utf-8"
        )
        assert office.close(dry_run=True).exit == 0


def test_no_account_at_all_is_exit_5(place: Place) -> None:
    office = place()
    office.platform.keyring.add(Credential(token="blind", role="owner", accounts=frozenset()))
    office.environ["DEPLOYS_TOKEN"] = "blind"
    result = office.close(dry_run=True)
    assert (result.exit, messages(result)) == (5, ["no billing account: billing.list is empty"])


def test_an_account_restricts_a_dry_run_alone(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    first, second = (account.id for account in platform.world.accounts)
    with closing(tmp_path, platform) as office:
        with pytest.raises(ConfigurationError, match="-a restricts a dry run"):
            office.run_job(only=(first,))
        result = office.close(only=(first,), dry_run=True)
        assert result.books is not None
        assert [row.account for row in result.books.accounts] == [first]
        assert second not in {received.account for received in office.server.recorder.received}
        assert office.close(only=("9999",), dry_run=True).exit == 5


def test_a_dry_run_writes_nothing_takes_no_lock_and_ends_as_the_run_would(place: Place) -> None:
    office = place(lambda made: made.edited(0, lambda invoice: replace(invoice, document="missing")))
    result = office.close(dry_run=True)
    assert (result.exit, result.written, result.revision, codes(result)) == (3, False, None, {"invoice-pdf"})
    assert not (office.root / "archive").exists()
    office.close()
    before = office.archived_files()
    with open_for_writing(office.root / "archive", started="now"):
        assert office.close(dry_run=True).exit == 3
    assert office.archived_files() == before


def test_a_second_run_is_kept_out(place: Place) -> None:
    office = place()
    with open_for_writing(office.root / "archive", started="2026-06-20T03:00:00Z"), pytest.raises(LockedError) as kept:
        office.close()
    assert kept.value.exit_code == 8
    assert office.server.recorder.received == []


def test_the_newest_head_is_kept_elsewhere_and_an_archive_that_lacks_it_is_exit_7(place: Place) -> None:
    office = place()
    office.configure(before='head_file = "elsewhere.head"\n')
    head = office.close().head
    assert (office.root / "elsewhere.head").read_text(encoding="utf-8").strip() == head
    (office.root / "archive").rename(office.root / "rolled-back")
    with pytest.raises(DamagedError) as damaged:
        office.run_job()
    assert damaged.value.exit_code == 7
    assert not (office.root / "archive/2026-05").exists()


def test_a_damaged_revision_to_build_on_is_exit_7(place: Place) -> None:
    office = place()
    office.close()
    path = office.latest("2026-05").root / "ledgers/all.csv"
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"web", b"bew", 1) + b" ")
    result = office.close()
    assert (result.exit, office.revisions()) == (7, ["2026-05/r1"])
    assert "ledgers/all.csv" in messages(result)[0]


def test_ledgers_that_do_not_add_up_are_never_written(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def unbalanced(evidence: Evidence, config: Config, **_: Any) -> Books:
        books = close_month(evidence, config)
        wrong = [
            structs.replace(check, outcome=Outcome.EXCEPTION) if check.code is Code.LEDGER_CONTROL else check
            for check in books.checks
        ]
        return structs.replace(books, checks=tuple(wrong))

    monkeypatch.setattr(run, "close_month", unbalanced)
    office = place()
    result = office.close()
    assert (result.exit, result.written, office.revisions()) == (1, False, [])
    assert result.errors[0].remedy == "report this with the evidence"


@pytest.mark.parametrize("name", ["paidAt", "periodEnd", "createdAt"])
def test_a_time_that_is_none_is_told_with_account_and_invoice(place: Place, name: str) -> None:
    """An operator at night has to know whose answer to show to the platform."""

    def spoiled(call: Call, result: Any) -> Any:
        if call.function == "billing.listInvoices":
            for row in result["items"]:
                row[name] = "0"
                if name == "createdAt":
                    row["periodStart"] = row["periodEnd"] = row["issuedAt"] = None
        return result

    office = place(lambda made: made.answering(spoiled))
    result = office.close()
    assert result.exit == 6 and result.errors
    assert all(error.account and error.remedy for error in result.errors)
    assert all("INV-" in error.message and "is not an RFC 3339 time" in error.message for error in result.errors)


def test_books_hold_of_a_signed_link_what_the_evidence_holds(place: Place) -> None:
    link = "https://files.example/a?signature=hidden"

    def linked(call: Call, result: Any) -> Any:
        if call.function == "billing.report":
            result["list"][0]["name"] = link
        if call.function == "billing.getInvoice":
            result["lineItems"][0]["description"] = link
        return result

    office = place(answered(linked))
    result = office.close()
    assert result.books is not None and result.revision
    ledger = (office.latest("2026-05").root / "ledgers/all.csv").read_text()
    assert "https://files.example/a?…" in ledger and "hidden" not in ledger


def test_one_of_several_accounts_refused_publishes_nothing_and_is_named(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    _, refused = (account.id for account in platform.world.accounts)
    platform.faults = Faults.parse(f"billing.listInvoices@{refused}:error(api: forbidden)")
    with closing(tmp_path, platform) as office:
        result = office.close()
        assert (result.exit, result.written, office.revisions()) == (5, False, [])
        assert [error.account for error in result.errors] == [refused]
        assert messages(result) == [f'account {refused}: billing.listInvoices was refused: "api: forbidden"']
        assert "accountant" in result.errors[0].remedy


def test_an_account_that_is_not_ready_is_told_beside_one_that_is_refused(tmp_path: Path) -> None:
    made = setup(positions=(PROJECT, OPEN))
    refused, waiting = (account.id for account in made.world.accounts)
    made = made.changed(issued(waiting, may(made), instant("2026-07-02T00:00:00Z")))
    with closing(tmp_path, platform_of(made, faults=f"billing.listInvoices@{refused}:error(api: forbidden)")) as office:
        result = office.close()
        assert (result.exit, office.revisions()) == (5, [])
        assert {(type(error), error.account) for error in result.errors} == {
            (AccessError, refused),
            (NotReadyError, waiting),
        }
        assert [each.count("not ready") for each in messages(result) if waiting in each] == [1]
        assert to_document(result)["accounts"] == [{"account": waiting, "status": "not-ready"}]


def test_an_account_that_reconciles_is_told_beside_one_that_is_refused(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    fine, refused = (account.id for account in platform.world.accounts)
    platform.faults = Faults.parse(f"billing.listInvoices@{refused}:error(api: forbidden)")
    with running(platform) as server:
        told = Workplace(tmp_path, platform, server).run(json_output=True)
    document = json.loads(told.out)
    assert (told.exit, document["exit"], document["accounts"]) == (5, 5, [{"account": fine, "status": "reconciled"}])
    assert "2026-05 1 other account reconciles; nothing is archived until all can be" in told.err


def test_an_unknown_status_in_the_details_of_two_accounts_is_told_of_each_with_a_remedy(tmp_path: Path) -> None:
    disputed = of_function("billing.getInvoice", of_other("status", "disputed"))
    made = setup(disputed, positions=(PROJECT, OPEN))
    with closing(tmp_path, platform_of(made)) as office:
        result = office.close()
        assert (result.exit, office.revisions()) == (6, [])
        assert [error.account for error in result.errors] == [account.id for account in made.world.accounts]
        assert all("disputed" in error.message and error.remedy for error in result.errors)


@pytest.mark.parametrize("faults", ["pdf:stall(30)", "pdf:drip(60)", "billing.downloadInvoice:stall(30)", "pdf:503"])
def test_documents_that_hang_cost_their_own_time_and_the_month_closes(place: Place, faults: str) -> None:
    office = place(faults=faults)
    office.configure(api="timeout = 5\ndeadline = 6\n")
    result = office.close()
    assert (result.exit, result.written, codes(result)) == (3, True, {"invoice-pdf"})
    documents = office.latest("2026-05").run_record().documents
    assert documents and {record.outcome for record in documents} == {"unavailable"}


@pytest.mark.parametrize(
    "over", ["before the evidence is read", "when the month is closed", "when half of the files are written"]
)
def test_the_deadline_is_looked_at_between_the_stages_of_closing_too(
    place: Place, monkeypatch: pytest.MonkeyPatch, over: str
) -> None:
    office, collectors = place(), []

    def remembered(collector: Collector, *rest: Any) -> Collected:
        collectors.append(collector)
        return collect(collector, *rest)

    def files(books: Books, config: Config, evidence: Evidence) -> Iterator[PublishedFile]:
        published = list(publish(books, config, evidence))
        yield from published[: len(published) // 2]
        collectors[0].session.run_time.ends = 0.0
        yield from published[len(published) // 2 :]

    def late(evidence: Evidence, config: Config, **_: Any) -> Books:
        books = None if over.startswith("before") else close_month(evidence, config)
        collectors[0].session.run_time.ends = 0.0
        return books or close_month(evidence, config)

    collect, publish = Collector.collect, revision_files.files
    monkeypatch.setattr(Collector, "collect", remembered)
    if over.endswith("written"):
        monkeypatch.setattr("chargeback.job.sealing.revision_files.files", files)
    else:
        monkeypatch.setattr("chargeback.job.run.close_month", late)
    result = office.close()
    assert (result.exit, result.written, [type(error) for error in result.errors]) == (6, False, [DeadlineError])
    assert office.revisions() == []


def test_answers_that_hang_until_the_deadline_end_the_run_and_blame_no_invoice(place: Place) -> None:
    office = place(faults="billing.getInvoice:stall(30)")
    office.configure(api="timeout = 5\ndeadline = 2\n")
    result = office.close()
    assert (result.exit, result.written, codes(result)) == (6, False, set())
    assert {type(error) for error in result.errors} == {DeadlineError}


@pytest.mark.parametrize(("fault", "exit_code", "problem"), [
    ("billing.listInvoices:page-token", 6, "says that the list is incomplete"),
    ("billing.list:page-token", 6, "says that the list is incomplete"),
    ("project.list:page-token", 6, "says that the list is incomplete"),
    ("billing.list:error(api: forbidden)", 5, 'billing.list was refused: "api: forbidden"'),
    ("billing.list:error(api: internal error)", 6, 'billing.list was refused: "api: internal error"'),
    ("billing.get:error(api: billing account not found)", 5, "billing.get was refused"),
    ("billing.report:error(api: forbidden)", 5, "billing.report was refused"),
    ("billing.listInvoices:error(api: internal error)", 6, "billing.listInvoices was refused"),
    ("billing.getInvoice:unauthorized", 5, "refused the credential"),
    ("billing.getInvoice:503", 6, "attempts in"),
    ("billing.report:nan", 6, "is not a number"),
    ("billing.report:1e400", 6, "exponent beyond"),
    ("billing.report:duplicate-keys", 6, "stands twice"),
    ("billing.getInvoice:bad-utf8", 6, "not valid UTF-8"),
    ("billing.getInvoice:deep", 6, "nested deeper than 64"),
    ("billing.getInvoice:echo-credential(400)", 6, "credential"),
])  # fmt: skip
def test_what_cannot_be_had_or_understood_ends_the_run_and_writes_nothing(
    place: Place, fault: str, exit_code: int, problem: str
) -> None:
    office = place(faults=fault)
    result = office.close(dry_run=True)
    assert result.exit == exit_code
    assert problem in " ".join(messages(result))
    assert office.server.token not in " ".join(messages(result))


def of_other(field: str, value: Any) -> Callable[[Any], Any]:
    return lambda result: {**result, field: value}


def first_row(field: str, value: Any) -> Callable[[Any], Any]:
    return lambda result: {"items": [{**result["items"][0], field: value}, *result["items"][1:]]}


def last_row(field: str, value: Any) -> Callable[[Any], Any]:
    return lambda result: {"items": [*result["items"][:-1], {**result["items"][-1], field: value}]}


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    """A list row that says neither which month it is of nor whether it is issued."""
    left_out = ("status", "periodStart", "periodEnd", "issuedAt", "paidAt", "voidedAt", "createdAt")
    return {name: value for name, value in row.items() if name not in left_out}


@pytest.mark.parametrize(("function", "change", "exit_code", "problem"), [
    ("billing.get", of_other("id", "1"), 6, "the answer is of account 1"),
    ("billing.listInvoices", first_row("billingAccountId", "1"), 6, "is of account 1"),
    ("billing.listInvoices", first_row("status", "disputed"), 0, ""),
    ("billing.listInvoices", last_row("status", "disputed"), 6, "is not known"),
    ("billing.listInvoices", first_row("id", ""), 6, "has no id"),
    ("billing.listInvoices", lambda result: {"items": [without_times(result["items"][0])]}, 6, "has neither a period"),
    ("billing.list", lambda result: {"items": [*result["items"], result["items"][0]]}, 6, "listed twice"),
    ("billing.list", lambda result: {"items": {}}, 6, "billing.list items"),
    ("billing.getInvoice", of_other("billingAccountId", "1"), 3, "invoice-identity"),
    ("billing.getInvoice", of_other("id", "1"), 3, "invoice-identity"),
    ("billing.getInvoice", of_other("total", "5"), 6, "total"),
    ("billing.report", of_other("list", []), 3, "report-total"),
    ("billing.listInvoices", lambda result: {"items": [*result["items"], result["items"][-1]]}, 3, "invoice-duplicate"),
    ("project.list", lambda result: {"items": [*result["items"], result["items"][0]]}, 0, ""),
])  # fmt: skip
def test_an_answer_of_another_account_invoice_or_shape_is_never_booked_as_the_one_asked_for(
    place: Place, function: str, change: Callable[[Any], Any], exit_code: int, problem: str
) -> None:
    office = place(of_function(function, change))
    result = office.close(dry_run=True)
    assert result.exit == exit_code, messages(result)
    assert problem in " ".join([*messages(result), *codes(result)])


def test_a_report_of_another_month_is_not_used(place: Place) -> None:
    def april(result: Any) -> Any:
        return {**result, "chart": {**result["chart"], "categories": ["Apr 01"] * len(result["chart"]["categories"])}}

    result = place(of_function("billing.report", april)).close(dry_run=True)
    assert (result.exit, codes(result)) == (3, {"report-period"})
    assert result.books is not None
    assert result.books.accounts[0].report_total is None


def test_an_account_refused_as_inactive_is_booked_as_it_is_listed(place: Place) -> None:
    since = instant("2026-06-01T00:00:00Z")

    def inactive(made: Setup) -> Setup:
        event = Inactive(since, account=account_of(made), invoices_refused=False)
        return replace(made, world=made.world.happening(event))

    result = place(inactive).close(dry_run=True)
    assert (result.exit, codes(result)) == (3, {"report-period"})


# Credentials.


def minted(office: Workplace, *tokens: str) -> None:
    """A token_command that prints these tokens, one a call, and the last again."""
    folder = office.root / "mint"
    folder.mkdir()
    (folder / "tokens").write_text("".join(f"{token}\n" for token in tokens), encoding="utf-8")
    script = folder / "mint.sh"
    script.write_text(
        f'cd {folder}\nhead -n 1 tokens\n[ "$(wc -l < tokens)" -lt 2 ] || sed -i 1d tokens\n', encoding="utf-8"
    )
    office.environ = {"PATH": "/usr/bin:/bin"}
    office.configure(api=f'timeout = 5\ntoken_command = ["/bin/sh", "{script}"]\n')


def expiring(platform: Platform, uses: int) -> None:
    platform.keyring.add(Credential(token="first-token", role="owner", uses=uses))


def test_a_token_that_expires_during_the_run_is_renewed_once(place: Place) -> None:
    office = place()
    expiring(office.platform, 3)
    minted(office, "first-token", office.server.token)
    assert office.close(dry_run=True).exit == 0


def test_a_token_refused_twice_is_exit_5_and_is_not_used_again(place: Place) -> None:
    office = place()
    minted(office, "first-token", "second-token", office.server.token)
    result = office.close(dry_run=True)
    assert (result.exit, type(result.errors[0])) == (5, CredentialError)
    assert len(office.server.recorder.received) == 2
    assert "second-token" not in " ".join(messages(result))


def test_no_credential_is_exit_5(place: Place) -> None:
    office = place()
    office.environ.clear()
    result = office.close(dry_run=True)
    assert result.exit == 5
    assert messages(result)[0].startswith("no credential: DEPLOYS_AUTH_USER with DEPLOYS_AUTH_PASS, DEPLOYS_TOKEN")


def test_each_accounts_own_credential_is_used_and_a_missing_one_named(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    _, second = (account.id for account in platform.world.accounts)
    platform.keyring.add(Credential(token="of-the-second", role="accountant", accounts=frozenset({second})))
    with closing(tmp_path, platform) as office:
        office.configure(accounts=True)
        path = office.root / "config.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f'id = "{second}"', f'id = "{second}"\ntoken_env = "SECOND"'), encoding="utf-8")
        missing = office.close(dry_run=True)
        assert (missing.exit, missing.errors[0].account) == (5, second)
        assert messages(missing) == ["the environment variable SECOND is not set"]
        office.environ["SECOND"] = "of-the-second"
        assert office.close(dry_run=True).exit == 0


def test_the_lists_of_projects_of_two_credentials_are_put_together(tmp_path: Path) -> None:
    platform = platform_of(setup(positions=(PROJECT, OPEN)))
    first, second = (account.id for account in platform.world.accounts)
    platform.keyring.add(Credential(token="of-the-first", role="owner", accounts=frozenset({first})))
    platform.keyring.add(Credential(token="of-the-second", role="owner", accounts=frozenset({second})))
    with closing(tmp_path, platform) as office:
        office.configure(accounts=True)
        path = office.root / "config.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f'id = "{second}"', f'id = "{second}"\ntoken_env = "SECOND"'), encoding="utf-8")
        office.environ.update(DEPLOYS_TOKEN="of-the-first", SECOND="of-the-second")
        result = office.close(dry_run=True)
        assert result.exit == 0
        assert result.books is not None
        assert {project.account for project in result.books.posting.projects.by_sid.values()} == {first, second}


def test_errors_of_a_run_are_errors_of_the_table(place: Place) -> None:
    result = place(faults="billing.report:html200").close(dry_run=True)
    assert [(type(error).exit_code, bool(error.remedy)) for error in result.errors] == [(6, True)]
