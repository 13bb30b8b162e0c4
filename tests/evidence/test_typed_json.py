"""Records that this program wrote, read back: what is no month is refused where it stands."""

from __future__ import annotations

import pytest

from chargeback.errors import AnswerError
from chargeback.evidence import EarlierManifest, RunRecord
from chargeback.evidence.period import Period

RECORD = RunRecord(
    Period(2026, 5), "2026-06-03T03:00:00Z", "http://127.0.0.1/", 1, None, ("1042",),
    earlier_manifests=(EarlierManifest(Period(2026, 4), 1, "0" * 64),),
)  # fmt: skip


def test_a_month_is_written_as_a_text_and_read_as_a_month() -> None:
    data = RECORD.to_json()
    assert b'"period": "2026-05"' in data
    read = RunRecord.from_json(data)
    assert (read.period, read.earlier_manifests) == (RECORD.period, RECORD.earlier_manifests)


@pytest.mark.parametrize(
    "text", [b'"2026-13"', b'"2026-4"', b'"1969-12"', b"202604", b"null", b'{"year": 2026, "month": 4}']
)
def test_what_is_no_month_is_refused_with_its_place(text: bytes) -> None:
    """A run would otherwise look for the payments of a month that there never was, and book none."""
    data = RECORD.to_json().replace(b'"2026-04"', text)
    with pytest.raises(
        AnswerError, match=r"evidence/run\.json: not a run record \(.*\$\.earlier_manifests\[0\]\.period"
    ):
        RunRecord.from_json(data)
