"""Errors for people: what several accounts have in common is said once."""

from __future__ import annotations

from chargeback.errors import AccessError, AnswerError, ChargebackError, CredentialError, each_cause_once

REFUSED = "the platform refused the credential (token_command deploys)"


def refused(account: str, cause: str = REFUSED) -> CredentialError:
    return CredentialError(f"account {account}: billing.get: {cause}", account=account, cause=cause, remedy="renew it")


def test_one_cause_of_many_accounts_is_one_line_that_counts_and_names_them() -> None:
    errors = [refused(f"ba_{number}") for number in range(7)]
    assert each_cause_once(errors) == [(
        f"7 accounts (ba_0, ba_1, ba_2, ba_3, ba_4, …): {REFUSED}",
        "renew it",
    )]  # fmt: skip


def test_errors_that_differ_are_told_each() -> None:
    errors = [
        refused("ba_1"),
        refused("ba_2", "another"),
        AccessError("account ba_3: no", account="ba_3"),
        AccessError("account ba_3: no", account="ba_3"),
        AnswerError("billing.list: broken"),
    ]
    assert [message for message, _ in each_cause_once(errors)] == [error.message for error in errors]


def test_one_account_keeps_its_whole_message() -> None:
    assert each_cause_once([refused("ba_1"), refused("ba_1")]) == [(refused("ba_1").message, "renew it")]


def test_a_cause_is_one_line() -> None:
    assert ChargebackError("a", cause="b\nc").cause == "b c"
