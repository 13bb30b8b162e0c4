"""Which revisions a path means: a whole archive, a month of it, one revision, or a revision that stands alone."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct

from chargeback.archive.file_system import storage_errors
from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision, read_revision
from chargeback.config.address import Address, Place, address_of, is_address
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName
from chargeback.model.text import readable

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_WITHIN = re.compile(r"(.+)/(\d{4}-(?:0[1-9]|1[0-2])(?:/r[1-9]\d{0,8})?)", re.ASCII)
_REVISION = re.compile(r"r([1-9]\d{0,8})", re.ASCII)


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
    if (match := _REVISION.fullmatch(place.name)) and _MONTH.fullmatch(place.parent.name):
        name = RevisionName(Period.parse(place.parent.name), int(match[1]))
        return RevisionSelection(Archive(place.parent.parent), (name,))
    if _has_manifest(place):
        return RevisionSelection(None, alone=read_revision(place))
    if _MONTH.fullmatch(place.name) and not Archive(place).names():
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
    if _MONTH.fullmatch(month) and (not number or _REVISION.fullmatch(number)):
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
