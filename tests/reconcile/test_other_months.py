"""What other months say: history, prior periods, the set of accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.errors import AnswerError
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal
from chargeback.evidence.period import Period
from tests.kit.months import APRIL, INACTIVE, TEAMS, Account, account, checks, invoice, month, of, report

MAY = invoice("INV-5", of("acme-web", 130))
OLD = invoice("INV-4", of("acme-web", 100), **APRIL)
MOVED = invoice("INV-4", of("acme-data", 100))
ROWS = report(("acme-web", "CPU", 1, 130))


def april(*invoices: EarlierInvoice, web: int = 10000) -> EarlierMonth:
    return EarlierMonth(Period(2026, 4), 1, ("1042",), invoices, (EarlierTotal("web", "THB", web),))


def booked(number: str, total: int = 10000, *, void: bool = False) -> EarlierInvoice:
    return EarlierInvoice("1042", number.lower(), number, "THB", total, void=void)


def results(code: str, *accounts: Account, **fields: Any) -> list[tuple[str, str, str]]:
    found = checks(month(*accounts, **fields).books(), code)
    return [(check.account or check.invoice, check.subject_name, check.outcome.value) for check in found]


@pytest.mark.parametrize(("before", "outcome"), [
    (10000, "pass"), (9999, "notice"), (13000, "pass"), (18571, "pass"), (18572, "notice"), (0, "notice"),
    (-10000, "notice"),
])  # fmt: skip
def test_a_team_beyond_its_variance_of_the_month_before_is_a_notice_never_an_exception(
    before: int, outcome: str
) -> None:
    (check,) = checks(month(account(MAY, report=ROWS), earlier=(april(web=before),)).books(), "history")
    assert (check.subject_name, check.outcome, check.variance) == ("web", outcome, Decimal(13000 - before) / 100)


def test_an_invoice_of_an_unknown_status_is_a_notice_in_place_of_its_comparison() -> None:
    """It stands in April's revision with another total: nothing is compared, and it is not taken for gone."""
    for earlier in ((april(booked("INV-4", 5)),), ()):
        given = account(MAY, {**OLD, "status": "uncollectible"}, report=ROWS)
        (check,) = checks(month(given, earlier=earlier).books(), "prior-periods")
        assert (check.outcome, check.invoice, check.subject_name) == ("notice", "INV-4", "2026-04")
        assert '"uncollectible"' in check.message and check.message.startswith("not performed")


def test_an_unknown_status_of_this_month_or_of_none_is_exit_6() -> None:
    timeless = {"status": "uncollectible", "periodStart": "", "periodEnd": None, "issuedAt": ""}
    for row in ({"status": "uncollectible"}, timeless):
        with pytest.raises(AnswerError, match='invoice INV-5: the status "uncollectible" is not known'):
            month(account({**MAY, "_row": row}, report=ROWS)).books()


def test_history_without_a_month_before_or_with_a_gap_passes() -> None:
    march = EarlierMonth(Period(2026, 3), 1, ("1042",), (), (EarlierTotal("web", "THB", 1),))
    for earlier in ((), (march,)):
        (check,) = checks(month(account(MAY, report=ROWS), earlier=earlier).books(), "history")
        assert (check.outcome, check.message) == ("pass", "no previous month is archived")


def test_a_team_that_is_gone_and_each_currency_is_looked_at() -> None:
    earlier = EarlierMonth(Period(2026, 4), 1, (), (), (EarlierTotal("data", "THB", 5), EarlierTotal("web", "JPY", 5)))
    found = checks(month(account(MAY, report=ROWS), earlier=(earlier,)).books(), "history")
    assert [(each.subject_name, each.currency, each.outcome) for each in found] == [
        ("data", "THB", "notice"),
        ("web", "JPY", "notice"),
        ("web", "THB", "notice"),
    ]


