"""What the platform's accounts and projects say of the configuration: whose months they are, and who owns them.

The bounds of the account's own invoices tell the time zone: a wrong one would make every invoice a cut-off exception,
or book it into the month before (BOOKING 1). Projects nobody owns, and configured ones that do not exist, are seen
before they are an exception of a month.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from chargeback.allocate.ownership import Ownership
from chargeback.collect.credentials import Credential
from chargeback.config import Config
from chargeback.errors import AnswerError
from chargeback.evidence.period import Period, zone
from chargeback.model.answers import InvoiceAnswer
from chargeback.model.instants import parse_instant
from chargeback.model.projects import ProjectDirectory
from chargeback.operate.doctor.lines import DoctorLine, good, notice, wrong
from chargeback.operate.questions import PlatformQuestions

LIKELY = ("Asia/Bangkok", "UTC")
"""Where the platform's operator and most of its users are, and what servers reckon in."""
_MOST_NAMES = 12


def timezone(config: Config, invoices: Iterable[InvoiceAnswer]) -> Iterator[DoctorLine]:
    """Whether the invoices begin at midnight of the configured zone; which zone it would be otherwise."""
    starts = [start for invoice in invoices if (start := _start(invoice)) is not None]
    if not starts:
        yield notice(
            "time zone",
            f"{config.timezone_name}; no invoice yet shows whether it is right",
            "look again later",
        )
        return
    fitting = count_fitting(starts, config.timezone)
    if fitting == len(starts):
        yield good("time zone", f"{config.timezone_name}: all {fitting} invoices begin at its midnight")
        return
    better = guessed_zone(starts)
    message = f"{config.timezone_name}: {len(starts) - fitting} of {len(starts)} invoices do not begin at its midnight"
    if better is None:
        yield notice("time zone", f"{message}, nor all at any other zone's", "compare an invoice's period by hand")
    else:
        yield wrong("time zone", message, f'write timezone = "{better}"')


def guessed_zone(starts: Iterable[datetime]) -> str | None:
    """The likeliest zone in which all of the instants are midnights; None if there is none."""
    known = list(starts)
    names = (*LIKELY, *sorted(zoneinfo.available_timezones()))
    return next((name for name in names if known and count_fitting(known, zone(name)) == len(known)), None)


def invoice_starts(invoices: Iterable[InvoiceAnswer]) -> list[datetime]:
    """The instants at which the invoices' periods begin, of those that say so."""
    return [start for invoice in invoices if (start := _start(invoice)) is not None]


def count_fitting(starts: Iterable[datetime], timezone: ZoneInfo) -> int:
    """How many of the instants are midnights in the zone."""
    local = (start.astimezone(timezone) for start in starts)
    return sum(1 for instant in local if (instant.hour, instant.minute, instant.second) == (0, 0, 0))


def _start(invoice: InvoiceAnswer) -> datetime | None:
    try:
        return parse_instant(invoice.period_start)
    except AnswerError:
        return None


def ownership(
    config: Config, questions: PlatformQuestions, credentials: list[Credential], now: datetime
) -> Iterator[DoctorLine]:
    """Who owns what the platform lists, in the current month; ``ConfigurationError`` where claims are equal."""
    directory, _ = questions.projects(credentials)
    ours = projects_of(config, directory)
    if not ours:
        yield notice(
            "projects", "the platform lists none to this credential", "nothing: ledgers name projects by their sid"
        )
        return
    claims = Ownership.of(config, Period.holding(now, config.timezone))
    unowned = [sid for sid in ours if claims.owner(sid).is_nobody]
    if unowned:
        yield notice("unowned projects", enumerated(unowned), "add each to the projects of a team, or to [[shared]]")
    else:
        yield good("projects", f"each of {len(ours)} has an owner")
    missing = [f"{pattern} of {title}" for pattern, title in claims.unmatched(directory.by_sid)]
    if missing and not directory.refusals:
        yield notice("configured projects", f"the platform lists no {enumerated(missing)}", "correct or remove them")


def projects_of(config: Config, directory: ProjectDirectory) -> list[str]:
    """The sids of the listed projects that belong to the configured accounts, or to any where none is configured."""
    accounts = {entry.id for entry in config.accounts}
    return sorted(
        project.sid
        for project in directory.by_sid.values()
        if not accounts or not project.account or project.account in accounts
    )


def enumerated(names: Iterable[str]) -> str:
    """The names, not more than a line holds."""
    known = list(names)
    more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
    return ", ".join(known[:_MOST_NAMES]) + more
