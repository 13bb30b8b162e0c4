"""Kinds of change that only a whole run can meet: access, answers cut on the way, documents as bytes."""

from __future__ import annotations

import random
from collections.abc import Callable

from .answers import FORBIDDEN, Month, Raw, body, document_text
from .changes import Altered, Hand, Wanted, details, has_chart
from .serving import pdf

Change = Callable[[Hand], "Altered | None"]
CHANGES_OVER_HTTP: dict[str, Change] = {}
"""By name, every kind."""
HTML = Raw(b"<html><title>Sign in</title></html>", 200, (), "whole", "text/html")


def kind(name: str) -> Callable[[Change], Change]:
    """Enters a change under its name."""

    def entered(change: Change) -> Change:
        CHANGES_OVER_HTTP[name] = change
        return change

    return entered


def altered_over_http(name: str, month: Month, seed: int) -> Altered | None:
    """The month changed by that kind; None where the month holds nothing of it."""
    return CHANGES_OVER_HTTP[name](Hand(month.copy(), random.Random(f"{name} {seed}")))


def ends(hand: Hand, function: str, subject: str, answer: Raw | str, exit_code: int, lost: str) -> Altered:
    """The run ends with that exit where the function answers so; the error names account or function."""
    hand.month.raw[function, subject] = answer
    wanted = Wanted(("error",), subject if any(subject == each.id for each in hand.month.accounts) else "")
    return Altered(hand.month, lost, (wanted,), (exit_code,))


for _function in ("billing.get", "billing.report", "billing.listInvoices"):
    for _refusal in (FORBIDDEN, "api: unauthorized", "api: billing account not found"):

        @kind(f"{_function} refused: {_refusal}")
        def _refused(hand: Hand, function: str = _function, refusal: str = _refusal) -> Altered | None:
            account = hand.draw.choice(hand.billed())
            return ends(hand, function, account.id, refusal, 5, "an account left out")

    @kind(f"{_function} answers 401")
    def _unauthorized(hand: Hand, function: str = _function) -> Altered | None:
        account = hand.draw.choice(hand.billed())
        answer = Raw(body("api: unauthorized"), 401)
        return ends(hand, function, account.id, answer, 5, "an account left out")

    @kind(f"{_function} is no answer")
    def _no_answer(hand: Hand, function: str = _function) -> Altered | None:
        account = hand.draw.choice(hand.billed())
        answers = (HTML, Raw(b""), Raw(b"{}"), Raw(b'{"ok": true}'), Raw(b'{"ok": true, "result": [NaN]}'), Raw(b"[]"))
        return ends(hand, function, account.id, hand.draw.choice(answers), 6, "an answer that is none")


@kind("billing.listInvoices refused for another reason")
def list_refused(hand: Hand) -> Altered | None:
    account = hand.draw.choice(hand.billed())
    return ends(hand, "billing.listInvoices", account.id, "api: internal error", 6, "every invoice of an account")


@kind("billing.list refused")
def accounts_refused(hand: Hand) -> Altered | None:
    return ends(hand, "billing.list", "", FORBIDDEN, 5, "every account")


@kind("billing.list incomplete")
def accounts_incomplete(hand: Hand) -> Altered | None:
    first = {"id": hand.month.accounts[0].id}
    return ends(
        hand, "billing.list", "", Raw(body({"items": [first], "hasMore": True})), 6, "accounts on the next page"
    )


@kind("billing.list empty")
def no_account(hand: Hand) -> Altered | None:
    return ends(hand, "billing.list", "", Raw(body({"items": []})), 5, "every account")


@kind("project.list incomplete")
def projects_incomplete(hand: Hand) -> Altered | None:
    return ends(
        hand, "project.list", "", Raw(body({"items": [], "nextPageToken": "x"})), 6, "projects on the next page"
    )


@kind("list cut off in the middle of its JSON")
def list_cut(hand: Hand) -> Altered | None:
    account = hand.draw.choice(hand.billed())
    assert isinstance(account.rows, list)
    data = body({"items": account.rows})
    cut = Raw(data[: len(data) // 2])
    return ends(hand, "billing.listInvoices", account.id, cut, 6, "invoices behind the cut")


@kind("a row of another account in the list")
def another_accounts_row(hand: Hand) -> Altered | None:
    account = hand.draw.choice(hand.billed())
    assert isinstance(account.rows, list)
    account.rows[-1]["billingAccountId"] = "another"
    return Altered(hand.month, "another account's invoice", (Wanted(("error",), account.id),), (6,))


def _document(hand: Hand, change: Callable[[bytes], Raw], lost: str, *, fits: bool = True) -> Altered | None:
    account = hand.draw.choice(hand.billed())
    detail = details(account)[0]
    which = "invoice"  # a receipt is evidence of the month that settles the payment
    account.documents[detail["id"], which] = change(pdf(account, detail["id"], which, hand.month))
    return Altered(hand.month, lost, (Wanted(("invoice-pdf",), account.id, detail["number"]),))


def _of_type(data: bytes) -> Raw:
    return Raw(data, 200, (), "whole", "application/pdf")


@kind("document cut off")
def document_cut(hand: Hand) -> Altered | None:
    part = hand.draw.randrange(20, 95)
    return _document(hand, lambda data: _of_type(data[: len(data) * part // 100]), "half a document kept for good")


@kind("document without its last line")
def document_without_end(hand: Hand) -> Altered | None:
    return _document(hand, lambda data: _of_type(data.replace(b"%%EOF", b"")), "a fragment kept for good")


@kind("document without its cross-reference table")
def document_without_table(hand: Hand) -> Altered | None:
    def cut(data: bytes) -> Raw:
        return _of_type(data[: data.rindex(b"xref\n0")] + b"%%EOF\n")

    return _document(hand, cut, "a fragment kept for good")


@kind("document is a page that asks to sign in")
def document_is_html(hand: Hand) -> Altered | None:
    return _document(hand, lambda data: HTML, "a page filed as an invoice")


@kind("document is empty")
def document_is_empty(hand: Hand) -> Altered | None:
    return _document(hand, lambda data: _of_type(b""), "nothing filed as an invoice")


@kind("document refused by its host")
def document_refused_by_host(hand: Hand) -> Altered | None:
    return _document(hand, lambda data: Raw(b"expired", 403, (), "whole", "text/plain"), "no document to book by")


@kind("document in another currency")
def document_in_another_currency(hand: Hand) -> Altered | None:
    account = hand.draw.choice(hand.billed())
    detail = details(account)[0]
    other = "USD" if detail["currency"] != "USD" else "THB"
    total = document_text(detail, "invoice")[-1].replace(detail["currency"], other)
    account.documents[detail["id"], "invoice"] = [*document_text(detail, "invoice")[:-1], total]
    return Altered(hand.month, "another currency paid", (Wanted(("invoice-pdf",), account.id, detail["number"]),))


@kind("report cut off in the middle of its JSON")
def report_cut(hand: Hand) -> Altered | None:
    account = hand.draw.choice([each for each in hand.billed() if has_chart(each)] or hand.billed())
    assert isinstance(account.report, dict)
    data = body(account.report)
    return ends(hand, "billing.report", account.id, Raw(data[: -len(data) // 3]), 6, "projects behind the cut")
