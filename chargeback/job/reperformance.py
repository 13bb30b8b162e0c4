"""The fourth layer of ``verify``: the evidence gives this revision and no other, byte for byte.

A revision of another version is compared as data: its ledgers' cells and how its checks came out. What differs then is
no damage, and is reported with the versions to verify it with (INTERFACE, exit codes).

Where an archived file first differs from what its evidence gives: the cell of CSV and XLSX, else the byte.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from io import BytesIO, StringIO
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO
from zipfile import ZipFile

from msgspec import Struct, field

from chargeback.archive.boundary import interpreting
from chargeback.archive.file_checks import FileFinding, FileFindingKind
from chargeback.archive.revision import Revision
from chargeback.errors import DamagedError
from chargeback.evidence import DocumentRecord, MonthsElsewhereError
from chargeback.evidence.records import RUN_PATH
from chargeback.job.csv_rows import Row, column_name, first_difference, rows, rows_of, shown
from chargeback.job.reperformed_revision import NEED_EARLIER, ReperformedRevision
from chargeback.job.same_result import differing_checks, result_digest
from chargeback.job.sealing import manifest_of
from chargeback.job.workers import Engine, ThisMachine, mapped
from chargeback.model.wording import counted
from chargeback.publish import ledger_csv
from chargeback.publish.revision_files import PublishedFile
from chargeback.publish.xlsx.reading import ReadRow, WorkbookReader

_BLOCK = 1 << 20
_NO_ROW = ReadRow((), [], [], [])

Chunks = Callable[[], Iterable[bytes]]
"""Gives the expected bytes; called again where they are needed a second time."""


def differing_byte(file: BinaryIO, chunks: Iterable[bytes]) -> int | None:
    """The place, from 0, of the first byte that differs; None where all are the same."""
    place = 0
    for chunk in chunks:
        found = file.read(len(chunk))
        if found != chunk:
            return place + _common(found, chunk)
        place += len(chunk)
    return place if file.read(1) else None


def _common(one: bytes, other: bytes) -> int:
    return next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right),
                min(len(one), len(other)))  # fmt: skip


def described(path: str, opened: Callable[[], BinaryIO], chunks: Chunks, place: int) -> str:
    """The first difference as a person finds it; ``place`` is its first byte."""
    try:
        with interpreting(Path(path)):
            cell = _described(path, opened, chunks)
    except DamagedError as error:
        cell = error.message.removeprefix(f"{path}: ")
    return f"{cell} (byte {place})" if cell else f"byte {place}"


def _described(path: str, opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    if path.endswith(".csv"):
        return _csv_difference(opened, chunks)
    return _workbook_difference(opened, chunks) if path.endswith(".xlsx") else ""


def located(path: str, chunks: Chunks, place: int) -> str:
    """The place of a byte, by what the expected file has there: the cell of a CSV, the part of a workbook.

    For a file whose checksum is wrong: nothing of it is read but where it first differs.
    """
    where = ""
    if path.endswith(".csv"):
        where = _cell_at(b"".join(chunks()), place)
    elif path.endswith(".xlsx"):
        where = _part_at(BytesIO(b"".join(chunks())), place)
    return f"{where} (byte {place})" if where else f"byte {place}"


def _cell_at(expected: bytes, place: int) -> str:
    """The cell of the expected CSV in which the byte lies, and what it should say; "" behind the end."""
    ends = [0]

    def lines() -> Iterator[str]:
        for line in BytesIO(expected):
            ends.append(ends.pop() + len(line))
            yield line.decode("utf-8-sig")

    header, start = next(rows_of([expected]), []), 0
    for number, row in enumerate(csv.reader(lines()), start=1):
        if place < ends[0]:
            before = expected[start:place].decode("utf-8-sig", "replace")
            column = len(next(csv.reader(StringIO(before, newline="")), [""])) - 1
            return f"row {number}, {column_name(header, column)}: expected {shown(row[column])}"
        start = ends[0]
    return ""


def _part_at(expected: BinaryIO, place: int) -> str:
    """The part of the expected workbook in which the byte lies."""
    with ZipFile(expected) as package:
        begun = [part.filename for part in package.infolist() if part.header_offset <= place]
        return f"in its part {begun[-1]}" if begun and place < package.start_dir else ""


def _csv_difference(opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    with opened() as file:
        return first_difference(rows_of(chunks()), rows(file), column_name)


def _workbook_difference(opened: Callable[[], BinaryIO], chunks: Chunks) -> str:
    """The first differing cell of the workbook's rows, else the first differing part of its package."""
    data = b"".join(chunks())
    room = 2 * WorkbookReader(BytesIO(data), len(data)).size + _BLOCK
    with opened() as file:
        found, wanted = WorkbookReader(file, room), WorkbookReader(BytesIO(data), room)
        for sheet in wanted.sheets:
            rows = zip_longest(wanted.rows(sheet), found.rows(sheet))
            for number, (one, other) in enumerate(rows, start=1):
                if one != other:
                    return f"{sheet}!{_cell(number, one or _NO_ROW, other or _NO_ROW)}"
        return next(found.parts_unlike(wanted), "in how its parts are packed")


