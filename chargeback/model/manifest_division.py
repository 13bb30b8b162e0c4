"""How the files of a large revision are divided over the parts of its manifest (decision record 19): by names alone, so
that the month's page can name the parts before they are written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby

FILES_A_MANIFEST = 5_000
"""Files that one manifest, or one part of it, names at most."""
PARTS_FOLDER = "manifests"


def part_path(number: int) -> str:
    """The file of a part; the first has the number 1."""
    return f"{PARTS_FOLDER}/{number:04}.json"


def part_paths(paths: Collection[str]) -> list[str]:
    """The files of all parts; none where one manifest names all of these paths."""
    parts = divided(paths, FILES_A_MANIFEST) if len(paths) > FILES_A_MANIFEST else ()
    return [part_path(number) for number, _ in enumerate(parts, start=1)]


def place_of(path: str) -> tuple[str, str]:
    """Where a path stands: account by account, evidence and documents together; before them all other files.

    So that who proves one account needs one part.
    """
    folder, _, below = path.partition("/")
    account, within, _ = below.partition("/")
    return account if within and folder in ("evidence", "invoices") else "", path


def divided(paths: Iterable[str], most: int) -> Iterator[tuple[str, ...]]:
    """The paths of each part, in order, at most so many; those of an account in one part, where one holds them all."""
    part: list[str] = []
    for _, of_account in groupby(sorted(paths, key=place_of), key=lambda path: place_of(path)[0]):
        together = list(of_account)
        if len(part) + len(together) > most:
            if part:
                yield tuple(part)
            part = []
            while len(together) > most:
                yield tuple(together[:most])
                del together[:most]
        part += together
    if part:
        yield tuple(part)
