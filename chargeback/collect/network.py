"""httpx over sockets with an end: what came over the wire, or in plain words why nothing did.

TLS is always verified, against the name that was asked for, whatever address the connection goes to. HTTP/1.1; no
retries, no redirects: an attempt is one request on one connection, through a proxy where the environment names one.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import httpcore

from chargeback.collect.failures import TransientError
from chargeback.collect.http_library import httpx
from chargeback.collect.sockets import BoundedBackend, BoundedStream
from chargeback.collect.wording import quoted
from chargeback.errors import PlatformError

_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
"""OpenSSL's reasons where the other side answers something that is no TLS."""


class BoundedTransport(httpx.BaseTransport):
    """httpx over httpcore's pool: ``request.extensions["timeout"]`` holds instants (``attempt_limits``)."""

    def __init__(self, backend: BoundedBackend, tls: ssl.SSLContext, connections: int) -> None:
        self._backend = backend
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=connections,
            keepalive_expiry=15,
            http1=True,
            http2=False,
            retries=0,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read; ``TransientError`` where none came."""
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        asked = httpcore.Request(
            request.method, target, headers=request.headers.raw, content=request.stream, extensions=request.extensions
        )
        try:
            answer = self._pool.handle_request(asked)
        except httpcore.LocalProtocolError:
            raise PlatformError("the request could not be written: a header holds what HTTP forbids") from None
        except httpcore.ConnectError as error:
            untrusted = isinstance(error.__context__, ssl.SSLCertVerificationError)
            remedy = "set SSL_CERT_FILE to a file with the certificate authority that signed it" if untrusted else ""
            raise TransientError(f"no connection ({_unconnected(error)})", unreached=True, remedy=remedy) from error
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise TransientError(_meaning(error, asked)) from error
        stream = CheckedBody(answer)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream, extensions=answer.extensions)

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        self._backend.abort()

    def close(self) -> None:
        """Close the idle connections."""
        self._pool.close()


class CheckedBody(httpx.SyncByteStream):
    """An answer's body as received: cut short or longer than its ``Content-Length`` is a ``TransientError``."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        final = b""
        try:
            for chunk in self._answer.iter_stream():
                final = chunk
                yield chunk
        except httpcore.TimeoutException as error:
            raise TransientError("no whole answer within the time limit") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise TransientError("the answer was cut short") from error
        self._refuse_surplus(final)

    def close(self) -> None:
        """Give the connection back."""
        self._answer.close()

    def _refuse_surplus(self, final: bytes) -> None:
        """Bytes after the body would be read as the next call's answer: the connection is ended before it is reused."""
        stream = self._answer.extensions.get("network_stream")
        counted = any(name.lower() == b"content-length" for name, _ in self._answer.headers)
        if isinstance(stream, BoundedStream) and counted and not stream.latest.endswith(final[-len(stream.latest) :]):
            stream.close()
            raise TransientError("the answer is longer than its Content-Length says")


def attempt_limits(ends: float, seconds: float) -> dict[str, Any]:
    """The request extension that ends an attempt: at an instant, which is so many seconds from now."""
    return {"timeout": {"connect": ends, "read": ends, "write": ends, "pool": seconds}}


def _unconnected(error: Exception) -> str:
    """Why no connection came about, in plain words."""
    cause = error.__context__  # httpcore's pool raises its errors again "from None", which leaves the context alone
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {quoted(cause.verify_message)}"
    if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
        return "the server does not speak TLS at that port; is it one of plain http?"
    if isinstance(cause, ssl.SSLError):
        return f"TLS failed: {quoted((cause.reason or str(cause)).replace('_', ' ').lower())}"
    if isinstance(cause, OSError) and cause.strerror:
        return quoted(cause.strerror)
    return quoted(str(error))


def _meaning(error: Exception, asked: httpcore.Request) -> str:
    """What an httpcore error says in an error message."""
    if isinstance(error, httpcore.ConnectTimeout | httpcore.PoolTimeout):
        return "no connection within the time limit"
    if isinstance(error, httpcore.TimeoutException):
        return "no answer within the time limit"
    plain = "; is the port one of https?" if asked.url.scheme == b"http" else ""
    if isinstance(error, httpcore.NetworkError):
        return f"the connection broke{plain}"
    return f"the connection was closed without an answer, or the answer is not HTTP{plain}"
