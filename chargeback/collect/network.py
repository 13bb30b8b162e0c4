"""httpx over sockets with an end: what came over the wire, or in plain words why nothing did.

TLS is always verified, against the name that was asked for, whatever address the connection goes to. HTTP/1.1, spoken
by h11; no retries, no redirects: an attempt is one request on one connection, through a proxy where the environment
names one. A connection is used again as long as what came over it was a whole answer and nothing more.

Sockets with an end: connections whose every step is bounded by the instant at which the attempt ends. Timeouts of a
step would not do: a server that sends a byte a second would never run into one. A name is resolved here, and the
connection goes to the address that was checked; or a proxy resolves it.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import h11

from chargeback.collect.addresses import Permit, resolve
from chargeback.collect.clock import Clock
from chargeback.collect.failures import AddressRefusedError, TransientError, UnconnectedError, quoted
from chargeback.collect.http_library import httpx
from chargeback.collect.proxies import Proxies, Proxy
from chargeback.errors import PlatformError

LARGEST_HEAD = 100 * 1024
"""Bytes of an answer's head."""
LARGEST_PROXY_HEAD = 16 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-5][0-9][0-9])[ \r]")
READ_SIZE = 64 * 1024
WRITE_SIZE = 16 * 1024
"""Bytes given to the socket at a time, so that a slow reader meets the limit too."""
IDLE_SECONDS = 15.0
"""A connection that waited longer for its next request is not used again: servers close them about then."""
_UNTRUSTED = "set SSL_CERT_FILE to a file with the certificate authority that signed it"


class Stream:
    """A connection; ``ends`` is everywhere the instant by which a step has to be done, else ``TimeoutError``."""

    def __init__(self, opened: socket.socket, clock: Clock) -> None:
        self._socket = opened
        self._clock = clock

    def receive(self, ends: float) -> bytes:
        """The next bytes, b"" at the end."""
        self._socket.settimeout(seconds_left(self._clock, ends))
        return self._socket.recv(READ_SIZE)

    def send(self, data: bytes, ends: float) -> None:
        """Send all of the bytes."""
        for start in range(0, len(data), WRITE_SIZE):
            self._socket.settimeout(seconds_left(self._clock, ends))
            self._socket.sendall(data[start : start + WRITE_SIZE])

    def encrypted(self, context: ssl.SSLContext, name: str, ends: float) -> Stream:
        """The same connection, encrypted; ``UnconnectedError`` where the other side does not prove that name."""
        try:
            if isinstance(self._socket, ssl.SSLSocket):
                return _InnerStream(self, context, name, ends)
            self._socket.settimeout(seconds_left(self._clock, ends))
            self._socket = context.wrap_socket(self._socket, server_hostname=name)
        except TimeoutError:
            raise
        except (OSError, UnicodeError) as error:
            raise _no_tls(error) from error
        return self

    @property
    def is_closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._socket.fileno() < 0

    @property
    def is_silent(self) -> bool:
        """Whether nothing has arrived that nobody read yet: neither bytes nor an end."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return False
        looking = select.poll()
        looking.register(self._socket, select.POLLIN)
        return not looking.poll(0)

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def abort(self) -> None:
        """End the connection under a thread that waits on it."""
        with suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _InnerStream(Stream):
    """TLS within the TLS of a proxy, which Python's sockets cannot be wrapped in twice."""

    def __init__(self, outer: Stream, context: ssl.SSLContext, name: str, ends: float) -> None:
        super().__init__(outer._socket, outer._clock)
        self._outer = outer
        self._arrived, self._leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._arrived, self._leaving, server_hostname=name)
        self._step(self._tls.do_handshake, ends)

    def receive(self, ends: float) -> bytes:
        """The next bytes, b"" at the end."""
        return bytes(self._step(lambda: self._tls.read(READ_SIZE), ends))

    def send(self, data: bytes, ends: float) -> None:
        """Send all of the bytes."""
        rest = memoryview(data)
        while rest:
            piece = rest[:WRITE_SIZE]
            rest = rest[self._step(lambda piece=piece: self._tls.write(piece), ends) :]  # type: ignore[misc]  # mypy: defaults of a lambda

    def _step(self, step: Callable[[], Any], ends: float) -> Any:
        """What the step gives, once enough has come over the outer connection."""
        while True:
            try:
                result, is_done = step(), True
            except ssl.SSLWantReadError:
                result, is_done = None, False
            except ssl.SSLZeroReturnError:
                result, is_done = b"", True
            if leaving := self._leaving.read():
                self._outer.send(leaving, ends)
            if is_done:
                return result
            received = self._outer.receive(ends)
            if received:
                self._arrived.write(received)
            else:
                self._arrived.write_eof()


