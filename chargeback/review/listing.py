"""What an archive holds, month by month: for ``list``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.archive.signatures import Signature, read_signatures


@dataclass(frozen=True, slots=True)
class Listing:
    """Every revision in order of month and number, who signed, and the head (None in an empty archive)."""

    revisions: tuple[Revision, ...]
    signatures: tuple[Signature, ...]
    head: str | None

    def to_json(self) -> dict[str, Any]:
        """The listing for machines."""
        return {
            "schema": 1,
            "head": self.head,
            "revisions": [
                {
                    "period": revision.manifest.period,
                    "revision": revision.manifest.revision,
                    "status": revision.manifest.status,
                    "created": revision.manifest.created,
                    "version": revision.manifest.version,
                    "head": revision.sha256,
                    "path": str(revision.root),
                    "totals": [
                        {"currency": total.currency, "net": total.net, "tax": total.tax, "gross": total.gross}
                        for total in revision.manifest.totals
                    ],
                    "signatures": [
                        {"signed_at": each.signed_at, "role": each.role, "by": each.by, "note": each.note}
                        for each in self.signatures
                        if each.head == revision.sha256
                    ],
                }
                for revision in self.revisions
            ],
        }


def listing(root: Path) -> Listing:
    """Read the archive; ``StorageError`` where there is none, ``DamagedError`` where its chain is broken."""
    archive = Archive(root).require()
    head = archive.head()
    return Listing(archive.revisions(), read_signatures(root), head.sha256 if head else None)


def text_lines(found: Listing) -> list[str]:
    """A line a revision, then the head."""
    if not found.revisions:
        return ["no revision yet: run `chargeback run`"]
    rows = [_cells(revision, found.signatures) for revision in found.revisions]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [*lines, f"head {found.head}"]


def _cells(revision: Revision, signatures: tuple[Signature, ...]) -> tuple[str, str, str, str, str]:
    manifest = revision.manifest
    totals = ", ".join(f"{total.gross} {total.currency}" for total in manifest.totals) or "nothing billed"
    signed = ", ".join(f"{each.role} {each.by}" for each in signatures if each.head == revision.sha256)
    return str(revision.name), manifest.status, totals, revision.sha256, f"signed: {signed}" if signed else ""
