"""The parts of a large month's manifest: what they are written as, and how a path is found again in them.

A month of up to ``FILES_A_MANIFEST`` files has none: its ``manifest.json`` names the files (decision record 19). Who
reads files by path sees no difference; of a tree only the parts that are asked for are read, and few of them are kept
in memory.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

from msgspec.structs import replace

from chargeback.archive.manifest import (
    MANIFEST_PATH,
    SUMS_PATH,
    FileRecord,
    Manifest,
    ManifestPart,
    part_json,
    sums_lines,
)
from chargeback.evidence import sha256_of
from chargeback.model.manifest_division import divided, part_path, place_of

Value = TypeVar("Value")

_KEPT = 4
"""Parts that are kept in memory for the next path that is asked for: some 2 MB each."""


def proof_of(manifest: Manifest, files: Sequence[FileRecord], most: int) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of all that proves the files, which come in order of path, with a manifest that has none yet.

    In the order of writing: the parts, where there are more files than ``most``; ``SHA256SUMS``; the manifest, with
    which every reader begins.
    """
    by_path = {record.path: record for record in files}
    divisions = divided(by_path, most) if len(files) > most else ()
    parts = [tuple(by_path[path] for path in division) for division in divisions]
    named: list[ManifestPart] = []
    for number, part in enumerate(parts, start=1):
        path, data = part_path(number), part_json(part)
        named.append(ManifestPart(path, len(data), sha256_of(data), len(part), part[0].path, part[-1].path))
        yield path, data
    complete = replace(manifest, files=() if parts else tuple(files), parts=tuple(named)).to_json()
    in_order = chain.from_iterable(parts) if parts else files
    yield SUMS_PATH, b"".join(sums_lines(in_order, sha256_of(complete), named))
    yield MANIFEST_PATH, complete


class Parted(Mapping[str, Value]):
    """What is known of each path, in the order of the parts that say it; ``read`` gives what a part says.

    Whatever is asked for is ``DamagedError`` where the part that would say it is damaged.
    """

    def __init__(self, parts: Sequence[ManifestPart], read: Callable[[ManifestPart], Mapping[str, Value]]) -> None:
        self._parts = parts
        self._begin = [place_of(part.first) for part in parts]
        self._of = lru_cache(_KEPT)(read)

    def __getitem__(self, path: str) -> Value:
        place = place_of(path)
        number = bisect_right(self._begin, place) - 1
        if number < 0 or place > place_of(self._parts[number].last):
            raise KeyError(path)
        return self._of(self._parts[number])[path]

    def __iter__(self) -> Iterator[str]:
        for part in self._parts:
            yield from self._of(part)

    def __len__(self) -> int:
        return sum(part.files for part in self._parts)
