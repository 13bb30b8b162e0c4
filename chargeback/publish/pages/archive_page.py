"""The archive's front page, ``<archive>/index.html``: months, revisions, states, totals, trend, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from markupsafe import escape
from msgspec import Struct

from chargeback.config.endpoint import is_on_loopback
from chargeback.evidence.period import Period, zone
from chargeback.model.archive_overview import MonthOverview, RevisionOverview, Signature
from chargeback.model.books import Status
from chargeback.model.money import minor_digits
from chargeback.model.text import readable
from chargeback.model.wording import counted, status_text
from chargeback.publish.pages.charts import team_colours
from chargeback.publish.pages.elements import heads, jump, pill, section, status_html, table, time_html, warning
from chargeback.publish.pages.rendering import isolated, plain, written
from chargeback.publish.pages.team_places import TeamPlace, places_section, team_order, team_places
from chargeback.publish.pages.trend import calendar, gross_of, trend_section
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


class ArchivedMonthRow(Struct, frozen=True):
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
    months: tuple[ArchivedMonthRow, ...]
    exceptions: int
    is_folded: bool


def render(months: Iterable[MonthOverview], *, head: str = "", timezone: ZoneInfo | None = None) -> bytes:
    """The page of these months; ``head`` is the SHA-256 of the archive's newest manifest; times are in the zone."""
    ordered = sorted(months, key=lambda month: month.period)
    place = timezone or zone("UTC")
    status, order = _status(ordered), team_order(ordered)
    colours = team_colours(order)
    places = team_places(ordered, order, colours)
    years = _years(ordered, place)
    body = [
        f"<header>\n<h1>Cost allocation archive</h1>\n{_jump(ordered, places)}</header>\n",
        f'<main id="content">\n{_status_html(ordered, years, status)}{_missing(ordered)}{_simulated(ordered)}\n',
    ]
    if ordered:
        body += [
            f"{trend_section(ordered, colours)}\n{_months_section(years, place)}\n{places_section(places)}\n",
            _proof(head, is_signed=any(revision.signatures for month in ordered for revision in month.revisions)),
        ]
    body.append(_FOOT)
    return b"".join(written(body, title=f"Chargeback archive: {status}"))


_FOOT = """</main>
<footer>
<p>Written by chargeback; each month's page, ledgers and evidence lie in its folder.</p>
</footer>"""
_PROOF = (
    "<p><code>chargeback verify</code> proves every checksum, the chain of revisions and that the ledgers follow from "
    "the evidence. Kept elsewhere, that number proves that nothing was taken away: "
    "<code>chargeback verify --head</code>.</p>\n"
)


def _jump(months: Sequence[MonthOverview], places: Sequence[TeamPlace]) -> str:
    if not months:
        return ""
    teams = [("teams", "Teams")] if places else []
    return jump([("trend", "Trend"), ("months", "Months"), *teams, ("proof", "Proof")])


def _status_html(months: Sequence[MonthOverview], years: Sequence[Year], status: str) -> str:
    state, newest = _state(months), ""
    if years:
        month, count = years[0].months[0], len(months)
        unsigned = sum(not each.latest.signatures for each in months)
        lacking = (
            f"; {unsigned} not signed in {'its' if unsigned == 1 else 'their'} latest revision" if unsigned else ""
        )
        newest = (
            f'<p>Newest: <a href="{escape(month.latest.href)}">{month.title}</a>, revision {month.latest.number}: '
            f"{plain(month.latest.status)}.</p>\n"
            f"<p>{count} {'month' if count == 1 else 'months'} archived, {_span(calendar(months))}{lacking}</p>\n"
        )
    return status_html(state, status, newest)


def _missing(months: Sequence[MonthOverview]) -> str:
    """Which months between the first and the last have no revision."""
    missing = sorted(set(calendar(months)) - {month.period for month in months})
    if not missing:
        return ""
    more = f" and {len(missing) - _MOST_MISSING} more months" if len(missing) > _MOST_MISSING else ""
    named = ", ".join(map(str, missing[:_MOST_MISSING]))
    return warning(
        f"<p><b>No revision of</b> {named}{more}: <code>chargeback run --catch-up</code> closes the gap.</p>"
    )


def _simulated(months: Sequence[MonthOverview]) -> str:
    count = sum(is_on_loopback(month.latest.endpoint) for month in months)
    if not count:
        return ""
    every = "this month" if len(months) == 1 else "each of these months"
    which = every if count == len(months) else f"{count} of these months"
    return warning(
        f"<p><b>Not the platform's figures:</b> {which} came from a program on the same computer, a simulation or a "
        "test. Not a bill to book.</p>"
    )


def _months_section(years: Sequence[Year], timezone: ZoneInfo) -> str:
    about = (
        f'<p class="about">Times in {escape(str(timezone))}. A restated month needs new signatures: those of an '
        "earlier revision do not hold for it.</p>\n"
    )
    return section("months", "Months", about, *map(_year_html, years))