def _no_tls(error: Exception) -> UnconnectedError:
    """Why a connection could not be encrypted, in plain words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnconnectedError(f"its certificate is not trusted: {quoted(error.verify_message)}", _UNTRUSTED)
    if isinstance(error, ssl.SSLError) and error.reason in _NOT_TLS:
        return UnconnectedError("the server does not speak TLS at that port; is it one of plain http?")
    if isinstance(error, ssl.SSLError):
        return UnconnectedError(f"TLS failed: {quoted((error.reason or str(error)).replace('_', ' ').lower())}")
    return UnconnectedError(quoted(getattr(error, "strerror", None) or str(error)))


_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"})
"""OpenSSL's reasons where the other side answers something that is no TLS."""


class Dialler:
    """Opens connections to permitted addresses only, and can end them all; threads share it.

    Its errors: ``TimeoutError`` where the time has run out, ``UnconnectedError`` where no connection came about,
    ``AddressRefusedError`` where none may.
    """

    def __init__(self, clock: Clock, permit: Permit, proxies: Proxies, tls: ssl.SSLContext) -> None:
        self.clock = clock
        self._permit = permit
        self._proxies = proxies
        self._tls = tls
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()

    def open(self, scheme: str, host: str, port: int, ends: float) -> Stream:
        """A connection to the host, encrypted where the scheme is https; where a proxy is in use, through a tunnel."""
        proxy = self._proxies.of(host, port)
        if proxy is None:
            stream = self._connect_first(self._permitted(host, port, ends), port, ends)
        elif self._permit.host(host):
            stream = self._tunnel(proxy, host, port, ends)
        else:
            raise AddressRefusedError(f"{quoted(host)} is not a host that a proxy may be asked for")
        return self._encrypted(stream, host, ends) if scheme == "https" else stream

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        with self._lock:
            streams = list(self._streams)
        for stream in streams:
            stream.abort()

    def _encrypted(self, stream: Stream, name: str, ends: float) -> Stream:
        try:
            return stream.encrypted(self._tls, name, ends)
        except BaseException:
            stream.close()
            raise

    def _tunnel(self, proxy: Proxy, host: str, port: int, ends: float) -> Stream:
        """A connection through the proxy; what it says goes no further than its status."""
        named = f"the proxy {proxy} of ${proxy.variable}"
        try:
            addresses = resolve(proxy.host, proxy.port, seconds_left(self.clock, ends))
            stream = self._connect_first(addresses, proxy.port, ends)
            if proxy.scheme == "https":
                stream = self._encrypted(stream, proxy.host, ends)
        except UnconnectedError as error:
            raise UnconnectedError(f"{named}: {error.why}", error.remedy) from error
        try:
            refusal = _tunnel_refusal(stream, proxy, host, port, ends)
        except BaseException:
            stream.close()
            raise
        if refusal:
            stream.close()
            raise UnconnectedError(f"{named}{refusal}")
        return stream

    def _permitted(self, host: str, port: int, ends: float) -> list[str]:
        addresses = resolve(host, port, seconds_left(self.clock, ends))
        permitted = [address for address in addresses if self._permit.address(address)]
        if not permitted:
            raise AddressRefusedError(f"{quoted(host)} is not an address that may be asked")
        return permitted

    def _connect_first(self, addresses: list[str], port: int, ends: float) -> Stream:
        """A connection to the first address that answers; the others share the time that is left."""
        for remaining in range(len(addresses), 1, -1):
            with suppress(UnconnectedError, TimeoutError):
                return self._connect(addresses[-remaining], port, ends, remaining)
        return self._connect(addresses[-1], port, ends, 1)

    def _connect(self, address: str, port: int, ends: float, share: int) -> Stream:
        left = seconds_left(self.clock, ends) / share
        try:
            opened = socket.create_connection((address, port), left)
        except TimeoutError:
            raise
        except OSError as error:
            raise UnconnectedError(quoted(error.strerror or str(error))) from error
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = Stream(opened, self.clock)
        with self._lock:
            self._streams = {each for each in self._streams if not each.is_closed}
            self._streams.add(stream)
        return stream


