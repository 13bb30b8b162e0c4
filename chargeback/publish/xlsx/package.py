"""The parts of a workbook but its rows and their texts, as openpyxl 3.1 writes them, joined from strings.

A test has openpyxl write the same workbooks and demands the same parts, so that it vouches for each of them; a run does
without it, as its import and its description of each sheet took longer than all rows of a small month. Sheets are in
ASCII, other characters by number, and all other parts in UTF-8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from importlib.resources import files
from xml.sax.saxutils import escape

from chargeback.publish.xlsx.shape import (
    ChartData,
    ChartKind,
    Fill,
    FilterTable,
    SheetShape,
    letters,
    pages_wide,
)
from chargeback.publish.xlsx.styles import BRAND, LINE, VERDICTS, stylesheet
from chargeback.publish.xlsx.zip_stream import Deflated, deflated

_MOST_SHAPES = 64
_EMU_A_CENTIMETRE = 360_000
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_R = f'xmlns:r="{_OFFICE}/relationships"'
_A = f'xmlns:a="{_DRAWING}/main"'
_DC = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
_DATED = (
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:type="dcterms:W3CDTF"'
)
_APP = (
    f'<Properties xmlns="{_OFFICE}/extended-properties"><Application>Microsoft Excel Compatible / Openpyxl 3.1.5'
    "</Application><AppVersion>3.1</AppVersion></Properties>"
)
"""Who wrote the file, in the words of the library whose parts these are."""
_CONTENT = "application/vnd.openxmlformats-officedocument."
_SPREADSHEET = f"{_CONTENT}spreadsheetml."
_BEFORE_VIEWS = (
    f'<worksheet xmlns="{_MAIN}"><sheetPr><outlinePr summaryBelow="1" summaryRight="1"/><pageSetUpPr fitToPage="1"/>'
    "</sheetPr>"
)
_NO_MARKS = '<majorTickMark val="none"/><minorTickMark val="none"/>'
_DASH = '<a:prstDash val="solid"/>'


def _attribute(text: str) -> str:
    return escape(text, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def _relations(*kinds_and_targets: tuple[str, str]) -> str:
    """A part that relates another one to these, by kind and path."""
    made = (
        f'<Relationship Type="{kind}" Target="{target}" Id="rId{number}"/>'
        for number, (kind, target) in enumerate(kinds_and_targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(made)}</Relationships>'


@dataclass(frozen=True, slots=True)
class Frame:
    """One sheet of a workbook: its shape, its place among the sheets from 0 on, and the numbers of its drawing, of its
    first chart and of its table, each counted from 1 over the workbook."""

    shape: SheetShape
    place: int
    drawing: int
    chart: int
    table: int

    @property
    def path(self) -> str:
        """Where the sheet lies."""
        return f"xl/worksheets/sheet{self.place + 1}.xml"

    def before(self, fill: Fill) -> bytes:
        """The XML before the rows."""
        shape, columns = self.shape, sorted(fill.widths.items())
        size = f'<dimension ref="A1:{letters(shape.columns)}{fill.end_row}"/>' if shape.is_sized else ""
        widths = "".join(
            f'<col width="{width:.16g}" customWidth="1" min="{place}" max="{place}"/>' for place, width in columns
        )
        return f"{_BEFORE_VIEWS}{size}{_views(shape)}<cols>{widths}</cols><sheetData>".encode("ascii")

    def after(self, fill: Fill) -> bytes:
        """The XML after the rows, which by then are known."""
        shape = self.shape
        last = letters(shape.columns)
        is_filtered = shape.filter_row and not shape.table
        parts = [
            f'<autoFilter ref="A{shape.filter_row}:{last}{fill.last_row}"/>' if is_filtered else "",
            _verdicts(shape, fill.last_row),
            _links(shape, fill.link_rows),
            _page(fill.footer, pages_wide(shape, fill)),
            _breaks(fill.charts),
            f'<ignoredErrors><ignoredError sqref="A{shape.plain_from}:{last}{fill.last_row}" numberStoredAsText="1"/>'
            "</ignoredErrors>" if shape.plain_from else "",
            f'<drawing {_R} r:id="rId1"/>' if shape.charts else "",
            f'<tableParts count="1"><tablePart {_R} r:id="rId{1 + bool(shape.charts)}"/></tableParts>'
            if shape.table else "",
        ]  # fmt: skip
        return f"</sheetData>{''.join(parts)}</worksheet>".encode("ascii", "xmlcharrefreplace")

    def own_parts(self, fill: Fill) -> Iterator[tuple[str, str]]:
        """Path and XML of its charts and of its table."""
        for number, (kind, data) in enumerate(zip(self.shape.charts, fill.charts, strict=True), start=self.chart):
            yield f"xl/charts/chart{number}.xml", _chart(kind, data)
        if self.shape.table:
            ref = f"A{self.shape.filter_row}:{letters(self.shape.columns)}{fill.last_row}"
            yield f"xl/tables/table{self.table}.xml", _table(self.shape.table, self.table, ref)

    def drawing_part(self, fill: Fill) -> Iterator[tuple[str, str]]:
        """Path and XML of what places its charts; none where it has none."""
        if self.shape.charts:
            anchors = (
                _anchor(number, kind, data.row)
                for number, (kind, data) in enumerate(zip(self.shape.charts, fill.charts, strict=True), start=1)
            )
            yield (
                f"xl/drawings/drawing{self.drawing}.xml",
                f'<wsDr xmlns="{_DRAWING}/spreadsheetDrawing">{"".join(anchors)}</wsDr>',
            )

    def relations(self) -> Iterator[tuple[str, str]]:
        """Path and XML of what relates the sheet to its parts, and its drawing to its charts."""
        if self.shape.charts:
            charts = range(self.chart, self.chart + len(self.shape.charts))
            yield (
                f"xl/drawings/_rels/drawing{self.drawing}.xml.rels",
                _relations(*((f"{_OFFICE}/relationships/chart", f"/xl/charts/chart{number}.xml") for number in charts)),
            )
        targets = []
        if self.shape.charts:
            targets.append((f"{_OFFICE}/relationships/drawing", f"/xl/drawings/drawing{self.drawing}.xml"))
        if self.shape.table:
            targets.append((f"{_OFFICE}/relationships/table", f"/xl/tables/table{self.table}.xml"))
        if targets:
            yield f"xl/worksheets/_rels/sheet{self.place + 1}.xml.rels", _relations(*targets)


@dataclass(frozen=True, slots=True)
class Package:
    """All workbooks of one shape: their sheets, and the parts that all of them have alike, deflated once."""

    frames: Sequence[Frame]
    constant: Sequence[tuple[str, Deflated]]

    def closing(self, fills: Sequence[Fill], title: str, subject: str, moment: datetime) -> Iterator[tuple[str, str]]:
        """Path and XML of the parts that are known when all sheets are written."""
        yield "docProps/core.xml", _core(title, subject, moment)
        for frame, fill in zip(self.frames, fills, strict=True):
            yield from frame.drawing_part(fill)
        if _names_rows(self.frames):
            yield "xl/workbook.xml", _workbook(self.frames, fills)


@lru_cache(_MOST_SHAPES)
def package_of(shapes: tuple[SheetShape, ...]) -> Package:
    """The package of workbooks with sheets of these shapes, in this order."""
    frames, drawings, charts, tables = [], 0, 0, 0
    for place, shape in enumerate(shapes):
        frames.append(Frame(shape, place, drawings + 1, charts + 1, tables + 1))
        drawings, charts, tables = (
            drawings + bool(shape.charts), charts + len(shape.charts), tables + (shape.table is not None)
        )  # fmt: skip
    constant = [("docProps/app.xml", _shared("app")), ("xl/theme/theme1.xml", _shared("theme"))]
    constant += [(path, deflated(xml.encode())) for frame in frames for path, xml in frame.relations()]
    constant += [("xl/styles.xml", _shared("styles")), ("_rels/.rels", _shared("rels"))]
    if not _names_rows(frames):
        constant.append(("xl/workbook.xml", deflated(_workbook(frames, [Fill({}, "")] * len(frames)).encode())))
    constant.append(("xl/_rels/workbook.xml.rels", deflated(_workbook_relations(frames).encode())))
    constant.append(("[Content_Types].xml", deflated(_content_types(frames, charts).encode())))
    return Package(frames, constant)


@cache
def _shared(name: str) -> Deflated:
    """A part that every workbook has."""
    if name == "theme":
        return deflated(files("chargeback.publish.xlsx").joinpath("theme.xml").read_bytes())
    if name == "styles":
        return deflated(stylesheet().encode())
    properties = (f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml")
    targets = (
        (f"{_OFFICE}/relationships/officeDocument", "xl/workbook.xml"),
        properties,
        (f"{_OFFICE}/relationships/extended-properties", "docProps/app.xml"),
    )
    return deflated((_APP if name == "app" else _relations(*targets)).encode())


def _names_rows(frames: Sequence[Frame]) -> bool:
    """Whether the workbook's own part names rows that are known only when they are written."""
    return any((each.shape.filter_row and not each.shape.table) or each.shape.printed for each in frames)


