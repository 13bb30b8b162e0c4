"""The parts of a workbook as openpyxl writes them, each workbook whole: what ``publish/xlsx/package`` is held to.

openpyxl knows the format by itself, so it vouches for every part that the program joins from strings. What it does not
offer is taken from its insides, which tests/test_requirements.py names. Rows and their texts are not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.chart import BarChart, LineChart
from openpyxl.chart.axis import ChartLines
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumFmt,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.formatting.rule import Rule
from openpyxl.packaging.extended import ExtendedProperties
from openpyxl.packaging.manifest import Override
from openpyxl.packaging.relationship import Relationship
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.workbook._writer import WorkbookWriter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter
from openpyxl.writer.theme import theme_xml
from openpyxl.xml.constants import (
    ARC_APP,
    ARC_CORE,
    ARC_ROOT_RELS,
    ARC_SHARED_STRINGS,
    ARC_STYLE,
    ARC_THEME,
    ARC_WORKBOOK,
    ARC_WORKBOOK_RELS,
    SHARED_STRINGS,
)
from openpyxl.xml.functions import Element, SubElement, tostring

from chargeback.publish.xlsx.shape import ChartData, ChartKind, Fill, FilterTable, SheetShape, letters, pages_wide
from chargeback.publish.xlsx.styles import BRAND, GENERAL, LINE, VERDICTS, Kind, look_of, looks

_A4 = 9
_ROW_HEIGHT = 16.0
_ROWS_HERE = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")


@dataclass(frozen=True, slots=True)
class BesideRows:
    """What a sheet says of rows that openpyxl does not have: the range that they fill and the one in which numbers kept
    as text are meant ("": neither is said), and where a row's first cell leads."""

    filled: str
    plain: str
    links: Sequence[tuple[int, str]]


def add_differential_styles(workbook: Workbook, styles: Iterable[DifferentialStyle]) -> None:
    """Have the workbook know the styles that rules give to cells, in this order."""
    for style in styles:
        cast(Any, workbook)._differential_styles.add(style)


class PartsWriter(ExcelWriter):
    """openpyxl's writer of all parts but the rows and their texts, into ``parts`` by path.

    ``frames``: the path of each sheet, its XML before and after the rows, and the paths of the parts that are its own.
    """

    def __init__(
        self,
        workbook: Workbook,
        sheets: Iterable[tuple[Worksheet, BesideRows]],
        stylesheet: bytes,
        parts: dict[str, bytes],
    ) -> None:
        super().__init__(workbook, cast(Any, _Parts(parts)))
        self.frames: list[tuple[str, bytes, bytes, list[str]]] = []
        self._stylesheet = stylesheet
        self._beside = {id(sheet): beside for sheet, beside in sheets}

    def write_worksheet(self, ws: Any) -> None:
        """One sheet without a row in it."""
        ws._drawing = SpreadsheetDrawing()
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images
        writer: Any = _FrameWriter(ws, self._beside[id(ws)])
        before, after = writer.frame()
        ws._rels = writer._rels
        self.frames.append((ws.path[1:], before, after, []))
        self.manifest.append(ws)

    def write_data(self) -> None:
        """Every part, in the order of openpyxl's own writer."""
        archive, workbook, openpyxl = cast(Any, self)._archive, cast(Any, self).workbook, cast(Any, self)
        archive.writestr(ARC_APP, tostring(ExtendedProperties().to_tree()))
        archive.writestr(ARC_CORE, tostring(workbook.properties.to_tree()))
        archive.writestr(ARC_THEME, theme_xml)
        openpyxl._write_worksheets()
        openpyxl._write_charts()
        for frame, sheet in zip(self.frames, workbook.worksheets, strict=True):
            frame[3].extend(part.path[1:] for part in (*sheet._charts, *sheet._tables.values()))
        openpyxl.manifest.Override.append(Override(f"/{ARC_SHARED_STRINGS}", SHARED_STRINGS))
        archive.writestr(ARC_STYLE, self._stylesheet)
        writer: Any = _PackageWriter(workbook)
        archive.writestr(ARC_ROOT_RELS, writer.write_root_rels())
        archive.writestr(ARC_WORKBOOK, writer.write())
        archive.writestr(ARC_WORKBOOK_RELS, writer.write_rels())
        openpyxl.manifest._write(archive, workbook)


