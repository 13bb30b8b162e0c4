"""``signatures.csv``: who answers for which revision; only ever appended to (INTERFACE, archive and ``sign``).

Whose turn it is, and that a reviewer is not the preparer, is decided where a person signs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chargeback.archive.boundary import interpreting
from chargeback.archive.manifest import is_sha256
from chargeback.archive.register import RESTORE_REGISTER, Register
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import Signature

if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter

SIGNATURES_PATH = "signatures.csv"
ROLES = ("preparer", "reviewer")


REGISTER = Register(SIGNATURES_PATH, Signature.__struct_fields__, unchained=True)


def append_signature(writer: ArchiveWriter, signature: Signature) -> None:
    """Add a signature at the end; ``StorageError`` where that fails: then the file is as it was."""
    REGISTER.append(writer, [str(getattr(signature, column)) for column in REGISTER.columns])


def read_signatures(root: Place) -> tuple[Signature, ...]:
    """All signatures of an archive in the order in which they were given; none where there is no file.

    ``DamagedError`` where the file is not one of signatures, or a line was changed; ``StorageError`` where it cannot be
    read.
    """
    path = root / SIGNATURES_PATH
    return tuple(_signature(path, number, row) for number, row in enumerate(REGISTER.rows(root), start=2))


def _signature(path: Place, number: int, row: list[str]) -> Signature:
    with interpreting(path, f"line {number}", RESTORE_REGISTER):
        signed_at, period, revision, head, role, by, note = row
        signature = Signature(signed_at, Period.parse(period), int(revision), head, role, by, note)
    if not is_sha256(head) or role not in ROLES or signature.revision < 1:
        raise DamagedError(f"{path}: line {number}: not a signature", remedy=RESTORE_REGISTER)
    return signature