def _core(title: str, subject: str, moment: datetime) -> str:
    written = f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return (
        f'<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"><dc:creator {_DC}>chargeback</dc:creator>'
        f"<dc:title {_DC}>{escape(title)}</dc:title><dc:subject {_DC}>{escape(subject)}</dc:subject>"
        f"<dcterms:created {_DATED}>{written}</dcterms:created><dcterms:modified {_DATED}>{written}</dcterms:modified>"
        "</cp:coreProperties>"
    )


def _workbook(frames: Sequence[Frame], fills: Sequence[Fill]) -> str:
    sheets = (
        f'<sheet {_R} name="{_attribute(each.shape.name)}" sheetId="{number}" state="visible" r:id="rId{number}"/>'
        for number, each in enumerate(frames, start=1)
    )
    names = (
        f'<definedName name="_xlnm.{name}" localSheetId="{each.place}"{hidden}>{escape(ranges)}</definedName>'
        for each, fill in zip(frames, fills, strict=True)
        for name, hidden, ranges in _defined_names(each.shape, fill)
    )
    return (
        f'<workbook xmlns="{_MAIN}"><workbookPr/><workbookProtection/><bookViews><workbookView visibility="visible" '
        'minimized="0" showHorizontalScroll="1" showVerticalScroll="1" showSheetTabs="1" tabRatio="600" firstSheet="0" '
        f'activeTab="0" autoFilterDateGrouping="1"/></bookViews><sheets>{"".join(sheets)}</sheets><definedNames>'
        f'{"".join(names)}</definedNames><calcPr calcId="124519" fullCalcOnLoad="0"/></workbook>'
    )