def _tunnel_refusal(stream: Stream, proxy: Proxy, host: str, port: int, ends: float) -> str:
    """Ask a proxy for a tunnel; what it answers instead of making one, "" where it makes one."""
    target = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    authorization = f"Proxy-Authorization: {proxy.authorization}\r\n" if proxy.authorization else ""
    head = _proxy_head(
        stream, f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{authorization}\r\n".encode("ascii"), ends
    )
    match = _STATUS.match(head)
    if match is None:
        return " answers something other than HTTP"
    if match[1].startswith(b"2"):  # whoever speaks first through a tunnel is not a server of TLS
        return "" if head.endswith(b"\r\n\r\n") else " answers more than the beginning of a tunnel"
    wanted = ", it asks for a user and a password" if match[1] == b"407" else ""
    return f" answers {int(match[1])}{wanted}"


def _proxy_head(stream: Stream, request: bytes, ends: float) -> bytes:
    """The head of a proxy's answer, and what came with it; b"" where the connection breaks."""
    head = b""
    try:
        stream.send(request, ends)
        while b"\r\n\r\n" not in head and len(head) < LARGEST_PROXY_HEAD:
            received = stream.receive(ends)
            if not received:
                break
            head += received
    except TimeoutError:
        raise
    except OSError:
        return b""
    return head


def seconds_left(clock: Clock, ends: float) -> float:
    """Seconds until the instant, above zero; ``TimeoutError`` once it has passed."""
    seconds = ends - clock.monotonic()
    if seconds <= 0:
        raise TimeoutError("the time of this attempt has run out")
    return seconds


