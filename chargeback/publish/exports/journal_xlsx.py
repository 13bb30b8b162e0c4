"""``exports/journal.xlsx``: the journal as a workbook: a sheet a company, and what is reported of input VAT and of tax
withheld, in the columns of the Thai returns (รายงานภาษีซื้อ and the attachment of ภ.ง.ด.53).

The cells of a company's sheet hold what the fields of ``journal.csv`` do: identifiers as text, so that no leading zero
is lost, dates as dates, amounts as numbers with the currency's digits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from itertools import chain, islice

from msgspec import Struct, field

from chargeback.model.bookkeeping import JOURNAL_COLUMNS
from chargeback.model.journal import JournalRow
from chargeback.model.spool import Spool, SpooledList
from chargeback.model.text import cleaned
from chargeback.publish.bilingual import Language
from chargeback.publish.exports import journal_csv, tax_sheets
from chargeback.publish.exports.tax_csv import TaxEntry
from chargeback.publish.exports.tax_sheets import Seller
from chargeback.publish.xlsx.book import Book
from chargeback.publish.xlsx.cells import EMPTY_ROW
from chargeback.publish.xlsx.shape import Fill, FilterTable, SheetShape
from chargeback.publish.xlsx.styles import Kind
from chargeback.publish.xlsx.tables import Column, Form, Record, Rows, Table, Value

MOST_ROWS = 1_048_575
"""Rows of one sheet, less its heading."""
MOST_COMPANIES = 250
"""Companies that have a sheet each; nobody finds one among more."""
NOBODY = "Journal"
"""The sheet of a journal without entries, or of more companies than have a sheet each."""
_LONGEST_NAME = 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_TAKEN = frozenset({"history", *(name.casefold() for name in tax_sheets.NAMES)})
"""Names that no company's sheet can have: one is the spreadsheet's own."""
_AMOUNTS = ("tax_base", "debit", "credit")
_DATES = ("posting_date", "document_date")
_WIDTHS = {
    "entry": 34.0, "event": 12.0, "company": 26.0, "posting_date": 13.0, "document_date": 15.0, "account": 16.0,
    "tax_id": 17.0, "invoice": 20.0, "receipt": 24.0, "concerns": 12.0, "tax_base": 14.0, "team": 16.0,
    "cost_center": 15.0, "gl_account": 14.0, "debit": 15.0, "credit": 15.0, "currency": 11.0, "bookable": 11.0,
    "memo": 70.0,
}  # fmt: skip
_FORMS = {**dict.fromkeys(_AMOUNTS, Form.MONEY), **dict.fromkeys(_DATES, Form.DATE)}
_HEADINGS = (Kind.HEADER, Kind.HEADER_RIGHT)

JournalTable = Table.made_of(
    "JournalTable",
    [Column(name, _WIDTHS[name], _FORMS.get(name, Form.TEXT)) for name in JOURNAL_COLUMNS],
)
_DATE_COLUMNS, _AMOUNT_COLUMNS = (
    [JournalTable.columns[JOURNAL_COLUMNS.index(name)] for name in names] for names in (_DATES, _AMOUNTS)
)
_MOST_DAYS = 1 << 8


class JournalBook(Struct, frozen=True):
    """What a workbook shows: its path, month and revision, its entries and what of them is reported."""

    path: str
    period: str
    revision: int
    run_at: str
    rows: Iterable[JournalRow]
    taxes: Sequence[TaxEntry]
    seller: Seller
    language: Language
    spool: Spool = field(default_factory=Spool)
    """Where the entries lie until their sheet is written."""

    @property
    def title(self) -> str:
        """What the workbook is called."""
        return f"Journal {self.period} r{self.revision}"

    @property
    def footer(self) -> str:
        """What every page says below."""
        return f"{self.path} · {self.period} revision {self.revision}"


class _Part(Struct, frozen=True):
    """What one sheet holds of a company's rows; ``number`` of the workbook's journal tables."""

    name: str
    number: int
    count: int
    rows: Callable[[], Iterator[JournalRow]]

    @property
    def shape(self) -> SheetShape:
        table = FilterTable(f"Journal_{self.number}", JOURNAL_COLUMNS)
        return SheetShape(self.name, len(JOURNAL_COLUMNS), 1, filter_row=1, table=table, plain_from=2)


def chunks(made: JournalBook, most: int = MOST_ROWS) -> Iterator[bytes]:
    """The file's bytes; ``most`` rows on a sheet."""
    parts = _parts(made, most)
    taxes = [tax_sheets.INPUT_VAT, tax_sheets.WITHHOLDING]
    shapes = [*(part.shape for part in parts), *(sheet.shape(made.language) for sheet in taxes)]
    book = Book(made.run_at, made.title, made.path, shapes)
    for part in parts:
        fill = Fill(JournalTable.widths(), made.footer, last_row=max(part.count, 1) + 1)
        yield from book.sheet(part.name, _sheet_rows(book, part), fill)
    for sheet in taxes:
        yield from sheet.write(book, made.taxes, made.seller, made.language, made.title, made.footer)
    yield from book.finish()


