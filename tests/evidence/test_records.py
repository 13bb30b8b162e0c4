"""JSON with one spelling: what is written in pieces is what is written at once."""

from __future__ import annotations

import pytest

from chargeback.evidence import Answer, Evidence, MemoryStore, ProjectPair, RunRecord
from chargeback.evidence.period import Period
from chargeback.evidence.records import canonical_chunks, canonical_json

RUN = RunRecord(Period(2026, 5), "2026-06-03T03:00:00Z", "http://127.0.0.1/", 1, None, ("1042",))


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_a_list_written_in_pieces_has_the_bytes_of_one_written_at_once(count: int) -> None:
    pairs = [ProjectPair(f"i{number}", "sid\n", "ชื่อ") for number in range(count)]
    rest: dict[str, object] = {
        "b": {"nested": [], "other": {}},
        "text": 'a\n"',
        "none": None,
        "tuple": (1, 2),
        "period": Period(2026, 5),
    }
    value = {"a": pairs, **rest}
    assert b"".join(canonical_chunks({"a": iter(pairs), **rest})) == canonical_json(value)
    assert b"".join(canonical_chunks(value)) == canonical_json(value)


def test_a_large_list_is_never_in_memory_as_text_whole() -> None:
    chunks = list(canonical_chunks({"rows": [{"id": number} for number in range(3000)]}))
    assert max(map(len, chunks)) < len(b"".join(chunks)) / 2


@pytest.mark.parametrize("count", [0, 1, 1001])
def test_the_index_of_evidence_is_canonical(count: int) -> None:
    answers = tuple(
        Answer(f"evidence/{number}/a.json", str(number), "billing.get", "http://127.0.0.1/", {"id": str(number)},
               "2026-06-03T03:00:00Z", None, 200, 2, "0" * 64)
        for number in range(count)
    )  # fmt: skip
    written = b"".join(Evidence(answers, RUN, MemoryStore()).index_json())
    assert written == canonical_json(answers)
