"""The native bar chart of a team's projects, drawn by the spreadsheet from the summary's cells, values kept with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openpyxl.chart import BarChart
from openpyxl.chart.data_source import AxDataSource, NumData, NumDataSource, NumRef, NumVal, StrData, StrRef, StrVal
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.series import Series
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.model.money import format_minor
from chargeback.publish.workbook.shared_strings import cell_text
from chargeback.publish.workbook.styles import BRAND, money

MOST_BARS = 15
"""Bars at most: the rows are sorted, so they are the largest."""
_WIDTH, _HEIGHT = 15, 9
"""Centimetres."""


@dataclass(frozen=True, slots=True)
class Bars:
    """What the chart shows: names in column A, amounts (in minor units) in ``column``, from row ``first`` on."""

    currency: str
    digits: int
    first: int
    column: str
    amounts: Sequence[tuple[str, int]]

    @property
    def title(self) -> str:
        """The chart's title."""
        more = f" (the {MOST_BARS} largest)" if len(self.amounts) > MOST_BARS else ""
        return f"Gross by project, {self.currency}{more}"


def add_bars(sheet: Worksheet, name: str, bars: Bars, anchor: str) -> None:
    """Add the chart at the anchor, the first row's bar on top."""
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 40
    chart.title, chart.width, chart.height = cell_text(bars.title), _WIDTH, _HEIGHT
    chart.series.append(_series(name, bars))
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.numFmt = money(bars.digits)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.y_axis.majorGridlines = None
    chart.layout = Layout(manualLayout=ManualLayout("inner", "edge", "edge", x=0.28, y=0.14, w=0.58, h=0.8))
    sheet.add_chart(chart, anchor)


def _series(name: str, bars: Bars) -> Series:
    shown = bars.amounts[:MOST_BARS]
    last = bars.first + len(shown) - 1
    names = [StrVal(idx=place, v=cell_text(text)) for place, (text, _) in enumerate(shown)]
    values = [NumVal(idx=place, v=format_minor(units, bars.digits)) for place, (_, units) in enumerate(shown)]
    series = Series(
        idx=0,
        order=0,
        cat=AxDataSource(
            strRef=StrRef(f=f"{name}!$A${bars.first}:$A${last}", strCache=StrData(ptCount=len(names), pt=names))
        ),
        val=NumDataSource(
            numRef=NumRef(
                f=f"{name}!${bars.column}${bars.first}:${bars.column}${last}",
                numCache=NumData(formatCode=money(bars.digits), ptCount=len(values), pt=values),
            )
        ),
    )
    series.graphicalProperties = GraphicalProperties(solidFill=BRAND)
    return series
