"""How a page says things: amounts, instants, counts and states as people read them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from chargeback.errors import AnswerError
from chargeback.evidence.period import Period
from chargeback.model.instants import parse_instant
from chargeback.model.money import format_exact
from chargeback.model.wording import grouped

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def month_name(period: Period) -> str:
    """The month as a title: "May 2026"."""
    return f"{MONTHS[period.month - 1]} {period.year}"


def instant_text(text: str, timezone: ZoneInfo) -> str:
    """An RFC 3339 instant in a zone: "1 June 2026, 02:15"; the text as it is where it is no instant."""
    try:
        instant = parse_instant(text)
    except AnswerError:
        return text
    return _local(instant.astimezone(timezone)) if instant else text


def _local(moment: datetime) -> str:
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}, {moment.hour:02d}:{moment.minute:02d}"


def amount(value: Decimal) -> str:
    """A decimal with all its digits, thousands grouped: "1,155.60"."""
    return grouped(format_exact(value))


def minor(units: int, digits: int) -> str:
    """Minor units as an amount, thousands grouped: 115560 satang are "1,155.60"."""
    if not digits:
        return f"{units:,}"
    whole, fraction = divmod(abs(units), 10**digits)
    return f"{'-' if units < 0 else ''}{whole:,}.{fraction:0{digits}d}"


def percent(part: int, whole: int) -> str:
    """The part's share with one decimal, rounded half away from zero: "12.5 %"; "" where there is no whole."""
    if not whole:
        return ""
    thousandths = (2000 * abs(part) + abs(whole)) // (2 * abs(whole))
    sign = "-" if thousandths and (part < 0) != (whole < 0) else ""
    return f"{sign}{thousandths // 10:,}.{thousandths % 10} %"


def change_text(before: int | None, after: int) -> str:
    """How an amount moved: "+12.5 %", "new" where there was none before, "no change"."""
    if before is None:
        return ""
    if before == after:
        return "no change"
    moved = percent(after - before, abs(before))
    return (moved if moved.startswith("-") else f"+{moved}") if moved else "new"