def _defined_names(shape: SheetShape, fill: Fill) -> Iterator[tuple[str, str, str]]:
    """What is filtered, what every page repeats, and what is printed."""
    sheet = "'" + shape.name.replace("'", "''") + "'"
    if shape.filter_row and not shape.table:
        last = f"${letters(shape.columns)}${fill.last_row}"
        yield "_FilterDatabase", ' hidden="1"', f"{sheet}!$A${shape.filter_row}:{last}"
    beside = f",{sheet}!$A:${letters(shape.frozen_columns)}" if shape.frozen_columns else ""
    yield "Print_Titles", "", f"{sheet}!$1:${shape.frozen_rows}{beside}"
    if shape.printed:
        yield "Print_Area", "", f"{sheet}!$A$1:${letters(shape.printed)}${fill.rows}"


def _workbook_relations(frames: Sequence[Frame]) -> str:
    sheets = [(f"{_OFFICE}/relationships/worksheet", f"/{frame.path}") for frame in frames]
    others = {"sharedStrings": "sharedStrings.xml", "styles": "styles.xml", "theme": "theme/theme1.xml"}
    return _relations(*sheets, *((f"{_OFFICE}/relationships/{kind}", target) for kind, target in others.items()))


def _content_types(frames: Sequence[Frame], charts: int) -> str:
    types = [
        ("xl/styles.xml", f"{_SPREADSHEET}styles+xml"),
        ("xl/theme/theme1.xml", f"{_CONTENT}theme+xml"),
        ("docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
        ("docProps/app.xml", f"{_CONTENT}extended-properties+xml"),
    ]
    for frame in frames:
        types.append((frame.path, f"{_SPREADSHEET}worksheet+xml"))
        if frame.shape.charts:
            types.append((f"xl/drawings/drawing{frame.drawing}.xml", f"{_CONTENT}drawing+xml"))
        if frame.shape.table:
            types.append((f"xl/tables/table{frame.table}.xml", f"{_SPREADSHEET}table+xml"))
    types += ((f"xl/charts/chart{number}.xml", f"{_CONTENT}drawingml.chart+xml") for number in range(1, charts + 1))
    types.append(("xl/sharedStrings.xml", f"{_SPREADSHEET}sharedStrings+xml"))
    types.append(("xl/workbook.xml", f"{_SPREADSHEET}sheet.main+xml"))
    listed = "".join(f'<Override PartName="/{path}" ContentType="{kind}"/>' for path, kind in types)
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


@cache
def _views(shape: SheetShape) -> str:
    """What stays in view, and the rows' height."""
    rows, columns = shape.frozen_rows, shape.frozen_columns
    first = f"{letters(columns + 1)}{rows + 1}"
    pane, split = ("bottomRight", f'xSplit="{columns}" ') if columns else ("bottomLeft", "")
    others = '<selection pane="topRight"/><selection pane="bottomLeft"/>' if columns else ""
    return (
        '<sheetViews><sheetView showGridLines="0" zoomScale="100" workbookViewId="0">'
        f'<pane {split}ySplit="{rows}" topLeftCell="{first}" activePane="{pane}" state="frozen"/>{others}'
        f'<selection pane="{pane}" activeCell="A1" sqref="A1"/></sheetView></sheetViews>'
        '<sheetFormatPr baseColWidth="8" defaultRowHeight="16" customHeight="1"/>'
    )


def _verdicts(shape: SheetShape, last_row: int) -> str:
    """The rules that colour words, in each column of verdicts."""
    made, styles = [], list(VERDICTS)
    for place, column in enumerate(shape.verdicts if shape.words else ()):
        rules = (
            f'<cfRule type="cellIs" priority="{priority}" operator="equal" dxfId="{styles.index(style)}"><formula>'
            f'"{escape(word)}"</formula></cfRule>'
            for priority, (word, style) in enumerate(shape.words, start=1 + place * len(shape.words))
        )
        ref = f"{letters(column)}{shape.verdicts_from}:{letters(column)}{last_row}"
        made.append(f'<conditionalFormatting sqref="{ref}">{"".join(rules)}</conditionalFormatting>')
    return "".join(made)


def _links(shape: SheetShape, rows: Sequence[int]) -> str:
    made = "".join(
        f'<hyperlink ref="A{row}" location="{_attribute(place)}"/>'
        for row, place in zip(rows, shape.links, strict=False)
    )
    return f"<hyperlinks>{made}</hyperlinks>" if made else ""


def _page(footer: str, pages: int) -> str:
    """A4 landscape, pages numbered, file and revision below."""
    left = escape(f"&L&8 {footer.replace('&', '&&')}&C&8 &A&R&8 Page &P of &N")
    return (
        '<pageMargins left="0.4" right="0.4" top="0.5" bottom="0.6" header="0.3" footer="0.3"/>'
        f'<pageSetup orientation="landscape" paperSize="9" fitToHeight="0" fitToWidth="{pages}"/>'
        f'<headerFooter scaleWithDoc="0"><oddHeader></oddHeader><oddFooter>{left}</oddFooter><evenHeader></evenHeader>'
        "<evenFooter></evenFooter><firstHeader></firstHeader><firstFooter></firstFooter></headerFooter>"
    )


def _breaks(charts: Sequence[ChartData]) -> str:
    """A chart begins a page, so that none is cut."""
    made = "".join(f'<brk id="{chart.row - 1}" min="0" max="16383" man="1"/>' for chart in charts)
    count = len(charts)
    return f'<rowBreaks count="{count}" manualBreakCount="{count}">{made}</rowBreaks>' if made else ""


def _table(table: FilterTable, number: int, ref: str) -> str:
    columns = "".join(
        f'<tableColumn id="{place}" name="{_attribute(name)}"/>' for place, name in enumerate(table.columns, start=1)
    )
    return (
        f'<table id="{number}" name="{table.name}" displayName="{table.name}" ref="{ref}" headerRowCount="1" '
        f'xmlns="{_MAIN}"><autoFilter ref="{ref}"/><tableColumns count="{len(table.columns)}">{columns}</tableColumns>'
        '<tableStyleInfo name="TableStyleLight1" showRowStripes="1"/></table>'
    )


def _anchor(number: int, kind: ChartKind, row: int) -> str:
    """Where a chart stands: in the first column, from that row on, which counts from 1."""
    wide, tall = (round(size * _EMU_A_CENTIMETRE) for size in kind.value)
    return (
        f"<oneCellAnchor><from><col>0</col><colOff>0</colOff><row>{row - 1}</row><rowOff>0</rowOff></from>"
        f'<ext cx="{wide}" cy="{tall}"/><graphicFrame><nvGraphicFramePr><cNvPr id="{number}" name="Chart {number}"/>'
        f'<cNvGraphicFramePr/></nvGraphicFramePr><xfrm/><a:graphic {_A}><a:graphicData uri="{_DRAWING}/chart">'
        f'<c:chart xmlns:c="{_DRAWING}/chart" {_R} r:id="rId{number}"/></a:graphicData></a:graphic></graphicFrame>'
        "<clientData/></oneCellAnchor>"
    )


def _chart(kind: ChartKind, data: ChartData) -> str:
    """A native chart, its values kept with it: bars, the first row's on top, or a line from left to right, without a
    point where none is known."""
    title = (
        f"<title><tx><rich><a:bodyPr {_A}/><a:p {_A}><a:pPr><a:defRPr/></a:pPr><a:r><a:t>{escape(data.title)}</a:t>"
        "</a:r></a:p></rich></tx></title>"
    )
    plot = _bars(data) if kind is ChartKind.BARS else _line(data)
    return (
        f'<chartSpace xmlns="{_DRAWING}/chart"><style val="10"/><chart>{title}<plotArea>{plot}</plotArea>'
        '<plotVisOnly val="1"/><dispBlanksAs val="gap"/></chart></chartSpace>'
    )


def _bars(data: ChartData) -> str:
    number_format = _attribute(data.number_format)
    return (
        '<layout><manualLayout><layoutTarget val="inner"/><xMode val="edge"/><yMode val="edge"/><wMode val="factor"/>'
        '<hMode val="factor"/><x val="0.28"/><y val="0.14"/><w val="0.58"/><h val="0.8"/></manualLayout></layout>'
        '<barChart><barDir val="bar"/><grouping val="clustered"/><ser><idx val="0"/><order val="0"/>'
        f'<spPr>{_filled(BRAND)}</spPr>{_points(data)}</ser><dLbls><numFmt formatCode="{number_format}"/>'
        '<showLegendKey val="0"/><showVal val="1"/><showCatName val="0"/><showSerName val="0"/></dLbls>'
        '<gapWidth val="40"/><axId val="10"/><axId val="100"/></barChart>'
        f"{_names_axis('maxMin')}{_amounts_axis(is_deleted=True)}"
    )


def _line(data: ChartData) -> str:
    number_format = f'<numFmt formatCode="{_attribute(data.number_format)}" sourceLinked="0"/>'
    grid = (
        f'<majorGridlines><spPr><a:ln {_A}><a:solidFill><a:srgbClr val="{LINE}"/></a:solidFill>{_DASH}</a:ln></spPr>'
        "</majorGridlines>"
    )
    return (
        '<lineChart><grouping val="standard"/><ser><idx val="0"/><order val="0"/>'
        f'<spPr><a:ln {_A} w="28575"><a:solidFill><a:srgbClr val="{BRAND}"/></a:solidFill>{_DASH}</a:ln></spPr>'
        f'<marker><symbol val="circle"/><size val="6"/><spPr>{_filled(BRAND)}</spPr></marker>{_points(data)}'
        f'<smooth val="0"/></ser><axId val="10"/><axId val="100"/></lineChart>{_names_axis("minMax")}'
        f"{_amounts_axis(grid + number_format)}"
    )


def _filled(colour: str) -> str:
    return f'<a:solidFill {_A}><a:srgbClr val="{colour}"/></a:solidFill><a:ln {_A}>{_DASH}</a:ln>'


def _points(data: ChartData) -> str:
    names = "".join(f'<pt idx="{place}"><v>{escape(name)}</v></pt>' for place, (name, _) in enumerate(data.points))
    amounts = "".join(
        f'<pt idx="{place}"><v>{float(amount):.16g}</v></pt>' for place, (_, amount) in enumerate(data.points) if amount
    )
    count = f'<ptCount val="{len(data.points)}"/>'
    return (
        f"<cat><strRef><f>{escape(data.names_at)}</f><strCache>{count}{names}</strCache></strRef></cat><val><numRef>"
        f"<f>{escape(data.amounts_at)}</f><numCache><formatCode>{escape(data.number_format)}</formatCode>{count}{amounts}"
        "</numCache></numRef></val>"
    )


def _names_axis(orientation: str) -> str:
    return (
        f'<catAx><axId val="10"/><scaling><orientation val="{orientation}"/></scaling><delete val="0"/><axPos val="l"/>'
        f'{_NO_MARKS}<crossAx val="100"/><lblOffset val="100"/></catAx>'
    )


def _amounts_axis(drawn: str = "", *, is_deleted: bool = False) -> str:
    return (
        f'<valAx><axId val="100"/><scaling><orientation val="minMax"/></scaling><delete val="{int(is_deleted)}"/>'
        f'<axPos val="l"/>{drawn}{_NO_MARKS}<crossAx val="10"/></valAx>'
    )
