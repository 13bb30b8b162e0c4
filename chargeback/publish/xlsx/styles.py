"""How cells look: one closed set of styles, the same in every workbook, so that it is made once.

A style is a kind (what the cell is for) and a number format; ``look`` gives its number in ``xl/styles.xml``.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.styles.differential import DifferentialStyle
from openpyxl.styles.stylesheet import write_stylesheet
from openpyxl.xml.functions import tostring

from chargeback.publish.xlsx.openpyxl_insides import add_differential_styles, look_like

INK = "1F2933"
GREY = "616E7C"
BRAND = "1D4E6B"
BRAND_PALE = "E4EEF4"
LINE = "CBD2D9"
GREEN, GREEN_PALE = "1B6E3C", "E3F4E8"
RED, RED_PALE = "A61B1B", "FBE5E5"
AMBER, AMBER_PALE = "8A5A00", "FFF3D6"

GENERAL, TEXT = "General", "@"
INTEGER = "0"
COUNT = "#,##0"
QUANTITY = "General;-General"
"""Whole numbers without a point behind them, others with the decimals that they have."""
PERCENT = "0.0%"
RATE = "0.00##%"
DATE = "yyyy-mm-dd"
MOMENT = "yyyy-mm-dd hh:mm"
EXACT = "#,##0.00????####"
MOST_MINOR_DIGITS = 6


def money(digits: int) -> str:
    """The number format of an amount with so many minor digits."""
    return COUNT if not digits else f"#,##0.{'0' * min(digits, MOST_MINOR_DIGITS)}"


class _Kind(Struct, frozen=True):
    size: int = 10
    bold: bool = False
    italic: bool = False
    color: str = INK
    fill: str = ""
    wrap: bool = False
    horizontal: str | None = None
    top: bool = False
    bottom: bool = False
    font: str = "Calibri"
    indented: bool = True


class Kind(StrEnum):
    """What a cell is for."""

    PLAIN = "plain"
    WRAPPED = "wrapped"
    QUIET = "quiet"
    NOTE = "note"
    STRONG = "strong"
    TITLE = "title"
    SUBTITLE = "subtitle"
    SECTION = "section"
    HEADER = "header"
    HEADER_RIGHT = "header right"
    HEADING = "heading"
    HEADING_RIGHT = "heading right"
    TOTAL = "total"
    GOOD = "good"
    BAD = "bad"
    KNOWN = "known"
    VERDICT = "verdict"
    RIGHT = "right"
    LINK = "link"
    MONO = "mono"


_KINDS = {
    Kind.PLAIN: _Kind(),
    Kind.WRAPPED: _Kind(wrap=True),
    Kind.QUIET: _Kind(color=GREY),
    Kind.NOTE: _Kind(color=GREY, italic=True),
    Kind.STRONG: _Kind(bold=True),
    Kind.TITLE: _Kind(size=18, bold=True, color=BRAND, indented=False),
    Kind.SUBTITLE: _Kind(size=11, color=GREY, indented=False),
    Kind.SECTION: _Kind(size=12, bold=True, color=BRAND, bottom=True, indented=False),
    Kind.HEADER: _Kind(bold=True, color="FFFFFF", fill=BRAND, wrap=True),
    Kind.HEADER_RIGHT: _Kind(bold=True, color="FFFFFF", fill=BRAND, wrap=True, horizontal="right"),
    Kind.HEADING: _Kind(bold=True, color="FFFFFF", fill=BRAND),
    Kind.HEADING_RIGHT: _Kind(bold=True, color="FFFFFF", fill=BRAND, horizontal="right"),
    Kind.TOTAL: _Kind(bold=True, fill=BRAND_PALE, top=True),
    Kind.GOOD: _Kind(bold=True, color=GREEN, fill=GREEN_PALE, horizontal="center"),
    Kind.BAD: _Kind(bold=True, color=RED, fill=RED_PALE, horizontal="center"),
    Kind.KNOWN: _Kind(bold=True, color=AMBER, fill=AMBER_PALE, horizontal="center"),
    Kind.VERDICT: _Kind(bold=True, horizontal="center"),
    Kind.RIGHT: _Kind(horizontal="right"),
    Kind.LINK: _Kind(color="0B5CAD"),
    Kind.MONO: _Kind(font="Consolas"),
}
_FORMATS = (
    GENERAL,
    INTEGER,
    QUANTITY,
    PERCENT,
    RATE,
    DATE,
    MOMENT,
    EXACT,
    *(money(digits) for digits in range(MOST_MINOR_DIGITS + 1)),
)
_NUMERIC_KINDS = (Kind.PLAIN, Kind.QUIET, Kind.STRONG, Kind.TOTAL)


class _Stylebook(Struct, frozen=True):
    looks: dict[tuple[Kind, str], int]
    xml: bytes


@cache
def _stylebook() -> _Stylebook:
    workbook: Any = Workbook()
    sheet = workbook.worksheets[0]
    looks: dict[tuple[Kind, str], int] = {}
    for kind in Kind:
        before, style = None, _KINDS[kind]
        for number_format in _FORMATS if kind in _NUMERIC_KINDS else (GENERAL,):
            cell = sheet.cell(len(looks) + 1, 1)
            if before is None:
                cell.font, cell.fill, cell.border = _font(style), _fill(style), _border(style)
            else:
                look_like(cell, before)
            cell.alignment, cell.number_format = _alignment(style, number_format), number_format
            looks[kind, number_format], before = cell.style_id, cell
    add_differential_styles(workbook, verdict_styles().values())
    return _Stylebook(looks, bytes(tostring(write_stylesheet(workbook))))


def _font(kind: _Kind) -> Font:
    return Font(name=kind.font, size=kind.size, bold=kind.bold, italic=kind.italic, color=kind.color)


def _fill(kind: _Kind) -> PatternFill:
    return PatternFill("solid", fgColor=kind.fill) if kind.fill else PatternFill()


def _border(kind: _Kind) -> Border:
    return Border(
        top=Side("thin", BRAND) if kind.top else Side(),
        bottom=Side("medium", BRAND) if kind.bottom else Side(),
    )


def _alignment(kind: _Kind, number_format: str) -> Alignment:
    """Numbers to the right, texts to the left and a little in, so that neither touches its neighbour."""
    horizontal = kind.horizontal or ("right" if number_format != GENERAL else "left")
    indent = 1 if horizontal == "left" and kind.indented else 0
    return Alignment(horizontal=horizontal, vertical="center", wrap_text=kind.wrap, indent=indent)


@cache
def look(kind: Kind = Kind.PLAIN, number_format: str = GENERAL) -> int:
    """The number of the style; only numbers' kinds have formats."""
    return _stylebook().looks[kind, number_format]


def stylesheet() -> bytes:
    """The part ``xl/styles.xml``."""
    return _stylebook().xml


@cache
def verdict_styles() -> dict[str, DifferentialStyle]:
    """How a verdict that a formula gives is coloured: agreed, differing, and known to somebody who answers for it."""
    return {
        "good": _verdict(GREEN, GREEN_PALE),
        "bad": _verdict(RED, RED_PALE),
        "known": _verdict(AMBER, AMBER_PALE),
    }


def _verdict(color: str, fill: str) -> DifferentialStyle:
    return DifferentialStyle(font=Font(bold=True, color=color), fill=PatternFill("solid", bgColor=fill))
