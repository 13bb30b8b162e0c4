"""What a person answers for. ``sign``: a person answers for a month's latest revision, as its preparer or its reviewer.

A signature is of one head. Preparer and reviewer of a head are different people; a later revision needs new signatures.

``findings --dispose``: a person decides about a finding of a month's latest revision, and stands by it by name. What
was decided is carried into later months while the finding is not larger than in the revision that the line names.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.chain import Base
from chargeback.archive.file_checks import require_intact
from chargeback.archive.head_file import check_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import Disposition, append_disposition, append_signature, read_signatures
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.job.cover import refresh_covers
from chargeback.job.dispositions import archived_findings
from chargeback.job.overview import refresh_overview
from chargeback.job.sealing import archived_config
from chargeback.model.archive_overview import Signature
from chargeback.model.instants import format_instant
from chargeback.model.text import cleaned, normalized, readable

LONGEST_NAME = 200
LONGEST_NOTE = 1000
LONGEST_TEXT = 1000
_MOST_NAMED = 20


class SignRequest(Struct, frozen=True):
    """Who signs which month, as what; ``role`` is "preparer" or "reviewer"."""

    period: Period
    by: str
    role: str = "preparer"
    note: str = ""


class Signed(Struct, frozen=True):
    """The signature that was appended, and the revision that it is of."""

    signature: Signature
    revision: Revision

    def to_json(self) -> dict[str, Any]:
        """The signature for machines, in the columns of ``signatures.csv``."""
        each = self.signature
        return {
            "schema": 1,
            "signed_at": each.signed_at,
            "period": str(each.period),
            "revision": each.revision,
            "head": each.head,
            "role": each.role,
            "by": each.by,
            "note": each.note,
            "path": str(self.revision.root),
        }


def sign(
    root: Place, request: SignRequest, now: datetime, *, head_file: Path | None = None, base: Base | None = None
) -> Signed:
    """Append a signature of the month's latest revision and bring the archive's page up to date.

    ``ConfigurationError`` for a month, name or role that cannot sign; ``DamagedError`` where the revision or the chain
    does not prove itself; ``LockedError`` where another run holds the lock; ``StorageError`` where there is no archive.
    """
    wanted = _checked(request)
    archive = Archive(root, base)
    check_head_file(head_file, archive)
    latest_revision(archive.require(), wanted.period)  # a month that is not there needs no lock
    moment = format_instant(now.replace(microsecond=0))
    with open_for_writing(root, started=moment, base=base) as writer:
        check_head_file(head_file, writer.archive)
        revision = provable_revision(writer, wanted.period)
        signature = Signature(
            moment, wanted.period, revision.name.number, revision.sha256, wanted.role, wanted.by, wanted.note
        )
        _refuse(signature, (each for each in read_signatures(root) if each.head == revision.sha256))
        append_signature(writer, signature)
        _refresh(writer, revision)
    return Signed(signature, revision)


def signed_line(signed: Signed) -> str:
    """What was signed, as one line."""
    each = signed.signature
    name = f"{each.period} r{each.revision}"
    return f"{name} signed by {readable(each.by)} as {each.role} at {each.signed_at}  head {each.head}"


def _checked(request: SignRequest) -> SignRequest:
    """The request with its texts on one line each; ``ConfigurationError`` where the name is empty or too long."""
    by, note = signing_name(request.by), on_one_line(request.note)
    if len(note) > LONGEST_NOTE:
        raise ConfigurationError(f"--note: longer than {LONGEST_NOTE} characters", remedy="say it in fewer")
    return SignRequest(request.period, by, request.role, note)


def signing_name(text: str) -> str:
    """The name of a person on one line; ``ConfigurationError`` where it is empty or too long."""
    by = on_one_line(text)
    if not any(character.isalnum() for character in by) or len(by) > LONGEST_NAME:
        raise ConfigurationError(
            f"--by: a name of 1 to {LONGEST_NAME} characters was expected", remedy='write --by "Ann Example"'
        )
    return by


def on_one_line(text: str) -> str:
    """What can be written as UTF-8, without control characters, on one line."""
    return " ".join(cleaned(" ".join(text.encode("utf-8", "replace").decode().split())).split())


def latest_revision(archive: Archive, period: Period) -> Revision:
    """The month's latest revision; ``ConfigurationError`` if there is none."""
    latest = archive.latest(period)
    if latest is None:
        there = ", ".join(map(str, archive.periods())) or "none"
        raise ConfigurationError(f"{archive.root}: has no {period}", remedy=f"there are: {there}")
    return latest


