"""Is the account ready, and is it that month's report? Each branch by small accounts (BOOKING 2 and 3)."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.evidence import EarlierInvoice, EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.booking import AccountMonth, Ground, is_before_the_first_bill
from chargeback.model.check import Code
from chargeback.month_end import read_month
from tests.kit.months import APRIL, INACTIVE, RUN_AT, Account, Month, account, checks, invoice, month, of, report

MAY = invoice("INV-5", of("acme-web", 100))
BEFORE = invoice("INV-4", of("acme-web", 100), **APRIL)
SOME = (("acme-web", "CPU", 1, 100),)
EMPTY = {"list": [], "chart": {}}
LATE, MONTH = "2026-07-03T03:00:00Z", Period(2026, 5)
ACCEPTED = """
[[accepted]]
check = "invoice-issued"
account = "1042"
up_to = "100"
until = "2026-05"
reason = "billed elsewhere"
by = "finance"
"""


def decided(given: Account, **fields: Any) -> AccountMonth:
    (found,) = Month([given], **fields).months()
    return found


def issued(given: Account, **fields: Any) -> tuple[str, str]:
    """The ground, and the outcome of invoice-issued."""
    found = checks(Month([given], **fields).books(), Code.INVOICE_ISSUED)
    (check,) = [each for each in found if not each.message.startswith("the acceptance")]
    return decided(given, **fields).ground.value, check.outcome.value


@pytest.mark.parametrize("status", ["open", "paid"])
def test_an_account_with_an_issued_invoice_is_ready(status: str) -> None:
    assert issued(account({**MAY, "status": status}, report=report(*SOME))) == ("invoiced", "pass")


def test_a_proved_report_of_zero_is_ready() -> None:
    assert issued(account(report=report(("acme-web", "CPU", 0, 0)))) == ("nothing to bill", "pass")
    assert issued(account(report=EMPTY)) == ("nothing to bill", "pass")


def test_a_proved_report_of_zero_after_a_billed_month_is_ready_with_an_exception() -> None:
    assert issued(account(BEFORE, report=report(("acme-web", "CPU", 0, 0)))) == ("nothing to bill", "exception")


@pytest.mark.parametrize("status", ["void", "draft"])
def test_a_void_invoice_or_a_draft_of_the_month_before_is_no_bill(status: str) -> None:
    before = {**BEFORE, "status": status}
    assert issued(account(before, report=report(("acme-web", "CPU", 0, 0)))) == ("nothing to bill", "pass")


def test_an_account_with_cost_and_no_invoice_is_not_ready() -> None:
    assert issued(account(report=report(*SOME))) == ("not ready", "exception")


@pytest.mark.parametrize("status", ["void", "draft"])
def test_an_account_with_only_void_invoices_or_drafts_is_not_ready(status: str) -> None:
    assert issued(account({**MAY, "status": status}, report=report(*SOME))) == ("not ready", "exception")


def test_an_account_whose_report_is_not_proved_is_not_ready() -> None:
    assert issued(account(report=report(*SOME, day="2026-04-10"))) == ("not ready", "exception")


def test_a_detail_that_says_void_is_not_booked() -> None:
    void = {**MAY, "status": "void", "_row": {"status": "open"}}
    found = decided(account(void, report=report(*SOME)))
    assert (found.booked, found.ground) == ((), Ground.NOT_READY)


OTHERS = (("acme-web", "CPU", 1, 100), ("acme-data", "CPU", 1, -100))
"""Rows that cancel out: their sum is nothing, and there is cost."""


@pytest.mark.parametrize(("given", "outcome"), [
    (account(report=report(*SOME, day=None, range="")), "notice"),
    (account(report=report(*SOME, range="")), "exception"),
    (account(report=report(("acme-web", "CPU", 1, -5), range="")), "exception"),
    (account(report=report(*OTHERS, range="")), "exception"),
    (account({**MAY, "status": "void"}, report="api: internal error"), "exception"),
    (account({**MAY, "status": "draft"}, report="api: internal error"), "exception"),
    (account(report="api: internal error"), "notice"),
])  # fmt: skip
def test_a_month_before_the_last_one_is_booked_as_it_is(given: Account, outcome: str) -> None:
    assert issued(given, run_at=LATE) == ("long over", outcome)


def test_an_unproved_report_of_a_month_long_over_is_told_as_the_missing_invoice_is() -> None:
    quiet = month(account(report="api: internal error"), run_at=LATE).books()
    assert [check.outcome for check in checks(quiet, Code.REPORT_PERIOD)] == ["notice"]
    loud = month(account({**MAY, "status": "void"}, report="api: internal error"), run_at=LATE).books()
    assert [check.outcome for check in checks(loud, Code.REPORT_PERIOD)] == ["exception"]


def test_an_acceptance_that_covers_the_reports_amount_makes_ready() -> None:
    config = Month([]).config + ACCEPTED
    assert issued(account(report=report(*SOME)), config=config) == ("accepted", "accepted")


@pytest.mark.parametrize(("old", "new"), [
    ('up_to = "100"', 'up_to = "99.99"'), ('until = "2026-05"', 'until = "2026-04"'), ('"1042"', '"1043"'),
])  # fmt: skip
def test_an_acceptance_of_less_or_past_or_of_another_account_does_not(old: str, new: str) -> None:
    config = Month([]).config + ACCEPTED.replace(old, new)
    assert issued(account(report=report(*SOME)), config=config) == ("not ready", "exception")


def test_an_inactive_account_without_invoices_is_ready_with_notices() -> None:
    given = Account(INACTIVE, report=INACTIVE)
    assert issued(given) == ("inactive", "notice")
    assert [check.outcome for check in checks(month(given).books(), Code.REPORT_PERIOD)] == ["notice"]
    assert issued(Account((), report=INACTIVE)) == ("inactive", "notice")


def test_an_acceptance_of_an_inactive_account_comes_first() -> None:
    config = Month([]).config + ACCEPTED
    assert issued(Account(INACTIVE, report=INACTIVE), config=config) == ("accepted", "accepted")


@pytest.mark.parametrize("status", ["void", "draft"])
def test_an_inactive_account_that_lists_an_invoice_of_the_month_is_not_ready(status: str) -> None:
    assert issued(account({**MAY, "status": status}, report=INACTIVE)) == ("not ready", "exception")


def test_an_inactive_account_whose_invoices_are_listed_is_booked_without_its_report() -> None:
    books = month(account(MAY, report=INACTIVE)).books()
    assert [check.outcome for check in checks(books, Code.REPORT_PERIOD)] == ["exception"]
    assert books.accounts[0].report_total is None
    assert books.accounts[0].ledger_total == 10000


def test_invoiced_comes_before_inactive_and_zero_before_long_over() -> None:
    assert issued(account(MAY, report=INACTIVE), run_at=LATE)[0] == "invoiced"
    assert issued(account(report=report(("acme-web", "CPU", 0, 0), range="")), run_at=LATE)[0] == "nothing to bill"


def test_rows_that_cancel_out_are_cost() -> None:
    assert issued(account(report=report(*OTHERS))) == ("not ready", "exception")


ZERO = report(("acme-web", "CPU", 0, 0), range="")
ARCHIVED = EarlierMonth(Period(2026, 4), 1, ("1042",), (EarlierInvoice("1042", "i4", "INV-4", "THB", 100, False),), ())


@pytest.mark.parametrize(("given", "fields", "ground"), [
    (account(BEFORE, report=ZERO), {}, "nothing to bill"),
    (account(BEFORE, {**MAY, "status": "void"}, report=ZERO), {}, "nothing to bill"),
    (account(report=ZERO), {"earlier": (ARCHIVED,)}, "nothing to bill"),
    (account(BEFORE, report="api: internal error"), {"run_at": LATE}, "long over"),
    (account(report="api: internal error"), {"run_at": LATE, "earlier": (ARCHIVED,)}, "long over"),
    (account(BEFORE, report=INACTIVE), {}, "inactive"),
    (Account(INACTIVE, report=INACTIVE), {"earlier": (ARCHIVED,)}, "inactive"),
])  # fmt: skip
def test_only_an_invoice_passes_in_silence_after_a_billed_month(
    given: Account, fields: dict[str, Any], ground: str
) -> None:
    """Billed for the month before, as the list shows it or the archive's revision does: each was silent before."""
    assert issued(given, **fields) == (ground, "exception")
    (check,) = checks(Month([given], **fields).books(), Code.INVOICE_ISSUED)
    assert "though 2026-04 was billed" in check.message


