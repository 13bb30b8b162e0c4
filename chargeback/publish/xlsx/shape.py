"""What sheets of one shape have alike, what fills it in, and how openpyxl takes both.

Sheets of one shape differ in their rows, widths, pages, footer, last row, links' rows and their charts' places and
points: openpyxl makes a shape once, with marks in the place of these, and each sheet's own are filled in (``shell``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from math import ceil
from typing import Any, cast

from msgspec import Struct
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
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.publish.xlsx.styles import BRAND, LINE, verdict_styles

MOST_BARS = 15
"""Bars of a chart at most: its rows are sorted, so they are the largest."""
_A4 = 9
_MOST_TABLES = 1 << 5
_ROW_HEIGHT = 16.0
"""Points: room for the marks above and below Thai letters."""
_PAGE_WIDTH = 784.0
"""Points of an A4 page in landscape between the margins."""
_POINTS_A_CHARACTER = 5.25
"""Of a column's width, as Calibri, the workbooks' font, has it."""
_SMALLEST = 0.7
"""So far shrunk, the smallest text of ours, of ten points, has seven."""


class ChartKind(Enum):
    """How a chart draws its points, and its width and height in centimetres."""

    BARS = (24.0, 9.0)
    LINE = (24.0, 6.5)


CHART_ROWS = {ChartKind.BARS: 18, ChartKind.LINE: 13}
"""Rows that a chart covers."""


class FilterTable(Struct, frozen=True):
    """A spreadsheet's table with filters: the name that formulas call it by, and its columns, which all differ."""

    name: str
    columns: tuple[str, ...]


class SheetShape(Struct, frozen=True):
    """What all sheets of the shape have alike.

    The first ``frozen_rows`` and ``frozen_columns`` stay in view and are repeated on every page that lacks them;
    ``columns`` is how many have figures; ``filter_row`` heads the rows that can be filtered, as a ``table`` where it is
    one (0: none), and ``is_sized`` where its last row is known before it is written; ``plain_from`` is the first row in
    which numbers kept as text are meant (0: none); ``verdicts`` are columns of words to colour, from row
    ``verdicts_from`` on, by ``words`` (the word, and "good", "bad" or "known"); ``links`` are where cells of the first
    column lead; ``charts`` are its charts, each from the first column on; ``printed`` how many columns are printed (0:
    all). Columns count from 1.
    """

    name: str
    columns: int
    frozen_rows: int
    frozen_columns: int = 0
    filter_row: int = 0
    table: FilterTable | None = None
    is_sized: bool = False
    plain_from: int = 0
    verdicts: tuple[int, ...] = ()
    verdicts_from: int = 0
    words: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    charts: tuple[ChartKind, ...] = ()
    printed: int = 0


class ChartData(Struct, frozen=True):
    """What a chart shows: where names and amounts stand, as formulas write it, what stands there, and their format;
    ``row`` is the one of its upper corner.

    The amounts are as written; a spreadsheet draws from the cells, another viewer from these.
    """

    title: str
    names_at: str
    amounts_at: str
    number_format: str
    points: Sequence[tuple[str, str]]
    row: int = 1


class Fill(Struct):
    """One sheet's own: widths in characters by the column's number, the footer's left part, the last row of its figures
    and the last one of all (0: not known beforehand), the rows of its links, and its charts in the order of the shape;
    ``pages`` that the columns are printed on side by side (0: as few as text of seven points allows); ``rows`` how many
    were written, which is known afterwards.
    """

    widths: Mapping[int, float]
    footer: str
    last_row: int = 0
    end_row: int = 0
    link_rows: Sequence[int] = ()
    charts: Sequence[ChartData] = ()
    pages: int = 0
    rows: int = 0


def pages_wide(shape: SheetShape, fill: Fill) -> int:
    """On how many pages side by side the sheet's columns are printed, so that no text is under seven points."""
    if fill.pages:
        return fill.pages
    last = shape.printed or max(fill.widths, default=0)
    points, repeated = (
        _POINTS_A_CHARACTER * _SMALLEST * sum(width for place, width in fill.widths.items() if place <= columns)
        for columns in (last, shape.frozen_columns)
    )
    return 1 if points <= _PAGE_WIDTH else ceil((points - repeated) / (_PAGE_WIDTH - repeated))


def letters(column: int) -> str:
    """The letters of a column, which counts from 1."""
    return get_column_letter(column)


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
    made.tableColumns = _table_columns(table.columns)
    sheet.add_table(made)


@lru_cache(_MOST_TABLES)
def _table_columns(names: tuple[str, ...]) -> list[TableColumn]:
    """A table's columns, which openpyxl only reads: a workbook may have one such table a company."""
    return [TableColumn(id=number, name=name) for number, name in enumerate(names, start=1)]


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
