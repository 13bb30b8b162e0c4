"""One revision read back: manifest, files, evidence. Nothing is returned that its checksum does not prove."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, TypeVar

from msgspec.structs import replace

from chargeback.archive.boundary import LARGEST_MANIFEST, damaged, interpreting, largest, reading
from chargeback.archive.chain import Link
from chargeback.archive.manifest import MANIFEST_PATH, FileRecord, Manifest, ManifestPart, read_manifest, read_part
from chargeback.archive.manifest_parts import Parted
from chargeback.archive.store import ArchiveStore, size_of, store_of
from chargeback.config.address import Place
from chargeback.errors import SchemaError, StorageError
from chargeback.evidence import Answer, EarlierManifest, EarlierMonth, Evidence, RunRecord, are_those
from chargeback.evidence.records import INDEX_PATH, RUN_PATH, answers_from_json
from chargeback.model import archived_summary
from chargeback.model.archive_overview import RevisionName

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Revision:
    """A revision in its folder, which ``store`` reads; ``sha256`` is its manifest's. A ``Store`` of the files that the
    manifest names: ``records`` by path, of a tree read part by part. ``beside`` gives another revision of its archive,
    None if there is none such."""

    root: Place
    name: RevisionName
    manifest: Manifest
    sha256: str
    records: Mapping[str, FileRecord] = field(repr=False, compare=False)
    store: ArchiveStore = field(repr=False, compare=False)
    beside: Callable[[RevisionName], Revision | None] = field(default=lambda name: None, repr=False, compare=False)
    _summaries: list[EarlierMonth] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def link(self) -> Link:
        """The revision's place in the chain."""
        return Link(self.name, self.sha256, self.manifest.previous)

    def with_beside(self, beside: Callable[[RevisionName], Revision | None]) -> Revision:
        """The same revision in an archive that gives others by name."""
        return dataclasses.replace(self, beside=beside)

    def read(self, path: str) -> bytes:
        """The bytes of a file, proved by the manifest.

        ``DamagedError`` where it is missing, changed or none of the revision's; ``StorageError`` where reading fails.
        """
        record = self._record(path)
        with reading(self.root / path):
            data = self.store.read(path, min(record.size, largest(path)))
        if not are_those(data, record.size, record.sha256):
            raise damaged(self.root / path, "not the bytes that the manifest names")
        return data

    def interpret(self, path: str, decode: Callable[[bytes], Value]) -> Value:
        """What a decoder makes of a file whose bytes the manifest proves: nothing else is ever given to one.

        ``DamagedError`` where the decoder cannot read it; ``SchemaError`` where a newer version wrote it.
        """
        data = self.read(path)
        with interpreting(self.root / path):
            try:
                return decode(data)
            except SchemaError as error:
                raise SchemaError(f"{self.root}: {error.message}", remedy=error.remedy) from error

    def open(self, path: str) -> BinaryIO:
        """A file of the revision open for reading, of the manifest's size; ``check_files`` proves the bytes."""
        record = self._record(path)
        with reading(self.root / path):
            file = self.store.open(path)
        if size_of(file) != record.size:
            file.close()
            raise damaged(self.root / path, "not the size that the manifest names")
        return file

    def write(self, path: str, data: bytes) -> None:
        """A revision is never changed: ``StorageError``."""
        raise StorageError(
            f"{self.root / path}: a sealed revision is not written to", remedy="report this: it is a bug"
        )

    def run_record(self) -> RunRecord:
        """What the run that made it recorded; ``DamagedError`` where that is none, or another revision's."""
        run = self.interpret(RUN_PATH, RunRecord.from_json)
        made = self.manifest
        if (run.period, run.revision, run.previous) != (made.period, made.revision, made.previous):
            raise damaged(self.root / RUN_PATH, "is that of another revision than the manifest")
        return run

    def summary(self) -> EarlierMonth:
        """What later months need of this one, read once; ``DamagedError`` where that is none, or another month's."""
        if not self._summaries:
            month = self.interpret(archived_summary.PATH, archived_summary.read)
            if (month.period, month.revision) != (self.manifest.period, self.manifest.revision):
                raise damaged(self.root / archived_summary.PATH, "is that of another revision than the manifest")
            self._summaries.append(month)
        return self._summaries[0]

    def evidence(self) -> Evidence:
        """All that the revision's result follows from; ``DamagedError`` where index and files disagree."""
        run = self.run_record()
        answers = self.interpret(INDEX_PATH, answers_from_json)
        for answer in answers:
            self._check_answer(answer)
        return Evidence(answers, run, self)

    def whole_evidence(self) -> Evidence:
        """The same with what the earlier months' own revisions say, where all of them are at hand.

        ``DamagedError`` where one of them is another than the run looked at, or does not prove what it says.
        """
        evidence = self.evidence()
        found = [self._earlier(each) for each in evidence.run.earlier_manifests]
        months = tuple(month for month in found if month is not None)
        if not found or len(months) < len(found):
            return evidence
        return replace(evidence, run=replace(evidence.run, earlier=months))

    def earlier_elsewhere(self, run: RunRecord) -> tuple[RevisionName, ...]:
        """The revisions of earlier months that the run looked at and that are not at hand."""
        named = [RevisionName(each.period, each.revision) for each in run.earlier_manifests]
        return tuple(name for name in named if self.beside(name) is None)

    def _earlier(self, named: EarlierManifest) -> EarlierMonth | None:
        revision = self.beside(RevisionName(named.period, named.revision))
        if revision is None:
            return None
        if revision.sha256 != named.sha256:
            raise damaged(revision.root, f"is not the revision that {self.name} looked at: its manifest is another")
        return revision.summary()

    def _check_answer(self, answer: Answer) -> None:
        if answer.path is None:
            return
        record = self.records.get(answer.path)
        if record is None or (record.size, record.sha256) != (answer.size, answer.sha256):
            raise damaged(self.root / INDEX_PATH, f"names {answer.path!a} otherwise than the manifest")

    def _record(self, path: str) -> FileRecord:
        record = self.records.get(path)
        if record is None:
            raise damaged(self.root / path, "no file of this revision")
        return record


