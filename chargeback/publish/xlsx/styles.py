"""How cells look: one closed set of styles, the same in every workbook, so that it is made once.

A style is a kind (what the cell is for) and a number format; ``look`` gives its number in ``xl/styles.xml``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from xml.sax.saxutils import escape

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


@dataclass(frozen=True, slots=True)
class KindLook:
    """Font, fill, border and place of a cell's text."""

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
    Kind.PLAIN: KindLook(),
    Kind.WRAPPED: KindLook(wrap=True),
    Kind.QUIET: KindLook(color=GREY),
    Kind.NOTE: KindLook(color=GREY, italic=True),
    Kind.STRONG: KindLook(bold=True),
    Kind.TITLE: KindLook(size=18, bold=True, color=BRAND, indented=False),
    Kind.SUBTITLE: KindLook(size=11, color=GREY, indented=False),
    Kind.SECTION: KindLook(size=12, bold=True, color=BRAND, bottom=True, indented=False),
    Kind.HEADER: KindLook(bold=True, color="FFFFFF", fill=BRAND, wrap=True),
    Kind.HEADER_RIGHT: KindLook(bold=True, color="FFFFFF", fill=BRAND, wrap=True, horizontal="right"),
    Kind.HEADING: KindLook(bold=True, color="FFFFFF", fill=BRAND),
    Kind.HEADING_RIGHT: KindLook(bold=True, color="FFFFFF", fill=BRAND, horizontal="right"),
    Kind.TOTAL: KindLook(bold=True, fill=BRAND_PALE, top=True),
    Kind.GOOD: KindLook(bold=True, color=GREEN, fill=GREEN_PALE, horizontal="center"),
    Kind.BAD: KindLook(bold=True, color=RED, fill=RED_PALE, horizontal="center"),
    Kind.KNOWN: KindLook(bold=True, color=AMBER, fill=AMBER_PALE, horizontal="center"),
    Kind.VERDICT: KindLook(bold=True, horizontal="center"),
    Kind.RIGHT: KindLook(horizontal="right"),
    Kind.LINK: KindLook(color="0B5CAD"),
    Kind.MONO: KindLook(font="Consolas"),
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


VERDICTS = {"good": (GREEN, GREEN_PALE), "bad": (RED, RED_PALE), "known": (AMBER, AMBER_PALE)}
"""How a verdict that a formula gives is coloured, and on what: agreed, differing, and known to somebody who answers for
it."""
_BUILT_IN = {GENERAL: 0, INTEGER: 1, COUNT: 3, money(2): 4}
"""Number formats that every spreadsheet knows by number (ECMA-376 part 1, 18.8.30)."""
_FIRST_OWN_FORMAT = 164
_FONT = ('<font><name val="Calibri"/><family val="2"/><color theme="1"/><sz val="11"/><scheme val="minor"/></font>',)
_FILLS = ("<fill><patternFill/></fill>", '<fill><patternFill patternType="gray125"/></fill>')
_BORDER = ("<border><left/><right/><top/><bottom/><diagonal/></border>",)
_NO_STYLE = '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" pivotButton="0" quotePrefix="0" xfId="0"/>'
"""What a cell without a style has: a spreadsheet expects these first."""
_INDEXED_COLOURS = """
000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF
800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366 FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF
000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC CC99FF FFCC99
3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333
"""
"""The colours that older files call by number: a spreadsheet expects all of them."""


class _Listed(dict[str, int]):
    """Elements of a part by their place in it, each once."""

    def __init__(self, first: tuple[str, ...] = ()) -> None:
        super().__init__({element: place for place, element in enumerate(first)})

    def __missing__(self, element: str) -> int:
        self[element] = place = len(self)
        return place

    def xml(self, name: str) -> str:
        """The list as XML."""
        return f'<{name} count="{len(self)}">{"".join(self)}</{name}>'


def looks() -> Iterator[tuple[Kind, str]]:
    """Every style: a kind and a number format, which only numbers' kinds have."""
    for kind in Kind:
        for number_format in _FORMATS if kind in _NUMERIC_KINDS else (GENERAL,):
            yield kind, number_format


