"""How each fault changes an answer on its way: status, headers, body, or the manner of its delivery.

Answers that are right in themselves but about something else: another account, another invoice.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, cast

from chargeback.sandbox.dialect import Dialect
from chargeback.sandbox.faults import Fault
from chargeback.sandbox.wire import Answer, Manner, encoded
from chargeback.sandbox.world import World


def misdirected(
    world: World, dialect: Dialect, function: str, payload: Mapping[str, Any], fault: Fault, now: datetime
) -> Mapping[str, Any]:
    """The request, or for the faults wrong-account and wrong-invoice one about another account or invoice."""
    if not fault.name.startswith("wrong-"):
        return payload
    subject = dialect.subject(function, payload)
    by_invoice = world.invoice(subject) is not None
    if fault.name == "wrong-account" and not by_invoice:
        return dialect.naming(function, payload, other_account(world, subject))
    if fault.name == "wrong-invoice" and by_invoice:
        return dialect.naming(function, payload, other_invoice(world, subject, now))
    return payload


def misattributed(world: World, function: str, answer: Answer, fault: Fault) -> Answer:
    """The answer, or for the fault wrong-account an invoice that names another account."""
    if fault.name != "wrong-account" or function != "billing.getInvoice":
        return answer
    document = json.loads(answer.body)
    document["result"]["billingAccountId"] = other_account(world, document["result"]["billingAccountId"])
    return replace(answer, body=encoded(document))


def other_account(world: World, account_id: str) -> str:
    """Another account's id, where there is one."""
    return next((account.id for account in world.accounts if account.id != account_id), account_id)


def other_invoice(world: World, invoice_id: str, now: datetime) -> str:
    """Another invoice's id, where there is one."""
    known = (invoice.id for account in world.accounts for invoice, _ in world.invoices(account.id, now))
    return next((other for other in known if other != invoice_id), invoice_id)


HTML = b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Please try again</h1></body></html>"
DEPTH = 100_000
MONEY = re.compile(rb'"(billingValue|amount|total|taxAmount|allocatedPrice)":-?[0-9.eE+-]+')
IDS = re.compile(rb'"(id|billingAccountId|projectId|billingAccount)":"([0-9]+)"')
_MANNERS: Mapping[str, float] = {"reset": 0, "stall": 10, "drip": 10, "half-body": 0, "wrong-length": 0}


def faulted(answer: Answer, fault: Fault, path: str, secret: str) -> Answer:
    """The answer with the fault done to it; `path` and `secret` are the request's."""
    if fault.name in _MANNERS:
        return replace(answer, manner=cast(Manner, fault.name), seconds=fault.amount(_MANNERS[fault.name]))
    if fault.status:
        return _status(fault)
    if fault.name == "redirect":
        return Answer(307, b"", headers=(("Location", fault.argument),))
    if fault.name == "redirect-loop":
        return Answer(307, b"", headers=(("Location", path),))
    if fault.name == "echo-credential":
        error = {"message": f"api: could not understand Authorization: Bearer {secret}"}
        return Answer(int(fault.argument or 400), encoded({"ok": False, "error": error}))
    if fault.name == "error":
        return Answer(200, encoded({"ok": False, "error": {"message": fault.argument or "api: internal error"}}))
    return _BODIES[fault.name](answer, fault) if fault.name in _BODIES else answer


def _status(fault: Fault) -> Answer:
    """A status as a proxy would answer it: HTML, with Retry-After where asked for."""
    name, _, value = fault.argument.partition("=")
    headers = (("Retry-After", value),) if name == "retry-after" else ()
    return Answer(fault.status, HTML, "text/html; charset=utf-8", headers)


def _page(answer: Answer, fault: Fault) -> Answer:
    return replace(answer, status=200, body=HTML, content_type="text/html; charset=utf-8")


def _empty(answer: Answer, fault: Fault) -> Answer:
    return replace(answer, body=b"")


def _huge(answer: Answer, fault: Fault) -> Answer:
    """The right body behind so many megabytes of white space; for a document of zeros, after its first line."""
    padding = int(fault.amount(32) * 1_000_000)
    if answer.content_type == "application/pdf":
        return replace(answer, body=b"%PDF-1.4\n" + bytes(padding))
    return replace(answer, body=b" " * padding + answer.body)


@lru_cache(maxsize=4)
def _bomb_body(megabytes: int) -> bytes:
    return gzip.compress(b'{"ok":true,"result":{"padding":"' + b"0" * (megabytes * 1_000_000) + b'"}}', mtime=0)


def _gzip_bomb(answer: Answer, fault: Fault) -> Answer:
    body = _bomb_body(int(fault.amount(64)))
    return replace(answer, body=body, headers=(*answer.headers, ("Content-Encoding", "gzip")))


def _pdf_bomb(answer: Answer, fault: Fault) -> Answer:
    """A PDF whose only stream unpacks to far more than a page could hold."""
    stream = zlib.compress(b" " * int(fault.amount(64) * 1_000_000), 9)
    body = answer.body.replace(
        b"/F1 5 0 R", b"/F1 5 0 R", 1
    )  # the page stays; its content is replaced, so that offsets are wrong too
    head, _, rest = body.partition(b"4 0 obj\n")
    _, _, tail = rest.partition(b"endobj\n")
    content = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream\n" % (len(stream), stream)
    return replace(answer, body=head + b"4 0 obj\n" + content + b"endobj\n" + tail)


def _inside(extra: bytes) -> Callable[[Answer, Fault], Answer]:
    """Members put first into the result, where it is an object; else into the envelope."""

    def change(answer: Answer, fault: Fault) -> Answer:
        for opening in (b'"result":{', b"{"):
            if opening in answer.body:
                head, _, tail = answer.body.partition(opening)
                separator = b"" if tail.startswith(b"}") else b","
                return replace(answer, body=head + opening + extra + separator + tail)
        return answer

    return change


def _money(value: bytes) -> Callable[[Answer, Fault], Answer]:
    """The first amount of the answer replaced by something that is no amount."""

    def change(answer: Answer, fault: Fault) -> Answer:
        return replace(answer, body=MONEY.sub(rb'"\1":' + value, answer.body, count=1))

    return change


def _truncated(answer: Answer, fault: Fault) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def _numbered(answer: Answer, fault: Fault) -> Answer:
    return replace(answer, body=IDS.sub(rb'"\1":\2', answer.body))


def _page_token(answer: Answer, fault: Fault) -> Answer:
    document: dict[str, Any] = json.loads(answer.body)
    if isinstance(document.get("result"), dict):
        name = fault.argument or "nextPageToken"
        document["result"][name] = True if name == "hasMore" else "b2Zmc2V0PTEwMA"
    return replace(answer, body=encoded(document))


_BODIES: Mapping[str, Callable[[Answer, Fault], Answer]] = {
    "html200": _page,
    "html": _page,
    "empty": _empty,
    "huge": _huge,
    "gzip-bomb": _gzip_bomb,
    "bomb": _pdf_bomb,
    "duplicate-keys": _inside(b'"id":"0","total":0,"items":[],"list":[]'),
    "deep": _inside(b'"deep":' + b"[" * DEPTH + b"]" * DEPTH),
    "bad-utf8": _inside(b'"note":"\xff\xfe"'),
    "1e400": _money(b"1e400"),
    "nan": _money(b"NaN"),
    "truncated": _truncated,
    "ids-as-numbers": _numbered,
    "page-token": _page_token,
}