class _Parts:
    """What openpyxl takes for a ZIP file: keeps the parts."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self._parts = parts

    def writestr(self, path: str, data: bytes | str) -> None:
        """Keep a part."""
        self._parts[path] = data.encode() if isinstance(data, str) else bytes(data)

    def namelist(self) -> list[str]:
        """The paths so far."""
        return list(self._parts)


class _PackageWriter(WorkbookWriter):
    """openpyxl's list of parts, with the shared strings among them."""

    def write_rels(self) -> Any:
        """The parts' relations, as XML."""
        make: Any = Relationship
        self.rels.append(make(type="sharedStrings", Target="sharedStrings.xml"))
        return cast(Any, super()).write_rels()


class _FrameWriter(WorksheetWriter):
    """openpyxl's sheet without a row in it."""

    def __init__(self, sheet: Any, beside: BesideRows) -> None:
        self._beside, self._bytes = beside, BytesIO()
        super().__init__(sheet, out=self._bytes)
        cast(Any, self.ws)._hyperlinks = [
            Hyperlink(ref=f"A{row}", location=place, display=None) for row, place in beside.links
        ]

    def frame(self) -> tuple[bytes, bytes]:
        """The XML before the rows, and the XML after them."""
        self.write()
        before, after = _ROWS_HERE.split(self._bytes.getvalue(), maxsplit=1)
        return before, after

    def write_dimensions(self) -> None:
        """The range that the rows fill, where it is known beforehand."""
        if self._beside.filled:
            self.xf.send(Element("dimension", {"ref": self._beside.filled}))

    def write_drawings(self) -> None:
        """Drawings come after the ignored errors (ECMA-376 part 1, 18.3.1.99)."""
        if self._beside.plain:
            errors = Element("ignoredErrors")
            SubElement(errors, "ignoredError", {"sqref": self._beside.plain, "numberStoredAsText": "1"})
            self.xf.send(errors)
        super().write_drawings()


def describe(sheet: Worksheet, shape: SheetShape, fill: Fill) -> None:
    """Tell openpyxl of a sheet all but its rows: A4 landscape, pages numbered, file and revision below; a chart begins
    a page, so that none is cut."""
    last = letters(shape.columns)
    for column, width in fill.widths.items():
        sheet.column_dimensions[letters(column)].width = width
    sheet.freeze_panes = f"{letters(shape.frozen_columns + 1)}{shape.frozen_rows + 1}"
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _ROW_HEIGHT, True
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.print_title_rows = f"1:{shape.frozen_rows}"
    if shape.frozen_columns:
        sheet.print_title_cols = f"A:{letters(shape.frozen_columns)}"
    if shape.printed:
        sheet.print_area = f"A1:{letters(shape.printed)}{fill.rows}"
    _set_up_page(sheet, fill.footer, pages_wide(shape, fill))
    if shape.table:
        _add_table(sheet, shape.table, f"A{shape.filter_row}:{last}{fill.last_row}")
    elif shape.filter_row:
        sheet.auto_filter.ref = f"A{shape.filter_row}:{last}{fill.last_row}"
    for column in shape.verdicts:
        _colour(sheet, shape, f"{letters(column)}{shape.verdicts_from}:{letters(column)}{fill.last_row}")
    for kind, data in zip(shape.charts, fill.charts, strict=True):
        sheet.add_chart(_CHARTS[kind](data), f"A{data.row}")
        sheet.row_breaks.append(Break(id=data.row - 1))


def _set_up_page(sheet: Worksheet, footer: str, pages: int) -> None:
    page = sheet.page_setup
    page.orientation, page.paperSize = "landscape", _A4
    page.fitToWidth, page.fitToHeight = pages, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.3, 0.3
    sheet.HeaderFooter.scaleWithDoc = False
    below = cast(HeaderFooterItem, sheet.oddFooter)
    for part, text in (
        (below.left, footer.replace("&", "&&")),
        (below.center, "&A"),
        (below.right, "Page &P of &N"),
    ):
        part.text, part.size = text, 8


def _add_table(sheet: Worksheet, table: FilterTable, ref: str) -> None:
    style = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    made = Table(displayName=table.name, ref=ref, tableStyleInfo=style)
    made.autoFilter = AutoFilter(ref=ref)
    made.tableColumns = [TableColumn(id=number, name=name) for number, name in enumerate(table.columns, start=1)]
    sheet.add_table(made)


def _colour(sheet: Worksheet, shape: SheetShape, ref: str) -> None:
    styles = verdict_styles()
    for word, style in shape.words:
        sheet.conditional_formatting.add(ref, _equal_rule(word, styles[style]))


def _equal_rule(word: str, style: DifferentialStyle) -> Rule:
    return Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=style)


