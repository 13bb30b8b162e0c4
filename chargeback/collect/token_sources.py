"""Where a secret is read: an environment variable, a file, or a command that mints a token when asked.

Whatever goes wrong is told with the source's name, never with what it gave.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from math import inf
from pathlib import Path
from typing import IO

from chargeback.errors import CredentialError

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
    """The token in a file; ``CredentialError`` where it cannot be read, or is no small regular file."""
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
