"""The archive read back: which months and revisions there are, their manifests, the chain and its head.

Only folders called ``YYYY-MM`` and in them ``r1``, ``r2``, … are revisions. What has a dot in front is unfinished, or
the lock; what else lies about is left alone, and ``strangers`` names it.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet

from msgspec.structs import replace

from chargeback.archive.boundary import damaged
from chargeback.archive.chain import Base, Chain, base_problems, read_chain
from chargeback.archive.revision import Revision, revision_in
from chargeback.archive.store import ArchiveStore, store_of
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence.period import FIRST_YEAR, LAST_YEAR, Period
from chargeback.model.archive_overview import RevisionName

KNOWN_NAMES = frozenset({"index.html", "signatures.csv", "deliveries.csv", "dispositions.csv", "pending", "usage"})
"""What an archive holds beside its months (INTERFACE, archive)."""

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_REVISION = re.compile(r"r([1-9]\d{0,8})", re.ASCII)
_COVER = re.compile(r"cover-(r[1-9]\d{0,8})\.html", re.ASCII)


def cover_path(name: RevisionName) -> str:
    """Where the cover page of a revision lies, beside it: made from the archive, and no part of the proof.

    The name does not begin as a revision's does, so that who looks for ``r*`` finds revisions alone.
    """
    return f"{name.period}/cover-r{name.number}.html"


class Archive:
    """An archive as it stands; manifests are read once. One that does not exist is empty: see ``require``.

    ``base`` says what its chain must begin after; None where nobody knows, and any beginning is taken.
    """

    def __init__(self, root: Place, base: Base | None = None, store: ArchiveStore | None = None) -> None:
        self.root = root
        self.base = base
        self.store = store or store_of(root)
        self._revisions: dict[RevisionName, Revision] = {}

    def require(self) -> Archive:
        """The archive itself; ``StorageError`` (exit 9) where it is missing or none."""
        self.store.require()
        return self

    def periods(self) -> tuple[Period, ...]:
        """The months that have a revision, in order."""
        return tuple(sorted({name.period for name in self.names()}))

    def names(self, period: Period | None = None) -> tuple[RevisionName, ...]:
        """The revisions there are, of all months or of one, in order of month and number."""
        periods = self.all_periods() if period is None else [period]
        return tuple(sorted(name for each in periods for name in self._names_of(each)))

    def revision(self, name: RevisionName) -> Revision:
        """A revision by its name.

        ``DamagedError`` where its manifest is missing, none, or another revision's; ``SchemaError``; ``StorageError``.
        """
        if name not in self._revisions:
            found = revision_in(self.store.at(str(name)))
            if found.name != name:
                raise damaged(found.root, f"its manifest is that of {found.name}")
            self._revisions[name] = found.with_beside(self._beside)
        return self._revisions[name]

    def _beside(self, name: RevisionName) -> Revision | None:
        return self.revision(name) if name in self.names(name.period) else None

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
        found = [name for name in self.store.names() if not _PERIOD.fullmatch(name) and name not in KNOWN_NAMES]
        for period in self.all_periods():
            names = frozenset(self.store.names(str(period)))
            found += [f"{period}/{name}" for name in names if not _is_own(name, names)]
        return tuple(sorted(found))

    def all_periods(self) -> list[Period]:
        """The months that have a folder, in order."""
        matches = [match for name in self.store.names() if (match := _PERIOD.fullmatch(name))]
        found = [Period(int(match[1]), int(match[2])) for match in matches]
        return sorted(period for period in found if FIRST_YEAR <= period.year <= LAST_YEAR)

    def _names_of(self, period: Period) -> list[RevisionName]:
        matches = [match for name in self.store.names(str(period)) if (match := _REVISION.fullmatch(name))]
        return [RevisionName(period, int(match[1])) for match in matches]


def _is_own(name: str, names: AbstractSet[str]) -> bool:
    """Whether an entry of a month is a revision, or the cover page of one that is there."""
    cover = _COVER.fullmatch(name)
    return bool(_REVISION.fullmatch(name)) or (cover is not None and cover[1] in names)
