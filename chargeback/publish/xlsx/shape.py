"""What sheets of one shape have alike, what fills it in, and how openpyxl is told of both.

Sheets of one shape differ in their rows, widths, footer, last row, links' rows and the bars of their chart: openpyxl
makes a shape once, with marks in the place of these, and each sheet's own are filled in (``shell``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from openpyxl.chart import BarChart
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.publish.xlsx.styles import BRAND, verdict_styles

MOST_BARS = 15
"""Bars of a chart at most: its rows are sorted, so they are the largest."""
_A4 = 9
_ROW_HEIGHT = 16.0
"""Points: room for the marks above and below Thai letters."""
_CHART_SIZE = (15, 9)
"""Centimetres."""


@dataclass(frozen=True, slots=True)
class FilterTable:
    """A spreadsheet's table with filters: the name that formulas call it by, and its columns, which all differ."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SheetShape:
    """What all sheets of the shape have alike.

    The first ``frozen_rows`` and ``frozen_columns`` stay in view and are repeated on every page that lacks them;
    ``columns`` is how many have figures; ``filter_row`` heads the rows that can be filtered, as a ``table`` where it is
    one (0: none); ``plain_from`` is the first row in which numbers kept as text are meant (0: none); ``verdicts`` are
    columns of words to colour, from row ``verdicts_from`` on, by ``words`` (the word, and "good", "bad" or "known");
    ``links`` are where cells of the first column lead; ``chart`` is the column and row of the chart's corner. Columns
    count from 1.
    """

    name: str
    columns: int
    frozen_rows: int
    frozen_columns: int = 0
    pages_wide: int = 1
    filter_row: int = 0
    table: FilterTable | None = None
    plain_from: int = 0
    verdicts: tuple[int, ...] = ()
    verdicts_from: int = 0
    words: tuple[tuple[str, str], ...] = ()
    links: tuple[str, ...] = ()
    chart: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Bars:
    """What a chart shows: where names and amounts stand, as formulas write it, what stands there, and their format.

    The amounts are as written; a spreadsheet draws from the cells, another viewer from these.
    """

    title: str
    names_at: str
    amounts_at: str
    number_format: str
    bars: Sequence[tuple[str, str]]


@dataclass(slots=True)
class Fill:
    """One sheet's own: widths in characters by the column's number, the footer's left part, the last row of its figures
    and the last one of all (0: not known beforehand), the rows of its links, and its chart's bars."""

    widths: Mapping[int, float]
    footer: str
    last_row: int = 0
    end_row: int = 0
    link_rows: Sequence[int] = ()
    bars: Bars | None = None


def letters(column: int) -> str:
    """The letters of a column, which counts from 1."""
    return get_column_letter(column)


def describe(sheet: Worksheet, shape: SheetShape, fill: Fill) -> None:
    """Tell openpyxl of a sheet all but its rows: A4 landscape, pages numbered, file and revision below."""
    last = letters(shape.columns)
    for column, width in fill.widths.items():
        sheet.column_dimensions[letters(column)].width = width
    sheet.freeze_panes = f"{letters(shape.frozen_columns + 1)}{shape.frozen_rows + 1}"
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _ROW_HEIGHT, True
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 100
    sheet.print_title_rows = f"1:{shape.frozen_rows}"
    if shape.frozen_columns and shape.pages_wide > 1:
        sheet.print_title_cols = f"A:{letters(shape.frozen_columns)}"
    _set_up_page(sheet, shape, fill.footer)
    if shape.table:
        _add_table(sheet, shape.table, f"A{shape.filter_row}:{last}{fill.last_row}")
    elif shape.filter_row:
        sheet.auto_filter.ref = f"A{shape.filter_row}:{last}{fill.last_row}"
    for column in shape.verdicts:
        _colour(sheet, shape, f"{letters(column)}{shape.verdicts_from}:{letters(column)}{fill.last_row}")
    if shape.chart and fill.bars:
        column, row = shape.chart
        sheet.add_chart(_chart(fill.bars), f"{letters(column)}{row}")


def _set_up_page(sheet: Worksheet, shape: SheetShape, footer: str) -> None:
    page = sheet.page_setup
    page.orientation, page.paperSize = "landscape", _A4
    page.fitToWidth, page.fitToHeight = shape.pages_wide, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.3, 0.3
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


def _chart(bars: Bars) -> BarChart:
    """A native bar chart, the first row's bar on top, its values kept with it."""
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 40
    chart.title, (chart.width, chart.height) = bars.title, _CHART_SIZE
    chart.series.append(_series(bars))
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.numFmt = bars.number_format
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.y_axis.majorGridlines = None
    chart.layout = Layout(manualLayout=ManualLayout("inner", "edge", "edge", x=0.28, y=0.14, w=0.58, h=0.8))
    return chart


def _series(bars: Bars) -> Series:
    names = [StrVal(idx=place, v=name) for place, (name, _) in enumerate(bars.bars)]
    amounts: list[Any] = [NumVal(idx=place, v=float(amount)) for place, (_, amount) in enumerate(bars.bars)]
    names_kept = StrData(ptCount=len(names), pt=names)
    amounts_kept = NumData(formatCode=bars.number_format, ptCount=len(amounts), pt=amounts)
    series = Series(
        idx=0,
        order=0,
        cat=AxDataSource(strRef=StrRef(f=bars.names_at, strCache=names_kept)),
        val=NumDataSource(numRef=NumRef(f=bars.amounts_at, numCache=amounts_kept)),
    )
    series.graphicalProperties = GraphicalProperties(solidFill=BRAND)
    return series