def _cell(number: int, wanted: ReadRow, found: ReadRow) -> str:
    """The first cell in which two rows differ: what it holds, and what it should."""
    cells, others = ({cell[0]: cell for cell in zip(*row, strict=True)} for row in (wanted, found))
    for letters in sorted({*cells, *others}, key=lambda each: (len(each), each)):
        if cells.get(letters) != others.get(letters):
            have, want = (_shown(row.get(letters)) for row in (others, cells))
            return f"{letters}{number}: {have}, expected {want}"
    return f"{number}: expected other cells"


def _shown(cell: tuple[str, bool, str, str | None] | None) -> str:
    if cell is None:
        return "no cell"
    return shown(cell[2]) if cell[3] is None else f"{shown(cell[2])} by {shown(cell[3])}"


_REMEDY = "find out who changed it; restore the revision's folder from a backup and run verify"

OnFile = Callable[[str], None]


class RevisionOutcome(Struct):
    """What came of one revision: files compared, those equal byte for byte, findings (damage), differences (of another
    version), and notes."""

    count: int = 0
    equal: set[str] = field(default_factory=set)
    findings: list[FileFinding] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def compare(
    performance: ReperformedRevision,
    damaged: frozenset[str],
    on_file: OnFile = lambda path: None,
    engine: Engine = ThisMachine(),  # noqa: B008 (frozen)
) -> RevisionOutcome:
    """The revision held against its evidence; files that the first layer named are looked at too, to name the cell.

    The ``engine`` makes files again; ``on_file`` is called after each.
    """
    if performance.foreign:
        return compare_data(performance)
    return _compare_bytes(performance, damaged, on_file, engine)


def _compare_bytes(
    performance: ReperformedRevision, damaged: frozenset[str], on_file: OnFile, engine: Engine
) -> RevisionOutcome:
    def compared(file: PublishedFile) -> tuple[str, str | None]:
        path, chunks = file
        try:
            return path, _file_problem(performance, path, chunks, is_damaged=path in damaged)
        except MonthsElsewhereError:
            return path, None

    revision, outcome, unmade = performance.revision, RevisionOutcome(), 0
    rebuilt: set[str] = set(performance.kept)
    try:
        processes = engine.processes(len(performance.books.ledger.lines))
        with performance.made(engine) as files, interpreting(revision.root, "its evidence gives no files"):
            for path, problem in mapped(compared, files, processes):
                rebuilt.add(path)
                on_file(path)
                if problem is None:
                    unmade += 1
                    continue
                outcome.count += 1
                if not problem:
                    outcome.equal.add(path)
                elif not (path in damaged and problem == "missing"):
                    outcome.findings.append(_finding(revision, path, problem))
    except DamagedError as error:
        outcome.findings.append(_finding(revision, "evidence", error.message.removeprefix(f"{revision.root}: ")))
        return outcome
    outcome.findings += _stray_findings(revision, rebuilt)
    outcome.findings += _document_findings(performance)
    outcome.findings += _manifest_findings(performance)
    outcome.findings += _digest_findings(performance)
    if performance.elsewhere:
        outcome.notes.append(_alone(performance, unmade))
    return outcome


def _alone(performance: ReperformedRevision, unmade: int) -> str:
    """What was not performed again, since the revisions of earlier months are elsewhere."""
    named = [str(name) for name in performance.elsewhere]
    where = named[0] if len(named) == 1 else f"{named[0]} to {named[-1]}"
    files = f", and {counted(unmade, 'file')} that show them were not made again" if unmade else ""
    checks = " and ".join(NEED_EARLIER)
    return f"{performance.revision.name} looks at {where}, not at hand here: {checks} were taken as archived{files}"