@pytest.mark.parametrize(("listed", "archived", "outcome"), [
    (OLD, [booked("INV-4")], "pass"),
    ({**OLD, "status": "paid"}, [booked("INV-4")], "pass"),
    ({**OLD, "status": "draft"}, [], "pass"),
    ({**OLD, "status": "void"}, [booked("INV-4", void=True)], "pass"),
    ({**OLD, "status": "void"}, [booked("INV-4")], "exception"),
    (OLD, [booked("INV-4", void=True)], "exception"),
    (OLD, [booked("INV-4", 10001)], "exception"),
    (OLD, [], "exception"),
])  # fmt: skip
def test_an_invoice_of_an_archived_month_stands_there_as_listed(
    listed: Any, archived: list[EarlierInvoice], outcome: str
) -> None:
    found = checks(month(account(MAY, listed, report=ROWS), earlier=(april(*archived),)).books(), "prior-periods")
    assert [check.outcome for check in found] == [outcome]
    if outcome == "exception":
        assert (found[0].invoice, found[0].subject_name) == ("INV-4", "2026-04")


@pytest.mark.parametrize("listed", [(MAY, MOVED), (MAY,)])
def test_an_invoice_that_its_archived_month_no_longer_has_is_not_left_booked_there_unseen(listed: Any) -> None:
    """It was moved to May, so that two months would book it, or it is gone, so that April is charged for nothing."""
    found = checks(month(account(*listed, report=ROWS), earlier=(april(booked("INV-4")),)).books(), "prior-periods")
    assert [(check.account, check.invoice, check.subject_name, check.outcome.value) for check in found] == [
        ("1042", "INV-4", "2026-04", "exception")
    ]
    assert found[0].message == ("INV-4 is in 2026-04 r1, but is no longer listed there: run --catch-up books that")


def test_a_void_invoice_or_another_accounts_may_leave_the_list() -> None:
    others = [booked("INV-4", void=True), replace(booked("INV-3"), account="1043")]
    assert results("prior-periods", account(MAY, report=ROWS), earlier=(april(*others),)) == [("1042", "", "pass")]


def test_a_list_that_is_refused_as_inactive_misses_no_invoice_and_is_not_compared() -> None:
    found = results("prior-periods", Account(INACTIVE, report=INACTIVE), earlier=(april(booked("INV-4")),))
    assert found == [("1042", "", "notice")]
    nothing_to_compare = april(booked("INV-4", void=True))
    found = results("prior-periods", Account(INACTIVE, report=INACTIVE), earlier=(nothing_to_compare,))
    assert found == [("1042", "", "pass")]


def test_a_listed_total_without_a_currency_is_in_that_of_the_archived_invoice() -> None:
    """JPY 100 read as 100.00 would be restated every month."""
    yen = replace(booked("INV-4", 100), currency="JPY")
    for currency in ("JPY", "", None):
        listed = {**OLD, "currency": "JPY", "_row": {"currency": currency}}
        assert results("prior-periods", account(MAY, listed, report=ROWS), earlier=(april(yen),)) == [
            ("1042", "", "pass")
        ]


def test_invoices_of_months_that_are_not_archived_or_later_are_not_looked_at() -> None:
    june = EarlierMonth(Period(2026, 6), 1, ("1042",), (), ())
    given = account(MAY, OLD, invoice("INV-6", of("acme-web", 1), periodStart="2026-06-01T00:00:00Z"), report=ROWS)
    assert results("prior-periods", given, earlier=(june,)) == [("1042", "", "pass")]


@pytest.mark.parametrize(("bounds", "outcome"), [
    ('from = "2026-05"', "pass"), ('from = "2026-04"', "exception"), ("", "exception"),
])  # fmt: skip
def test_an_invoice_of_a_month_in_which_the_account_was_not_ours_is_not_ours_to_book(bounds: str, outcome: str) -> None:
    config = f'{TEAMS}\n[[accounts]]\nid = "1042"\n{bounds}\n'
    found = results("prior-periods", account(MAY, OLD, report=ROWS), earlier=(april(),), config=config)
    assert [row[2] for row in found] == [outcome]


@pytest.mark.parametrize(("known", "expected"), [
    ((), [("", "", "pass")]),
    (("1042",), [("", "", "pass")]),
    (("1043",), [("1042", "", "notice"), ("1043", "", "pass")]),
    (("1042", "1043"), [("1043", "", "pass")]),
])  # fmt: skip
def test_a_new_account_is_a_notice_and_one_that_is_gone_was_not_ours(
    known: tuple[str, ...], expected: list[tuple[str, str, str]]
) -> None:
    found = checks(month(account(MAY, report=ROWS), known_accounts=known).books(), "account-set")
    assert [(check.account, check.subject_name, check.outcome.value) for check in found] == expected
