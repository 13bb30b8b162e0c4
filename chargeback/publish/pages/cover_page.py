"""``<period>/cover-r<N>.html``: the cover page of a revision's working papers, to be printed and signed.

It says what stands in the archive now: the revision's own figures, and the signatures and dispositions that came later.
So it lies beside the revision and is no part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from chargeback.config.endpoint import is_on_loopback
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.archived_checks import DecidedFinding
from chargeback.model.money import EXACT
from chargeback.model.wording import booking_text, counted, grouped, status_text
from chargeback.publish.pages.elements import facts_html, heads, numbers, section, table, time_html
from chargeback.publish.pages.rendering import isolated, plain, written
from chargeback.publish.pages.wording import amount, instant_text, month_name

MOST_FINDINGS = 40
"""Findings that are listed; the others are counted."""
_FINEST = Decimal("0.0001")
_ROLES = (("preparer", "Prepared by"), ("reviewer", "Reviewed by"))


class Cover(Struct, frozen=True):
    """What a cover page says: of which month and revision, whose books, and how many checks were performed; ``later``
    is the number of a revision that supersedes it, 0 where none does."""

    period: Period
    entities: tuple[str, ...]
    revision: RevisionOverview
    checks: int
    findings: tuple[DecidedFinding, ...]
    later: int = 0


def cover_page(cover: Cover, timezone: ZoneInfo) -> bytes:
    """The page; times are in the zone."""
    title = month_name(cover.period)
    body = [
        f'<header>\n<p class="crumbs">Cover page of the working papers</p>\n'
        f"<h1>{title} <small>revision {cover.revision.revision}</small></h1>\n</header>\n"
        f'<main id="content" class="cover">\n',
        "\n".join(
            (
                section("what", "What this is of", _facts(cover, title, timezone)),
                section("totals", "Totals of the month", _totals(cover.revision)),
                section("conclusion", "Conclusion", _conclusion(cover)),
                section("signed", "Prepared and reviewed", _roles(cover.revision.signatures, timezone)),
                section("findings", "Findings", _findings(cover)),
            )
        ),
        _FOOT,
    ]
    return b"".join(written(body, title=f"Cover page {cover.period} revision {cover.revision.revision}"))


_FOOT = """</main>
<footer>
<p>Made from the archive, beside the revision and no part of it: <code>chargeback verify</code> proves the revision, and the head above names it. Written again by each signature, disposition and run of the month.</p>
</footer>"""  # noqa: E501 (one line of the page)


def _facts(cover: Cover, title: str, timezone: ZoneInfo) -> str:
    revision, period = cover.revision, cover.period
    simulated = " <b>(not the platform's figures)</b>" if is_on_loopback(revision.endpoint) else ""
    created = time_html(revision.created, instant_text(revision.created, timezone))
    facts = {
        "Entity": ", ".join(map(isolated, cover.entities)),
        "Period": f"{title} ({period}), calendar month in {plain(str(timezone))}",
        "Source": f"{isolated(revision.endpoint)}{simulated}",
        "Revision": f"{revision.revision}, written {created} by chargeback {isolated(revision.version)}",
        "Head": f'<code class="sha">{plain(revision.head)}</code>: the SHA-256 of '
        f"<code>{period}/r{revision.revision}/manifest.json</code>",
    }
    if cover.later:
        facts["Superseded"] = f"<b>revision {cover.later} of the month restates it</b>"
    return facts_html(facts)


def _totals(revision: RevisionOverview) -> str:
    if not revision.totals:
        return "<p>Nothing is booked in this month.</p>\n"
    rows = (
        f'<tr role="row">{_heading(isolated(each.currency))}'
        f"{numbers(_AMOUNTS, map(amount, (each.net, each.tax, each.gross)))}</tr>\n"
        for each in revision.totals
    )
    return table("Totals of the month by currency", heads(["Currency"], _AMOUNTS), rows, hidden=True)


_AMOUNTS = ("Net", "Tax", "Gross")


def _heading(content: str) -> str:
    return f'<th role="rowheader" scope="row">{content}</th>'


def _cell(name: str, content: str) -> str:
    return f'<td role="cell" data-label="{name}">{content}</td>'


def _conclusion(cover: Cover) -> str:
    revision = cover.revision
    status = status_text(revision.status, revision.exceptions, revision.accepted, revision.not_performed)
    booking = booking_text(revision.status)
    journal = f" The journal is {plain(booking)}." if booking else ""
    performed = f"100 % re-performed, no sampling; {_checks_text(cover)}"
    notes = [
        f"<p>{plain(each.role.capitalize())}: {isolated(each.note)}</p>\n" for each in revision.signatures if each.note
    ]
    none = '<p class="soft">Nobody has signed a conclusion of their own.</p>\n'
    return f"<p><b>{plain(status.capitalize())}</b>: {performed}.{journal}</p>\n{''.join(notes) or none}"


def _roles(signatures: Sequence[Signature], timezone: ZoneInfo) -> str:
    columns = ("Name", "Signed in the archive", "Signature on paper, date")
    rows = []
    for role, title in _ROLES:
        given = next((each for each in reversed(signatures) if each.role == role), None)  # the last one in the role
        by = isolated(given.by) if given and given.by else ""
        at = (
            time_html(given.signed_at, instant_text(given.signed_at, timezone))
            if given and given.signed_at
            else "not yet"
        )
        cells = "".join(map(_cell, columns, (by, at, "")))
        rows.append(f'<tr role="row">{_heading(title)}{cells}</tr>\n')
    return table("Who prepared and who reviewed", heads(("As", *columns)), rows, kind="stack signed", hidden=True)


def _findings(cover: Cover) -> str:
    if not cover.findings:
        return "<p>None.</p>\n"
    headings = heads(("Finding", "What and where")) + heads((), ("Checks", "Amount")) + heads(("Disposition",))
    caption = f"{counted(len(cover.findings), 'finding')}, the largest first"
    more = len(cover.findings) - MOST_FINDINGS
    rest = f"<p>And {more} more: <code>chargeback findings {cover.period}</code>.</p>\n" if more > 0 else ""
    return f"{table(caption, headings, map(_finding_row, cover.findings[:MOST_FINDINGS]))}{rest}"


def _finding_row(each: DecidedFinding) -> str:
    found = each.archived
    place = ", ".join(part for part in (found.account, found.invoice, found.subject.name) if part)
    where = f": {isolated(place)}" if place else ""
    title = plain(each.heading)
    code = f"<code>{plain(found.id)}</code>"
    money = "" if found.amount is None else f"{grouped(_shortened(found.amount))} {found.currency}".rstrip()
    decided = "open" if each.exceptions else "accepted by the configuration"
    if each.disposed:
        text, by, moment = each.disposed
        decided = f"{isolated(text)} ({isolated(by)}, {plain(moment[:10])})"
    return (
        f'<tr role="row">{_heading(code)}'
        f"{_cell('What and where', f'{title}{where}')}{numbers(('Checks', 'Amount'), (f'{found.checks:,}', money))}"
        f"{_cell('Disposition', decided)}</tr>\n"
    )


def _checks_text(cover: Cover) -> str:
    unperformed = cover.revision.not_performed
    return f"{counted(cover.checks, 'check')}, {unperformed:,} of them not performed"


def _shortened(text: str) -> str:
    """The amount without the noise of a report's floats: at most four decimals."""
    exact = Decimal(text)
    exponent = exact.as_tuple().exponent
    return f"{EXACT.quantize(exact, _FINEST):f}" if isinstance(exponent, int) and exponent < -4 else text