def _parts(made: JournalBook, most: int) -> list[_Part]:
    """The sheets: companies in order, a company's further rows on further sheets."""
    found: list[_Part] = []
    names = set(_TAKEN)
    for company, mine in sorted(_by_company(made).items()):
        for start in range(0, max(len(mine), 1), most):
            rows = partial(islice, mine, start, start + most)
            count = min(most, len(mine) - start)
            found.append(_Part(_sheet_name(company, names), len(found) + 1, count, rows))
    return found


def _by_company(made: JournalBook) -> dict[str, SpooledList[JournalRow]]:
    """The rows by company; all together where there are more companies than a workbook has sheets for, or none."""
    found: dict[str, SpooledList[JournalRow]] = defaultdict(partial(SpooledList[JournalRow], made.spool))
    rows = iter(made.rows)
    for row in rows:
        found[row.company].append(row)
        if len(found) > MOST_COMPANIES:
            break
    else:
        if found:
            return found
    together = SpooledList[JournalRow](made.spool)
    together.extend(chain.from_iterable(found.values()))
    together.extend(rows)
    return {NOBODY: together}


def _sheet_name(company: str, taken: set[str]) -> str:
    """A name that a spreadsheet accepts and no other sheet has, whatever the case."""
    plain = _NOT_IN_A_NAME.sub("-", cleaned(company)).strip("' ") or NOBODY
    number, name = 1, _cut(plain, "")
    while name.casefold() in taken:
        number += 1
        name = _cut(plain, f" {number}")
    taken.add(name.casefold())
    return name


def _cut(plain: str, suffix: str) -> str:
    """As many characters as a sheet's name may have, in UTF-16 units, with the suffix behind them."""
    kept = plain.encode("utf-16-le", "surrogatepass")[: 2 * (_LONGEST_NAME - len(suffix))]
    return kept.decode("utf-16-le", "ignore").rstrip("' ") + suffix


def _sheet_rows(book: Book, part: _Part) -> Iterator[str]:
    made = Rows(book.cells, JournalTable)
    yield made.heading(_HEADINGS, 20)
    yield from made.rows(Record(_values(row), _digits(row.amount)) for row in part.rows())
    if not part.count:
        yield EMPTY_ROW


def _values(row: JournalRow) -> Mapping[Column, Value]:
    """What ``journal.csv`` has of the row, with dates and amounts as such."""
    values: dict[Column, Value] = dict(zip(JournalTable.columns, journal_csv.cells(row), strict=True))
    for column, text in zip(_DATE_COLUMNS, (row.posting_date, row.document_date), strict=True):
        values[column] = _day(text) if text else None
    debited, (tax_base, debit, credit) = row.amount > 0, _AMOUNT_COLUMNS
    values[tax_base] = row.tax_base
    values[debit] = row.amount if debited else None
    values[credit] = None if debited else row.amount.copy_abs()
    return values


_day = lru_cache(_MOST_DAYS)(date.fromisoformat)


def _digits(amount: Decimal) -> int:
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