class Connection:
    """One connection to a host, which takes requests one after the other; ``origin`` is scheme, host and port."""

    def __init__(self, origin: tuple[str, str, int], stream: Stream) -> None:
        self.origin = origin
        self.idle_since = 0.0
        self._stream = stream
        self._is_counted = False
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=LARGEST_HEAD)

    def ask(self, request: httpx.Request, ends: float) -> h11.Response:
        """The head of the answer; ``TransientError`` where none comes."""
        try:
            sent = self._http.send(
                h11.Request(method=request.method, target=request.url.raw_path, headers=request.headers.raw)
            )
            parts = [sent or b"", self._http.send(h11.Data(data=request.read())) or b""]
            parts.append(self._http.send(h11.EndOfMessage()) or b"")
        except h11.LocalProtocolError:
            raise PlatformError("the request could not be written: a header holds what HTTP forbids") from None
        plain = "; is the port one of https?" if self.origin[0] == "http" else ""
        try:
            self._send(b"".join(parts), ends)
            while isinstance(event := self._event(ends), h11.InformationalResponse):
                pass  # the final one follows (RFC 9110, 15.2)
            if not isinstance(event, h11.Response):
                raise h11.RemoteProtocolError("no answer")
        except TimeoutError as error:
            raise TransientError("no answer within the time limit") from error
        except OSError as error:
            raise TransientError(f"the connection broke{plain}") from error
        except h11.RemoteProtocolError as error:
            found = "the connection was closed without an answer, or the answer is not HTTP"
            raise TransientError(f"{found}{plain}") from error
        self._is_counted = any(name == b"content-length" for name, _ in event.headers)
        return event

    def body(self, ends: float) -> Iterator[bytes]:
        """The answer's body as received; ``TransientError`` where it is cut short or longer than its length says."""
        try:
            while isinstance(event := self._event(ends), h11.Data):
                yield bytes(event.data)
        except TimeoutError as error:
            raise TransientError("no whole answer within the time limit") from error
        except (OSError, h11.RemoteProtocolError) as error:
            raise TransientError("the answer was cut short") from error
        if self._has_more and self._is_counted:
            raise TransientError("the answer is longer than its Content-Length says")

    def renew(self) -> bool:
        """Whether the connection takes another request: question and answer are whole, neither side closes it, and
        nothing follows the answer, which would be read as the next one."""
        if self._http.states != {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE} or self._has_more:
            return False
        self._http.start_next_cycle()
        return True

    @property
    def is_fit(self) -> bool:
        """Whether it still takes a request: nothing has come over it since the last answer, not even its end."""
        return self._stream.is_silent

    @property
    def _has_more(self) -> bool:
        """Whether bytes came along that do not belong to the answer."""
        return bool(self._http.trailing_data[0])

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def _send(self, data: bytes, ends: float) -> None:
        """Send a request, head and body in one packet; a server that hung up may have answered before, so that is no
        error yet."""
        try:
            self._stream.send(data, ends)
        except TimeoutError:
            raise
        except OSError:
            return

    def _event(self, ends: float) -> Any:
        """The next piece of the answer, as h11 has it."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            received = self._stream.receive(ends)
            if not received and self._http.their_state is h11.SEND_RESPONSE:
                raise h11.RemoteProtocolError("closed without an answer")
            self._http.receive_data(received)
        return event


class BoundedTransport(httpx.BaseTransport):
    """httpx over connections that are kept; ``request.extensions["ends"]`` is the instant at which an attempt ends.

    Threads share it, and each holds at most one connection at a time; ``most_idle`` others wait for their next request.
    """

    def __init__(self, dialler: Dialler, most_idle: int) -> None:
        self._dialler = dialler
        self._most_idle = most_idle
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer's head, its body still to be read; ``TransientError`` where none came."""
        ends = request.extensions["ends"]
        url = request.url
        origin = (url.scheme, url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80))
        connection = self._taken(origin) or self._opened(origin, ends)
        try:
            answer = connection.ask(request, ends)
        except BaseException:
            connection.close()
            raise
        body = _Body(self, connection, ends)
        return httpx.Response(answer.status_code, headers=list(answer.headers), stream=body)

    def keep(self, connection: Connection) -> None:
        """Keep a connection whose answer was read for the next request, or close it."""
        if not connection.renew():
            connection.close()
            return
        connection.idle_since = self._dialler.clock.monotonic()
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle.pop(0) if len(self._idle) > self._most_idle else None
        if surplus is not None:
            surplus.close()

    def abort(self) -> None:
        """End every connection, also those that other threads wait on."""
        self._dialler.abort()

    def close(self) -> None:
        """Close the idle connections."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _taken(self, origin: tuple[str, str, int]) -> Connection | None:
        """An idle connection that is fit, the one used last first."""
        while (connection := self._last_idle(origin)) is not None:
            if connection.idle_since + IDLE_SECONDS > self._dialler.clock.monotonic() and connection.is_fit:
                return connection
            connection.close()
        return None

    def _last_idle(self, origin: tuple[str, str, int]) -> Connection | None:
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].origin == origin:
                    return self._idle.pop(place)
        return None

    def _opened(self, origin: tuple[str, str, int], ends: float) -> Connection:
        try:
            return Connection(origin, self._dialler.open(*origin, ends))
        except UnconnectedError as error:
            raise TransientError(f"no connection ({error.why})", unreached=True, remedy=error.remedy) from error
        except TimeoutError as error:
            raise TransientError("no connection within the time limit") from error


class _Body(httpx.SyncByteStream):
    """An answer's body, which gives the connection back when it is closed."""

    def __init__(self, transport: BoundedTransport, connection: Connection, ends: float) -> None:
        self._transport = transport
        self._connection = connection
        self._ends = ends

    def __iter__(self) -> Iterator[bytes]:
        return self._connection.body(self._ends)

    def close(self) -> None:
        """Keep the connection for another request where the answer was read whole, else close it."""
        self._transport.keep(self._connection)
