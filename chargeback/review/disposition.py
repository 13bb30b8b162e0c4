"""``findings --dispose``: a person decides about a finding of a month's latest revision, and stands by it by name.

The line names the revision: what was decided is carried into later months while the finding is not larger than there.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from msgspec import Struct

from chargeback.archive.chain import Base
from chargeback.archive.head_file import check_head_file
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import Disposition, append_disposition
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.job.cover import refresh_covers
from chargeback.job.dispositions import archived_findings
from chargeback.model.instants import format_instant
from chargeback.review.signing import latest_revision, on_one_line, provable_revision, signing_name

LONGEST_TEXT = 1000
_MOST_NAMED = 20


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