def read_revision(root: Place) -> Revision:
    """The revision in a folder, wherever that lies; errors as ``revision_in`` raises them. Where the folder is called
    as it is in an archive, others lie beside it as they do there."""
    found = revision_in(store_of(root))
    if not str(root).endswith(f"/{found.name}"):
        return found

    def beside(name: RevisionName) -> Revision | None:
        folder = root.parent.parent / str(name)
        return read_revision(folder) if MANIFEST_PATH in store_of(folder).names() else None

    return found.with_beside(beside)


def revision_in(store: ArchiveStore) -> Revision:
    """The revision that a store reads, with its manifest checked and its files not yet.

    ``DamagedError`` where the manifest is missing or none; ``SchemaError`` where a newer version wrote it;
    ``StorageError`` where it cannot be read.
    """
    root = store.place
    path = root / MANIFEST_PATH
    with reading(path):
        data = store.read(MANIFEST_PATH, LARGEST_MANIFEST)
    manifest = read_manifest(data, str(path))
    name = RevisionName(manifest.period, manifest.revision)
    records: Mapping[str, FileRecord] = {record.path: record for record in manifest.files}
    if manifest.parts:
        records = Parted(manifest.parts, partial(_records_of, store))
    return Revision(root, name, manifest, hashlib.sha256(data).hexdigest(), records, store)


def _records_of(store: ArchiveStore, part: ManifestPart) -> dict[str, FileRecord]:
    return {record.path: record for record in files_of(store, part)}


def files_of(store: ArchiveStore, part: ManifestPart) -> tuple[FileRecord, ...]:
    """What a part of a tree names, read now; ``DamagedError`` where it is missing, not what the manifest names, or
    none; ``StorageError`` where it cannot be read."""
    path = store.place / part.path
    with reading(path):
        data = store.read(part.path, part.size)
    if not are_those(data, part.size, part.sha256):
        raise damaged(path, "not the bytes that the manifest names")
    return read_part(data, str(path), part)
