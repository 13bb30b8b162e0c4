"""Writing into an archive in object storage: no lock, no rename; the last object that is created decides.

A revision is staged on this machine, so that a run that finds nothing new sends nothing. Then its files are created
under a prefix of the run's own, its manifest after them, and last the link ``chain/<n>.json``. A run that dies before
that leaves orphans; one that comes too late finds the link taken, and ends with exit 8.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.bucket import WrittenObject
from chargeback.archive.chain import Base
from chargeback.archive.commits import Commit, list_json, list_path
from chargeback.archive.file_system import FileSystem, scratch_name, storage_error, storage_errors
from chargeback.archive.manifest import Manifest, ManifestPart
from chargeback.archive.object_store import REGISTERS, ObjectStore, register_line
from chargeback.archive.pending import PendingObjects
from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging
from chargeback.config.address import Address, Place
from chargeback.errors import LockedError
from chargeback.evidence import sha256_of
from chargeback.model.archive_overview import RevisionName
from chargeback.model.manifest_division import divided

SENDERS = 8
"""Objects that are created at a time."""
_TRIES = 32
"""Of adding a line to a register: each failure is a line that another run has added."""
_NEXT_RUN = "nothing to do: the next scheduled run goes on from what the other one left"
_AGAIN = "look at what was written, then run the command again"


class ObjectWriter(ArchiveWriter):
    """An archive in a bucket, open for writing; made by ``open_object_archive``."""

    def __init__(self, root: Address, base: Base | None, scratch: Path) -> None:
        self.store = ObjectStore(root)
        super().__init__(root, base, PendingObjects(self.store.bucket), self.store)
        self.bucket = self.store.bucket
        self._scratch = scratch

    def stage(self) -> Staging:
        """A folder on this machine."""
        return Staging(scratch_name(self._scratch), FileSystem(), confirm=lambda: None)

    def _make_visible(self, staging: Staging, manifest: Manifest) -> Revision:
        sha256 = staging.prove(manifest)
        name = RevisionName(manifest.period, manifest.revision)
        place = f"{name}-{secrets.token_hex(8)}"
        files = self._send(staging, place)
        lists = self._send_lists(place, files, staging.files_a_manifest)
        number, before = self.store.commits.following()
        commit = Commit(number, name, sha256, manifest.previous, place, before, files, lists)
        try:
            written = self.bucket.create(commit.key, commit.to_json())
        except FileExistsError as error:
            raise _late(self.root / commit.key, _NEXT_RUN) from error
        except OSError as error:
            raise storage_error(self.root / commit.key, error) from error
        self.store.commits.add(commit, written)
        return self.archive.revision(name)

    def _send(self, staging: Staging, place: str) -> dict[str, WrittenObject]:
        """Create every object of the revision, the manifest last; what the bucket says of each, where it keeps
        versions."""
        paths = [record.path for record in staging.files]
        with self.bucket.threads(SENDERS) as pool:
            sent = dict(zip(paths, pool.map(lambda path: self._create(staging, place, path), paths), strict=True))
        for path in staging.proof:
            sent[path] = self._create(staging, place, path)
        return sent if any(written.version for written in sent.values()) else {}

    def _send_lists(
        self, place: str, files: Mapping[str, WrittenObject], most: int
    ) -> dict[ManifestPart, WrittenObject]:
        """Create the lists of versions where there are more than so many: parts as a manifest has."""
        lists = {}
        for number, paths in enumerate(divided(files, most) if len(files) > most else (), start=1):
            path, data = list_path(number), list_json({path: files[path] for path in paths})
            with storage_errors(self.root / place / path):
                written = self.bucket.create(f"{place}/{path}", data)
            lists[ManifestPart(path, len(data), sha256_of(data), len(paths), paths[0], paths[-1])] = written
        return lists

    def _create(self, staging: Staging, place: str, path: str) -> WrittenObject:
        with storage_errors(self.root / place / path):
            return self.bucket.create(f"{place}/{path}", staging.folder / path)

    def replace(self, path: str, data: bytes) -> bool:
        """The object is put over the one before; refused where a revision, the chain or a register lies."""
        with storage_errors(self.root / path):
            return self.bucket.replace(path, data)

    def claim(self, path: str, data: bytes) -> bool:
        """The bucket itself lets one writer create the object."""
        with storage_errors(self.root / path):
            try:
                self.bucket.create(path, data)
            except FileExistsError:
                return False
        return True

    def release(self, path: str) -> None:
        """Where the bucket keeps versions, a delete marker lies over the claim, and the next one over that."""
        with storage_errors(self.root / path):
            self.bucket.delete([path])

    def extend(self, path: str, before: bytes | None, after: bytes) -> None:
        """Create the register's next line, and the file that people read; ``LockedError`` where somebody else did."""
        with storage_errors(self.root / path):
            header, lines = self.store.register_lines(path)
        if before != (b"".join((header, *lines)) or None):
            raise _late(self.root / path, _AGAIN)
        header = header or after[: after.index(b"\r\n") + 2]
        key = f"{path.removesuffix('.csv')}/{len(lines) + 1}.json"
        with storage_errors(self.root / key):
            try:
                self.bucket.create(key, register_line(header, after[len(before or header) :]))
            except FileExistsError as error:
                raise _late(self.root / key, _AGAIN) from error
        self.replace(path, after)

    def append(self, path: str, header: bytes, lines: bytes) -> None:
        """Add whole lines; to a register as its next line, behind those that others add meanwhile."""
        if path.removesuffix(".csv") not in REGISTERS:
            super().append(path, header, lines)
            return
        for left in reversed(range(_TRIES)):
            with storage_errors(self.root / path):
                known, before_lines = self.store.register_lines(path)
            before = b"".join((known, *before_lines)) or None
            try:
                self.extend(path, before, (header if before is None else before) + lines)
            except LockedError:
                if not left:
                    raise
            else:
                return


@contextmanager
def open_object_archive(root: Address, base: Base | None = None) -> Iterator[ObjectWriter]:
    """The archive, which ``StorageError`` (exit 9) says cannot be read; no lock is taken."""
    with storage_errors(Path(tempfile.gettempdir())):
        scratch = tempfile.TemporaryDirectory(prefix="chargeback-", ignore_cleanup_errors=True)
    with scratch as folder:
        writer = ObjectWriter(root, base, Path(folder))
        writer.archive.require()
        yield writer


def _late(where: Place, remedy: str) -> LockedError:
    return LockedError(f"{where}: another run wrote it first", remedy=remedy)
