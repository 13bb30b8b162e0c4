"""What an archive holds, month by month: for ``list``.

A signature is of one revision: where a month was restated since, its latest revision says whose signatures were given
for an earlier one, so that nobody takes them for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.chain import Base
from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.evidence.period import Period
from chargeback.job.overview import revision_overview
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.spreadsheet_text import csv_table
from chargeback.review.revision_choice import (
    earlier_json,
    signatures_json,
    signed_earlier,
    signed_text,
    standing,
    standing_json,
)
from chargeback.review.terminal import Terminal, TerminalColumn, TextRow, readable, table_lines, table_width, wrapped

_SHORT_HEAD = 12
_AMOUNTS = ("net", "tax", "gross")
_CSV_COLUMNS = ("period", "revision", "status", *_AMOUNTS, "currency", "created", "version", "head")
_COLUMNS = [TerminalColumn("revision"), TerminalColumn("status", shrinks=True), TerminalColumn("gross", right=True)]


class ListedRevision(Struct, frozen=True):
    """A revision, how it stands, and, of a month's latest one, the signatures given for earlier revisions."""

    revision: Revision
    overview: RevisionOverview
    is_latest: bool
    signed_earlier: tuple[Signature, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The revision for machines."""
        manifest = self.revision.manifest
        return {
            "period": str(manifest.period),
            "revision": manifest.revision,
            "latest": self.is_latest,
            **standing_json(self.overview),
            "created": manifest.created,
            "version": manifest.version,
            "head": self.revision.sha256,
            "path": str(self.revision.root),
            "totals": [
                {"currency": total.currency, "net": total.net, "tax": total.tax, "gross": total.gross}
                for total in manifest.totals
            ],
            "signatures": signatures_json(self.overview),
            "signed_earlier": earlier_json(self.signed_earlier),
        }


class Listing(Struct, frozen=True):
    """Every revision in order of month and number, and the head (None in an empty archive)."""

    revisions: tuple[ListedRevision, ...]
    head: str | None

    def within(self, since: Period | None, until: Period | None) -> Listing:
        """The months between two, both inclusive, None for no bound; the head stays the archive's."""
        revisions = [
            each
            for each in self.revisions
            if (since is None or since <= each.revision.name.period)
            and (until is None or each.revision.name.period <= until)
        ]
        return replace(self, revisions=tuple(revisions))

    def to_json(self) -> dict[str, Any]:
        """The listing for machines."""
        return {"schema": 1, "head": self.head, "revisions": [each.to_json() for each in self.revisions]}


def listing(root: Place, base: Base | None = None) -> Listing:
    """Read the archive; ``StorageError`` if there is none, ``DamagedError`` where its chain is broken."""
    archive = Archive(root, base).require()
    head = archive.head()
    signatures = read_signatures(root)
    latest = {revision.sha256 for revision in archive.latest_of_each().values()}
    found = (_listed(revision, signatures, revision.sha256 in latest) for revision in archive.revisions())
    return Listing(tuple(found), head.sha256 if head else None)


def _listed(revision: Revision, signatures: tuple[Signature, ...], is_latest: bool) -> ListedRevision:
    earlier = signed_earlier(revision, signatures) if is_latest else ()
    return ListedRevision(revision, revision_overview(revision, signatures), is_latest, earlier)


def listing_lines(found: Listing, terminal: Terminal) -> list[str]:
    """A line a revision, then the head in full; on a terminal signatures stand below their revision."""
    if not found.revisions:
        none = "no revision yet: run `chargeback run`" if found.head is None else "no revision of these months"
        return [none, *([] if found.head is None else wrapped(f"head {found.head}", terminal))]
    if terminal.width is None:
        rows = [TextRow((*_cells(each), each.revision.sha256, _signed(each))) for each in found.revisions]
        lines = table_lines([*_COLUMNS, TerminalColumn("head"), TerminalColumn("signatures")], rows, terminal)
    else:
        lines = _terminal_lines(found, terminal)
    return [*lines, *wrapped(f"head {found.head}", terminal)]


def listing_csv(found: Listing) -> str:
    """A row a revision and currency, one without amounts where nothing was billed; as CSV of an archive is written."""
    return csv_table(_CSV_COLUMNS, _csv_rows(found), _AMOUNTS)


def _csv_rows(found: Listing) -> Iterator[list[str]]:
    for each in found.revisions:
        manifest = each.revision.manifest
        amounts = [(total.net, total.tax, total.gross, total.currency) for total in manifest.totals] or [("",) * 4]
        for amount in amounts:
            named = (str(manifest.period), str(manifest.revision), standing(each.overview))
            yield [*named, *amount, manifest.created, manifest.version, each.revision.sha256]


def _terminal_lines(found: Listing, terminal: Terminal) -> list[str]:
    """Heads are cut, as nobody types them, and left out where there is no room."""
    rows = [TextRow((*_cells(each), each.revision.sha256[:_SHORT_HEAD])) for each in found.revisions]
    columns = [*_COLUMNS, TerminalColumn("head")]
    if table_width(columns, rows) > (terminal.width or 0):
        columns, rows = columns[:-1], [TextRow(row.cells[:-1]) for row in rows]
    heading, *lines = table_lines(columns, rows, terminal)
    all_lines = [heading]
    for line, listed in zip(lines, found.revisions, strict=True):
        signed = _signed(listed)
        all_lines += [line, *(wrapped(signed, terminal, indent="  ") if signed else ())]
    return all_lines


def _cells(listed: ListedRevision) -> tuple[str, str, str]:
    totals = listed.revision.manifest.totals
    gross = ", ".join(f"{total.gross} {readable(total.currency)}" for total in totals) or "nothing billed"
    return str(listed.revision.name), standing(listed.overview), gross


def _signed(listed: ListedRevision) -> str:
    return signed_text(listed.overview.signatures, listed.signed_earlier)
