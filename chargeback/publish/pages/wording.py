"""How a page says things: amounts, instants, counts and states as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from chargeback.errors import AnswerError
from chargeback.model.books import AcceptedTotal, Status
from chargeback.model.instants import parse_instant
from chargeback.model.money import format_exact, format_minor
from chargeback.model.period import Period

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
    return _grouped(format_exact(value))


def minor(units: int, digits: int) -> str:
    """Minor units as an amount, thousands grouped: 115560 satang are "1,155.60"."""
    return _grouped(format_minor(units, digits))


def _grouped(written: str) -> str:
    whole, point, fraction = written.partition(".")
    return f"{int(whole):,}{point}{fraction}" if not whole.startswith("-0") else written


def counted(number: int, noun: str, plural: str = "") -> str:
    """A count with its noun: "1 exception", "1,204 exceptions"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def money_list(amounts: Iterable[tuple[str, str]]) -> str:
    """Amounts of several currencies in a row: "12.50 THB + 3.00 USD"."""
    return " + ".join(f"{text} {currency}".strip() for text, currency in amounts)


def accepted_text(accepted: AcceptedTotal) -> str:
    """What somebody answers for: "2 accepted (12.50 THB)", "" where there is nothing."""
    if not accepted.count:
        return ""
    amounts = money_list((amount(value), currency) for currency, value in accepted.amounts)
    return f"{accepted.count:,} accepted ({amounts})" if amounts else f"{accepted.count:,} accepted"


def status_text(status: Status, exceptions: int, accepted: AcceptedTotal) -> str:
    """The state wherever it is shown: "reconciled, 2 accepted (12.50 THB)", "3 exceptions, 1 accepted", "not ready"."""
    return ", ".join(part for part in (_state(status, exceptions), accepted_text(accepted)) if part)


def _state(status: Status, exceptions: int) -> str:
    if status is Status.RECONCILED:
        return "reconciled"
    if status is Status.NOT_READY:
        return "not ready"
    return counted(exceptions, "exception") if exceptions else "exceptions"


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
