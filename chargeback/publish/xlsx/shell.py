"""The package but for the rows, as openpyxl writes it: made once for each shape of workbook, then filled in.

A mark is a number of seven digits that stands in no part by itself; openpyxl writes it where a sheet's own figures go.
Parts without a mark are deflated once. What openpyxl does not offer is in ``openpyxl_insides``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.compat import safe_string
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.publish.xlsx.openpyxl_insides import BesideRows, ShellWriter, add_differential_styles
from chargeback.publish.xlsx.shape import ChartData, Fill, SheetShape, describe, letters, pages_wide
from chargeback.publish.xlsx.styles import stylesheet, verdict_styles
from chargeback.publish.xlsx.texts import escape
from chargeback.publish.xlsx.zip_stream import Deflated, deflated

_END_ROW, _WIDTH, _PAGES, _WIDE_COLUMN = 1_040_002, 1_040_003, 1_040_004, 16_001
_FOOTER, _TITLE, _SUBJECT = "1040011", "1040012", "1040013"
_CHART_TITLE, _NAMES_AT, _AMOUNTS_AT, _FORMAT = "1040021", "1040022", "1040023", "1040024"
_POINT_NAME, _POINT_AMOUNT = "1040025", "1040026"
_COLUMNS, _NAME_POINTS, _AMOUNT_POINTS, _POINT_COUNT, _MOMENT = (
    b"1040031",
    b"1040032",
    b"1040033",
    b"1040034",
    b"1040035",
)
_FIRST_LINK, _FIRST_LAST_ROW, _FIRST_PRINTED_ROW, _MOST = 1_041_000, 1_042_000, 1_043_000, 1_000
_FIRST_CHART_ROW, _MOST_CHARTS = 1_044_000, 4
_MARK = re.compile(rb"(104[0-4]\d{3})(?!\d)")
_WHEN = datetime(1999, 1, 2, 3, 4, 5, tzinfo=UTC)
_REPEATED = (
    (re.compile(rb'<col [^>]*width="1040003"[^>]*/>'), _COLUMNS),
    (re.compile(rb'<pt idx="0"><v>1040025</v></pt>'), _NAME_POINTS),
    (re.compile(rb'<pt idx="0"><v>1040026</v></pt>'), _AMOUNT_POINTS),
    (re.compile(rb'(?<=<ptCount val=")1(?="/>)'), _POINT_COUNT),
    (re.compile(rb"1999-01-02T03:04:05Z"), _MOMENT),
)
"""What openpyxl wrote once and a workbook has as often as it needs, or otherwise; and the mark that stands for it."""
_POINT = '<pt idx="{}"><v>{}</v></pt>'
_MOST_SHAPES, _MOST_COLUMNS = 64, 1 << 12

Values = Mapping[bytes, str]
"""XML by the mark that it takes the place of."""


def _marks(place: int, shape: SheetShape) -> Fill:
    """The marks of the sheet at that place of the workbook; the part of the workbook names every sheet's last row."""
    points = [(_POINT_NAME, _POINT_AMOUNT)]
    charts = [
        ChartData(_CHART_TITLE, _NAMES_AT, _AMOUNTS_AT, _FORMAT, points, _chart_row(place, number) + 1)
        for number in range(len(shape.charts))
    ]
    links = range(_FIRST_LINK, _FIRST_LINK + _MOST)
    return Fill({_WIDE_COLUMN: float(_WIDTH)}, _FOOTER, _FIRST_LAST_ROW + place, _END_ROW, links, charts, _PAGES,
                _FIRST_PRINTED_ROW + place)  # fmt: skip


def _chart_row(place: int, number: int) -> int:
    """The mark of a chart's row, as a drawing counts rows: from 0."""
    return _FIRST_CHART_ROW + _MOST_CHARTS * place + number


class Template:
    """A part with marks; openpyxl writes sheets in ASCII, other characters by number, and all other parts in UTF-8."""

    def __init__(self, xml: bytes, encoding: str = "utf-8") -> None:
        self._encoding = encoding
        self.element = next(iter(re.findall(_REPEATED[0][0], xml)), b"").decode()
        for pattern, mark in _REPEATED:
            xml = pattern.sub(mark, xml)
        self._pieces = _MARK.split(xml)

    @property
    def is_constant(self) -> bool:
        """Whether it is the same in every workbook of the shape."""
        return len(self._pieces) == 1

    def filled(self, values: Values) -> bytes:
        """The part with the values in the place of the marks; ``KeyError`` where one is missing."""
        if self.is_constant:
            return self._pieces[0]
        marks = (values[mark].encode(self._encoding, "xmlcharrefreplace") for mark in self._pieces[1::2])
        return b"".join(piece for pair in zip(self._pieces[::2], (*marks, b""), strict=True) for piece in pair)


class Frame(Struct, frozen=True):
    """A sheet around its rows: its shape and path, the XML before and after them, and its charts' and table's paths."""

    shape: SheetShape
    path: str
    before: Template
    after: Template
    parts: Sequence[str]