def _file_problem(performance: ReperformedRevision, path: str, chunks: Iterable[bytes], *, is_damaged: bool) -> str:
    """How the archived file differs from the rebuilt one; "" where it does not.

    One whose checksum is wrong is held against the rebuilt one byte by byte, and what it says is not looked at.
    """
    revision = performance.revision
    if path not in revision.records:
        return "missing: the evidence gives such a file, the manifest has none"
    try:
        with _opened(revision, path) as file:
            place = differing_byte(file, chunks)
    except OSError:
        return "missing"
    if place is None:
        return ""
    again = partial(performance.file, path)
    where = (
        located(path, again, place) if is_damaged else described(path, partial(_opened, revision, path), again, place)
    )
    return f"not what the evidence gives: {where}"


def _opened(revision: Revision, path: str) -> BinaryIO:
    """The file as it lies there, proved or not: its bytes are compared."""
    return revision.store.open(path)


def _stray_findings(revision: Revision, rebuilt: set[str]) -> Iterator[FileFinding]:
    for path in sorted(set(revision.records) - rebuilt):
        yield _finding(revision, path, "neither evidence nor a file that follows from evidence")


def _document_findings(performance: ReperformedRevision) -> Iterator[FileFinding]:
    """The documents are those whose reading the run recorded."""
    for record in performance.evidence.run.documents:
        if record.path is not None and _is_another(performance.revision, record):
            yield _finding(performance.revision, record.path, "not the document that evidence/run.json records")


def _is_another(revision: Revision, record: DocumentRecord) -> bool:
    found = revision.records.get(record.path or "")
    return found is None or (found.size, found.sha256) != (record.size, record.sha256)


def _manifest_findings(performance: ReperformedRevision) -> Iterator[FileFinding]:
    manifest = performance.revision.manifest
    rebuilt = manifest_of(performance.books)
    for name in ("period", "revision", "status", "version", "created", "endpoint", "previous", "totals"):
        found, expected = getattr(manifest, name), getattr(rebuilt, name)
        if found != expected:
            detail = f"{name} is {found}, the evidence gives {expected}"
            yield _finding(performance.revision, "manifest.json", detail)


def _digest_findings(performance: ReperformedRevision) -> Iterator[FileFinding]:
    """The digest that decides whether a later result is another one is this result's: else a new one went unseen."""
    if dict(performance.evidence.run.digest) != result_digest(performance.books, performance.config):
        yield _finding(performance.revision, RUN_PATH, "its digest is not that of the result that the evidence gives")


def _finding(revision: Revision, path: str, detail: str) -> FileFinding:
    return FileFinding(FileFindingKind.PERFORMANCE, f"{revision.name}/{path}", detail, _REMEDY)


def compare_data(performance: ReperformedRevision) -> RevisionOutcome:
    """Ledgers cell by cell and checks by what came out: what counts where another version wrote the bytes."""
    revision, outcome = performance.revision, RevisionOutcome()
    try:
        with interpreting(revision.root):
            outcome.differences += _differences(performance, outcome)
    except DamagedError as error:
        outcome.differences.append(f"{revision.name}: cannot be compared: {error.message}")
    made = ", ".join(performance.foreign)
    same = "its ledgers and checks are the same" if not outcome.differences else f"verify it with {made}"
    outcome.notes.append(f"{revision.name} was made by another version ({made}): {same}")
    return outcome


def _differences(performance: ReperformedRevision, outcome: RevisionOutcome) -> Iterator[str]:
    name = performance.revision.name
    for path, chunks in ledger_csv.files(performance.books):
        outcome.count += 1
        problem = _data_problem(performance, path, chunks)
        if problem:
            yield f"{name}/{path}: {problem}"
    for key in differing_checks(performance.books, performance.revision):
        yield f"{name}: the check {' '.join(filter(None, key))} has another result"


def _data_problem(performance: ReperformedRevision, path: str, chunks: Iterable[bytes]) -> str:
    revision = performance.revision
    if path not in revision.records:
        return "the evidence gives such a ledger, the revision has none"
    expected = hashlib.sha256()
    for chunk in chunks:
        expected.update(chunk)
    if expected.hexdigest() == revision.records[path].sha256:
        return ""
    again = dict(ledger_csv.files(performance.books))[path]
    with revision.open(path) as file:
        return first_difference(rows(file), _in_columns_of(revision, path, rows_of(again)), column_name)


def _in_columns_of(revision: Revision, path: str, lines: Iterator[Row]) -> Iterator[Row]:
    """The rows with the columns that the archived file has, in its order: later versions may have added some."""
    with revision.open(path) as file:
        header = next(rows(file), [])
    mine = next(lines, [])
    places = [mine.index(name) for name in header if name in mine]
    yield [mine[place] for place in places]
    for row in lines:
        yield [row[place] for place in places]
