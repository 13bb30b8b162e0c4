"""Records that this program wrote, read back: what is no month is refused where it stands."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest
from msgspec import Struct, json

from chargeback.errors import AnswerError
from chargeback.evidence import EarlierManifest, RunRecord, typed_json
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_json
from chargeback.evidence.typed_json import decoded_list

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


class Entry(Struct):
    """What a list is of."""

    name: str
    inner: dict[str, str] = {}


ENTRIES = [Entry(f"a {number}\n  }},", {"more": "ก"}) for number in range(9)]
WRITTEN = canonical_json(ENTRIES)


def read(data: bytes) -> list[Entry]:
    """The list, as an index is read."""
    return list(decoded_list(data, Entry, path="list.json", noun="a list"))


@pytest.fixture(params=[1, 150, typed_json.BYTES_AT_ONCE])
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A piece of the list ends behind each entry, behind some, or nowhere."""
    monkeypatch.setattr(typed_json, "BYTES_AT_ONCE", request.param)


@pytest.mark.parametrize(
    "data", [WRITTEN, json.encode(ENTRIES), WRITTEN.replace(b'\n  {\n    "inner', b'\n {\n    "inner'),
             WRITTEN.replace(b'"\n    },', b'"\n  },')],
    ids=["as written", "on one line", "with another margin", "with the margin of an entry within"],
)  # fmt: skip
def test_a_list_that_is_decoded_in_pieces_is_the_same(data: bytes, at_once: None) -> None:
    assert read(data) == ENTRIES
    assert read(canonical_json([])) == []


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda data: b"",
    "no list": lambda data: b"{" + data[1:],
    "more behind it": lambda data: data + b"1",
    "another end": lambda data: data[:-2] + b"}\n",
    "a comma before nothing": lambda data: data.replace(b"\n]\n", b",\n\n]\n"),
    "no entry": lambda data: data.replace(b'"name": "a 7', b'"other": "a 7'),
    "not UTF-8": lambda data: data.replace("ก".encode(), b"\xff"),
    "endless": lambda data: data.replace(b'"a 7', b"[" * 5_000 + b'"a 7'),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_no_list_is_refused_as_a_whole(wrong: Callable[[bytes], bytes], at_once: None) -> None:
    with pytest.raises(AnswerError, match=r"list\.json: not a list \(") as error:
        read(wrong(WRITTEN))
    with pytest.raises(AnswerError) as whole:
        typed_json._read(wrong(WRITTEN), list[Entry], "list.json", "a list")
    assert str(error.value) == str(whole.value)


def test_a_list_of_very_many_things_that_are_none_takes_no_memory() -> None:
    data = b"[\n  {}" + b",1" * 1_000_000 + b"\n]\n"
    tracemalloc.start()
    with pytest.raises(AnswerError):
        read(data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000, "it was taken apart before the first one was looked at"
