"""``deliveries.csv``: which team's statement was sent by which service, and when; appended to, never an address.

While something is being sent, a claim lies in ``.delivering/``: a file or object that is created and never replaced, so
that of two runs in one bucket one sends. Where a run ended in between, nobody knows whether it arrived, and it is not
sent twice. What is to be sent is decided where teams are notified.
"""

from __future__ import annotations

import json
import secrets
from typing import NamedTuple

from msgspec import Struct

from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.boundary import interpreting
from chargeback.archive.store import ArchiveStore, read_or_none, store_of
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.evidence import sha256_of
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_json
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded, read_table, unguarded

DELIVERIES_PATH = "deliveries.csv"
CLAIMS_FOLDER = ".delivering"
_LARGEST = 64 << 20
_RESTORE = "restore the file from a backup: without it statements would be sent again"


class DeliveryKey(NamedTuple):
    """What is delivered once: a revision's statement of a team, by one of its services."""

    period: Period
    revision: int
    team: str
    service: str


class Delivery(Struct, frozen=True):
    """One line: ``sent_at`` an RFC 3339 instant; ``service`` the scheme of the URL, and its place where a team has
    several of one."""

    sent_at: str
    period: Period
    revision: int
    team: str
    service: str

    @property
    def key(self) -> DeliveryKey:
        """What was delivered."""
        return DeliveryKey(self.period, self.revision, self.team, self.service)


_COLUMNS = Delivery.__struct_fields__


def read_deliveries(root: Place, store: ArchiveStore | None = None) -> tuple[Delivery, ...]:
    """All deliveries in their order, as they are now; none where there is no file. ``store``: one that is open.

    ``DamagedError`` where the file is not one of deliveries; ``StorageError`` where it cannot be read.
    """
    path, data = root / DELIVERIES_PATH, read_or_none(store or store_of(root), DELIVERIES_PATH, _LARGEST)
    if data is None:
        return ()
    with interpreting(path, "not a list of deliveries", _RESTORE):
        header, rows = read_table(data)
        if tuple(header) != _COLUMNS:
            raise DamagedError(f"{path}: its first line is not {','.join(_COLUMNS)}", remedy=_RESTORE)
        return tuple(_delivery(row) for row in rows)


def _delivery(row: list[str]) -> Delivery:
    sent_at, period, revision, team, service = row
    return Delivery(sent_at, Period.parse(period), int(revision), team, unguarded(service))


def append_delivery(writer: ArchiveWriter, delivery: Delivery) -> None:
    """Add a line at the end; ``StorageError`` where that fails: then the file is as it was."""
    cells = (guarded(str(getattr(delivery, column))) for column in _COLUMNS)
    writer.append(DELIVERIES_PATH, (BYTE_ORDER_MARK + csv_row(_COLUMNS)).encode(), csv_row(cells).encode())


def claim_path(key: DeliveryKey) -> str:
    """Where the claim of a delivery lies in the archive; a service may be named by a variable, so by its hash."""
    return f"{CLAIMS_FOLDER}/{key.period}-r{key.revision}-{key.team}-{sha256_of(key.service.encode())[:8]}.json"


def claim_delivery(writer: ArchiveWriter, key: DeliveryKey, at: str) -> bool:
    """Whether the delivery is ours to make; not where a claim is there, of a run at work or of one that was ended.

    ``at`` is the instant; ``StorageError`` where it cannot be created: then nothing may be sent.
    """
    claim = {"schema": 1, "delivery": list(key), "at": at, "by": secrets.token_hex(16)}
    return writer.claim(claim_path(key), canonical_json(claim))


def claimed_at(writer: ArchiveWriter, key: DeliveryKey) -> str:
    """When somebody else claimed the delivery, an instant; "" where that claim is gone again.

    ``DamagedError`` where it is no claim of ours.
    """
    path = claim_path(key)
    data = read_or_none(store_of(writer.root), path, _LARGEST)
    if data is None:
        return ""
    with interpreting(writer.root / path, "not a claim of a delivery", "ask whether it arrived, then remove the file"):
        return str(json.loads(data)["at"])


def release_delivery(writer: ArchiveWriter, key: DeliveryKey) -> None:
    """Take our claim back: what came of the delivery is known, and recorded where it was made."""
    writer.release(claim_path(key))
