"""``dispositions.csv``: who decided what about a finding; only ever appended to (INTERFACE, archive and ``findings``).

Which months a disposition is carried into is decided where a month's findings are known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from chargeback.archive.boundary import interpreting
from chargeback.archive.register import RESTORE_REGISTER, Register
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName
from chargeback.model.finding import is_finding_id

if TYPE_CHECKING:
    from chargeback.archive.archive_writer import ArchiveWriter

DISPOSITIONS_PATH = "dispositions.csv"


class Disposition(Struct, frozen=True):
    """One line: ``disposed_at`` an RFC 3339 instant; ``period`` and ``revision`` where the finding, named by its id,
    was looked at; ``disposition`` what was decided."""

    disposed_at: str
    period: Period
    revision: int
    finding: str
    disposition: str
    by: str

    @property
    def name(self) -> RevisionName:
        """The revision whose finding was disposed of."""
        return RevisionName(self.period, self.revision)


REGISTER = Register(DISPOSITIONS_PATH, Disposition.__struct_fields__)


def append_disposition(writer: ArchiveWriter, disposition: Disposition) -> None:
    """Add a line at the end; ``StorageError`` where that fails: then the file is as it was."""
    REGISTER.append(writer, [str(getattr(disposition, column)) for column in REGISTER.columns])


def read_dispositions(root: Place) -> tuple[Disposition, ...]:
    """All dispositions of an archive in the order in which they were given; none where there is no file.

    ``DamagedError`` where the file is not one of dispositions, or a line was changed; ``StorageError`` where it cannot
    be read.
    """
    path = root / DISPOSITIONS_PATH
    return tuple(_disposition(path, number, row) for number, row in enumerate(REGISTER.rows(root), start=2))


def _disposition(path: Place, number: int, row: list[str]) -> Disposition:
    with interpreting(path, f"line {number}", RESTORE_REGISTER):
        disposed_at, period, revision, finding, text, by = row
        disposition = Disposition(disposed_at, Period.parse(period), int(revision), finding, text, by)
    if not is_finding_id(finding) or disposition.revision < 1:
        raise DamagedError(f"{path}: line {number}: not a disposition", remedy=RESTORE_REGISTER)
    return disposition
