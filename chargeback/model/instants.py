"""RFC 3339 instants from outside, and the platform's ways of saying that there is none (CONTRACT, transport)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import lru_cache

from dateutil.parser import isoparse

from chargeback.errors import AnswerError
from chargeback.evidence.period import FIRST_YEAR, LAST_YEAR

_RFC_3339 = re.compile(r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:)(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


@lru_cache(maxsize=10_000)
def parse_instant(text: str | None) -> datetime | None:
    """The instant in UTC, or None for "", null and the year 1; ``AnswerError`` where the text is no RFC 3339 instant.

    Digits beyond a microsecond are cut; a leap second is the second after.
    """
    if text is None or not text.strip() or text.startswith("0001-01-01"):
        return None
    match = _RFC_3339.fullmatch(text)
    if match is None or not FIRST_YEAR <= int(text[:4]) <= LAST_YEAR:
        raise AnswerError(f'"{text[:40]}" is not an RFC 3339 time')
    day, minutes, second, fraction, offset = match.groups()
    leap = second == "60"
    try:
        whole = isoparse(f"{day}T{minutes}{'59' if leap else second}{offset.upper()}")
        instant = whole.astimezone(UTC) + timedelta(
            seconds=int(leap), microseconds=int((fraction or "0")[:6].ljust(6, "0"))
        )
    except (ValueError, OverflowError) as error:
        raise AnswerError(f'"{text[:40]}" is not an RFC 3339 time ({error})') from error
    return instant


def parse_http_date(text: str | None) -> datetime | None:
    """The instant of an HTTP ``Date`` header in UTC (RFC 9110, 5.6.7); None where none can be read."""
    if not text:
        return None
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def format_instant(instant: datetime) -> str:
    """RFC 3339 in UTC, to the second where it is whole: 2026-05-01T00:00:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
