"""Every error of the program: cause, exit code, remedy.

An error is raised when no answer exists; a failed check is a value (``model.check``). The exit codes are INTERFACE's
table: it is made from these classes, and where several errors meet, ``PRECEDENCE`` says which one decides.
"""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import ClassVar

RECONCILED = 0
"""Exit code: reconciled, archived now or already."""
EXCEPTIONS = 3
"""Exit code: archived, with exceptions that nobody has accepted."""

PRECEDENCE = (1, 7, 9, 2, 5, 6, 4, 3)
"""Where accounts or months differ, the first of these exit codes wins (INTERFACE, exit codes)."""


class ChargebackError(Exception):
    """A cause that ends the command: ``str()`` is one line that says where, what was found and what was expected.

    ``remedy`` says what a person does next; ``account`` names the billing account concerned, or is empty. ``cause`` is
    what went wrong without the account and the call: several accounts' errors with one cause are shown as one line.
    """

    exit_code: ClassVar[int] = 1
    meaning: ClassVar[str] = "unexpected error (a bug)"
    action: ClassVar[str] = "report it"

    def __init__(self, message: str, *, remedy: str = "", account: str = "", cause: str = "") -> None:
        super().__init__(" ".join(message.split()))
        self.message = str(self)
        self.remedy = remedy
        self.account = account
        self.cause = " ".join(cause.split())


class ConfigurationError(ChargebackError):
    """The configuration or the command line is wrong: file, key, what is wrong, what would be right."""

    exit_code = 2
    meaning = "usage or configuration error"
    action = "fix"


class SchemaError(ConfigurationError):
    """The archive was written with a newer schema than this version reads."""


class OtherVersionError(ConfigurationError):
    """A cluster's scheduler or worker is of another version than this command, so its bytes could be others."""


class NotReadyError(ChargebackError):
    """The month is not over, or an account is not ready (BOOKING 2)."""

    exit_code = 4
    meaning = "not ready"
    action = "run again later"


class CredentialError(ChargebackError):
    """There is no credential, it could not be obtained, or the platform refused it."""

    exit_code = 5
    meaning = "no credential, or no access"
    action = "fix"


class AccessError(CredentialError):
    """An account is unknown, no longer listed, or the caller may not read it."""


class PlatformError(ChargebackError):
    """The platform could not be reached or kept failing after all retries."""

    exit_code = 6
    meaning = "the platform could not be reached or understood"
    action = "run again later"


class AnswerError(PlatformError):
    """The platform answered what cannot be understood, is incomplete, or belongs to another request."""


class DeadlineError(PlatformError):
    """The run took longer than ``deadline`` allows."""


class ClusterError(PlatformError):
    """The cluster that ``workers`` names could not be reached, or was lost while it was at work."""


class DamagedError(ChargebackError):
    """The archive does not prove itself: a verification failed, or a revision to build on is damaged."""

    exit_code = 7
    meaning = "archive damaged"
    action = "look at once"


class WorkbookError(ChargebackError):
    """An archived workbook is none that this program writes: its part and row, and what is wrong there."""

    exit_code = 7
    meaning = DamagedError.meaning
    action = DamagedError.action


class LockedError(ChargebackError):
    """Another run holds the archive's lock."""

    exit_code = 8
    meaning = "another run holds the archive's lock"
    action = "nothing"


class StorageError(ChargebackError):
    """The archive cannot be read, written or locked, or the output cannot be written: path and system error."""

    exit_code = 9
    meaning = "the archive cannot be read, written or locked, or the output cannot be written"
    action = "fix, run again"


class InterruptedRunError(ChargebackError):
    """Ctrl-C or SIGTERM ended the command."""

    exit_code = 130
    meaning = "interrupted"
    action = "run again"


class CombinedError(ChargebackError):
    """Several causes at once, one per account or month; the exit code is the first of ``PRECEDENCE`` among them."""

    def __init__(self, errors: Iterable[ChargebackError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(error.message for error in self.errors))

    @property
    def decisive(self) -> int:
        """The exit code that wins."""
        return decisive_exit(error_exit(error) for error in self.errors)


def error_exit(error: ChargebackError) -> int:
    """The exit code of an error, a combined one included."""
    return error.decisive if isinstance(error, CombinedError) else error.exit_code


def each_error(error: ChargebackError) -> tuple[ChargebackError, ...]:
    """The single causes within an error."""
    return error.errors if isinstance(error, CombinedError) else (error,)


_MOST_NAMED = 5


def each_cause_once(errors: Iterable[ChargebackError]) -> list[tuple[str, str]]:
    """Message and remedy of each error, in their order; those of several accounts with one cause become one message
    that counts the accounts and names the first of them."""
    grouped: dict[tuple[str, int, str], list[ChargebackError]] = {}
    for position, error in enumerate(errors):
        same = (error.cause, error.exit_code, "") if error.cause else (error.message, error.exit_code, str(position))
        grouped.setdefault(same, []).append(error)
    return [(_of_all(group), group[0].remedy) for group in grouped.values()]


def _of_all(group: list[ChargebackError]) -> str:
    accounts = sorted({error.account for error in group if error.account})
    if len(accounts) < 2:
        return group[0].message
    named = ", ".join(" ".join(account.split())[:80] for account in accounts[:_MOST_NAMED])
    more = ", …" if len(accounts) > _MOST_NAMED else ""
    return f"{len(accounts)} accounts ({named}{more}): {group[0].cause}"


def decisive_exit(codes: Iterable[int]) -> int:
    """The exit code that wins among those of accounts or months; 0 if there is none."""
    present = set(codes)
    for code in PRECEDENCE:
        if code in present:
            return code
    return max(present, default=RECONCILED)


_SHORT_OF = (errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EAGAIN)
"""System errors that mean: a limit of the machine or of the process is reached."""


def is_shortage(error: BaseException) -> bool:
    """Whether memory, threads or open files have run out; libraries say so in classes and words of their own."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError) and error.errno in _SHORT_OF:
        return True
    words = str(error)
    if isinstance(error, RuntimeError):
        return "can't start new thread" in words
    return isinstance(error, ImportError) and ("annot allocate memory" in words or "failed to map segment" in words)
