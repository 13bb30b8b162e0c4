"""Accounts that come, go and return: never a ledger that is quietly shorter."""

from __future__ import annotations

import pytest

from chargeback.job.verify import VerifyRequest, verify
from chargeback.model.books import Status
from chargeback.sandbox import Month, instant
from chargeback.sandbox.timeline import credit_note
from chargeback.sandbox.world import Absent
from tests.kit.office import Office

from . import ledgers
from .conftest import Opening

MAY, JUNE = Month(2026, 5), Month(2026, 6)
GONE = Absent(instant("2026-07-01T00:00:00Z"), account="1045", message="api: forbidden")
ENTRY = 'id = "1045"\n'
ALL_OF_IT = '[[accounts]]\nid = "1045"\nname = "Baan Suan"\n'


def accounts_of(office: Office, revision: str) -> set[str]:
    return {account for account, _ in ledgers.invoices(office.archive / revision)}


def part_of(office: Office, revision: str) -> dict[ledgers.Key, object]:
    """What the revision has of the account that goes."""
    return {key: row for key, row in ledgers.invoices(office.archive / revision).items() if key[0] == "1045"}


def test_an_account_that_disappears_is_exit_5_until_the_configuration_says_so(opening: Opening) -> None:
    office = opening(GONE)
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    for catch_up in (True, False):
        ended = office.run_at("2026-07-05T03:00:00Z", catch_up=catch_up)
        assert ended.exit == 5
        assert "1045 is in the archive's newest revision, and billing.list no longer shows it" in ended.messages
    office.accounts = True
    assert office.run_at("2026-07-05T04:00:00Z").exit == 5, "listed, and refused"
    office.changes = {ENTRY: f'{ENTRY}until = "2026-05"\n'}
    ended = office.run_at("2026-07-05T05:00:00Z")
    assert (ended.exit, [str(each.period) for each in ended.results]) == (0, ["2026-06"]), ended.messages
    assert accounts_of(office, "2026-06/r1") == {"1042", "1043", "1044"}
    assert accounts_of(office, "2026-05/r1") == {"1042", "1043", "1044", "1045"}
    assert office.run_at("2026-08-05T03:00:00Z").exit == 0


def test_an_account_that_is_taken_out_of_the_configuration_is_missed(opening: Opening) -> None:
    office = opening()
    office.accounts = True
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    office.changes = {ALL_OF_IT: ""}
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert ended.exit == 5
    assert "the configuration no longer lists it" in ended.messages


def test_a_restatement_keeps_the_accounts_that_its_month_had(opening: Opening) -> None:
    """The newest revision no longer has the account; May has, and May is what changes."""
    office = opening(credit_note("1042", MAY, instant("2026-08-02T00:00:00Z"), 10_700))
    office.accounts = True
    office.run_at("2026-06-05T03:00:00Z")
    office.changes = {ENTRY: f'{ENTRY}until = "2026-05"\n'}
    assert office.run_at("2026-07-05T03:00:00Z").exit == 0
    office.changes = {ALL_OF_IT: ""}
    ended = office.run_at("2026-08-05T03:00:00Z")
    may = ended.of("2026-05")
    assert ended.exit == 5
    assert may is not None
    assert "1045 is in the latest revision of 2026-05, and the configuration no longer lists it" in ended.messages
    assert not (office.archive / "2026-05/r2").exists()
    office.changes = {ENTRY: f'{ENTRY}until = "2026-05"\n'}
    ended = office.run_at("2026-08-05T04:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-05", 2), ("2026-07", 2)]
    assert accounts_of(office, "2026-05/r2") == {"1042", "1043", "1044", "1045"}
    assert accounts_of(office, "2026-07/r1") == {"1042", "1043", "1044"}


def test_what_changes_of_an_account_that_is_no_longer_ours_is_seen_while_it_can_be(opening: Opening) -> None:
    office = opening(credit_note("1045", MAY, instant("2026-08-02T00:00:00Z"), 10_700))
    office.accounts = True
    office.run_at("2026-06-05T03:00:00Z")
    office.changes = {ENTRY: f'{ENTRY}until = "2026-05"\n'}
    office.run_at("2026-07-05T03:00:00Z")
    ended = office.run_at("2026-08-05T03:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-05", 2), ("2026-07", 1)]


def test_a_month_of_an_account_that_nobody_can_read_any_more_is_restated_with_what_it_had(opening: Opening) -> None:
    """Without that, a payment to another account would be exit 5 for ever."""
    office = opening(GONE, credit_note("1042", MAY, instant("2026-07-02T00:00:00Z"), 10_700))
    office.run_at("2026-06-05T03:00:00Z")
    before = part_of(office, "2026-05/r1")
    office.accounts = True
    office.changes = {ENTRY: f'{ENTRY}until = "2026-05"\n'}
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-05", 2), ("2026-06", 1)]
    assert ended.lines == ["2026-05 account 1045 is refused and no longer ours: 2026-05/r1's answers are carried"]
    assert part_of(office, "2026-05/r2") == before
    documents = [path.name for path in sorted((office.archive / "2026-05/r2/invoices/1045").iterdir())]
    assert documents == [path.name for path in sorted((office.archive / "2026-05/r1/invoices/1045").iterdir())]
    assert verify(office.archive, VerifyRequest(quick=True)).exit == 0
    assert [str(each.period) for each in office.run_at("2026-07-06T03:00:00Z").results] == ["2026-06"]