@pytest.mark.parametrize("archived", [
    replace(ARCHIVED, invoices=()),
    replace(ARCHIVED, invoices=(replace(ARCHIVED.invoices[0], void=True),)),
    replace(ARCHIVED, invoices=(replace(ARCHIVED.invoices[0], account="7"),)),
    replace(ARCHIVED, period=Period(2026, 3)),
])  # fmt: skip
def test_an_archived_month_without_an_issued_invoice_of_the_account_expects_none(archived: EarlierMonth) -> None:
    assert issued(account(report=ZERO), earlier=(archived,)) == ("nothing to bill", "pass")


def test_an_empty_answer_proves_nothing_where_the_archive_has_the_month_before_billed() -> None:
    assert not decided(account(MAY, report=EMPTY), earlier=(ARCHIVED,)).proof.proved
    assert decided(account(MAY, report=EMPTY)).proof.proved


NEXT = invoice("INV-6", of("acme-web", 1), periodStart="2026-05-31T17:00:00Z", periodEnd="2026-06-30T17:00:00Z")


@pytest.mark.parametrize(("given", "first"), [
    (account(NEXT, report=EMPTY), Period(2026, 6)),
    (account(NEXT, report=report(*SOME, range="prev_month", day="2026-04-02")), Period(2026, 6)),
    (account({**NEXT, "status": "void"}, report=EMPTY), None),
    (account(report=EMPTY), None),
    (account(NEXT, report=report(*SOME, range="")), None),
    (account(NEXT, report=report(day=None)), None),
    (account(MAY, NEXT, report=EMPTY), None),
])  # fmt: skip
def test_a_month_before_the_first_bill_of_which_nothing_is_proved_is_mistyped(
    given: Account, first: Period | None
) -> None:
    assert is_before_the_first_bill(Month([given]).months()) == first


