"""The ZIP file: readable by others, of one date, its bytes handed on as they come."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.publish.xlsx import zip_stream
from chargeback.publish.xlsx.zip_stream import ZipStream, deflated

MOMENT = datetime(2026, 6, 1, 1, 2, 3)


def packed(parts: list[tuple[str, list[bytes], bool]]) -> bytes:
    """A file of these parts; the last field says whether a part is streamed."""
    stream = ZipStream(MOMENT)
    chunks: list[bytes] = []
    for name, part, is_streamed in parts:
        chunks += stream.stream(name, part) if is_streamed else stream.add(name, deflated(b"".join(part)))
    return b"".join([*chunks, *stream.finish()])


@given(st.lists(st.tuples(st.lists(st.binary(max_size=200), max_size=5), st.booleans()), max_size=6))
def test_what_is_written_is_read_back(parts: list[tuple[list[bytes], bool]]) -> None:
    named = [(f"xl/part{number}.xml", part, streamed) for number, (part, streamed) in enumerate(parts)]
    with ZipFile(BytesIO(packed(named))) as package:
        assert package.testzip() is None
        assert {name: package.read(name) for name in package.namelist()} == {
            name: b"".join(part) for name, part, _ in named
        }
        assert {entry.date_time for entry in package.infolist()} <= {(2026, 6, 1, 1, 2, 2)}
        assert {entry.external_attr >> 16 for entry in package.infolist()} <= {0o100640}


def test_a_part_beyond_the_formats_fields_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_stream, "LARGEST", 100)
    with pytest.raises(OverflowError, match=r"part\.xml has 101 bytes"):
        packed([("part.xml", [b"x" * 101], True)])
    with pytest.raises(OverflowError, match="the workbook has"):
        packed([(f"part{number}.xml", [bytes(range(99))], False) for number in range(3)])
