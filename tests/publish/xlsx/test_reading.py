"""The strict reader: what this program writes is read back as it was written, anything else is one kind of error."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.errors import WorkbookError
from chargeback.publish.team_workbook import files
from chargeback.publish.xlsx.cells import row
from chargeback.publish.xlsx.reading import WorkbookReader
from chargeback.publish.xlsx.styles import look
from chargeback.publish.xlsx.texts import SharedStrings, cell_text
from tests.kit import sample
from tests.kit.one_sheet import new_book, whole

ROOM = 50_000_000
SHEET, TEXTS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
ARCHIVES = Path(__file__).parents[2] / "archives"


def read(data: bytes, room: int = ROOM) -> dict[str, list[list[str]]]:
    """The values of all cells by sheet."""
    reader = WorkbookReader(BytesIO(data), room)
    return {sheet: [found.values for found in reader.rows(sheet)] for sheet in reader.sheets}


def a_workbook() -> bytes:
    """A team's workbook of the sample."""
    return b"".join(dict(files(sample.books(), sample.config()))["ledgers/web.xlsx"])


def rewritten(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The package with one part changed."""
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            new.writestr(part, change(old.read(part)) if part == name else old.read(part))
    return target.getvalue()


@given(st.lists(st.lists(st.text(max_size=20), max_size=4), max_size=5), st.integers(min_value=0, max_value=3))
def test_any_text_comes_back_as_the_cell_shows_it(rows: list[list[str]], most: int) -> None:
    book = new_book()
    book.strings = book.cells.strings = SharedStrings(most)
    made = [row([book.cells.text("ABCD"[place], text, look()) for place, text in enumerate(texts)]) for texts in rows]
    assert read(whole(book, made))["One"] == [[cell_text(text) for text in texts] for texts in rows]


def test_numbers_texts_and_formulas_come_back_as_written() -> None:
    book = new_book()
    cells = [book.cells.number("A", "10.50", look()), book.cells.formula("C", "A1&B1", "<&>", look()),
             book.cells.figure("AA", "-1234567890123456.78", look()), book.cells.formula("AB", "TRUE()", True, look()),
             book.cells.blank("AC", look())]  # fmt: skip
    (found,) = WorkbookReader(BytesIO(whole(book, [row(cells)])), ROOM).rows("One")
    assert found.letters == ("A", "C", "AA", "AB", "AC")
    assert found.values == ["10.50", "<&>", "-1234567890123456.78", "1", ""]
    assert found.are_texts == [False, True, True, False, False]
    assert found.formulas == [None, "A1&amp;B1", None, "TRUE()", None]


def test_workbooks_of_earlier_versions_are_ours_too() -> None:
    paths = sorted(ARCHIVES.rglob("*.xlsx"))
    assert {path.relative_to(ARCHIVES).parts[0] for path in paths} >= {"v0.1", "v0.2"}
    for path in paths:
        found = read(path.read_bytes())
        assert all(found[sheet] for sheet in found), path


CELL = rb'<c r="A1" s="\d+" t="s"><v>0</v></c>'
FOREIGN: list[tuple[str, Callable[[bytes], bytes]]] = [
    (SHEET, lambda part: b"<!DOCTYPE s [<!ENTITY a 'x'>]>" + part),
    (SHEET, lambda part: part.replace(b"<sheetData>", b"<!DOCTYPE x><sheetData>")),
    (SHEET, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b"<row/>" * 1_000_000)),
    (SHEET, lambda part: part.replace(b"<sheetData>", b"<sheetData>" + b"x" * 9_000_000)),
    (SHEET, lambda part: b" " * 80_000_000 + part),
    (SHEET, lambda part: part.replace(b'<row r="2"', b'<row r="3"')),
    (SHEET, lambda part: part.replace(b'<row r="1" ', b'<row r="1" hidden="1" ')),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A2" s="0" t="s"><v>0</v></c>', part, count=1)),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A1" s="0" t="s"><v>-1</v></c>', part, count=1)),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A1" s="0" t="s"><v>99999</v></c>', part, count=1)),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A1" s="0" t="e"><v>#REF!</v></c>', part, count=1)),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A1" s="0"><v>1</v></c><c r="A1" s="0"><v>2</v></c>', part, count=1)),
    (SHEET, lambda part: re.sub(CELL, b'<c r="A1" s="0"><v>\xff</v></c>', part, count=1)),
    (SHEET, lambda part: part.replace(b"</row>", b"</row><!-- x -->", 1)),
    (SHEET, lambda part: part[: len(part) // 2]),
    (SHEET, lambda part: part + b"<more/>"),
    (SHEET, lambda part: b"not xml"),
    (SHEET, lambda part: b""),
    (TEXTS, lambda part: part.replace(b"<si>", b"<si><r/>", 1)),
    (TEXTS, lambda part: part.replace(b"</sst>", b"<si><t>x</t></si>" * 40_000 + b"</sst>")),
    (TEXTS, lambda part: part[:-10]),
    ("xl/workbook.xml", lambda part: part.replace(b'sheetId="1"', b'sheetId="2"')),
    ("xl/workbook.xml", lambda part: part + b" " * 2_000_000),
    ("xl/workbook.xml", lambda part: b"\xff\xfe"),
    ("xl/_rels/workbook.xml.rels", lambda part: part.replace(b"sheet1.xml", b"sheet2.xml")),
]


@pytest.mark.parametrize(("name", "change"), FOREIGN)
def test_what_is_not_as_we_write_it_is_one_error(name: str, change: Callable[[bytes], bytes]) -> None:
    data = rewritten(a_workbook(), name, change)
    assert data != rewritten(a_workbook(), name, lambda part: part), "the change must change"
    with pytest.raises(WorkbookError):
        read(data)


def test_a_package_that_lacks_a_part_or_is_none_is_the_same_error() -> None:
    for data in (b"", b"PK\x05\x06" + b"\0" * 18, b"garbage" * 100, a_workbook()[:-40]):
        with pytest.raises(WorkbookError):
            read(data)
    for part in (SHEET, TEXTS, "xl/workbook.xml"):
        with pytest.raises(WorkbookError):
            read(rewritten(a_workbook(), "", lambda data: data).replace(part.encode(), part.encode().upper()))


def test_what_unpacks_to_more_than_its_room_is_not_read_on() -> None:
    data = a_workbook()
    assert read(data, 200_000)
    with pytest.raises(WorkbookError, match="unpacks to more"):
        read(data, 5_000)


def test_an_encrypted_part_is_the_same_error() -> None:
    data = bytearray(a_workbook())
    with zipfile.ZipFile(BytesIO(bytes(data))) as package:
        place, start = package.getinfo(SHEET).header_offset, package.start_dir
    data[place + 6] |= 1
    entry = data.index(SHEET.encode(), start) - 46
    data[entry + 8] |= 1
    with pytest.raises(WorkbookError):
        read(bytes(data))


def test_every_flipped_bit_is_found_or_does_no_harm() -> None:
    """A flip gives the same cells, other ones that a comparison finds, or the one error: nothing else is raised."""
    data, chance, outcomes = a_workbook(), Random(20), {"same": 0, "other": 0, "error": 0}
    expected = read(data)
    for _ in range(400):
        flipped, place = bytearray(data), chance.randrange(len(data))
        flipped[place] ^= 1 << chance.randrange(8)
        try:
            outcomes["same" if read(bytes(flipped)) == expected else "other"] += 1
        except WorkbookError:
            outcomes["error"] += 1
    assert sum(outcomes.values()) == 400
    assert outcomes["error"] > 50, outcomes
