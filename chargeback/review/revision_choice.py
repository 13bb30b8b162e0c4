"""Which month and revision a person means, and how it stands in one line."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chargeback.archive.reading import Archive, named_revision
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.errors import ConfigurationError
from chargeback.job.overview import revision_overview
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.money import format_exact
from chargeback.model.text import readable
from chargeback.model.wording import status_text

_NUMBER = re.compile(r"r?([1-9]\d{0,8})", re.ASCII)


def chosen_revision(archive: Archive, text: str | None) -> Revision:
    """The revision named (``2026-05``: its latest, ``2026-05/r1``); by default the latest of the newest month.

    ``StorageError`` where there is no archive, ``ConfigurationError`` where it has no such month.
    """
    archive.require()
    if text is not None:
        return named_revision(archive, text)
    periods = archive.periods()
    if not periods:
        raise ConfigurationError(f"{archive.root}: has no month yet", remedy="run `chargeback run`")
    return archive.revision(archive.names(periods[-1])[-1])


def revision_number(text: str) -> int:
    """The number in ``r2`` or ``2``; ``ConfigurationError`` where the text is none."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ConfigurationError(
            f'"{text[:40]}" is not a revision', remedy="write r1, r2, …: `chargeback list` shows them"
        )
    return int(match[1])


def overview_of(archive: Archive, revision: Revision) -> RevisionOverview:
    """How the revision stands, with the signatures of its own head."""
    return revision_overview(revision, read_signatures(archive.root))


def standing(overview: RevisionOverview) -> str:
    """The status wherever it is shown: "reconciled, 2 accepted (12.50 THB)"."""
    return status_text(overview.status, overview.exceptions, overview.accepted, overview.not_performed)


def title(revision: Revision) -> str:
    """The revision as a title: "2026-05 r1"."""
    return f"{revision.name.period} r{revision.name.number}"


def signed_earlier(revision: Revision, signatures: Iterable[Signature]) -> tuple[Signature, ...]:
    """The signatures that were given for earlier revisions of its month."""
    name = revision.name
    return tuple(each for each in signatures if each.name.period == name.period and each.name < name)


def signed_text(own: Iterable[Signature], earlier: Iterable[Signature]) -> str:
    """Who signed the revision; where nobody has, who signed an earlier one; "" where nobody signed any."""
    if names := ", ".join(f"{each.role} {readable(each.by)}" for each in own):
        return f"signed: {names}"
    before = ", ".join(f"r{each.revision} {each.role} {readable(each.by)}" for each in earlier)
    return f"not signed since restated: {before}" if before else ""


def identity(revision: Revision) -> dict[str, Any]:
    """What names a revision in JSON."""
    return {
        "period": str(revision.name.period),
        "revision": revision.name.number,
        "head": revision.sha256,
        "path": str(revision.root),
    }


def standing_json(overview: RevisionOverview) -> dict[str, Any]:
    """The status in JSON, as ``reconciliation.json`` has it, with the number of open exceptions."""
    amounts = [{"currency": code, "amount": format_exact(amount)} for code, amount in overview.accepted.amounts]
    return {
        "status": overview.status.value,
        "exceptions": overview.exceptions,
        "accepted": {"count": overview.accepted.count, "amounts": amounts},
        "not_performed": overview.not_performed,
    }


def earlier_json(signatures: Iterable[Signature]) -> list[dict[str, Any]]:
    """Signatures of earlier revisions in JSON, each with the revision that it is of."""
    return [
        {"revision": each.revision, "signed_at": each.signed_at, "role": each.role, "by": each.by}
        for each in signatures
    ]


def signatures_json(overview: RevisionOverview) -> list[dict[str, str]]:
    """The signatures of a revision in JSON, as they were given."""
    return [
        {"signed_at": each.signed_at, "role": each.role, "by": each.by, "note": each.note}
        for each in overview.signatures
    ]
