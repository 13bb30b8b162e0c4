"""The registers of an archive, each only ever appended to, and what a revision records of them (INTERFACE, archive).

``signatures.csv``: who answers for which revision. Whose turn it is, and that a reviewer is not the preparer, is
decided where a person signs. ``dispositions.csv``: who decided what about a finding. Which months a disposition is
carried into is decided where a month's findings are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from chargeback.archive.boundary import interpreting
from chargeback.archive.manifest import is_sha256
from chargeback.archive.register import RESTORE_REGISTER, Register
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence import RegisterState
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName, Signature
from chargeback.model.check import is_finding_id

if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter

ROLES = ("preparer", "reviewer")
Record = TypeVar("Record")


class Disposition(Struct, frozen=True):
    """One line: ``disposed_at`` an RFC 3339 instant; ``period`` and ``revision`` where the finding, named by its id,
    was looked at; ``disposition`` what was decided."""

    disposed_at: str
    period: Period
    revision: int
    finding: str
    disposition: str
    by: str

    @property
    def name(self) -> RevisionName:
        """The revision whose finding was disposed of."""
        return RevisionName(self.period, self.revision)


SIGNATURES = Register("signatures.csv", Signature.__struct_fields__, unchained=True)
DISPOSITIONS = Register("dispositions.csv", Disposition.__struct_fields__)
REGISTERS = (SIGNATURES, DISPOSITIONS)


def append_signature(writer: ArchiveWriter, signature: Signature) -> None:
    """Add a signature at the end; ``StorageError`` where that fails: then the file is as it was."""
    SIGNATURES.append(writer, [str(getattr(signature, column)) for column in SIGNATURES.columns])


def append_disposition(writer: ArchiveWriter, disposition: Disposition) -> None:
    """Add a disposition at the end; ``StorageError`` where that fails: then the file is as it was."""
    DISPOSITIONS.append(writer, [str(getattr(disposition, column)) for column in DISPOSITIONS.columns])


def read_signatures(root: Place) -> tuple[Signature, ...]:
    """All signatures of an archive in the order in which they were given; none where there is no file.

    ``DamagedError`` where the file is not one of signatures, or a line was changed; ``StorageError`` where it cannot be
    read.
    """
    return _records(root, SIGNATURES, _signature, "a signature")


def read_dispositions(root: Place) -> tuple[Disposition, ...]:
    """All dispositions of an archive in the order in which they were given; none where there is no file.

    ``DamagedError`` where the file is not one of dispositions, or a line was changed; ``StorageError`` where it cannot
    be read.
    """
    return _records(root, DISPOSITIONS, _disposition, "a disposition")


def register_states(root: Place) -> tuple[RegisterState, ...]:
    """Of each register that there is, what it is now: for the record of a run."""
    return tuple(state for register in REGISTERS if (state := register.state(root)))


def register_problems(root: Place, states: Iterable[RegisterState]) -> Iterator[str]:
    """For each register that no longer begins with what it was when a revision was written, its path."""
    known = {register.path: register for register in REGISTERS}
    for state in states:
        register = known.get(state.path)
        if register is not None and not register.holds(root, state):
            yield state.path


def _records(
    root: Place, register: Register, made_of: Callable[[list[str]], Record | None], noun: str
) -> tuple[Record, ...]:
    """The register's lines; ``made_of`` gives None for one that says what none may say."""
    path, found = root / register.path, []
    for number, row in enumerate(register.rows(root), start=2):
        with interpreting(path, f"line {number}", RESTORE_REGISTER):
            record = made_of(row)
        if record is None:
            raise DamagedError(f"{path}: line {number}: not {noun}", remedy=RESTORE_REGISTER)
        found.append(record)
    return tuple(found)


def _signature(row: list[str]) -> Signature | None:
    signed_at, period, revision, head, role, by, note = row
    signature = Signature(signed_at, Period.parse(period), int(revision), head, role, by, note)
    return signature if is_sha256(head) and role in ROLES and signature.revision > 0 else None


def _disposition(row: list[str]) -> Disposition | None:
    disposed_at, period, revision, finding, text, by = row
    disposition = Disposition(disposed_at, Period.parse(period), int(revision), finding, text, by)
    return disposition if is_finding_id(finding) and disposition.revision > 0 else None
