"""Calls of the platform's API: one question, one answer kept as evidence (CONTRACT, transport).

Decided here: what an HTTP answer means (an answer, try again, a refused credential, not understood). What the platform
says within its envelope is left to the caller, a refusal included; only ``api: unauthorized`` and a PDF that is to be
asked for again are acted on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from copy import copy
from functools import partial
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback import __version__
from chargeback.collect.channel import Channel
from chargeback.collect.clock import rfc3339
from chargeback.collect.credentials import Credential, Grant
from chargeback.collect.envelope import PDF_LATER, Envelope, Reply, opened
from chargeback.collect.failures import (
    AddressRefusedError,
    ExhaustedError,
    RedirectedError,
    TransientError,
    quoted,
    subject_of,
)
from chargeback.collect.http_attempt import Received
from chargeback.collect.http_library import httpx
from chargeback.collect.retries import is_transient, retry_after
from chargeback.collect.run_time import RunTime
from chargeback.config import Endpoint
from chargeback.errors import AnswerError, ChargebackError, ConfigurationError, CredentialError, PlatformError
from chargeback.evidence import Answer, Store, sha256_of
from chargeback.evidence.gate import withheld
from chargeback.evidence.run_log import note
from chargeback.model.answers import LARGEST_ANSWERS, UNAUTHORIZED

FIRST_CONTACT_SECONDS = 3.0
"""Where no connection to the endpoint ever came about, retries end after this time."""
DOCUMENT_FUNCTIONS = frozenset({"billing.downloadInvoice", "billing.downloadReceipt"})
"""Their answers hold signed links: they are not kept, and their failures do not hold up the books."""


class _Call(Struct, frozen=True):
    """One question; ``path`` is where its answer is kept, None where it is not."""

    function: str
    request: Mapping[str, Any]
    content: bytes
    credential: Credential
    account: str
    path: str | None

    @property
    def subject(self) -> str:
        return subject_of(self.account, self.function)


class ApiClient:
    """The platform's API for a run; threads share it."""

    def __init__(
        self,
        endpoint: Endpoint,
        channel: Channel,
        store: Store,
    ) -> None:
        self.endpoint = endpoint.url
        self._source = endpoint.source
        self._contact = threading.Event()
        self._channel = channel
        self._store = store
        self._urls: dict[str, httpx.URL] = {}
        self._headers: dict[Grant, httpx.Headers] = {}

    def into(self, store: Store) -> ApiClient:
        """The same client, keeping its answers in another store: a run's months each have their own."""
        client = copy(self)
        client._store = store
        return client

    def within(self, run_time: RunTime) -> ApiClient:
        """The same client, whose calls have to end within another time than the run's."""
        client = copy(self)
        client._channel = self._channel.within(run_time)
        return client

    def call(
        self,
        function: str,
        request: Mapping[str, Any],
        *,
        credential: Credential,
        account: str = "",
        path: str | None = None,
    ) -> Reply:
        """The platform's answer, a refusal (``ok: false``) included; its bytes are in the store under ``path``.

        ``CredentialError`` where the credential is refused; ``NotAskedError`` where an earlier call has used up its
        retries, ``ExhaustedError`` where this one does; ``AnswerError`` where the answer is none, which says nothing
        about other calls; ``DeadlineError``; ``InterruptedRunError``; ``StorageError``.
        """
        call = _Call(function, request, json.dumps(request).encode(), credential, account, path)
        if self._channel.gate.holds_secret(call.content):
            raise ConfigurationError(
                f"{function}: the request itself would hold a secret", remedy="correct the ids in [[accounts]]"
            )
        self._channel.facts.admit(call.subject, account)
        try:
            return self._asked_until_answered(call)
        except ChargebackError as error:
            error.account = error.account or account
            raise

    def _asked_until_answered(self, call: _Call) -> Reply:
        document = call.function in DOCUMENT_FUNCTIONS
        patient = self._channel.documents.patient if document else True
        try:
            return self._channel.retries.run(partial(self._attempt, call), call.subject, patient=patient)
        except ExhaustedError as error:
            if document:
                self._channel.documents.count()
            else:
                self._channel.facts.trip(error)
            raise

    def _attempt(self, call: _Call, not_after: float) -> Reply:
        """An answer to the call; a refused credential is renewed and the question asked again at once."""
        while True:
            grant = self._granted(call)
            sent_at = rfc3339(self._channel.run_time.clock.now())
            received = self._sent(call, grant, self._channel.run_time.attempt_end(self._channel.timeout, not_after))
            envelope = self._judged(call, received)
            if envelope is not None:
                return self._kept(call, received, envelope, sent_at)
            self._renewed(call, grant)

    def _granted(self, call: _Call) -> Grant:
        try:
            return call.credential.grant()
        except CredentialError as error:
            raise _named(call, error) from error

    def _renewed(self, call: _Call, refused: Grant) -> None:
        try:
            call.credential.renew(refused)
        except CredentialError as error:
            raise _named(call, error) from error

    def _sent(self, call: _Call, grant: Grant, ends: float) -> Received:
        begun = self._channel.run_time.clock.monotonic()
        try:
            url, headers = self._url(call.function), self._headers_with(grant)
            received = self._channel.http_attempt.send(
                "POST", url, headers, call.content, ends, LARGEST_ANSWERS[call.function]
            )
        except TransientError as error:
            raise (self._unreached(error) if error.unreached else error) from error
        except RedirectedError as error:
            message = f"{call.subject}: {error}, which is never followed"
            raise AnswerError(
                message, remedy=f"check {self._source}", cause=f"{error}, which is never followed"
            ) from None
        except (AnswerError, AddressRefusedError) as error:
            cause = str(error)
            raise AnswerError(f"{call.subject}: {cause}", remedy=f"check {self._source}", cause=cause) from error
        self._contact.set()
        note(
            "call",
            function=call.function,
            account=call.account,
            status=received.status,
            bytes=len(received.body),
            seconds=round(self._channel.run_time.clock.monotonic() - begun, 3),
        )
        return received

    def _unreached(self, error: TransientError) -> TransientError:
        """The failure with the address; where nothing was ever answered there, the address may be wrong: that is said
        within seconds, with where it was written."""
        found = f"{error} with {self.endpoint}"
        if self._contact.is_set():
            return TransientError(found, unreached=True, remedy=error.remedy)
        found = f"{found}, from {self._source}"
        remedy = error.remedy or f"check {self._source} and the network, then run again"
        return TransientError(found, unreached=True, within=FIRST_CONTACT_SECONDS, remedy=remedy)

    def _judged(self, call: _Call, received: Received) -> Envelope | None:
        """The answer's envelope; None where the credential is refused; an error where it is no answer."""
        if any(map(self._channel.gate.holds_secret, (received.body, *_kept_headers(received)))):
            found = "the answer repeats the credential, so it is not kept"
            remedy = "report it to the platform, then renew the credential"
            raise AnswerError(f"{call.subject}: {found}", remedy=remedy, cause=found)
        if is_transient(received.status):
            wait = retry_after(received.headers.get("retry-after"), self._channel.run_time.clock.now())
            raise TransientError(f"HTTP {received.status}", retry_after=wait)
        envelope = self._opened(call, received)
        if received.status == 401 or (envelope is not None and envelope.message.strip() == UNAUTHORIZED):
            return None
        if envelope is not None and envelope.message.strip() == PDF_LATER:
            raise TransientError(envelope.shown_message)
        return envelope

    def _opened(self, call: _Call, received: Received) -> Envelope | None:
        """The envelope; None where a 401 has none."""
        try:
            envelope = opened(received.body)
        except AnswerError as error:
            if received.status == 401:
                return None
            raise self._no_answer(call, received, error) from error
        if received.status >= 300 and envelope.ok:
            found = f"HTTP {received.status}, although it says ok: true"
            raise AnswerError(f"{call.subject}: {found}", remedy="run again later", cause=found)
        return envelope

    def _no_answer(self, call: _Call, received: Received, error: AnswerError) -> PlatformError:
        """A page, or broken JSON, with status 200 may be gone the next time; with another status it is final."""
        kind = quoted(received.headers.get("content-type", "no content type"), 60)
        found = f"HTTP {received.status} with {len(received.body):,} bytes of {kind}: {quoted(error.message)}"
        if received.status < 300:
            return TransientError(found, quick=True, malformed=received.body.lstrip()[:1] in (b"{", b"["))
        if self.endpoint.startswith("http:") and received.status == 400 and b"HTTPS" in received.body[:2000]:
            found += "; is the port one of https?"
        return AnswerError(f"{call.subject}: {found}", remedy=f"check {self._source}, then run again", cause=found)

    def _kept(self, call: _Call, received: Received, envelope: Envelope, sent_at: str) -> Reply:
        signed = withheld(received.body) if call.path is not None else None
        body = received.body if signed is None else signed
        if call.path is not None:
            self._store.write(call.path, body)
        answer = Answer(
            path=call.path,
            account=call.account,
            function=call.function,
            endpoint=self.endpoint,
            request=call.request,
            requested_at=sent_at,
            date=received.headers.get("date"),
            status=received.status,
            **_measures(body),
        )
        if signed is None:
            return Reply(answer, envelope)
        return Reply(answer, envelope, replace(answer, path=None, **_measures(received.body)))

    def _url(self, function: str) -> httpx.URL:
        """The function's address, parsed once."""
        if function not in self._urls:
            self._urls[function] = httpx.URL(self.endpoint + function)
        return self._urls[function]

    def _headers_with(self, grant: Grant) -> httpx.Headers:
        """A call's headers, built once a grant."""
        if grant not in self._headers:
            self._headers[grant] = httpx.Headers(
                {
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "Authorization": grant.authorization,
                    "Content-Type": "application/json",
                    "User-Agent": f"chargeback/{__version__}",
                    "X-Deploys-Channel": "api",
                }
            )
        return self._headers[grant]


def _measures(body: bytes) -> dict[str, Any]:
    """An answer's size and checksum, as the index has them."""
    return {"size": len(body), "sha256": sha256_of(body)}


def _kept_headers(received: Received) -> list[bytes]:
    """The headers of an answer that are kept or shown."""
    return [received.headers.get(name, "").encode() for name in ("content-type", "date")]


def _named(call: _Call, error: CredentialError) -> CredentialError:
    message = f"{call.subject}: {error.message}"
    return CredentialError(message, remedy=error.remedy, account=call.account, cause=error.message)
