"""What may be written into an archive, wherever it lies: whole files and whole revisions, on top of a sound chain.

How that is done is each store's own: ``locked_archive`` for a folder.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import suppress

from chargeback.archive.chain import Base
from chargeback.archive.file_system import storage_errors
from chargeback.archive.manifest import Manifest
from chargeback.archive.pending import PendingObjects, PendingReports
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging
from chargeback.archive.store import ArchiveStore
from chargeback.config.address import Place
from chargeback.errors import ChargebackError
from chargeback.evidence.stores import LARGEST_FILE


class ArchiveWriter(ABC):
    """An archive that is open for writing; ``archive`` is the same one for reading."""

    def __init__(
        self,
        root: Place,
        base: Base | None,
        pending: PendingReports | PendingObjects,
        store: ArchiveStore | None = None,
    ) -> None:
        self.root = root
        self.archive = Archive(root, base, store)
        self.pending = pending

    @abstractmethod
    def stage(self) -> Staging:
        """A new revision to be filled, for ``with``; ``seal`` makes it visible."""

    def seal(self, staging: Staging, manifest: Manifest) -> Revision:
        """Make the staged revision visible and return it; ``manifest`` comes without ``files``.

        ``DamagedError`` where the chain is broken; ``StorageError`` where writing fails: then nothing is visible.
        """
        head = self.archive.head()
        newest = self.archive.names(manifest.period)[-1:]
        expected = (None if head is None else head.sha256, newest[0].number + 1 if newest else 1)
        if (manifest.previous, manifest.revision) != expected:
            raise ChargebackError(f"{manifest.period}/r{manifest.revision} does not follow the archive's head (a bug)")
        return self._make_visible(staging, manifest)

    @abstractmethod
    def _make_visible(self, staging: Staging, manifest: Manifest) -> Revision:
        """Make the staged revision visible, in one step, as the one after the archive's head."""

    @abstractmethod
    def replace(self, path: str, data: bytes) -> bool:
        """Whether a file that is no part of a revision had other bytes and was replaced, in one step."""

    @abstractmethod
    def claim(self, path: str, data: bytes) -> bool:
        """Whether the file was created; not where there is one, whoever made it. ``data`` is no other writer's."""

    @abstractmethod
    def release(self, path: str) -> None:
        """Remove what ``claim`` created."""

    def extend(self, path: str, before: bytes | None, after: bytes) -> None:
        """Add a line to a register, which was ``before`` (None: not there) and becomes ``after``."""
        self.replace(path, after)

    def append(self, path: str, header: bytes, lines: bytes) -> None:
        """Add whole lines to a file that is no part of a revision, below a header where it is new.

        The file is written again and replaced, so that no failure leaves half a line.
        """
        before = header
        with storage_errors(self.root / path), suppress(FileNotFoundError):
            before = self.archive.store.read(path, LARGEST_FILE)
        self.replace(path, before + lines)
