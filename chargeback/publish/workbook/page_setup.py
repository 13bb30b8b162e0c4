"""How a sheet is read and printed: A4 landscape, header rows repeated, pages numbered, file and revision below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from openpyxl.formatting.rule import Rule
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.header_footer import HeaderFooterItem, _HeaderFooterPart
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from chargeback.publish.xlsx.styles import verdict_styles

_A4 = 9
_ROW_HEIGHT = 16.0
"""Points: room for the marks above and below Thai letters."""


def set_up(
    sheet: Worksheet,
    widths: Mapping[str, float],
    *,
    footer: str,
    freeze: str | None = None,
    header_rows: str | None = None,
    zoom: int = 100,
) -> None:
    """Set widths (in characters, by column letters), what stays in view, and the printed page.

    ``footer`` says the file and the revision; ``header_rows`` such as "1:1" are repeated on every page.
    """
    for column, width in widths.items():
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = freeze
    sheet.sheet_format.defaultRowHeight, sheet.sheet_format.customHeight = _ROW_HEIGHT, True
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = zoom
    if header_rows:
        sheet.print_title_rows = header_rows
    _set_up_page(sheet, footer)


def _set_up_page(sheet: Worksheet, footer: str) -> None:
    page = sheet.page_setup
    page.orientation, page.paperSize = "landscape", _A4
    page.fitToWidth, page.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.3, 0.3
    sheet.HeaderFooter.oddFooter = HeaderFooterItem(
        left=_HeaderFooterPart(text=footer.replace("&", "&&"), size=8),
        center=_HeaderFooterPart(text="&A", size=8),
        right=_HeaderFooterPart(text="Page &P of &N", size=8),
    )


def add_table(
    sheet: Worksheet, name: str, ref: str, columns: Sequence[str], *, style: str = "TableStyleLight1"
) -> None:
    """Make the range a table with filters; its first row holds ``columns``, which must all differ."""
    table = Table(displayName=name, ref=ref, tableStyleInfo=TableStyleInfo(name=style, showRowStripes=True))
    table.autoFilter = AutoFilter(ref=ref)
    table.tableColumns = [TableColumn(id=number, name=column) for number, column in enumerate(columns, start=1)]
    sheet.add_table(table)


def colour_verdicts(sheet: Worksheet, ref: str, words: Mapping[str, str]) -> None:
    """Colour cells of the range by the word that they hold: ``words`` maps it to "good", "bad" or "known"."""
    styles = verdict_styles()
    for word, style in words.items():
        sheet.conditional_formatting.add(ref, _equal_rule(word, styles[style]))


def _equal_rule(word: str, style: DifferentialStyle) -> Rule:
    return Rule(type="cellIs", operator="equal", formula=[f'"{word}"'], dxf=style)
