"""Each team gets its own statement and workbook, once for each revision that closes or restates a month.

What is due follows from the archive alone: of each month the latest revision, for the teams that had ``notify`` in the
configuration that it was made with, less what ``deliveries.csv`` has. So a delivery that failed is tried again by the
next run. What was being sent when a run was ended may have arrived: it is reported, and not sent again. In a folder the
archive's lock keeps a second run out; in a bucket each delivery is claimed by an object that one run can create.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.chain import Base
from chargeback.archive.deliveries import (
    Delivery,
    DeliveryKey,
    append_delivery,
    claim_delivery,
    claim_path,
    claimed_at,
    read_deliveries,
    release_delivery,
)
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.collect.clock import Clock
from chargeback.config import Config, Team
from chargeback.errors import ConfigurationError, LockedError
from chargeback.job.sealing import archived_config
from chargeback.model.instants import format_instant
from chargeback.model.money import format_minor, minor_digits
from chargeback.model.wording import grouped
from chargeback.operate.notify.services import Message, scheme_of, send_to
from chargeback.publish.bilingual import Language, said

Tell = Callable[[str], None]
_FILES = ("html", "xlsx")
SECONDS = 600
"""All deliveries of a run end after so long, as they hold the archive's lock, and a service that is down takes its time
to say so."""


class Due(Struct, frozen=True):
    """One delivery that is to be made: of which revision, to which team, and the URL of its service."""

    key: DeliveryKey
    revision: Revision
    team: Team
    url: str

    @property
    def words(self) -> str:
        """The delivery in a few words, without its address."""
        return f"{self.key.period} r{self.key.revision} to team {self.key.team} ({self.key.service})"


def services(team: Team) -> Iterator[tuple[str, str]]:
    """(name, URL) of each of a team's services: the scheme, numbered where the team has several of one."""
    seen: Counter[str] = Counter()
    for url in team.notify:
        scheme = scheme_of(url)
        seen[scheme] += 1
        yield (scheme if seen[scheme] == 1 else f"{scheme} {seen[scheme]}"), url


def deliver(config: Config, environ: Mapping[str, str], clock: Clock, tell: Tell) -> None:
    """Send what is due and record it; what cannot be sent is reported, and due again with the next run."""
    if not any(team.notify for team in config.teams):
        return
    if not list(_due(config, Archive(config.archive))):
        return
    try:
        with open_for_writing(
            config.archive, started=format_instant(clock.now()), base=Base(config.base_manifest)
        ) as writer:
            began, due = clock.monotonic(), list(_due(config, writer.archive))
            for place, each in enumerate(due):
                if clock.monotonic() - began > SECONDS:
                    tell(f"deliveries: {SECONDS} seconds are over; the next run sends the other {len(due) - place}")
                    return
                _deliver(writer, each, config.publish.language, environ, clock, tell)
    except LockedError:
        tell("deliveries: another run is at work; the next run sends what is due")


def _due(config: Config, archive: Archive) -> Iterator[Due]:
    sent = {delivery.key for delivery in read_deliveries(archive.root)}
    for revision in archive.latest_of_each().values():
        period, number = revision.manifest.period, revision.name.number
        wanted = [
            Due(key, revision, team, url)
            for team in config.teams
            for service, url in services(team)
            if (key := DeliveryKey(period, number, team.id, service)) not in sent
        ]
        if wanted:
            told_of = _told_of(revision)
            yield from (each for each in wanted if each.team.id in told_of)


def _told_of(revision: Revision) -> frozenset[str]:
    """The teams that were to be notified when the revision was made; none where another version's is not read here."""
    try:
        return frozenset(team.id for team in archived_config(revision).teams if team.notify)
    except ConfigurationError:
        return frozenset()


def _deliver(
    writer: ArchiveWriter, due: Due, language: Language, environ: Mapping[str, str], clock: Clock, tell: Tell
) -> None:
    """Claim what is to be sent, send it, record it: neither a run that is ended in between nor another one in the same
    bucket makes it arrive twice."""
    files = _files(due)
    if not claim_delivery(writer, due.key, format_instant(clock.now())):
        if at := claimed_at(writer, due.key):
            tell(
                f"deliveries: {due.words}: a run began to send it at {at} and did not record how that ended, so it may "
                f"have arrived and is not sent again -> to send it, remove {writer.root / claim_path(due.key)}"
            )
        return
    problem = ""
    # Another run may have sent it after this one looked what is due; it recorded that before it gave its claim back.
    if due.key not in {delivery.key for delivery in read_deliveries(writer.root, writer.archive.store)}:
        problem = _sent(due, files, language, environ)
        if not problem:
            append_delivery(writer, Delivery(format_instant(clock.now()), *due.key))
    if problem:
        tell(f"deliveries: {due.words}: {problem} -> the next run tries again")
    release_delivery(writer, due.key)


def _files(due: Due) -> dict[str, bytes]:
    """The team's files by the name that they are sent under, proved by the manifest."""
    name = f"{due.key.team}-{due.key.period}-r{due.key.revision}"
    paths = {f"{name}.{kind}": f"ledgers/{due.key.team}.{kind}" for kind in _FILES}
    return {name: due.revision.read(path) for name, path in paths.items() if path in due.revision.records}


def _sent(due: Due, files: Mapping[str, bytes], language: Language, environ: Mapping[str, str]) -> str:
    """What went wrong, "" where nothing did."""
    with tempfile.TemporaryDirectory(prefix="chargeback-") as folder:
        attached = [Path(folder) / name for name in files]
        for path in attached:
            path.write_bytes(files[path.name])
        title = f"{said('Statement of cost', language)} {due.key.period}: {due.team.name}"
        message = Message(title, "\n".join(_text(due, files, language)), tuple(map(str, attached)))
        return send_to(due.url, environ, message)


def _text(due: Due, files: Iterable[str], language: Language) -> Iterator[str]:
    yield f"{due.team.name}, {due.key.period}, {said('revision', language)} {due.key.revision}"
    totals = due.revision.summary().totals
    mine = [each for each in totals if each.team == due.key.team]
    for total in mine:
        digits = minor_digits(total.currency)
        named = (("Net", total.net), ("Gross", total.gross))
        amounts = (
            f"{said(name, language)} {grouped(format_minor(units, digits))}"
            for name, units in named
            if units is not None
        )
        yield f"{total.currency}: {', '.join(amounts)}"
    if not mine:
        yield said("Nothing was charged to this team in this month.", language)
    if due.revision.manifest.status == "exceptions":
        yield f"{said('with exceptions', language)}; {said('not to be booked', language)}"
    if due.key.revision > 1:
        yield f"{said('This statement replaces the one of revision', language)} {due.key.revision - 1}."
    yield ", ".join(files)
