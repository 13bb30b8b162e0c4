"""A month as a cluster's worker has it: its books are sent to every worker. Their large leaves and the evidence lie in
the spool, which is cut into pieces that lie somewhere on the cluster; a worker fetches those that it reads.

So a team's file costs a worker that team's lines. What was fetched lies in the worker's own spool, not in its memory.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from msgspec.structs import replace

from chargeback.config import Config, parse
from chargeback.errors import StorageError
from chargeback.evidence import Evidence
from chargeback.evidence.records import PREVIOUS_JOURNAL_PATH
from chargeback.model.books import Books
from chargeback.model.spool import FetchedSpool, Held, Spool
from chargeback.publish import revision_files
from chargeback.publish.revision_files import CONFIG_PATH

LEAST_PIECE = 256 << 10
"""Bytes of a piece of the spool: one team's lines in a shard have some 30,000."""
MOST_PIECES = 4_096
"""Of larger ones, as Dask's scheduler has an entry for each."""


class SentMonth:
    """A month's books and configuration, and the ``versions`` of the program that sends them.

    It lives on a worker as long as Dask holds it for the command that sent it, and what was unpacked lives with it.
    """

    def __init__(self, books: Books, config: Config, evidence: Evidence, versions: Mapping[str, str]) -> None:
        # Packed once here: what one worker hands on to another is then bytes.
        spool = books.posting.spool
        self._packed = pickle.dumps((books, _spooled(evidence, spool)), pickle.HIGHEST_PROTOCOL)
        self._spooled = spool.size
        self._source = config.source
        self.versions = versions
        self._unpacked: tuple[Books, Config, Evidence] | None = None
        self._files: dict[str, Iterable[bytes]] = {}

    def __getstate__(self) -> tuple[bytes, int, bytes, Mapping[str, str]]:
        """What is sent."""
        return self._packed, self._spooled, self._source, self.versions

    def __setstate__(self, state: tuple[bytes, int, bytes, Mapping[str, str]]) -> None:
        self._packed, self._spooled, self._source, self.versions = state
        self._unpacked = None
        self._files = {}

    @property
    def pieces(self) -> list[range]:
        """Where in the spool each piece lies."""
        end, size = self._spooled, self._piece
        return [range(start, min(start + size, end)) for start in range(0, end, size)]

    @property
    def _piece(self) -> int:
        return max(LEAST_PIECE, -(-self._spooled // MOST_PIECES))

    def file(self, path: str, fetch: Callable[[Sequence[int]], Iterable[bytes]]) -> bytes:
        """The bytes of one of the month's files; ``fetch`` gives pieces of the spool by their numbers."""
        if self._unpacked is None:
            with FetchedSpool(self._spooled, self._piece, fetch).unpacking():
                books, evidence = pickle.loads(self._packed)  # noqa: S301 (a worker executes what it is sent anyway)
            self._unpacked = books, parse(self._source, Path(CONFIG_PATH)), evidence
        if path not in self._files:  # nothing was made yet, or this file was, and is wanted again
            self._files = dict(revision_files.files(*self._unpacked))
        return b"".join(self._files.pop(path))


class SpooledStore:
    """Files in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._held: dict[str, Held[bytes]] = {}

    def read(self, path: str) -> bytes:
        """The bytes under the path; ``StorageError`` if there are none."""
        try:
            return self._held[path].value
        except KeyError:
            raise StorageError(f"{path}: no such evidence") from None

    def write(self, path: str, data: bytes) -> None:
        """Keep the bytes under the path."""
        self._held[path] = self._spool.write(data)


def _spooled(evidence: Evidence, spool: Spool) -> Evidence:
    """The evidence with what files follow from in the spool: the answers, and the journal before."""
    store = SpooledStore(spool)
    paths = [answer.path for answer in evidence.answers if answer.path]
    if evidence.run.revision > 1:
        paths.append(PREVIOUS_JOURNAL_PATH)
    for path in paths:
        store.write(path, evidence.store.read(path))
    return replace(evidence, store=store)