def test_one_account_that_was_billed_before_makes_the_month_a_possible_one() -> None:
    others = Account((BEFORE,), id="7", report=EMPTY)
    assert is_before_the_first_bill(Month([account(NEXT, report=EMPTY), others]).months()) is None


@pytest.mark.parametrize(("given", "proved", "reason"), [
    (report(*SOME), True, "1 days, all in 2026-05"),
    (report(*SOME, day="May 10"), True, "1 days"),
    (report(*SOME, day="Jun 04"), False, "2025-06-04"),
    (report(*SOME, range="this_month"), False, 'range "this_month" means 2026-06'),
    (report(*SOME, range="6_months"), True, "1 days"),
    (report(*SOME, day="2026-05-10", range="year"), True, "1 days"),
    (report(*SOME, day="2026-04-30"), False, "2026-04-30, which is not in 2026-05"),
    (report(*SOME, day="June 1", range="prev_month"), False, "2026-06-01"),
    (report(*SOME, day="Week 18"), True, "names 2026-05"),
    (report(*SOME, day="Week 18", range="this_month"), False, "2026-06"),
    (report(*SOME, day="Week 18", range="3_months"), False, "names no single month"),
    (report(*SOME, day="Week 18", range=""), False, "neither a day nor a range"),
    (report(*SOME, day=None), True, "names 2026-05"),
    (report(*SOME, day=None, range=None), False, "neither a day nor a range"),
    (EMPTY, True, "empty, as the month asked for"),
    ({"list": None}, True, "empty"),
    ("api: internal error", False, 'gives no report: "api: internal error"'),
])  # fmt: skip
def test_a_report_is_used_only_if_its_answer_proves_its_month(given: Any, proved: bool, reason: str) -> None:
    found = decided(account(MAY, report=given))
    assert (found.proof.proved, found.report is not None) == (proved, proved)
    assert reason in found.proof.reason


