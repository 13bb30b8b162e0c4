"""Which credential a call carries, and what happens when the platform refuses it.

Sources, in this order (INTERFACE, configuration; CONTRACT, transport): the account's ``token_env``, else
``DEPLOYS_AUTH_USER`` with ``DEPLOYS_AUTH_PASS``, else ``DEPLOYS_TOKEN``, else ``token_command`` or ``token_file`` (with
``DEPLOYS_AUTH_USER`` alone that service account's key).
Accounts with the same source share one ``Credential``, so that one refusal leads to one renewal, whatever the number
of threads.

Where a secret is read: an environment variable, a file, or a command that mints a token when asked.

Whatever goes wrong is reported with the source's name, never with what it gave.
"""

from __future__ import annotations

import base64
import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from typing import IO

from chargeback.config import AccountEntry, Api, Config
from chargeback.config.address import SECRET_VARIABLES
from chargeback.config.forms import VARIABLE
from chargeback.errors import CredentialError
from chargeback.evidence.gate import SHORT, Gate

COMMAND_SECONDS = 60
"""A ``token_command`` is killed after this time (INTERFACE, configuration)."""
LARGEST_TOKEN = 64 * 1024
"""Bytes: more than this is no token."""
_DRAIN_SECONDS = 1
_LOOK_SECONDS = 0.25
"""How long a command runs on after the run was stopped, at most."""
_ALONE = "it must give the token alone, one line of printable ASCII"
_TOKEN_CHARACTERS = frozenset(map(chr, range(0x21, 0x7F)))


def checked_token(text: str, source: str) -> str:
    """The token without surrounding white space; ``CredentialError`` unless it is one line that a header can carry."""
    token = text.strip()
    if not token:
        raise CredentialError(f"{source}: gave no token", remedy=f"make {source} give one")
    if len(token.splitlines()) > 1:
        raise CredentialError(f"{source}: gave more than one line", remedy=_ALONE)
    if not _TOKEN_CHARACTERS.issuperset(token):
        raise CredentialError(f"{source}: gave a space, a control or a non-ASCII character", remedy=_ALONE)
    return token


def variable(name: str, environ: Mapping[str, str]) -> str:
    """The token in an environment variable; ``CredentialError`` where it is unset or empty."""
    if not environ.get(name, "").strip():
        state = "empty" if name in environ else "not set"
        raise CredentialError(f"the environment variable {name} is {state}", remedy=f"set {name} to a token")
    return checked_token(environ[name], f"the environment variable {name}")


def token_file(path: Path) -> str:
    """The token or key in a file; ``CredentialError`` where it cannot be read, or is no small regular file."""
    source = f"token_file {path}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            regular = stat.S_ISREG(os.fstat(descriptor).st_mode)
            data = file.read(LARGEST_TOKEN + 1) if regular else b""
    except OSError as error:
        raise CredentialError(
            f"{source}: {error.strerror or error}", remedy="create it, readable to the job"
        ) from error
    if not regular:
        raise CredentialError(f"{source}: not a regular file", remedy="name a file that holds the token")
    return checked_token(_text(data, source), source)


def token_command(
    command: Sequence[str],
    environ: Mapping[str, str],
    seconds: float = COMMAND_SECONDS,
    left: Callable[[], float] = lambda: inf,
) -> str:
    """The token that a command prints; ``CredentialError`` where it fails, or takes too long.

    ``left`` is asked again and again for the seconds that the run has left, and raises what ends it. The command runs
    without a shell, in a process group of its own that is killed when it is done or too late. What it writes to stderr
    is discarded, because a log keeps what it may hold.
    """
    source = f"token_command {command[0]}"
    process = _started(command, environ, source)
    try:
        output = _Output(process)
        code = _exit_code(process, seconds, left)
        output.finish()
    except subprocess.TimeoutExpired:
        raise CredentialError(
            f"{source}: no token after {seconds:g} seconds, so it was killed",
            remedy="run it by hand: it must not ask for input",
        ) from None
    finally:
        _kill(process)
        output.close()
    if code != 0:
        raise CredentialError(f"{source}: failed with exit code {code}", remedy="run it by hand to see why")
    return checked_token(_text(output.data, source), source)