def test_before_its_first_month_an_account_is_not_ours(opening: Opening) -> None:
    office = opening()
    office.accounts = True
    office.changes = {ENTRY: f'{ENTRY}from = "2026-06"\n'}
    office.run_at("2026-06-05T03:00:00Z")
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-06", 1)]
    assert accounts_of(office, "2026-05/r1") == {"1042", "1043", "1044"}
    assert accounts_of(office, "2026-06/r1") == {"1042", "1043", "1044", "1045"}
    notices = [each for each in ledgers.checks(office.archive / "2026-06/r1") if each["check"] == "account-set"]
    assert [(each["account"], each["outcome"]) for each in notices] == [("1045", "notice")]


def test_what_an_account_was_billed_before_it_was_ours_is_no_difference(opening: Opening) -> None:
    office = opening()
    office.accounts = True
    office.changes = {ENTRY: f'{ENTRY}from = "2026-06"\n'}
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    assert office.run_at("2026-07-05T03:00:00Z").exit == 0


def test_a_new_account_is_a_notice_and_its_earlier_invoices_are_booked(opening: Opening) -> None:
    office = opening(Absent(instant("2020-01-01T00:00:00Z"), instant("2026-07-01T00:00:00Z"), account="1045"))
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-05", 2), ("2026-06", 1)]
    assert "1045" in accounts_of(office, "2026-05/r2")
    assert office.run_at("2026-07-06T03:00:00Z").results[0].written is False


def test_a_revoked_account_that_returns_is_as_it_was(opening: Opening) -> None:
    office = opening(Absent(instant("2026-06-10T00:00:00Z"), instant("2026-06-20T00:00:00Z"), account="1045"))
    office.run_at("2026-06-05T03:00:00Z")
    assert office.run_at("2026-06-15T03:00:00Z").exit == 5
    ended = office.run_at("2026-06-25T03:00:00Z")
    assert ended.exit == 0
    assert accounts_of(office, f"2026-05/r{ended.results[0].revision}") >= {"1045"}


def test_a_shared_project_and_a_claim_hold_in_their_months(opening: Opening) -> None:
    office = opening()
    shared = '[[shared]]\nproject = "acme-platform"\n'
    office.changes = {shared: f'{shared}until = "2026-05"\n'}
    office.more = '\n[[shared]]\nproject = "acme-platform"\nfrom = "2026-06"\nsplit = {{ web = 100 }}\n'.replace(
        "{{", "{"
    ).replace("}}", "}")
    office.run_at("2026-06-05T03:00:00Z")
    office.run_at("2026-07-05T03:00:00Z")
    assert len(teams_of(office, "2026-05/r1")) > 1
    assert teams_of(office, "2026-06/r1") == {"web"}


def teams_of(office: Office, revision: str) -> set[str]:
    rows = ledgers.rows(office.archive / revision / "ledgers/all.csv")
    return {row["team"] for row in rows if row["project"] == "acme-platform"}


def test_a_former_account_without_a_credential_does_not_stop_its_months_from_being_restated(opening: Opening) -> None:
    office = opening(credit_note("1042", MAY, instant("2026-07-02T00:00:00Z"), 10_700))
    office.accounts = True
    office.run_at("2026-06-05T03:00:00Z")
    before = part_of(office, "2026-05/r1")
    office.changes = {ENTRY: f'{ENTRY}token_env = "NOT_SET"\nuntil = "2026-05"\n'}
    ended = office.run_at("2026-07-05T03:00:00Z")
    assert [(str(each.period), each.revision) for each in ended.results] == [("2026-05", 2), ("2026-06", 1)]
    assert ended.lines == ["2026-05 account 1045 is refused and no longer ours: 2026-05/r1's answers are carried"]
    assert part_of(office, "2026-05/r2") == before
    assert verify(office.archive, VerifyRequest(quick=True)).exit == 0
    assert [str(each.period) for each in office.run_at("2026-07-06T03:00:00Z").results] == ["2026-06"]


def test_where_one_account_has_no_credential_the_others_are_told(opening: Opening) -> None:
    office = opening()
    office.accounts = True
    office.changes = {ENTRY: f'{ENTRY}token_env = "NOT_SET"\n'}
    ended = office.run_at("2026-06-05T03:00:00Z")
    assert (ended.exit, not (office.archive / "2026-05").exists()) == (5, True)
    assert "NOT_SET" in ended.messages
    assert ended.lines == ["2026-05 3 other accounts reconcile; nothing is archived until all can be"]
    assert ended.results[0].states == tuple((account, Status.RECONCILED) for account in ("1042", "1043", "1044"))


@pytest.mark.parametrize("catch_up", [False, True])
def test_where_an_account_has_lost_its_credential_the_others_are_told(opening: Opening, catch_up: bool) -> None:
    """As a schedule runs it, with months in the archive: whose invoices are still open is what people wait for."""
    office = opening()
    office.accounts = True
    assert office.run_at("2026-06-05T03:00:00Z").exit == 0
    office.changes = {ENTRY: f'{ENTRY}token_env = "NOT_SET"\n'}
    ended = office.run_at("2026-07-05T03:00:00Z", catch_up=catch_up)
    assert (ended.exit, ended.messages) == (5, "the environment variable NOT_SET is not set")
    assert ended.lines == ["2026-06 3 other accounts reconcile; nothing is archived until all can be"]
