"""The one boundary between what lies in an archive and what the program makes of it.

An archive is hostile when it is read: also one whose checksums are right may hold what no decoder expects. Whatever is
raised over such bytes (``zlib.error``, ``BadZipFile``, lxml's and msgspec's errors, a recursion limit, a key that is
not there) says that the file is not what it should be: ``DamagedError``, with its name. Nobody else in the program
catches what a decoder may raise. A shortage of memory says nothing of the file, as what is read has a largest size.

How large a file of a revision may be: what is written is held to it, and what is read too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chargeback.archive.file_system import storage_error
from chargeback.archive.no_follow import NotRegularError, OversizedError
from chargeback.config.address import Place
from chargeback.errors import (
    ChargebackError,
    ClusterError,
    DamagedError,
    InterruptedRunError,
    OtherVersionError,
    SchemaError,
    StorageError,
    is_shortage,
)
from chargeback.evidence.records import PREVIOUS_JOURNAL_PATH
from chargeback.evidence.stores import LARGEST_FILE

LARGEST_MANIFEST = 64 << 20
"""Bytes: a manifest of 300,000 files has about 45 million."""
LARGEST_LEDGER = 4 << 30
"""Bytes of a ledger, export or reconciliation, which grow with the lines of the month."""

RESTORE = "restore the revision's folder from a backup and run verify; do not edit it"
_NO_DAMAGE = (
    DamagedError,
    SchemaError,
    StorageError,
    InterruptedRunError,
    ClusterError,
    OtherVersionError,
)
"""Damage that names its place, a newer version's file, a fault of the system, a stop, a cluster that does not serve."""
_LONGEST = 300


def largest(path: str) -> int:
    """The bytes that the file of a revision may have."""
    grows = path.startswith(("ledgers/", "exports/", "reconciliation/")) or path == PREVIOUS_JOURNAL_PATH
    return LARGEST_LEDGER if grows else LARGEST_FILE


@contextmanager
def interpreting(where: Place, what: str = "", remedy: str = RESTORE) -> Iterator[None]:
    """Within, whatever is raised over the bytes of that file, or of that revision, becomes ``DamagedError``; ``what``
    says what they do not give.

    ``SchemaError`` (a newer version wrote it), ``StorageError`` (the system cannot read it) and an interruption stay
    what they are, and what says that memory or files have run out, also for a library that is loaded meanwhile. The
    bytes are in memory, or of a file that was opened: any other ``OSError`` is a decoder's.
    """
    try:
        yield
    except _NO_DAMAGE:
        raise
    except Exception as error:
        if is_shortage(error):
            raise
        raise DamagedError(f"{where}: {f'{what}: ' if what else ''}{problem_of(error)}", remedy=remedy) from error


def problem_of(error: Exception) -> str:
    """What an error says, in one short line, with its class where it is not one of the program's own."""
    if isinstance(error, ChargebackError):
        return error.message
    text = " ".join(str(error).split())[:_LONGEST]
    return f"cannot be read ({type(error).__name__}{f': {text}' if text else ''})"


@contextmanager
def reading(path: Place) -> Iterator[None]:
    """Within, an error of reading that file says what it means: damage where it is gone or no file, else a fault of the
    system."""
    try:
        yield
    except FileNotFoundError as error:
        raise damaged(path, "missing") from error
    except NotRegularError as error:
        raise damaged(path, "a link or another thing that is not a regular file") from error
    except OversizedError as error:
        raise damaged(path, str(error.strerror)) from error
    except OSError as error:
        raise storage_error(path, error) from error


def damaged(path: Place, problem: str) -> DamagedError:
    """The error that a file of the archive does not prove itself."""
    return DamagedError(f"{path}: {problem}", remedy=RESTORE)