def _exit_code(process: subprocess.Popen[bytes], seconds: float, left: Callable[[], float]) -> int:
    """How the process ended; ``subprocess.TimeoutExpired``, or what ``left`` raises."""
    ends = time.monotonic() + seconds
    while True:
        left()
        remaining = ends - time.monotonic()
        try:
            return process.wait(min(_LOOK_SECONDS, max(remaining, 0)))
        except subprocess.TimeoutExpired:
            if remaining <= _LOOK_SECONDS:
                raise


class _Output:
    """What a command prints, read beside it so that it never blocks, and never more than a token's size."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.data = b""
        self._pipe: IO[bytes] | None = process.stdout
        self._thread = threading.Thread(target=self._read, name="token_command", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Wait for the rest: a child that the command left behind may hold the pipe, so not for long."""
        self._thread.join(_DRAIN_SECONDS)

    def close(self) -> None:
        """Close the pipe, once its writers are gone."""
        self._thread.join(_DRAIN_SECONDS)
        if self._pipe is not None and not self._thread.is_alive():
            self._pipe.close()

    def _read(self) -> None:
        if self._pipe is None:
            return
        while chunk := os.read(self._pipe.fileno(), 4096):
            self.data = (self.data + chunk)[: LARGEST_TOKEN + 1]


def _started(command: Sequence[str], environ: Mapping[str, str], source: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the operator's own command, without a shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=dict(environ),
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be started"
        raise CredentialError(f"{source}: {reason}", remedy="name a command that is installed") from error


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _text(data: bytes, source: str) -> str:
    if len(data) > LARGEST_TOKEN:
        raise CredentialError(f"{source}: gave more than {LARGEST_TOKEN:,} bytes", remedy=_ALONE)
    try:
        return data.decode("ascii")
    except UnicodeDecodeError:
        raise CredentialError(f"{source}: gave bytes that are not text", remedy=_ALONE) from None


USER, PASSWORD, TOKEN = "DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS", "DEPLOYS_TOKEN"
REFUSED_REMEDY = "renew the token, or the service account's key, and run again"


@dataclass(frozen=True, slots=True)
class Grant:
    """A credential as it was obtained: the ``Authorization`` header, and what must never show up anywhere."""

    authorization: str = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)


def bearer(token: str) -> Grant:
    """A token's grant (RFC 6750)."""
    return Grant(f"Bearer {token}", (token,))


def basic(user: str, password: str) -> Grant:
    """A service account's grant (RFC 7617)."""
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return Grant(f"Basic {encoded}", (password, encoded))


class Credential:
    """A credential by its source: obtained when first needed, renewed at most once, given up after a second refusal."""

    def __init__(self, source: str, obtain: Callable[[], Grant], *, renewable: bool) -> None:
        self.source = source
        self._obtain = obtain
        self._renewals_left = 1 if renewable else 0
        self._lock = threading.Lock()
        self._grant: Grant | None = None
        self._lost: CredentialError | None = None

    def __repr__(self) -> str:
        return f"<Credential of {self.source}>"

    def grant(self) -> Grant:
        """What to send; ``CredentialError`` where it cannot be obtained, or was given up."""
        grant = self._grant
        return grant if grant is not None and self._lost is None else self._first()

    def renew(self, refused: Grant) -> Grant:
        """What to send instead of a refused grant; ``CredentialError``, now and later, where there is nothing.

        The first thread that reports a grant renews it; the others wait here and get that result.
        """
        with self._lock:
            self._raise_if_lost()
            if self._grant is not None and self._grant is not refused:
                return self._grant
            return self._renewed(refused)

    def _first(self) -> Grant:
        with self._lock:
            self._raise_if_lost()
            return self._grant or self._taken()

    def _renewed(self, refused: Grant) -> Grant:
        if not self._renewals_left:
            raise self._give_up(f"the platform refused the credential ({self.source})")
        self._renewals_left -= 1
        if self._taken().authorization == refused.authorization:
            raise self._give_up(f"the platform refused the credential, and {self.source} gives the same one again")
        return self._grant or self._taken()

    def _taken(self) -> Grant:
        """Obtain a grant and remember it; a source that fails once is not asked again."""
        try:
            self._grant = self._obtain()
        except CredentialError as error:
            self._lost = error
            raise
        return self._grant

    def _give_up(self, message: str) -> CredentialError:
        self._lost = CredentialError(message, remedy=REFUSED_REMEDY)
        return self._lost

    def _raise_if_lost(self) -> None:
        """A new error each time: one object raised by many threads would mix their tracebacks."""
        if self._lost is not None:
            raise CredentialError(self._lost.message, remedy=self._lost.remedy)