def _bar_chart(data: ChartData) -> BarChart:
    """A native bar chart, the first row's bar on top, its values kept with it."""
    chart = BarChart()
    chart.type, chart.gapWidth = "bar", 40
    _set_up_chart(chart, data, ChartKind.BARS)
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.numFmt = data.number_format
    chart.x_axis.scaling.orientation = "maxMin"
    chart.y_axis.delete, chart.y_axis.majorGridlines = True, None
    chart.layout = Layout(manualLayout=ManualLayout("inner", "edge", "edge", x=0.28, y=0.14, w=0.58, h=0.8))
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=BRAND)
    return chart


def _line_chart(data: ChartData) -> LineChart:
    """A native line chart from left to right, from zero on, its values kept with it; no point where none is known."""
    chart = LineChart()
    _set_up_chart(chart, data, ChartKind.LINE)
    chart.y_axis.delete, chart.y_axis.numFmt = False, NumFmt(data.number_format, sourceLinked=False)
    chart.y_axis.majorGridlines = ChartLines(spPr=GraphicalProperties(ln=LineProperties(solidFill=LINE)))
    series = chart.series[0]
    series.graphicalProperties = GraphicalProperties()
    series.graphicalProperties.line.solidFill, series.graphicalProperties.line.width = BRAND, 28_575
    series.marker = Marker(symbol="circle", size=6, spPr=GraphicalProperties(solidFill=BRAND))
    series.smooth = False
    return chart


_CHARTS: Mapping[ChartKind, Callable[[ChartData], BarChart | LineChart]] = {
    ChartKind.BARS: _bar_chart,
    ChartKind.LINE: _line_chart,
}


def _set_up_chart(chart: Any, data: ChartData, kind: ChartKind) -> None:
    chart.style, chart.legend, chart.title = 10, None, data.title
    chart.width, chart.height = kind.value
    chart.series.append(_series(data))
    chart.x_axis.delete = False


def _series(data: ChartData) -> Series:
    names = [StrVal(idx=place, v=name) for place, (name, _) in enumerate(data.points)]
    amounts: list[Any] = [NumVal(idx=place, v=float(amount)) for place, (_, amount) in enumerate(data.points) if amount]
    names_kept = StrData(ptCount=len(names), pt=names)
    amounts_kept = NumData(formatCode=data.number_format, ptCount=len(data.points), pt=amounts)
    return Series(
        idx=0,
        order=0,
        cat=AxDataSource(strRef=StrRef(f=data.names_at, strCache=names_kept)),
        val=NumDataSource(numRef=NumRef(f=data.amounts_at, numCache=amounts_kept)),
    )


def parts_writer(workbook: Workbook, sheets: Sequence[tuple[SheetShape, Fill]], parts: dict[str, bytes]) -> PartsWriter:
    """What writes a workbook with these sheets, all but their rows and texts, into ``parts`` by path."""
    made = []
    for shape, fill in sheets:
        sheet = cast(Worksheet, workbook.create_sheet(shape.name))
        describe(sheet, shape, fill)
        made.append((sheet, _beside_rows(shape, fill)))
    return PartsWriter(workbook, made, stylesheet()[1], parts)


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


def stylesheet() -> tuple[dict[tuple[Kind, str], int], bytes]:
    """The number that openpyxl gives each style, and its part ``xl/styles.xml``."""
    workbook: Any = Workbook()
    sheet = workbook.worksheets[0]
    numbers: dict[tuple[Kind, str], int] = {}
    for kind, number_format in looks():
        cell = sheet.cell(len(numbers) + 1, 1)
        style = look_of(kind)
        cell.font = Font(name=style.font, size=style.size, bold=style.bold, italic=style.italic, color=style.color)
        cell.fill = PatternFill("solid", fgColor=style.fill) if style.fill else PatternFill()
        cell.border = Border(
            top=Side("thin", BRAND) if style.top else Side(), bottom=Side("medium", BRAND) if style.bottom else Side()
        )
        horizontal = style.horizontal or ("right" if number_format != GENERAL else "left")
        indent = 1 if horizontal == "left" and style.indented else 0
        cell.alignment = Alignment(horizontal=horizontal, vertical="center", wrap_text=style.wrap, indent=indent)
        cell.number_format = number_format
        numbers[kind, number_format] = cell.style_id
    add_differential_styles(workbook, verdict_styles().values())
    return numbers, bytes(tostring(write_stylesheet(workbook)))


def verdict_styles() -> dict[str, DifferentialStyle]:
    """The styles that rules give to words."""
    return {
        name: DifferentialStyle(font=Font(bold=True, color=colour), fill=PatternFill("solid", bgColor=fill))
        for name, (colour, fill) in VERDICTS.items()
    }