def test_another_years_report_is_not_the_months() -> None:
    """Labels without a year and the previous month as the range: in November 2026 they are not of October 2025."""
    given = account(MAY, report=report(*SOME, day="Oct 01", range="prev_month"))
    found = decided(given, period="2025-10", run_at="2026-11-03T03:00:00Z")
    assert (found.proof.proved, "2026-10-01" in found.proof.reason) == (False, True)
    year_before = account(MAY, report=report(*SOME, day="Oct 01", range="year"))
    assert not decided(year_before, period="2025-10", run_at="2026-11-03T03:00:00Z").proof.proved


def test_a_carried_report_is_read_as_of_the_day_on_which_it_was_asked_for() -> None:
    given = Month([account(MAY, report=report(*SOME, day="Oct 01"), carried=report(*SOME, day="Oct 01"))],
                  period="2025-10", run_at="2026-11-03T03:00:00Z")  # fmt: skip
    evidence = given.evidence()
    answers = tuple(
        replace(answer, requested_at="2025-11-03T03:00:00Z") if "carried" in str(answer.path) else answer
        for answer in evidence.answers
    )
    ((found,), _) = read_month(replace(evidence, answers=answers), given.settings, Period(2025, 10))
    assert found.report is not None and found.report.is_carried
    assert "asked for at 2025-11-03T03:00:00Z, is carried" in found.proof.reason


@pytest.mark.parametrize(("run_at", "range", "proved"), [
    ("2026-05-31T18:00:00Z", "this_month", True),  # June in Bangkok, still May in UTC: it may mean May
    ("2026-05-31T18:00:00Z", "prev_month", True),
    ("2026-06-01T01:00:00Z", "this_month", False),
    ("2026-06-30T16:00:00Z", "prev_month", True),
    ("2026-07-01T01:00:00Z", "prev_month", False),
])  # fmt: skip
def test_a_range_that_names_another_month_in_every_zone_disproves_whatever_the_days_say(
    run_at: str, range: str, proved: bool
) -> None:
    given = account(MAY, report=report(*SOME, range=range))
    assert decided(given, run_at=run_at).proof.proved is proved


def test_one_day_outside_disproves_it() -> None:
    days = ["2026-05-01", "2026-05-31", "2026-06-01"]
    given = report(*SOME)
    given["chart"] = {"categories": days, "series": [{"name": "all", "data": [1, 1, 1]}]}
    assert not decided(account(MAY, report=given)).proof.proved


@pytest.mark.parametrize(("run_at", "date", "proved"), [
    (RUN_AT, "Wed, 03 Jun 2026 03:00:00 GMT", True),
    (RUN_AT, None, False),
    (RUN_AT, "soon", False),
    ("2026-06-01T01:00:00Z", "Mon, 01 Jun 2026 01:00:00 GMT", True),
    ("2026-05-31T20:00:00Z", "Sun, 31 May 2026 20:00:00 GMT", False),  # still May in UTC
    ("2026-06-01T00:00:01Z", "Sun, 31 May 2026 23:59:59 GMT", False),  # the server's clock is behind
    ("2026-06-30T18:00:00Z", "Tue, 30 Jun 2026 18:00:00 GMT", False),  # July in Bangkok
])  # fmt: skip
def test_a_range_must_name_the_month_at_both_times_in_every_zone(run_at: str, date: str | None, proved: bool) -> None:
    given = account(MAY, report=report(*SOME, day=None), date=date)
    assert decided(given, run_at=run_at).proof.proved is proved


