"""Registers: CSV files beside the revisions that are only ever appended to, so that nobody can change them unseen; and
what a revision records of them (INTERFACE, archive).

Each line ends with ``previous``, the SHA-256 of the line before as it stands in the file, with its CRLF (and, of the
header, the byte order mark). So a line that was changed or taken out breaks the chain; and every revision records size
and SHA-256 that each register had when it was written, so that cutting its end, or writing all of it again, is found
too.

``signatures.csv``: who answers for which revision. Whose turn it is, and that a reviewer is not the preparer, is
decided where a person signs. ``dispositions.csv``: who decided what about a finding. Which months a disposition is
carried into is decided where a month's findings are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from chargeback.archive.boundary import interpreting
from chargeback.archive.manifest import is_sha256
from chargeback.archive.store import read_or_none, store_of
from chargeback.config.address import Place
from chargeback.errors import DamagedError, StorageError
from chargeback.evidence import RegisterState, sha256_of
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName, Signature
from chargeback.model.check import is_finding_id
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded, read_table, unguarded

if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter
if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter


PREVIOUS = "previous"
LARGEST = 64 << 20
"""Bytes: no register is read, or written, beyond."""
RESTORE_REGISTER = "restore the file from a backup"


class Register(Struct, frozen=True):
    """A register's file and its columns, ``previous`` aside. ``unchained``: version 0.2 wrote it without that column;
    such a file is rewritten once, by the next line."""

    path: str
    columns: tuple[str, ...]
    unchained: bool = False

    def rows(self, root: Place) -> list[list[str]]:
        """The lines' cells below the header, as they were given, without ``previous``; none where there is no file.

        ``DamagedError`` where the file is no such register, or its lines do not follow each other; ``StorageError``.
        """
        data = self._data(root)
        return [] if data is None else self._rows(root / self.path, data)

    def append(self, writer: ArchiveWriter, cells: Sequence[str]) -> None:
        """Add a line at the end; ``StorageError`` where that fails, or nobody could read the file any more: then it is
        as it was."""
        before = data = self._data(writer.root)
        rows = [] if data is None else self._rows(writer.root / self.path, data)
        if data is None or self._is_unchained(data):
            data = self._chained(rows)
        data += _line([*cells, sha256_of(_lines(data)[-1])])
        if len(data) > LARGEST:
            raise StorageError(
                f"{writer.root / self.path}: would have {len(data)} bytes, at most {LARGEST} are read",
                remedy="move the archive's old years away, this file with them (docs/recovery.md)",
            )
        writer.extend(self.path, before, data)

    def state(self, root: Place) -> RegisterState | None:
        """Size and SHA-256 of the register now, for the record of a run; None if there is none yet."""
        data = self._data(root)
        if data is None:
            return None
        if self._is_unchained(data):  # as the rewriting finds it again, whoever saved the file in between
            data = self._plain(self._rows(root / self.path, data))
        return RegisterState(self.path, len(data), sha256_of(data))

    def holds(self, root: Place, state: RegisterState) -> bool:
        """Whether the register still begins with what it was when the state was recorded."""
        data = self._data(root)
        if data is None or _begins(data, state):
            return data is not None
        return self.unchained and _begins(self._plain(self._rows(root / self.path, data)), state)

    def _data(self, root: Place) -> bytes | None:
        return read_or_none(store_of(root), self.path, LARGEST)

    def _is_unchained(self, data: bytes) -> bool:
        return self.unchained and PREVIOUS not in _lines(data)[0].decode("utf-8", "replace")

    def _rows(self, path: Place, data: bytes) -> list[list[str]]:
        with interpreting(path, f"not a list of {path.name.removesuffix('.csv')}", RESTORE_REGISTER):
            header, rows = read_table(data)
            if self.unchained and tuple(header) == self.columns:
                return [_given(row, len(self.columns)) for row in rows]
            if tuple(header) != (*self.columns, PREVIOUS):
                raise DamagedError(
                    f"{path}: its first line is not {','.join((*self.columns, PREVIOUS))}", remedy=RESTORE_REGISTER
                )
            self._prove(path, data, [row[-1:] for row in rows])
            return [_given(row[:-1], len(self.columns)) for row in rows]

    def _prove(self, path: Place, data: bytes, previous: list[list[str]]) -> None:
        lines = _lines(data)
        expected = [[sha256_of(line)] for line in lines[:-1]]
        for number, (found, wanted) in enumerate(zip(previous, expected, strict=False), start=2):
            if found != wanted:
                raise _broken(path, f"line {number} does not follow line {number - 1}")
        if len(previous) != len(expected) or not data.endswith(b"\r\n"):
            raise _broken(path, f"{len(lines)} lines hold {len(previous) + 1} rows, or the last one is cut")

    def _chained(self, rows: Iterable[Sequence[str]]) -> bytes:
        data = line = (BYTE_ORDER_MARK + _text([*self.columns, PREVIOUS])).encode()
        for row in rows:
            line = _line([*row, sha256_of(line)])
            data += line
        return data

    def _plain(self, rows: Iterable[Sequence[str]]) -> bytes:
        """The register as version 0.2 wrote it."""
        return (BYTE_ORDER_MARK + _text(self.columns)).encode() + b"".join(map(_line, rows))


def _begins(data: bytes, state: RegisterState) -> bool:
    return len(data) >= state.size and sha256_of(data[: state.size]) == state.sha256


def _lines(data: bytes) -> list[bytes]:
    return data.splitlines(keepends=True) or [b""]


def _line(cells: Iterable[str]) -> bytes:
    return _text([guarded(cell) for cell in cells]).encode()


def _text(cells: Iterable[str]) -> str:
    return csv_row(cells)


def _given(cells: Sequence[str], count: int) -> list[str]:
    """The texts as they were given, without the mark that keeps a spreadsheet from calculating them."""
    if len(cells) != count:
        raise ValueError(f"a line has {len(cells)} cells, expected {count}")
    return list(map(unguarded, cells))


def _broken(path: Place, problem: str) -> DamagedError:
    return DamagedError(
        f"{path}: {problem}: a line was changed, taken out or added by another program", remedy=RESTORE_REGISTER
    )


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
