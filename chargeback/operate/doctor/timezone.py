"""The time zone: the bounds of the account's own invoices tell whose months they are.

A wrong zone would make every invoice a cut-off exception, or book it into the month before (BOOKING 1).
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from chargeback.config import Config
from chargeback.errors import AnswerError
from chargeback.model.answers import InvoiceAnswer
from chargeback.model.instants import parse_instant
from chargeback.model.period import zone
from chargeback.operate.doctor.lines import DoctorLine, good, notice, wrong

LIKELY = ("Asia/Bangkok", "UTC")
"""Where the platform's operator and most of its users are, and what servers reckon in."""


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
    """The likeliest zone in which all of the instants are midnights; None where there is none."""
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