def provable_revision(writer: ArchiveWriter, period: Period) -> Revision:
    """The latest revision, every file of it proved, in a chain that is whole: what a person can answer for."""
    writer.archive.sound_chain()
    revision = latest_revision(writer.archive, period)
    require_intact(revision)
    return revision


def _refuse(signature: Signature, given: Iterable[Signature]) -> None:
    """``ConfigurationError`` where the same person has signed this head already, in whatever role."""
    for each in given:
        if _person(each.by) != _person(signature.by):
            continue
        where = f"{each.name}: {each.by} has signed it as {each.role} already"
        if each.role == signature.role:
            raise ConfigurationError(where, remedy="nothing is left to do; another role needs another person")
        raise ConfigurationError(where, remedy="the reviewer must be another person than the preparer")


def _person(name: str) -> str:
    """A name by which people are compared: case, width and spaces do not make another person."""
    return " ".join(normalized(name, "NFKC").casefold().split())


def _refresh(writer: ArchiveWriter, revision: Revision) -> None:
    """The archive's page, whose times are in the time zone of the newest configuration there, and the cover page."""
    newest = writer.archive.head() or revision
    refresh_overview(writer, archived_config(newest).timezone)
    refresh_covers(writer, revision.name.period)


class DisposeRequest(Struct, frozen=True):
    """What is decided about which finding, by whom; ``period`` None for the newest month."""

    period: Period | None
    finding: str
    text: str
    by: str


def dispose(
    root: Place, request: DisposeRequest, now: datetime, *, head_file: Path | None = None, base: Base | None = None
) -> Disposition:
    """Append a disposition of a finding of the month's latest revision.

    ``ConfigurationError`` for a month, finding, name or text that cannot be; ``DamagedError`` where the revision or the
    chain does not prove itself; ``LockedError`` where another run holds the lock; ``StorageError`` where there is no
    archive.
    """
    by, text = signing_name(request.by), _text(request.text)
    archive = Archive(root, base)
    check_head_file(head_file, archive)
    period = request.period or _newest(archive.require())
    latest_revision(archive, period)  # a month that is not there needs no lock
    moment = format_instant(now.replace(microsecond=0))
    with open_for_writing(root, started=moment, base=base) as writer:
        check_head_file(head_file, writer.archive)
        revision = provable_revision(writer, period)
        _require_finding(revision, request.finding)
        disposition = Disposition(moment, period, revision.name.number, request.finding, text, by)
        append_disposition(writer, disposition)
        refresh_covers(writer, period)
    return disposition


def _text(text: str) -> str:
    line = on_one_line(text)
    if not line or len(line) > LONGEST_TEXT:
        raise ConfigurationError(
            f"--as: a text of 1 to {LONGEST_TEXT} characters was expected", remedy='write --as "credit note requested"'
        )
    return line


def _newest(archive: Archive) -> Period:
    periods = archive.periods()
    if not periods:
        raise ConfigurationError(f"{archive.root}: has no month yet", remedy="run `chargeback run`")
    return periods[-1]


def _require_finding(revision: Revision, finding: str) -> None:
    known = [each.id for each in archived_findings(revision)]
    if finding not in known:
        there = ", ".join(known[:_MOST_NAMED]) or "none"
        raise ConfigurationError(f'{revision.name}: has no finding "{finding[:40]}"', remedy=f"there are: {there}")
