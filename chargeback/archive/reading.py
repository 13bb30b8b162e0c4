"""The archive read back: which months and revisions there are, their manifests, the chain and its head; and which
revisions a path means: a whole archive, a month of it, one revision, or a revision that stands alone.

Only folders called ``YYYY-MM`` and in them ``r1``, ``r2``, … are revisions. What has a dot in front is unfinished, or
the lock; what else lies about is left alone, and ``strangers`` names it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Set as AbstractSet
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.boundary import damaged
from chargeback.archive.chain import Base, Chain, base_problems, read_chain
from chargeback.archive.file_system import storage_errors
from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.revision import Revision, read_revision, revision_in
from chargeback.archive.store import ArchiveStore, store_of
from chargeback.config.address import Address, Place, address_of, is_address
from chargeback.errors import ConfigurationError, DamagedError
from chargeback.evidence.period import FIRST_YEAR, LAST_YEAR, Period
from chargeback.model.archive_overview import RevisionName
from chargeback.model.text import readable

KNOWN_NAMES = frozenset({"index.html", "signatures.csv", "deliveries.csv", "dispositions.csv", "pending", "usage"})
"""What an archive holds beside its months (INTERFACE, archive)."""

_PERIOD = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
_REVISION = re.compile(r"r([1-9]\d{0,8})", re.ASCII)
_WITHIN = re.compile(r"(.+)/(\d{4}-(?:0[1-9]|1[0-2])(?:/r[1-9]\d{0,8})?)", re.ASCII)
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


class RevisionSelection(Struct, frozen=True):
    """What is verified: these revisions of an archive; ``archive`` is None for a revision that stands alone.

    ``whole`` where the path is the archive itself.
    """

    archive: Archive | None
    names: tuple[RevisionName, ...] = ()
    alone: Revision | None = None
    whole: bool = False

    def revisions(self) -> tuple[Revision, ...]:
        """The revisions with their manifests; ``DamagedError`` where one has none."""
        if self.archive is None:
            return () if self.alone is None else (self.alone,)
        return tuple(self.archive.revision(name) for name in self.names)


def selected_revisions(path: Place) -> RevisionSelection:
    """What a path or an address means; ``StorageError`` where it is no folder, ``DamagedError`` where its manifest is
    none."""
    if isinstance(path, Address):
        return _in_bucket(path)
    place = Path(os.path.realpath(path))
    Archive(place).require()
    if (match := _REVISION.fullmatch(place.name)) and _PERIOD.fullmatch(place.parent.name):
        name = RevisionName(Period.parse(place.parent.name), int(match[1]))
        return RevisionSelection(Archive(place.parent.parent), (name,))
    if _has_manifest(place):
        return RevisionSelection(None, alone=read_revision(place))
    if _PERIOD.fullmatch(place.name) and not Archive(place).names():
        archive = Archive(place.parent)
        return RevisionSelection(archive, archive.names(Period.parse(place.name)))
    archive = Archive(place)
    return RevisionSelection(archive, archive.names(), whole=True)


def located(address: Address) -> Address:
    """The address of a month or a revision as one within its archive; any other is an archive's."""
    match = _WITHIN.fullmatch(str(address))
    return Address(match[1], match[2]) if match else address


def _in_bucket(address: Address) -> RevisionSelection:
    place = located(address)
    archive = Archive(Address(place.archive)).require()
    month, _, number = place.inside.partition("/")
    if not month:
        return RevisionSelection(archive, archive.names(), whole=True)
    period = Period.parse(month)
    return RevisionSelection(archive, tuple(n for n in archive.names(period) if not number or str(n) == place.inside))


def _has_manifest(place: Path) -> bool:
    with storage_errors(place):
        return (place / MANIFEST_PATH).exists()


def named_revision(archive: Archive, text: str) -> Revision:
    """The revision that a person names: ``2026-05/r1``, ``2026-05`` (its latest) or a path.

    ``ConfigurationError`` (exit 2) if there is none such.
    """
    if is_address(text):
        return addressed_revision(text)
    month, _, number = text.partition("/")
    if _PERIOD.fullmatch(month) and (not number or _REVISION.fullmatch(number)):
        return _in_archive(archive, Period.parse(month), number)
    if os.path.isdir(text) and (revisions := selected_revisions(Path(text)).revisions()):  # noqa: PTH112 (any text may come)
        return revisions[-1]
    raise ConfigurationError(
        f'"{text}" is not a revision', remedy="write 2026-05/r1, 2026-05 for its latest, or the path of its folder"
    )


def addressed_revision(text: str) -> Revision:
    """The revision at an address; ``ConfigurationError`` where that is none, or has no such revision."""
    try:
        place = located(address_of(text))
    except ValueError as error:
        raise ConfigurationError(f'"{readable(text)[:200]}": {error.args[0]}', remedy=error.args[1]) from None
    if not place.inside:
        raise ConfigurationError(f"{place} is an archive", remedy=f"name a revision of it: {place}/2026-05/r1")
    month, _, number = place.inside.partition("/")
    return _in_archive(Archive(Address(place.archive)).require(), Period.parse(month), number)


def _in_archive(archive: Archive, period: Period, number: str) -> Revision:
    names = [name for name in archive.names(period) if not number or str(name) == f"{period}/{number}"]
    if not names:
        there = ", ".join(map(str, archive.names(period) or archive.periods())) or "none"
        raise ConfigurationError(
            f"{archive.root}: has no {period}{number and '/'}{number}", remedy=f"there are: {there}"
        )
    return archive.revision(names[-1])