class Credentials:
    """The run's credentials, one a source; ``left`` gives the seconds that the run has left, or raises what ends it."""

    def __init__(
        self,
        api: Api,
        environ: Mapping[str, str],
        left: Callable[[], float] = lambda: inf,
        gate: Gate | None = None,
    ) -> None:
        self._gate = gate or Gate()
        self._api = api
        self._left = left
        self._environ = environ
        self._known: dict[str, Credential] = {}
        self._lock = threading.Lock()

    def of(self, entry: AccountEntry | None = None) -> Credential:
        """The credential of an account, or of calls that concern none; ``CredentialError`` where nothing gives one."""
        try:
            credential = self._found(entry.token_env if entry else None)
        except CredentialError as error:
            raise CredentialError(error.message, remedy=error.remedy, account=entry.id if entry else "") from error
        with self._lock:
            return self._known.setdefault(credential.source, credential)

    def _learned(self, obtain: Callable[[], Grant]) -> Grant:
        """What a source gives; the gate knows it before anything is sent."""
        grant = obtain()
        self._gate.learn(*grant.secrets)
        return grant

    def _found(self, token_env: str | None) -> Credential:
        environ = self._environ
        if token_env:
            return self._of_variable(token_env)
        if environ.get(USER) and environ.get(PASSWORD):
            grant = _service_account(environ[USER], environ[PASSWORD])
            return Credential(f"{USER} and {PASSWORD}", partial(self._learned, lambda: grant), renewable=False)
        if environ.get(TOKEN):
            return self._of_variable(TOKEN)
        return self._of_configuration()

    def _of_variable(self, name: str) -> Credential:
        grant = bearer(variable(name, self._environ))
        return Credential(f"the environment variable {name}", partial(self._learned, lambda: grant), renewable=False)

    def _of_configuration(self) -> Credential:
        command, file = self._api.token_command, self._api.token_file
        if command:
            obtain = partial(self._learned, partial(self._of_command, command))
            return Credential(f"token_command {command[0]}", obtain, renewable=True)
        if file is not None:
            user = self._environ.get(USER)
            source = f"{USER} and token_file {file}" if user else f"token_file {file}"
            return Credential(source, partial(self._learned, partial(_of_file, file, user)), renewable=True)
        raise CredentialError(
            f"no credential: {USER} with {PASSWORD}, {TOKEN}, [api] token_command and token_file are all unset",
            remedy=f"set {USER} and {PASSWORD} to a service account and its key",
        )

    def _of_command(self, command: Sequence[str]) -> Grant:
        """What the command prints, within its own time and the run's; ``DeadlineError`` where the run's is over."""
        return bearer(token_command(command, self._environ, COMMAND_SECONDS, self._left))


def environment_secrets(accounts: Iterable[AccountEntry], environ: Mapping[str, str]) -> list[str]:
    """The platform's secrets in the environment, also those that this run may never send. Short ones are looked for
    once they are sent."""
    names = {PASSWORD, TOKEN, *(entry.token_env for entry in accounts if entry.token_env)}
    found = [environ.get(name, "").strip() for name in sorted(names)]
    if environ.get(USER) and environ.get(PASSWORD):
        found += basic(environ[USER], environ[PASSWORD]).secrets
    return [secret for secret in found if len(secret) >= SHORT]


def other_secrets(config: Config, environ: Mapping[str, str]) -> list[str]:
    """The secrets of the archive's store and of the notifications: what the configuration names as ``${NAME}``."""
    urls = (
        *config.notify.urls,
        config.notify.healthcheck_url or "",
        *(url for team in config.teams for url in team.notify),
    )
    names = {*SECRET_VARIABLES, *(name for url in urls for name in VARIABLE.findall(url))}
    found = [environ.get(name, "").strip() for name in sorted(names)]
    return [secret for secret in found if len(secret) >= SHORT]


def _of_file(file: Path, user: str | None) -> Grant:
    """What the file holds: a token, or the key of the service account that the environment names."""
    secret = token_file(file)
    return _service_account(user, secret) if user else bearer(secret)


def _service_account(user: str, password: str) -> Grant:
    """``CredentialError`` where Basic cannot carry them (RFC 7617: no control characters, no colon in the user)."""
    if ":" in user or not f"{user}{password}".isprintable():
        raise CredentialError(f"{USER} or {PASSWORD} holds a character that HTTP Basic cannot carry")
    return basic(user, password)