class Shell(Struct, frozen=True):
    """All workbooks of one shape: ``constant`` parts as they are, ``marked`` ones to be filled in, and the sheets."""

    constant: Mapping[str, Deflated]
    marked: Mapping[str, Template]
    frames: Sequence[Frame]


@lru_cache(_MOST_SHAPES)
def shell_of(shapes: tuple[SheetShape, ...]) -> Shell:
    """The shell of workbooks with sheets of these shapes, in this order."""
    parts: dict[str, bytes] = {}
    writer = shell_writer(
        new_workbook(_TITLE, _SUBJECT, _WHEN),
        [(shape, _marks(place, shape)) for place, shape in enumerate(shapes)],
        parts,
    )
    writer.write_data()
    templates = {path: Template(part) for path, part in parts.items()}
    return Shell(
        {path: deflated(parts[path]) for path, template in templates.items() if template.is_constant},
        {path: template for path, template in templates.items() if not template.is_constant},
        [
            Frame(shape, path, Template(before, "ascii"), Template(after, "ascii"), own)
            for shape, (path, before, after, own) in zip(shapes, writer.frames, strict=True)
        ],
    )


def shell_writer(workbook: Workbook, sheets: Sequence[tuple[SheetShape, Fill]], parts: dict[str, bytes]) -> ShellWriter:
    """What writes a workbook with these sheets, all but their rows and texts, into ``parts`` by path."""
    made = []
    for shape, fill in sheets:
        sheet = cast(Worksheet, workbook.create_sheet(shape.name))
        describe(sheet, shape, fill)
        made.append((sheet, _beside_rows(shape, fill)))
    return ShellWriter(workbook, made, stylesheet(), parts)


def _beside_rows(shape: SheetShape, fill: Fill) -> BesideRows:
    last = letters(shape.columns)
    return BesideRows(
        filled=f"A1:{last}{fill.end_row}" if shape.is_sized else "",
        plain=f"A{shape.plain_from}:{last}{fill.last_row}" if shape.plain_from else "",
        links=list(zip(fill.link_rows, shape.links, strict=False)),
    )


def new_workbook(title: str, subject: str, moment: datetime) -> Workbook:
    """An empty workbook of ours, dated ``moment`` (UTC, without a zone)."""
    workbook = cast(Any, Workbook())
    workbook.remove(workbook.worksheets[0])
    workbook.calculation = CalcProperties(fullCalcOnLoad=False)
    add_differential_styles(workbook, verdict_styles().values())
    properties = workbook.properties
    properties.creator, properties.title, properties.subject = "chargeback", title, subject
    properties.created = properties.modified = moment
    return cast(Workbook, workbook)


def book_values(title: str, subject: str, moment: datetime) -> Values:
    """What fills in the marks of a workbook's own."""
    written = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return {_MOMENT: written, _TITLE.encode(): escape(title), _SUBJECT.encode(): escape(subject)}


def workbook_values(place: int, fill: Fill) -> Values:
    """What fills in the marks that parts of the workbook have of the sheet at that place: its last rows, and the rows
    of its charts."""
    rows = {_FIRST_LAST_ROW + place: fill.last_row, _FIRST_PRINTED_ROW + place: fill.rows}
    rows |= {_chart_row(place, number): chart.row - 1 for number, chart in enumerate(fill.charts)}
    return {str(mark).encode(): str(row) for mark, row in rows.items()}


def opening_values(frame: Frame, fill: Fill) -> Values:
    """What fills in the marks of the sheet before its rows, all of which is known by then."""
    columns = "".join(_column(frame.before.element, *column) for column in sorted(fill.widths.items()))
    return {str(_END_ROW).encode(): str(fill.end_row), _COLUMNS: columns}


def sheet_values(place: int, frame: Frame, fill: Fill) -> Values:
    """What fills in the marks of the sheet at that place after its rows, and of its table."""
    values = {
        str(_PAGES).encode(): str(pages_wide(frame.shape, fill)),
        _FOOTER.encode(): escape(fill.footer.replace("&", "&&")),
    }
    for link, row in enumerate(fill.link_rows):
        values[str(_FIRST_LINK + link).encode()] = str(row)
    return {**values, **workbook_values(place, fill)}


@lru_cache(_MOST_COLUMNS)
def _column(element: str, number: int, width: float) -> str:
    return element.replace(str(_WIDTH), safe_string(width)).replace(str(_WIDE_COLUMN), str(number))


def chart_values(data: ChartData) -> Values:
    """What fills in the marks of a chart; no point where an amount is ""."""
    texts = {_CHART_TITLE: data.title, _NAMES_AT: data.names_at, _AMOUNTS_AT: data.amounts_at,
             _FORMAT: data.number_format}  # fmt: skip
    points = list(enumerate(data.points))
    amounts = ((place, amount) for place, (_, amount) in points if amount)
    return {mark.encode(): escape(text) for mark, text in texts.items()} | {
        _NAME_POINTS: "".join(_POINT.format(place, escape(name)) for place, (name, _) in points),
        _AMOUNT_POINTS: "".join(_POINT.format(place, safe_string(float(amount))) for place, amount in amounts),
        _POINT_COUNT: str(len(points)),
    }
