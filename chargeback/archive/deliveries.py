"""``deliveries.csv``: which team's statement was sent by which service, and when; appended to, never an address.

Beside it, while something is being sent, ``.delivering.json`` names it: where a run ended in between, nobody knows
whether it arrived, and it is not sent twice. What is to be sent is decided where teams are told.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import NamedTuple

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.boundary import interpreting, refuse
from chargeback.archive.chain import RevisionName
from chargeback.archive.store import store_of
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence.records import canonical_json
from chargeback.model.period import Period
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded

DELIVERIES_PATH = "deliveries.csv"
ATTEMPTS_PATH = ".delivering.json"
_LARGEST = 64 << 20
_RESTORE = "restore the file from a backup: without it statements would be sent again"


class DeliveryKey(NamedTuple):
    """What is delivered once: a revision's statement of a team, by one of its services."""

    period: str
    revision: int
    team: str
    service: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One line: ``sent_at`` an RFC 3339 instant; ``service`` the scheme of the URL, and its place where a team has
    several of one."""

    sent_at: str
    period: str
    revision: int
    team: str
    service: str

    @property
    def key(self) -> DeliveryKey:
        """What was delivered."""
        return DeliveryKey(self.period, self.revision, self.team, self.service)


_COLUMNS = tuple(field.name for field in fields(Delivery))


def read_deliveries(root: Place) -> tuple[Delivery, ...]:
    """All deliveries in their order; none where there is no file.

    ``DamagedError`` where the file is not one of deliveries; ``StorageError`` where it cannot be read.
    """
    path, data = root / DELIVERIES_PATH, _read(root, DELIVERIES_PATH)
    if data is None:
        return ()
    with interpreting(path, "not a list of deliveries", _RESTORE):
        header, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)) or [[]]
        if tuple(header) != _COLUMNS:
            raise DamagedError(f"{path}: its first line is not {','.join(_COLUMNS)}", remedy=_RESTORE)
        return tuple(_delivery(row) for row in rows)


def _delivery(row: list[str]) -> Delivery:
    sent_at, period, revision, team, service = row
    name = RevisionName(Period.parse(period), int(revision))
    return Delivery(sent_at, str(name.period), name.number, team, service.removeprefix("'"))


def append_delivery(writer: ArchiveWriter, delivery: Delivery) -> None:
    """Add a line at the end; ``StorageError`` where that fails: then the file is as it was."""
    cells = (guarded(str(getattr(delivery, column))) for column in _COLUMNS)
    writer.append(DELIVERIES_PATH, (BYTE_ORDER_MARK + csv_row(_COLUMNS)).encode(), csv_row(cells).encode())


def read_attempts(root: Place) -> tuple[DeliveryKey, ...]:
    """What was being sent when a run ended; ``DamagedError`` where the file is none of ours."""
    data = _read(root, ATTEMPTS_PATH)
    if data is None:
        return ()
    with interpreting(root / ATTEMPTS_PATH, "not a list of attempts", _RESTORE):
        return tuple(DeliveryKey(str(a), int(b), str(c), str(d)) for a, b, c, d in json.loads(data)["attempts"])


def write_attempts(writer: ArchiveWriter, attempts: Iterable[DeliveryKey]) -> None:
    """Replace what is being sent."""
    writer.replace(ATTEMPTS_PATH, canonical_json({"schema": 1, "attempts": [list(each) for each in attempts]}))


def _read(root: Place, path: str) -> bytes | None:
    try:
        return store_of(root).read(path, _LARGEST)
    except FileNotFoundError:
        return None
    except OSError as error:
        refuse(root / path, error)
