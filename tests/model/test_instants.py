"""Times from outside: instants, and the platform's ways of saying that there is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.errors import AnswerError
from chargeback.model.instants import format_instant, parse_http_date, parse_instant


@pytest.mark.parametrize(("text", "instant"), [
    ("2026-04-30T17:00:00Z", "2026-04-30T17:00:00+00:00"),
    ("2026-05-01T00:00:00+07:00", "2026-04-30T17:00:00+00:00"),
    ("2026-05-01t00:00:00z", "2026-05-01T00:00:00+00:00"),
    ("2026-05-01 00:00:00-03:30", "2026-05-01T03:30:00+00:00"),
    ("2026-05-31T23:59:59.999999999Z", "2026-05-31T23:59:59.999999+00:00"),
    ("2026-05-31T16:59:59.5Z", "2026-05-31T16:59:59.500000+00:00"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00+00:00"),
])  # fmt: skip
def test_rfc_3339_is_read_as_an_instant(text: str, instant: str) -> None:
    assert parse_instant(text) == datetime.fromisoformat(instant)


@pytest.mark.parametrize("text", [None, "", "  ", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+07:00"])
def test_each_way_of_leaving_out_a_time_is_none(text: str | None) -> None:
    assert parse_instant(text) is None


@pytest.mark.parametrize("text", [
    "2026-05-01", "2026-05-01T00:00:00", "2026-05-01T00:00Z", "20260501T000000Z", "yesterday", "2026-02-30T00:00:00Z",
    "2026-05-01T25:00:00Z", "2026-05-01T00:61:00Z", "2026-05-01T00:00:00+25:00", "9999-12-31T23:59:59Z",
    "2026-05-01T00:00:00Z\n", "２０２６-05-01T00:00:00Z", "1780272000",
])  # fmt: skip
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(AnswerError, match="is not an RFC 3339 time"):
        parse_instant(text)


@pytest.mark.parametrize(("text", "instant"), [
    ("Wed, 03 Jun 2026 03:00:00 GMT", "2026-06-03T03:00:00+00:00"),
    ("Wed, 03 Jun 2026 10:00:00 +0700", "2026-06-03T03:00:00+00:00"),
    ("Wednesday, 03-Jun-26 03:00:00 GMT", "2026-06-03T03:00:00+00:00"),
    ("soon", None),
    ("", None),
    (None, None),
    ("Wed, 99 Jun 2026 03:00:00 GMT", None),
])  # fmt: skip
def test_a_date_header_is_an_instant_or_none(text: str | None, instant: str | None) -> None:
    assert parse_http_date(text) == (datetime.fromisoformat(instant) if instant else None)


@given(st.datetimes(datetime(1970, 1, 2), datetime(8999, 1, 1)), st.integers(-839, 839))
def test_what_is_written_is_read_back_whatever_the_offset(naive: datetime, minutes: int) -> None:
    instant = naive.replace(tzinfo=UTC)
    sign, (hours, rest) = "-" if minutes < 0 else "+", divmod(abs(minutes), 60)
    local = (naive + timedelta(minutes=minutes)).isoformat()
    assert parse_instant(format_instant(instant)) == instant
    if 1970 <= int(local[:4]) <= 9000:
        assert parse_instant(f"{local}{sign}{hours:02}:{rest:02}") == instant