def _year_html(year: Year) -> str:
    headings = heads(("Month", "Status")) + heads((), ("Gross", "Change")) + heads(("Signed",))
    caption = f"Months of {year.year}, newest first; the change is since the month before"
    heading, months = f"<h3>{year.year}</h3>", f"{table(caption, headings, map(_month_html, year.months))}\n"
    if not year.is_folded:
        return f"{heading}\n{months}"
    count = len(year.months)
    state = f"{year.exceptions} with exceptions" if year.exceptions else "all reconciled"
    folded = f'{heading} <span class="soft">{count} {"month" if count == 1 else "months"}, {state}</span>'
    return f'<details class="paper"><summary>{folded}</summary>\n{months}</details>\n'


def _month_html(month: ArchivedMonthRow) -> str:
    latest = month.latest
    restated = ", restated" if month.superseded else ""
    simulated = ", <b>not the platform's figures</b>" if latest.is_simulated else ""
    gross = "<br>".join(f"{value} {isolated(currency)}" for value, currency, _ in month.gross)
    change = "<br>".join(each or "–" for _, _, each in month.gross)
    label = ' data-label="{}"' if month.gross else ""
    revisions = "".join(f"{_revision_html(row, is_latest=row is latest)}\n" for row in (latest, *month.superseded))
    summary = (
        f'{"Revisions" if month.superseded else "Revision"} and checksums<span class="hidden"> of {month.title}</span>'
    )
    return (
        f'<tr role="row" id="{month.anchor}">\n'
        f'<th role="rowheader" scope="row"><a href="{escape(latest.href)}">{month.title}</a> '
        f'<span class="sub">revision {latest.number}{restated}{simulated}</span></th>\n'
        f'<td role="cell" class="text wide">{pill(latest.state, readable(latest.status))}</td>\n'
        f'<td role="cell" class="n"{label.format("Gross")}>{gross}</td>\n'
        f'<td role="cell" class="n"{label.format("Change")}>{change}</td>\n'
        f'<td role="cell" class="wide" data-label="Signed">\n{_signatures_html(month)}'
        f'<details><summary>{summary}</summary>\n<ul class="plain">\n{revisions}</ul>\n</details>\n</td>\n</tr>\n'
    )


def _signatures_html(month: ArchivedMonthRow) -> str:
    if month.latest.signatures:
        return "".join(f'<span class="line">{_signed(each)}</span>\n' for each in month.latest.signatures)
    if not month.earlier_signatures:
        return '<span class="soft">not yet</span>\n'
    warning = f'<span class="line">{pill("warning-pill", "signatures are of an earlier revision")}</span>\n'
    earlier = (
        f'<span class="line soft">revision {each.revision}: {_signed(each)}</span>\n'
        for each in month.earlier_signatures
    )
    return warning + "".join(earlier)


def _revision_html(row: RevisionRow, *, is_latest: bool) -> str:
    number, superseded = row.number, "" if is_latest else " (superseded)"
    gross = ",".join(f" {value} {isolated(currency)}" for value, currency in row.gross)
    parts = [
        f'<li><a href="{escape(row.href)}">Revision {number}</a>{superseded}: {plain(row.status)};{gross}'
        f"{';' if gross else ''} written {time_html(row.created, row.created_text)} by chargeback "
        f"{isolated(row.version)} from {isolated(row.endpoint)}\n"
        f'<span class="sub">manifest <code class="sha">{plain(row.head)}</code></span>\n',
        *(f'<span class="sub">signed by {_signed(each)}</span>\n' for each in row.signatures),
    ]
    if row.cover:
        link = f'<a href="{escape(row.cover)}">Cover page of revision {number}</a>'
        parts.append(f'<span class="sub">{link}, to be printed</span>\n')
    return "".join([*parts, "</li>\n"])


def _signed(signature: SignatureRow) -> str:
    note = f": {isolated(signature.note)}" if signature.note else ""
    who = f"{isolated(signature.by)}, {isolated(signature.role)}"
    return f"{who}, {time_html(signature.at, signature.at_text)}{note}"


def _proof(head: str, *, is_signed: bool) -> str:
    newest = f'<p>The newest manifest of this archive: <code class="sha">{plain(head)}</code></p>\n' if head else ""
    signed = '<p><a href="signatures.csv">signatures.csv</a> holds every signature.</p>\n' if is_signed else ""
    return section("proof", "Proof", newest, _PROOF, signed)


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


def _month(month: MonthOverview, before: MonthOverview | None, timezone: ZoneInfo) -> ArchivedMonthRow:
    superseded = tuple(_revision(month.period, revision, timezone) for revision in month.superseded)
    return ArchivedMonthRow(
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
