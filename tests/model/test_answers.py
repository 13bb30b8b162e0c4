"""Decoding: what is tolerated in an answer, what is refused, and what a refusal means."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec.inspect
import pytest

from chargeback.errors import AnswerError
from chargeback.model.answers import (
    LONGEST_IDENTIFIER,
    LONGEST_TEXT,
    MOST_ITEMS,
    AccountAnswer,
    DeploymentAnswer,
    InvoiceAnswer,
    LineItem,
    ProjectAnswer,
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


KINDS = (AccountAnswer, DeploymentAnswer, InvoiceAnswer, ProjectAnswer, ReportAnswer)


def parts(kind: msgspec.inspect.Type) -> Iterator[msgspec.inspect.Type]:
    """The type and every type within it."""
    yield kind
    if isinstance(kind, msgspec.inspect.StructType):
        for field in kind.fields:
            yield from parts(field.type)
    elif isinstance(kind, msgspec.inspect.UnionType):
        for each in kind.types:
            yield from parts(each)
    elif isinstance(kind, msgspec.inspect.ListType):
        yield from parts(kind.item_type)


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_and_list_of_an_answer_has_a_largest_length(kind: type[Any]) -> None:
    sized = [
        part
        for part in parts(msgspec.inspect.type_info(kind))
        if isinstance(part, msgspec.inspect.StrType | msgspec.inspect.ListType)
    ]
    assert sized
    assert [part for part in sized if not part.max_length] == []


def test_a_text_or_a_list_beyond_its_largest_length_is_refused_with_its_path() -> None:
    with pytest.raises(AnswerError, match=r"\.id"):
        read(InvoiceAnswer, f'{{"id": "{"9" * (LONGEST_IDENTIFIER + 1)}"}}')
    with pytest.raises(AnswerError, match=r"description"):
        read(InvoiceAnswer, f'{{"lineItems": [{{"amount": 1, "description": "{"x" * (LONGEST_TEXT + 1)}"}}]}}')
    with pytest.raises(AnswerError, match=r"billing\.list: 100,001 items, at most 100,000 are read") as caught:
        decode_items({"ok": True, "result": {"items": [{"id": "1"}] * (MOST_ITEMS + 1)}}, AccountAnswer, "billing.list")
    assert "divide the accounts" in caught.value.remedy


def test_a_type_that_was_not_made_ready_is_a_bug() -> None:
    with pytest.raises(KeyError):
        decode({"ok": True, "result": {}}, LineItem, "billing.x")


FIRST_USE = """
import sys, threading
sys.setswitchinterval(1e-6)
from chargeback.model import answers
barrier = threading.Barrier(16)
def work():
    barrier.wait()
    for kind in (answers.ReportAnswer, answers.InvoiceAnswer, answers.ProjectAnswer):
        try:
            answers.decode({"ok": True, "result": {"id": "1", "list": []}}, kind, "x")
            answers.decode_items({"ok": True, "result": {"items": []}}, kind, "x")
        except answers.AnswerError:
            pass
threads = [threading.Thread(target=work) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""


@pytest.mark.parametrize("processes", [8, pytest.param(200, marks=pytest.mark.nightly)])
def test_threads_that_decode_for_the_first_time_together_do_not_crash(processes: int) -> None:
    """Without the types made ready at import, 1 to 9 of 60 such processes end with a segmentation fault."""
    codes = [subprocess.run([sys.executable, "-c", FIRST_USE], timeout=60).returncode for _ in range(processes)]
    assert codes == [0] * processes
