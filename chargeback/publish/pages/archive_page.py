"""The archive's front page, ``<archive>/index.html``: months, revisions, states, totals, trend, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.evidence.period import Period, zone
from chargeback.model.archive_overview import MonthOverview, RevisionOverview, Signature
from chargeback.model.books import Status
from chargeback.model.money import minor_digits
from chargeback.model.wording import counted, status_text
from chargeback.publish.pages.rendering import is_on_loopback
from chargeback.publish.pages.rendering import render as rendered
from chargeback.publish.pages.team_colours import team_colours
from chargeback.publish.pages.team_places import team_order, team_places
from chargeback.publish.pages.trend import calendar, gross_of, trends
from chargeback.publish.pages.wording import amount, change_text, instant_text, minor, month_name

OPEN_YEARS = 2
"""The newest years whose months are shown at once; the earlier ones are folded, their exceptions counted."""
_MOST_MISSING = 12


class SignatureRow(Struct, frozen=True):
    """A signature as text."""

    by: str
    role: str
    at: str
    at_text: str
    note: str
    revision: int


class RevisionRow(Struct, frozen=True):
    """One revision of a month; ``cover`` leads to the cover page of a signed one, "" where nobody has signed."""

    number: int
    href: str
    state: str
    status: str
    created: str
    created_text: str
    version: str
    endpoint: str
    is_simulated: bool
    head: str
    gross: tuple[tuple[str, str], ...]
    signatures: tuple[SignatureRow, ...]
    cover: str


class MonthRow(Struct, frozen=True):
    """An archived month: ``latest`` counts, ``superseded`` are earlier ones; ``gross``: amount, currency, change."""

    anchor: str
    title: str
    latest: RevisionRow
    superseded: tuple[RevisionRow, ...]
    gross: tuple[tuple[str, str, str], ...]
    earlier_signatures: tuple[SignatureRow, ...]


class Year(Struct, frozen=True):
    """The archived months of a year, newest first."""

    year: int
    months: tuple[MonthRow, ...]
    exceptions: int
    is_folded: bool


def render(months: Iterable[MonthOverview], *, head: str = "", timezone: ZoneInfo | None = None) -> bytes:
    """The page of these months; ``head`` is the SHA-256 of the archive's newest manifest; times are in the zone."""
    ordered = sorted(months, key=lambda month: month.period)
    place = timezone or zone("UTC")
    periods = calendar(ordered)
    missing = sorted(set(periods) - {month.period for month in ordered})
    years = _years(ordered, place)
    order = team_order(ordered)
    colours = team_colours(order)
    simulated = sum(is_on_loopback(month.latest.endpoint) for month in ordered)
    return b"".join(
        rendered(
            "archive.html",
            f"Chargeback archive: {_status(ordered)}",
            count=len(ordered),
            span=_span(periods),
            state=_state(ordered),
            status=_status(ordered),
            missing=[str(period) for period in missing[:_MOST_MISSING]],
            more_missing=max(len(missing) - _MOST_MISSING, 0),
            simulated=simulated,
            unsigned=sum(not month.latest.signatures for month in ordered),
            head=head,
            timezone=str(place),
            trends=trends(ordered, colours),
            places=team_places(ordered, order, colours),
            years=years,
            newest=years[0].months[0] if years else None,
            has_signatures=any(revision.signatures for month in ordered for revision in month.revisions),
        )
    )


def _span(periods: Sequence[Period]) -> str:
    if not periods:
        return ""
    first, last = month_name(periods[0]), month_name(periods[-1])
    return first if first == last else f"{first} to {last}"


def _with_exceptions(months: Iterable[MonthOverview]) -> int:
    return sum(month.latest.status is not Status.RECONCILED for month in months)


def _state(months: Sequence[MonthOverview]) -> str:
    return (Status.EXCEPTIONS if _with_exceptions(months) else Status.RECONCILED).value


def _status(months: Sequence[MonthOverview]) -> str:
    """The archive in one line: how many months have exceptions, how many are reconciled with accepted ones."""
    if not months:
        return "nothing archived yet"
    failed = _with_exceptions(months)
    text = f"{counted(failed, 'month')} with exceptions" if failed else "every month reconciled"
    accepted = sum(month.latest.status is Status.RECONCILED and month.latest.accepted.count > 0 for month in months)
    return f"{text}, {accepted:,} reconciled with accepted exceptions" if accepted else text


def _years(months: Sequence[MonthOverview], timezone: ZoneInfo) -> tuple[Year, ...]:
    by_period = {month.period: month for month in months}
    years = sorted({month.period.year for month in months}, reverse=True)
    found = []
    for place, year in enumerate(years):
        of_year = [month for month in reversed(months) if month.period.year == year]
        rows = tuple(_month(month, by_period.get(month.period.plus(-1)), timezone) for month in of_year)
        found.append(Year(year, rows, _with_exceptions(of_year), place >= OPEN_YEARS))
    return tuple(found)


def _month(month: MonthOverview, before: MonthOverview | None, timezone: ZoneInfo) -> MonthRow:
    superseded = tuple(_revision(month.period, revision, timezone) for revision in month.superseded)
    return MonthRow(
        anchor=f"m{month.period}",
        title=month_name(month.period),
        latest=_revision(month.period, month.latest, timezone),
        superseded=superseded,
        gross=tuple(_gross(month, before, total.currency) for total in month.latest.totals),
        earlier_signatures=tuple(signature for revision in superseded for signature in revision.signatures),
    )


def _gross(month: MonthOverview, before: MonthOverview | None, currency: str) -> tuple[str, str, str]:
    now = gross_of(month, currency) or 0
    earlier = gross_of(before, currency) or 0 if before else None
    return minor(now, minor_digits(currency)), currency, change_text(earlier, now)


def _revision(period: Period, revision: RevisionOverview, timezone: ZoneInfo) -> RevisionRow:
    return RevisionRow(
        number=revision.revision,
        href=revision.page(period),
        state=revision.status.value,
        status=status_text(revision.status, revision.exceptions, revision.accepted, revision.not_performed),
        created=revision.created,
        created_text=instant_text(revision.created, timezone),
        version=revision.version,
        endpoint=revision.endpoint,
        is_simulated=is_on_loopback(revision.endpoint),
        head=revision.head,
        gross=tuple((amount(total.gross), total.currency) for total in revision.totals),
        signatures=tuple(_signature(signature, revision.revision, timezone) for signature in revision.signatures),
        cover=f"{period}/cover-r{revision.revision}.html" if revision.signatures else "",
    )


def _signature(signature: Signature, revision: int, timezone: ZoneInfo) -> SignatureRow:
    at_text = instant_text(signature.signed_at, timezone)
    return SignatureRow(signature.by, signature.role, signature.signed_at, at_text, signature.note, revision)
