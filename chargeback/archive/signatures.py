"""``signatures.csv``: who answers for which revision; only ever appended to (INTERFACE, archive and ``sign``).

Whose turn it is, and that a reviewer is not the preparer, is decided where a person signs.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from pathlib import Path

from chargeback.archive.chain import RevisionName
from chargeback.archive.manifest import is_sha256
from chargeback.archive.opening import read_inside
from chargeback.archive.revision import refuse
from chargeback.archive.writer import ArchiveWriter
from chargeback.errors import ChargebackError, DamagedError
from chargeback.model.period import Period
from chargeback.model.spreadsheet_text import guarded

SIGNATURES_PATH = "signatures.csv"
ROLES = ("preparer", "reviewer")
_LARGEST = 64 << 20
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature; ``signed_at`` an RFC 3339 instant, ``head`` the SHA-256 of the signed revision's manifest."""

    signed_at: str
    period: str
    revision: int
    head: str
    role: str
    by: str
    note: str = ""

    @property
    def name(self) -> RevisionName:
        """The revision that was signed."""
        return RevisionName(Period.parse(self.period), self.revision)


COLUMNS = tuple(field.name for field in fields(Signature))


def append_signature(writer: ArchiveWriter, signature: Signature) -> None:
    """Add a signature at the end; ``StorageError`` where that fails: then the file is as it was."""
    cells = [guarded(str(getattr(signature, column))) for column in COLUMNS]
    writer.append(SIGNATURES_PATH, (_BOM + _row(COLUMNS)).encode(), _row(cells).encode())


def read_signatures(root: Path) -> tuple[Signature, ...]:
    """All signatures of an archive in the order in which they were given; none where there is no file.

    ``DamagedError`` where the file is not one of signatures; ``StorageError`` where it cannot be read.
    """
    path = root / SIGNATURES_PATH
    try:
        data = read_inside(root, SIGNATURES_PATH, _LARGEST)
    except FileNotFoundError:
        return ()
    except OSError as error:
        refuse(path, error)
    return _signatures(path, data)


def _signatures(path: Path, data: bytes) -> tuple[Signature, ...]:
    try:
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise _damaged(path, str(error)) from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise _damaged(path, f"its first line is not {','.join(COLUMNS)}")
    return tuple(_signature(path, number, row) for number, row in enumerate(rows[1:], start=2))


def _signature(path: Path, number: int, row: list[str]) -> Signature:
    try:
        signed_at, period, revision, head, role, by, note = (_raw(cell) for cell in row)
        signature = Signature(signed_at, str(Period.parse(period)), int(revision), head, role, by, note)
    except (ValueError, ChargebackError) as error:
        raise _damaged(path, f"line {number}: {error}") from error
    if not is_sha256(head) or role not in ROLES or signature.revision < 1:
        raise _damaged(path, f"line {number}: not a signature")
    return signature


def _row(cells: list[str] | tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _raw(cell: str) -> str:
    """The text as it was given, without the mark that keeps a spreadsheet from calculating it."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def _damaged(path: Path, problem: str) -> DamagedError:
    return DamagedError(f"{path}: not a list of signatures: {problem}", remedy="restore the file from a backup")
