"""Decoding: what is tolerated in an answer, what is refused, and what a refusal means."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chargeback.errors import AnswerError
from chargeback.model.answers import (
    AccountAnswer,
    InvoiceAnswer,
    LineItem,
    ReportAnswer,
    decode,
    decode_items,
    is_access_refusal,
    is_inactive_refusal,
    parse_answer,
    refusal,
    text_of,
)
from chargeback.model.strict_json import parse

INVOICE = '{"id": 1042, "number": "INV-1", "total": 10.700000000000001, "lineItems": [{"amount": 5}], "new": {"a": []}}'


def read(kind: type[Any], result: str) -> Any:
    return decode(parse(f'{{"ok": true, "result": {result}}}'.encode()), kind, "billing.x")


def items(result: str, kind: type[Any] = AccountAnswer) -> Any:
    return decode_items(parse(f'{{"ok": true, "result": {result}}}'.encode()), kind, "billing.list")


def test_unknown_fields_are_ignored_and_every_digit_is_kept() -> None:
    found = read(InvoiceAnswer, INVOICE)
    assert (text_of(found.id), found.total, found.line_items[0].amount) == ("1042", Decimal("10.700000000000001"), 5)


@pytest.mark.parametrize("missing", ['""', "null"])
def test_a_missing_time_is_no_error(missing: str) -> None:
    assert read(InvoiceAnswer, f'{{"id": "i", "paidAt": {missing}}}').paid_at in ("", None)


@pytest.mark.parametrize("kind", [AccountAnswer, InvoiceAnswer])
def test_a_tax_id_may_be_a_number(kind: type[Any]) -> None:
    assert text_of(read(kind, '{"id": "1", "taxId": 105561234567}').tax_id) == "105561234567"


@pytest.mark.parametrize(("kind", "result", "path"), [
    (InvoiceAnswer, '{"id": "i", "total": "10.70"}', "total"),
    (InvoiceAnswer, '{"id": "i", "total": true}', "total"),
    (InvoiceAnswer, '{"id": 1.5}', "id"),
    (InvoiceAnswer, '{"id": true}', "id"),
    (InvoiceAnswer, '{"id": {}}', "id"),
    (InvoiceAnswer, '{"status": 1}', "status"),
    (InvoiceAnswer, '{"periodStart": 1780000000}', "periodStart"),
    (InvoiceAnswer, '{"lineItems": {}}', "lineItems"),
    (InvoiceAnswer, '{"lineItems": [{"project": "web"}]}', "amount"),
    (InvoiceAnswer, '{"lineItems": [{"amount": null}]}', "amount"),
    (InvoiceAnswer, '{"lineItems": [{"amount": 1, "quantity": "7"}]}', "quantity"),
    (ReportAnswer, '{"chart": {}}', "list"),
    (ReportAnswer, '{"list": [{"projectSid": "web", "name": "CPU"}]}', "billingValue"),
    (ReportAnswer, '{"list": [{"billingValue": "1"}]}', "billingValue"),
    (ReportAnswer, '{"list": [], "chart": {"series": [{"data": ["1"]}]}}', "data"),
    (ReportAnswer, '{"list": {}}', "list"),
    (ReportAnswer, "[]", "array"),
    (ReportAnswer, "null", "null"),
    (AccountAnswer, "{}", "id"),
])  # fmt: skip
def test_wrong_types_are_refused_with_their_path(kind: type[Any], result: str, path: str) -> None:
    with pytest.raises(AnswerError, match=path):
        read(kind, result)


@pytest.mark.parametrize("result", [
    '{"items": [], "hasMore": true}',
    '{"items": [], "HASMORE": true}',
    '{"items": [], "next": "x"}',
    '{"items": [], "NextPageToken": "x"}',
    '{"items": [], "nextLink": "https://…"}',
    '{"items": [], "endCursor": "abc"}',
    '{"items": [], "has_more": true}',
    '{"items": [], "HAS-MORE": true}',
    '{"items": [], "next_page_token": "x"}',
    '{"items": [], "next_page": "/2"}',
    '{"items": [], "page-token": "x"}',
])  # fmt: skip
def test_a_list_that_says_there_is_more_is_incomplete(result: str) -> None:
    with pytest.raises(AnswerError, match="incomplete"):
        items(result)


@pytest.mark.parametrize("result", [
    '{"items": []}',
    '{"items": null}',
    '{"items": [], "hasMore": false}',
    '{"items": [], "next": ""}',
    '{"items": [], "next": null, "cursor": ""}',
    '{"items": [], "nextInvoiceAt": "2026-07-01"}',
    '{"items": [], "has_more": false, "next_page_token": ""}',
])  # fmt: skip
def test_a_whole_list_may_say_so(result: str) -> None:
    assert items(result) == []


@pytest.mark.parametrize("result", [
    "[]", "null", "{}", '{"items": {}}', '{"items": ""}', '{"items": false}', '{"items": 0}', '{"items": [null]}',
])  # fmt: skip
def test_a_list_of_another_shape_is_refused_and_never_taken_for_an_empty_one(result: str) -> None:
    with pytest.raises(AnswerError, match=r"billing\.list"):
        items(result)


@pytest.mark.parametrize(("body", "message"), [
    ('{"ok": true, "result": {}}', None),
    ('{"ok": false, "error": {"message": "api: forbidden", "code": 7}}', "api: forbidden"),
    ('{"ok": false, "error": "api: forbidden"}', "api: forbidden"),
    ('{"ok": false, "error": {"items": []}}', "refused without a message"),
    ('{"ok": false}', "refused without a message"),
])  # fmt: skip
def test_a_refusal_is_its_message(body: str, message: str | None) -> None:
    assert refusal(parse(body.encode())) == message


@pytest.mark.parametrize("body", ["[]", "{}", '{"ok": 1}', '{"ok": "true"}', '{"result": {}}', "null"])
def test_what_is_no_envelope_is_refused(body: str) -> None:
    with pytest.raises(AnswerError, match="envelope"):
        refusal(parse(body.encode()))


def test_an_envelope_without_a_result_is_refused() -> None:
    with pytest.raises(AnswerError, match='no "result"'):
        decode({"ok": True}, AccountAnswer, "billing.get")


@pytest.mark.parametrize(("message", "access", "inactive"), [
    ("api: unauthorized", True, False),
    (" api: forbidden ", True, False),
    ("api: billing account not found", True, False),
    ("api: you do not have permission to perform this action on the billing account", True, False),
    ("api: billing account not active, please contact us via email to activate billing account", False, True),
    ("api: invoice not found", False, False),
    ("api: internal error", False, False),
])  # fmt: skip
def test_refusals_of_access_and_of_inactive_accounts_are_told_apart(message: str, access: bool, inactive: bool) -> None:
    assert (is_access_refusal(message), is_inactive_refusal(message)) == (access, inactive)


@pytest.mark.parametrize(("item", "by_project", "label"), [
    (LineItem(project="web", amount=1), True, ""),
    (LineItem(project_id=1001, amount=1), True, ""),
    (LineItem(project="", project_id="", sku="cpu", description="CPU", amount=1), False, "cpu"),
    (LineItem(description="CPU", amount=1), False, "CPU"),
    (LineItem(amount=1), False, ""),
])  # fmt: skip
def test_a_line_is_by_project_where_it_names_one(item: LineItem, by_project: bool, label: str) -> None:
    assert (item.is_by_project, item.sku_label) == (by_project, label)


def test_what_is_wrong_is_told_with_where_it_stands() -> None:
    with pytest.raises(AnswerError, match=r"^evidence/x\.json: not JSON"):
        parse_answer(b"<html>", "evidence/x.json", lambda value: value)