def test_an_empty_answer_proves_nothing_after_a_billed_month_or_where_rows_were_proved_before() -> None:
    assert not decided(account(MAY, BEFORE, report=EMPTY)).proof.proved
    found = decided(account(MAY, report=EMPTY, carried=report(*SOME)))
    assert found.proof.proved
    assert found.report is not None
    assert found.report.is_carried


def test_an_empty_answer_is_not_the_month_where_other_bounds_give_rows_of_it() -> None:
    """Else the cost that the platform shows for UTC's bounds would be taken for none."""
    given = Month([account(MAY, report=EMPTY, carried=report(*SOME))])
    evidence = given.evidence()
    (carried,) = [answer for answer in evidence.answers if (answer.path or "").endswith("-carried.json")]
    utc = replace(carried, path="evidence/1042/billing.report-utc.json")
    evidence.store.write(str(utc.path), evidence.body(carried))
    answers = tuple(utc if answer is carried else answer for answer in evidence.answers)
    ((found,), _) = read_month(replace(evidence, answers=answers), given.settings, MONTH)
    assert (found.report_total, found.ground) == (100, Ground.INVOICED)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Bangkok", "Pacific/Kiritimati"])
@pytest.mark.parametrize("suffix", ["T00:00:00Z", "T00:00:00.000Z", "T00:00:00+07:00"])
def test_days_written_as_midnights_of_another_zone_prove_their_own_month(zone: str, suffix: str) -> None:
    """October's first midnight in UTC is still September in New York: that is no reason to refuse the report."""
    given = report(*SOME)
    days = [f"2026-10-{day:02}{suffix}" for day in range(1, 32)]
    given["chart"] = {"categories": days, "series": [{"name": "all", "data": [100, *[0] * 30]}]}
    october = {"period": "2026-10", "run_at": "2026-11-03T03:00:00Z"}
    config = Month([]).config.replace("Asia/Bangkok", zone)
    found = decided(account(report=given), config=config, **october)
    assert (found.proof.proved, found.proof.reason) == (True, "its chart shows 31 days, all in 2026-10")


def test_a_report_proved_in_time_is_carried_and_the_check_says_so() -> None:
    given = account(MAY, report=report(*SOME, day="2026-06-10"), carried=report(*SOME))
    books = month(given).books()
    (check,) = checks(books, Code.REPORT_PERIOD)
    assert check.outcome == "pass"
    assert check.message.startswith(f"the report proved in time, asked for at {RUN_AT}, is carried")
    assert books.accounts[0].report_total == 100


def test_a_fresh_report_that_proves_itself_comes_before_the_carried_one() -> None:
    found = decided(account(MAY, report=report(*SOME), carried=report(("acme-web", "CPU", 1, 7))))
    assert found.report_total == 100


def test_the_tie_outs_of_an_unproved_report_are_not_performed() -> None:
    books = month(account(MAY, report=report(*SOME, day="2026-04-10"))).books()
    for code in (Code.REPORT_CHART, Code.REPORT_TOTAL, Code.REPORT_PROJECT):
        (check,) = checks(books, code)
        assert check.outcome == "notice"
        assert check.message.startswith("not performed")


@pytest.mark.parametrize(("given", "currency"), [
    (account({**MAY, "currency": "USD"}, {**BEFORE, "currency": "JPY"}), "USD"),
    (account({**BEFORE, "currency": "JPY"}), "JPY"),
    (account(), "THB"),
])  # fmt: skip
def test_the_currency_is_the_booked_invoices_else_the_listed_ones_else_the_consoles(
    given: Account, currency: str
) -> None:
    assert decided(given).currency == currency
