"""A shell that is made once and filled in has the parts that openpyxl gives when it writes the same workbook whole."""

from __future__ import annotations

import re
from datetime import datetime
from io import BytesIO
from zipfile import ZipFile

import pytest
from openpyxl.writer.excel import ExcelWriter

from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import row
from chargeback.publish.xlsx.shape import ChartData, ChartKind, Fill, FilterTable, SheetShape
from chargeback.publish.xlsx.shell import new_workbook, shell_of, shell_writer
from chargeback.publish.xlsx.styles import look

SHAPES = (
    SheetShape("Summary", 9, 2, charts=(ChartKind.BARS, ChartKind.LINE)),
    SheetShape("Lines", 3, 1, filter_row=1, table=FilterTable("Lines", ("net", "tax", "gross")), is_sized=True,
          plain_from=2),
    SheetShape("Lines 2", 3, 1, filter_row=1, table=FilterTable("Lines_2", ("net", "tax", "gross")), plain_from=2),
    SheetShape("Index", 6, 2, links=("'Summary'!A1", "'Lines 2'!A1")),
    SheetShape("Invoices", 33, 4, frozen_columns=3, filter_row=4, plain_from=5, verdicts=(17, 30),
          verdicts_from=5, words=(("agrees", "good"), ("differs", "bad"), ("accepted", "known")), printed=32),
    SheetShape("Second chart", 9, 2, charts=(ChartKind.LINE,)),
)  # fmt: skip
NAMES = ["acme-web", "ญี่ปุ่น & <Ltd>", "a \"quoted\" 'one'"]


def fills(count: int) -> list[Fill]:
    """What fills in the shapes, with so many bars and widths that differ."""
    amounts = ["1070", "192.60", "-33.33", "0.5", "123456789012.34"] * 3
    drawn = [(NAMES[place % 3], amount) for place, amount in enumerate(amounts[:count])]
    bars = ChartData("Net by project, THB & more", "Summary!$A$20:$A$22", "Summary!$E$20:$E$22", "#,##0.00", drawn, 7)
    line = ChartData("Net, THB", "Summary!$A$2:$A$4", "Summary!$B$2:$B$4", "#,##0", [("none", ""), *drawn], 30 + count)
    return [
        Fill(
            {place: 10.0 + place / 2 for place in range(1, 9 + count)},
            "ledgers/web.xlsx · 2026-05",
            charts=[bars, line],
        ),
        Fill({1: 9.0, 2: 40.0, 3: 12.5}, "a && b & c", 1_048_576, 1_048_576),
        Fill({1: 9.0}, "", count + 2, count + 5),
        Fill({1: 28.0, 6: 84.0}, "x", link_rows=(12, 13 + count)),
        Fill(dict.fromkeys(range(1, 34), 12.0), "reconciliation/reconciliation.xlsx", 7 + count, rows=1),
        Fill({3: 7.25}, "", charts=[line]),
    ]


def parts(data: bytes) -> dict[str, bytes]:
    """The parts of a package, without rows and their texts."""
    with ZipFile(BytesIO(data)) as package:
        found = {name: package.read(name) for name in package.namelist() if name != "xl/sharedStrings.xml"}
    return {name: re.sub(rb"<sheetData>.*</sheetData>", b"", part, flags=re.DOTALL) for name, part in found.items()}


def filled_in(count: int, title: str) -> bytes:
    """The workbook from the shell, its sheets written in another order than they stand in."""
    book = Book("2026-06-01T01:02:03Z", title, "subject <&>", SHAPES)
    chunks = [
        chunk
        for place in (2, 0, 1, 5, 4, 3)
        for chunk in book.sheet(SHAPES[place].name, [row([book.cells.text("A", "x", look())])], fills(count)[place])
    ]
    return b"".join([*chunks, *book.finish()])


def written_whole(count: int, title: str) -> dict[str, bytes]:
    """The same workbook's parts, each written by openpyxl for it alone."""
    found: dict[str, bytes] = {}
    workbook = new_workbook(title, "subject <&>", datetime(2026, 6, 1, 1, 2, 3))
    writer = shell_writer(workbook, list(zip(SHAPES, fills(count), strict=True)), found)
    writer.write_data()
    return found | {path: before + after for path, before, after, _ in writer.frames}


@pytest.mark.parametrize("count", [1, 2, 15])
@pytest.mark.parametrize("title", ["Web เว็บ & <Co>", "", "1040012"])
def test_filled_in_parts_are_those_that_openpyxl_writes(count: int, title: str) -> None:
    found, expected = parts(filled_in(count, title)), written_whole(count, title)
    assert found.keys() == expected.keys()
    assert [name for name in expected if found[name] != expected[name]] == []


def test_openpyxls_own_writer_gives_these_parts_too() -> None:
    """What the shell leaves to openpyxl's private parts is what its public ``save`` writes, but for sheets, styles and
    the list of parts, to which rows and texts are added."""
    workbook = new_workbook("T", "S", datetime(2026, 6, 1, 1, 2, 3))
    shapes, found = SHAPES[:2], dict[str, bytes]()
    shell_writer(workbook, list(zip(shapes, fills(3)[:2], strict=True)), found).write_data()
    again, target = new_workbook("T", "S", datetime(2026, 6, 1, 1, 2, 3)), BytesIO()
    shell_writer(again, list(zip(shapes, fills(3)[:2], strict=True)), {})
    ExcelWriter(again, ZipFile(target, "w")).save()
    others = parts(target.getvalue())
    ours = {"xl/styles.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"}
    assert {name for name in others if found.get(name) != others[name]} - ours == {
        "xl/worksheets/sheet1.xml",
        "xl/worksheets/sheet2.xml",
    }


def test_a_shape_is_made_once() -> None:
    shell_of.cache_clear()
    filled_in(1, "one")
    filled_in(15, "another")
    assert (shell_of.cache_info().misses, shell_of.cache_info().hits) == (1, 1)


def test_a_title_that_xml_cannot_hold_is_cleaned() -> None:
    with ZipFile(BytesIO(filled_in(1, "a\x00b\ufffec\ud800"))) as package:
        assert b"<dc:title" in package.read("docProps/core.xml")
        assert b">abc</dc:title>" in package.read("docProps/core.xml")


def test_a_sheet_that_is_not_written_is_an_error() -> None:
    book = Book("2026-06-01T01:02:03Z", "", "", SHAPES[:1])
    with pytest.raises(LookupError, match="Summary"):
        list(book.finish())


def test_a_figure_that_is_missing_is_an_error_and_no_mark() -> None:
    book = Book("2026-06-01T01:02:03Z", "", "", SHAPES[:1])
    with pytest.raises(KeyError):
        list(book.sheet("Summary", [], Fill({}, "")))
