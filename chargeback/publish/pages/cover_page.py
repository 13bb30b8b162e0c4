"""``<period>/cover-r<N>.html``: the cover page of a revision's working papers, to be printed and signed.

It says what stands in the archive now: the revision's own figures, and the signatures and dispositions that came later.
So it lies beside the revision and is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.archived_checks import ArchivedFinding
from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Code
from chargeback.model.wording import booking_text, counted, grouped, status_text
from chargeback.publish.pages.rendering import is_on_loopback, render
from chargeback.publish.pages.wording import amount, instant_text, month_name

MOST_FINDINGS = 40
"""Findings that are listed; the others are counted."""
_ROLES = (("preparer", "Prepared by"), ("reviewer", "Reviewed by"))


class CoverFinding(Struct, frozen=True):
    """A finding as its revision has it, and what was decided about it until now: what, by whom and when (RFC 3339), ""
    where nobody has decided; ``is_accepted`` where the configuration accepts all of it."""

    archived: ArchivedFinding
    disposition: str
    by: str
    at: str
    is_accepted: bool


class Cover(Struct, frozen=True):
    """What a cover page says: of which month and revision, whose books, and how many checks were performed; ``later``
    is the number of a revision that supersedes it, 0 where none does."""

    period: Period
    entities: tuple[str, ...]
    revision: RevisionOverview
    checks: int
    findings: tuple[CoverFinding, ...]
    later: int = 0


class TotalRow(Struct, frozen=True):
    """One currency's totals as text."""

    currency: str
    net: str
    tax: str
    gross: str


class RoleRow(Struct, frozen=True):
    """Who signed in a role, and when; "" where nobody has."""

    title: str
    by: str
    at: str
    at_text: str


class FindingRow(Struct, frozen=True):
    """A finding as text; ``state`` where nobody has decided about it."""

    id: str
    title: str
    where: str
    checks: str
    amount: str
    disposition: str
    by: str
    on: str
    state: str


def cover_page(cover: Cover, timezone: ZoneInfo) -> bytes:
    """The page; times are in the zone."""
    revision = cover.revision
    shown = cover.findings[:MOST_FINDINGS]
    return b"".join(
        render(
            "cover.html",
            f"Cover page {cover.period} revision {cover.revision}",
            title=month_name(cover.period),
            period=str(cover.period),
            entities=cover.entities,
            revision=revision.revision,
            later=cover.later,
            endpoint=revision.endpoint,
            is_simulated=is_on_loopback(revision.endpoint),
            created=revision.created,
            created_text=instant_text(revision.created, timezone),
            timezone=str(timezone),
            version=revision.version,
            head=revision.head,
            totals=[
                TotalRow(each.currency, amount(each.net), amount(each.tax), amount(each.gross))
                for each in revision.totals
            ],
            status=status_text(revision.status, revision.exceptions, revision.accepted, revision.not_performed),
            checks=_checks_text(cover),
            booking=booking_text(revision.status),
            signatures=revision.signatures,
            roles=[_role(role, title, revision.signatures, timezone) for role, title in _ROLES],
            findings=[_finding(each) for each in shown],
            findings_text=counted(len(cover.findings), "finding"),
            more=len(cover.findings) - len(shown),
        )
    )


def _checks_text(cover: Cover) -> str:
    unperformed = cover.revision.not_performed
    return f"{counted(cover.checks, 'check')}, {unperformed:,} of them not performed"


def _role(role: str, title: str, signatures: Sequence[Signature], timezone: ZoneInfo) -> RoleRow:
    """The last signature in the role."""
    given = next((each for each in reversed(signatures) if each.role == role), None)
    if given is None:
        return RoleRow(title, "", "", "")
    return RoleRow(title, given.by, given.signed_at, instant_text(given.signed_at, timezone))


def _finding(each: CoverFinding) -> FindingRow:
    found = each.archived
    where = ", ".join(part for part in (found.account, found.invoice, found.subject.name) if part)
    title = CATALOGUE[Code(found.check)].title if found.check in set(Code) else found.check
    money = "" if found.amount is None else f"{grouped(_shortened(found.amount))} {found.currency}".rstrip()
    state = "accepted by the configuration" if each.is_accepted else "open"
    return FindingRow(
        found.id, title, where, f"{found.checks:,}", money, each.disposition, each.by, each.at[:10], state
    )


def _shortened(text: str) -> str:
    """The amount without the noise of a report's floats: at most four decimals."""
    exact = Decimal(text)
    exponent = exact.as_tuple().exponent
    return f"{exact:.4f}" if isinstance(exponent, int) and exponent < -4 else text
