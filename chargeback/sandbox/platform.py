"""The platform without a network: a request and an instant in, an answer out.

State that is not in world and clock is kept small and apart: how often credentials were used and faults were done,
and what was received.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime
from typing import Any

from chargeback.sandbox.credentials import TOKEN, Credential, Keyring
from chargeback.sandbox.dialect import ApiError, Dialect, Kind
from chargeback.sandbox.documents import Links, invoice_pdf, receipt_pdf
from chargeback.sandbox.faults import Fault, Faults
from chargeback.sandbox.functions import FUNCTIONS, Call, Reply
from chargeback.sandbox.makers import DEFAULT_NOW
from chargeback.sandbox.mangling import HTML, faulted, misattributed, misdirected, other_invoice
from chargeback.sandbox.months import Clock, newest_closed, rfc3339
from chargeback.sandbox.records import Status
from chargeback.sandbox.wire import Answer, Received, Recorder, Request, encoded, failed, succeeded
from chargeback.sandbox.world import Away, World, holding

AnswerChange = Callable[[Call, Any], Any]
NO_AUTH = frozenset({"billing.skus"})
NO_FAULT = Fault("none")


class Platform:
    """One simulated platform: a world served as one kind, by a clock, to the holders of credentials."""

    def __init__(
        self,
        world: World,
        kind: Kind = "C",
        *,
        clock: Clock | None = None,
        credentials: Iterable[Credential] = (Credential(token=TOKEN, role="owner"),),
        faults: Faults | None = None,
        answer_changes: tuple[AnswerChange, ...] = (),
        documents_dated_now: bool = False,
    ) -> None:
        self.world = world
        self.dialect = Dialect(kind)
        self.clock = clock or Clock(DEFAULT_NOW)
        self.keyring = Keyring(credentials)
        self.faults = faults or Faults()
        self.links = Links()
        self.recorder = Recorder()
        self._answer_changes = answer_changes
        self._documents_dated_now = documents_dated_now
        self._results: dict[Hashable, bytes] = {}

    @property
    def token(self) -> str:
        """The first credential's Bearer token."""
        return self.keyring.first.token

    def state(self, moment: datetime) -> Mapping[str, Mapping[str, Status]]:
        """Every listed account's invoices (drafts too) with their status at an instant: the oracle over time."""
        listed = (account.id for account in self.world.accounts if self.world.listed(account.id, moment))
        return {
            account_id: {invoice.id: status for invoice, status in self.world.invoices(account_id, moment)}
            for account_id in listed
        }

    def warm(self) -> None:
        """Make and keep the answers about the newest closed month, so that questions for them costs next to nothing."""
        now, zone = self.clock.now, self.world.zone
        month = newest_closed(now, zone)
        bounds = {"from": rfc3339(month.start(zone)), "to": rfc3339(month.end(zone)), "range": "prev_month"}
        for account in self.world.accounts:
            payload = {"id": account.id, "billingAccount": account.id, "billingAccountId": account.id, **bounds}
            self._make("billing.report", payload, now)
            self._make("billing.listInvoices", payload, now)
            for invoice, _ in self.world.invoices_at(account.id, month, now):
                self._make("billing.getInvoice", {"id": invoice.id, "invoiceId": invoice.id}, now)

    def _make(self, function: str, payload: Mapping[str, Any], now: datetime) -> None:
        call = Call(function, payload, self.keyring.first, now, self.world, self.dialect, self.links)
        with contextlib.suppress(ApiError):
            self._result(call, FUNCTIONS[function](call))

    def answer(self, request: Request) -> Answer:
        """The answer to a request as things stand now, recorded."""
        return self._document_answer(request) if request.host == "files" else self._api_answer(request)

    def call(self, function: str, payload: Mapping[str, Any] | None = None, authorization: str | None = None) -> Any:
        """The decoded answer to one API call, without HTTP; by default with the first credential."""
        header = f"Bearer {self.token}" if authorization is None else authorization
        request = Request("api", "POST", f"/{function}", {"authorization": header}, encoded(payload or {}))
        return json.loads(self.answer(request).body)

    def _api_answer(self, request: Request) -> Answer:
        now = self.clock.now
        function = request.path.partition("?")[0].lstrip("/")
        payload = _decoded(request.body)
        subject = self.dialect.subject(function, payload) if payload is not None else ""
        fault = self.faults.take(function, subject)
        self._record(request, now, function, subject, fault)
        away = holding(self.world.events, Away, now)
        if away:
            return Answer(away[0].status, HTML, "text/html; charset=utf-8")
        answer = self._function_answer(request, function, payload, now, fault or NO_FAULT)
        secret = request.headers.get("authorization", "").partition(" ")[2]
        return faulted(answer, fault, request.path, secret) if fault else answer

    def _function_answer(
        self, request: Request, function: str, payload: Mapping[str, Any] | None, now: datetime, fault: Fault
    ) -> Answer:
        if request.method != "POST":
            return Answer(405, encoded({"ok": False, "error": {"message": "api: method not allowed"}}))
        try:
            caller = self._admitted(request, function, now, fault)
            if function not in FUNCTIONS:
                raise ApiError("api: function not found", status=404)
            if payload is None:
                raise ApiError("api: validate error", {"body": "must be a JSON object"})
            payload = misdirected(self.world, self.dialect, function, payload, fault, now)
            self.dialect.validate(function, payload)
            call = Call(function, payload, caller, now, self.world, self.dialect, self.links)
            answer = succeeded(self._result(call, FUNCTIONS[function](call)))
            return misattributed(self.world, function, answer, fault)
        except ApiError as problem:
            return failed(self.dialect.error(problem), problem.status)

    def _admitted(self, request: Request, function: str, now: datetime, fault: Fault) -> Credential:
        caller = self.keyring.admit(request.headers.get("authorization", ""), now)
        if fault.name == "unauthorized":
            raise self.dialect.unauthorized
        if caller is None and function not in NO_AUTH:
            raise self.dialect.unauthorized
        return caller or Credential()

    def _result(self, call: Call, reply: Reply) -> bytes:
        """The encoded result, kept under the reply's key unless a scenario changes answers."""
        if reply.key is None or self._answer_changes:
            result = reply.make()
            for change in self._answer_changes:
                result = change(call, result)
            return encoded(result)
        if reply.key not in self._results:
            self._results[reply.key] = encoded(reply.make())
        return self._results[reply.key]

    def _document_answer(self, request: Request) -> Answer:
        now = self.clock.now
        proved = self.links.prove(request.path, now)
        kind, invoice_id = proved or ("invoice", "")
        fault = self.faults.take("pdf", invoice_id)
        self._record(request, now, kind if proved else request.path.partition("?")[0], invoice_id, fault)
        if request.method not in ("GET", "HEAD"):
            return Answer(405, b"method not allowed", "text/plain")
        if proved is None:
            return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
        if fault is not None and fault.name == "other":
            invoice_id = other_invoice(self.world, invoice_id, now)
        answer = self._document(kind, invoice_id, now)
        return faulted(answer, fault, request.path, "") if fault else answer

    def _document(self, kind: str, invoice_id: str, now: datetime) -> Answer:
        invoice = self.world.invoice(invoice_id)
        if invoice is None:
            return Answer(404, b"not found", "text/plain")
        made_at = now if self._documents_dated_now else None
        body = receipt_pdf(invoice, made_at) if kind == "receipt" else invoice_pdf(invoice, made_at)
        return Answer(200, body, "application/pdf")

    def _record(self, request: Request, now: datetime, function: str, subject: str, fault: Fault | None) -> None:
        names = tuple(request.headers)
        carried = "authorization" in request.headers or self._leaks(request)
        self.recorder.add(Received(now, request.host, function, subject, names, carried, fault.name if fault else ""))

    def _leaks(self, request: Request) -> bool:
        """Whether a known secret came along anywhere else than in the Authorization header."""
        return self.keyring.occurs_in((request.path, *request.headers.values()))


def _decoded(body: bytes) -> dict[str, Any] | None:
    """The request's JSON object; an empty body is an empty object, anything else None."""
    try:
        document = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