def look_of(kind: Kind) -> KindLook:
    """How cells of the kind look."""
    return _KINDS[kind]


@cache
def _stylebook() -> tuple[dict[tuple[Kind, str], int], str]:
    """The number of each style, and the part ``xl/styles.xml``."""
    fonts, fills, borders, styles, formats = (
        _Listed(_FONT), _Listed(_FILLS), _Listed(_BORDER), _Listed((_NO_STYLE,)), _Listed()
    )  # fmt: skip
    numbers: dict[tuple[Kind, str], int] = {}
    for kind, number_format in looks():
        style, number = _KINDS[kind], _BUILT_IN.get(number_format)
        if number is None:
            number = _FIRST_OWN_FORMAT + formats[number_format]
        solid = f'<fill><patternFill patternType="solid"><fgColor rgb="00{style.fill}"/></patternFill></fill>'
        fill = fills[solid] if style.fill else 0
        ids = f'numFmtId="{number}" fontId="{fonts[_font(style)]}" fillId="{fill}" borderId="{borders[_border(style)]}"'
        alignment = _alignment(style, number_format)
        numbers[kind, number_format] = styles[
            f'<xf {ids} applyAlignment="1" pivotButton="0" quotePrefix="0" xfId="0">{alignment}</xf>'
        ]
    own = [
        f'<numFmt numFmtId="{_FIRST_OWN_FORMAT + place}" formatCode="{escape(code)}"/>'
        for code, place in formats.items()
    ]
    colours = "".join(f'<rgbColor rgb="00{colour}"/>' for colour in _INDEXED_COLOURS.split())
    verdicts = _Listed(tuple(_verdict(*colours) for colours in VERDICTS.values()))
    return numbers, (
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<numFmts count="{len(own)}">{"".join(own)}</numFmts>{fonts.xml("fonts")}{fills.xml("fills")}'
        f'{borders.xml("borders")}<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs>{styles.xml("cellXfs")}<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0" '
        f'hidden="0"/></cellStyles>{verdicts.xml("dxfs")}<tableStyles count="0" defaultTableStyle="TableStyleMedium9" '
        f'defaultPivotStyle="PivotStyleLight16"/><colors><indexedColors>{colours}</indexedColors></colors></styleSheet>'
    )


def _font(kind: KindLook) -> str:
    bold, italic = ('<b val="1"/>' if kind.bold else "", '<i val="1"/>' if kind.italic else "")
    return f'<font><name val="{kind.font}"/>{bold}{italic}<color rgb="00{kind.color}"/><sz val="{kind.size}"/></font>'


def _border(kind: KindLook) -> str:
    colour = f'<color rgb="00{BRAND}"/>'
    top = f'<top style="thin">{colour}</top>' if kind.top else "<top/>"
    bottom = f'<bottom style="medium">{colour}</bottom>' if kind.bottom else "<bottom/>"
    return f"<border>{top}{bottom}</border>"


def _alignment(kind: KindLook, number_format: str) -> str:
    """Numbers to the right, texts to the left and a little in, so that neither touches its neighbour."""
    horizontal = kind.horizontal or ("right" if number_format != GENERAL else "left")
    wrapped = ' wrapText="1"' if kind.wrap else ""
    indent = ' indent="1"' if horizontal == "left" and kind.indented else ""
    return f'<alignment horizontal="{horizontal}" vertical="center"{wrapped}{indent}/>'


def _verdict(colour: str, fill: str) -> str:
    return (
        f'<dxf><font><b val="1"/><color rgb="00{colour}"/></font><fill><patternFill patternType="solid">'
        f'<bgColor rgb="00{fill}"/></patternFill></fill></dxf>'
    )


def look(kind: Kind = Kind.PLAIN, number_format: str = GENERAL) -> int:
    """The number of the style; only numbers' kinds have formats."""
    return _stylebook()[0][kind, number_format]


def stylesheet() -> str:
    """The part ``xl/styles.xml``."""
    return _stylebook()[1]
