"""Ledger lines as rows of a sheet: here the number of cells counts, so what neighbours share is made once."""

from __future__ import annotations

from chargeback.model.ledger import COLUMNS, InvoiceLabel, LedgerLine, LedgerTeam
from chargeback.publish.workbook.cells import LARGEST_EXACT, MOST_DIGITS, Cells, TextColumn, minor_writer
from chargeback.publish.workbook.styles import INTEGER, QUANTITY, Kind, look, money

LETTERS = dict(zip(COLUMNS, "ABCDEFGHIJKLMNOPQRSTUV", strict=True))
NUMBERS = ("usage", "share_percent", "net", "tax", "gross", "line", "invoice_line")
AMOUNTS = ("net", "tax", "gross")


class LineRows:
    """Makes the rows of one sheet; the cells are those of ``COLUMNS``, empty ones left out."""

    def __init__(self, cells: Cells, period: str) -> None:
        self._cells = cells
        self._text = {name: TextColumn(cells, LETTERS[name], look()) for name in COLUMNS}
        self._period = self._text["period"][period]
        self._resource, self._basis, self._description = (
            self._text[name] for name in ("resource", "basis", "description")
        )
        self._label: InvoiceLabel | None = None
        self._team: LedgerTeam | None = None
        self._project = self._name = ""
        self._head = self._team_cells = self._project_cells = self._tail = ""
        self._digits = self._amount = 0
        self._written = minor_writer(0)
        self._quantity, self._whole = look(Kind.PLAIN, QUANTITY), look(Kind.PLAIN, INTEGER)
        self._line = f'<c r="T\0" s="{self._whole}"><v>'
        self._invoice_line = f'</v></c><c r="U\0" s="{self._whole}"><v>'

    def row(self, line: LedgerLine) -> str:
        """The line's row."""
        if line.label is not self._label:
            self._take_label(line.label)
        if line.team is not self._team:
            self._take_team(line.team)
        if line.project is not self._project or line.project_name is not self._name:
            self._take_project(line)
        middle = f"{self._project_cells}{self._resource[line.resource]}{self._measures(line)}{self._amounts(line)}"
        counted = f"{self._invoice_line}{line.invoice_line}</v></c>" if line.invoice_line else "</v></c>"
        return (
            f'<row r="\0">{self._head}{self._team_cells}{middle}{self._tail}{self._basis[line.basis]}'
            f"{self._line}{line.line}{counted}{self._description[line.description]}</row>"
        )

    def _take_label(self, label: InvoiceLabel) -> None:
        text = self._text
        self._label = label
        self._head = (
            f"{self._period}{text['account'][label.account]}{text['account_name'][label.account_name]}"
            f"{text['invoice'][label.invoice]}{text['invoice_status'][label.status]}"
        )
        self._tail = text["currency"][label.currency]
        self._digits, self._written = label.digits, minor_writer(label.digits)
        self._amount = look(Kind.PLAIN, money(label.digits))

    def _take_team(self, team: LedgerTeam) -> None:
        text = self._text
        self._team = team
        self._team_cells = (
            f"{text['team'][team.id]}{text['cost_center'][team.cost_center]}{text['gl_account'][team.gl_account]}"
        )

    def _take_project(self, line: LedgerLine) -> None:
        """A project has one name and one environment in a month."""
        text = self._text
        self._project, self._name = line.project, line.project_name
        self._project_cells = (
            f"{text['project'][line.project]}{text['project_name'][line.project_name]}"
            f"{text['environment'][line.environment]}"
        )

    def _measures(self, line: LedgerLine) -> str:
        usage, share = line.usage, line.share_percent
        if not share and 0 < len(usage) <= MOST_DIGITS:
            return f'<c r="M\0" s="{self._quantity}"><v>{usage}</v></c>'
        return f"{self._measure('M', usage)}{self._measure('N', share)}"

    def _measure(self, column: str, written: str) -> str:
        """A quantity as written; a text where it has more digits than a number keeps."""
        if not written:
            return ""
        if sum(map(str.isdigit, written.lstrip("-0."))) <= MOST_DIGITS:
            return self._cells.number(column, written, self._quantity)
        return self._cells.text(column, written, self._quantity)

    def _amounts(self, line: LedgerLine) -> str:
        net, tax, gross, style, written = line.net, line.tax, line.gross, self._amount, self._written
        if abs(net) + abs(tax) < LARGEST_EXACT:
            return (
                f'<c r="O\0" s="{style}"><v>{written(net)}</v></c>'
                f'<c r="P\0" s="{style}"><v>{written(tax)}</v></c>'
                f'<c r="Q\0" s="{style}"><v>{written(gross)}</v></c>'
            )
        amounts = zip("OPQ", (net, tax, gross), strict=True)
        return "".join(self._cells.minor(column, units, self._digits, style) for column, units in amounts)
