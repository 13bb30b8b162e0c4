"""The native bar chart of a team's projects, drawn by the spreadsheet from the cells of the summary."""

from __future__ import annotations

from openpyxl.chart import BarChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.publish.workbook.styles import BRAND, money

MOST_BARS = 15
"""Bars at most: the rows are sorted, so they are the largest."""
WIDTH, HEIGHT = 17.0, 9.5
"""Centimetres."""


def add_bars(sheet: Worksheet, name: str, rows: tuple[int, int, str], title: str, anchor: str, digits: int) -> None:
    """Add bars of the rows' amounts (first row, last row, column), the first row's on top; names stand in column A."""
    first, last, column = rows
    shown = min(last, first + MOST_BARS - 1)
    chart = BarChart()
    chart.type, chart.style, chart.legend, chart.gapWidth = "bar", 10, None, 40
    chart.title = title if shown == last else f"{title} (the {MOST_BARS} largest)"
    chart.width, chart.height = WIDTH, HEIGHT
    chart.add_data(Reference(sheet, range_string=f"{name}!${column}${first}:${column}${shown}"))
    chart.set_categories(Reference(sheet, range_string=f"{name}!$A${first}:$A${shown}"))
    chart.series[0].graphicalProperties = GraphicalProperties(solidFill=BRAND)
    chart.dataLabels = DataLabelList(showVal=True, showSerName=False, showCatName=False, showLegendKey=False)
    chart.dataLabels.numFmt = money(digits)
    chart.x_axis.scaling.orientation = "maxMin"
    chart.x_axis.delete, chart.y_axis.delete = False, True
    chart.y_axis.majorGridlines = None
    sheet.add_chart(chart, anchor)
