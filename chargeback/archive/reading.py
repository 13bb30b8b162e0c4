"""The archive read back: which months and revisions there are, their manifests, the chain and its head.

Only folders called ``YYYY-MM`` and in them ``r1``, ``r2``, … are revisions. What has a dot in front is unfinished, or
the lock; what else lies about is left alone, and ``strangers`` names it.
"""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from pathlib import Path

from chargeback.archive.chain import Base, Chain, RevisionName, base_problems, read_chain
from chargeback.archive.file_system import storage_error, storage_errors
from chargeback.archive.revision import Revision, damaged, read_revision
from chargeback.errors import DamagedError, StorageError
from chargeback.model.period import FIRST_YEAR, LAST_YEAR, Period

KNOWN_NAMES = frozenset({"index.html", "signatures.csv", "deliveries.csv", "dispositions.csv", "pending", "usage"})
"""What an archive holds beside its months (INTERFACE, archive)."""

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_REVISION = re.compile(r"r([1-9]\d{0,8})", re.ASCII)


class Archive:
    """An archive as it stands; manifests are read once. One that does not exist is empty: see ``require``.

    ``base`` says what its chain must begin after; None where nobody knows, and any beginning is taken.
    """

    def __init__(self, root: Path, base: Base | None = None) -> None:
        self.root = root
        self.base = base
        self._revisions: dict[RevisionName, Revision] = {}

    def require(self) -> Archive:
        """The archive itself; ``StorageError`` (exit 9) where its folder is missing or none."""
        with storage_errors(self.root):
            if not stat.S_ISDIR(self.root.stat().st_mode):
                raise StorageError(
                    f"{self.root}: not a folder", remedy="name the archive with --archive or in config.toml"
                )
        return self

    def periods(self) -> tuple[Period, ...]:
        """The months that have a revision, in order."""
        return tuple(sorted({name.period for name in self.names()}))

    def names(self, period: Period | None = None) -> tuple[RevisionName, ...]:
        """The revisions there are, of all months or of one, in order of month and number."""
        periods = self._all_periods() if period is None else [period]
        return tuple(sorted(name for each in periods for name in self._names_of(each)))

    def revision(self, name: RevisionName) -> Revision:
        """A revision by its name.

        ``DamagedError`` where its manifest is missing, none, or another revision's; ``SchemaError``; ``StorageError``.
        """
        if name not in self._revisions:
            root = self.root / str(name)
            _refuse_link(root)
            found = read_revision(root)
            if found.name != name:
                raise damaged(root, f"its manifest is that of {found.name}")
            self._revisions[name] = found
        return self._revisions[name]

    def revisions(self, period: Period | None = None) -> tuple[Revision, ...]:
        """The revisions with their manifests, of all months or of one, in order of month and number."""
        return tuple(self.revision(name) for name in self.names(period))

    def latest(self, period: Period) -> Revision | None:
        """The month's latest revision; None where it has none."""
        names = self.names(period)
        return self.revision(names[-1]) if names else None

    def latest_of_each(self) -> dict[Period, Revision]:
        """The latest revision of each month, in order of month."""
        return {name.period: self.revision(name) for name in sorted({n.period: n for n in self.names()}.values())}

    def chain(self) -> Chain:
        """The chain of all revisions, with what is wrong with it."""
        chain = read_chain(revision.link for revision in self.revisions())
        if self.base is None or chain.problems:
            return chain
        return replace(chain, problems=tuple(base_problems(chain, self.base)))

    def sound_chain(self) -> Chain:
        """The chain, to build on; ``DamagedError`` (exit 7) where it is broken, naming all that is wrong."""
        chain = self.chain()
        if chain.problems:
            raise DamagedError(
                f"{self.root}: the chain of revisions is broken: {'; '.join(chain.problems)}",
                remedy="restore what is missing or was added since from a backup; nothing is written until then",
            )
        return chain

    def head(self) -> Revision | None:
        """The newest revision; None in an empty archive; ``DamagedError`` where the chain is broken."""
        link = self.sound_chain().head
        return None if link is None else self.revision(link.name)

    def strangers(self) -> tuple[str, ...]:
        """Entries of the archive and of its months that are none of its own, by relative path, in order."""
        found = [name for name in self._entries("") if not _PERIOD.fullmatch(name) and name not in KNOWN_NAMES]
        for period in self._all_periods():
            found += [f"{period}/{name}" for name in self._entries(str(period)) if not _REVISION.fullmatch(name)]
        return tuple(sorted(found))

    def empty_periods(self) -> tuple[Path, ...]:
        """Folders of months that hold nothing at all: a run died before it could name its revision."""
        folders = [self.root / str(period) for period in self._all_periods()]
        with storage_errors(self.root):
            return tuple(folder for folder in folders if folder.is_dir() and not any(folder.iterdir()))

    def _all_periods(self) -> list[Period]:
        matches = [match for name in self._entries("") if (match := _PERIOD.fullmatch(name))]
        found = [Period(int(match[1]), int(match[2])) for match in matches]
        return sorted(period for period in found if FIRST_YEAR <= period.year <= LAST_YEAR)

    def _names_of(self, period: Period) -> list[RevisionName]:
        matches = [match for name in self._entries(str(period)) if (match := _REVISION.fullmatch(name))]
        return [RevisionName(period, int(match[1])) for match in matches]

    def _entries(self, folder: str) -> list[str]:
        """The visible names in the archive or a month; none where that does not exist.

        ``DamagedError`` where a month is not a folder; a link to a folder is none.
        """
        path = self.root / folder
        try:
            if folder:
                _refuse_link(path)
            return sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        except FileNotFoundError:
            return []
        except NotADirectoryError as error:
            raise (damaged(path, "not a folder") if folder else storage_error(path, error)) from error
        except OSError as error:
            raise storage_error(path, error) from error


def _refuse_link(path: Path) -> None:
    """``DamagedError`` where a month or a revision is a link: what it points to is no part of the archive."""
    with storage_errors(path):
        linked = path.is_symlink()
    if linked:
        raise damaged(path, "a link where a folder of the archive should be")
