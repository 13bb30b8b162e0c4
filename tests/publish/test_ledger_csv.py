"""``ledgers/*.csv`` and ``journal.csv`` hold cells that spreadsheets of any separator leave whole (BOOKING 8)."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from chargeback.model.spreadsheet_text import csv_row
from chargeback.publish import exports, ledger_csv
from tests.kit.months import account, invoice, month, of, report

NAMES = ("a;b", "a|b", 'a"b', "a,b", " ＝1+1", "\u200b\u202e+2", "=1;2", "plain")


def written(name: str) -> dict[str, bytes]:
    config = f'[[teams]]\nid = "web"\nname = \'{name}\'\nprojects = ["acme-web"]\n'
    rows = report(("acme-web", name, 1, 5))
    given = month(
        account(invoice(f"I{name}", of("acme-web", 5, description=name)), report=rows, name=name), config=config
    )
    books = given.books()
    files = [*ledger_csv.files(books), *exports.files(books, given.settings, None)]
    return {path: b"".join(chunks) for path, chunks in files if path.endswith(".csv")}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("path", ["ledgers/all.csv", "ledgers/web.csv", "exports/journal.csv", "exports/focus.csv"])
def test_no_separator_of_any_spreadsheet_stands_outside_quotes(path: str, name: str) -> None:
    text = written(name)[path].decode("utf-8-sig")
    rows = list(csv.reader(StringIO(text, newline=""), strict=True))
    assert len({len(row) for row in rows}) == 1
    assert name.strip("\u200b") in text.replace('""', '"')
    outside = "".join(part for place, part in enumerate(text.split('"')) if place % 2 == 0)
    assert not set(outside) & set(";|\t")


def test_a_row_is_written_as_the_csv_module_writes_it_but_for_those_separators() -> None:
    rows = [("a", "", "b c"), ("a,b", 'c"d', "e\r\nf"), ("", "", "")]
    expected = StringIO()
    csv.writer(expected, lineterminator="\r\n").writerows(rows)
    assert "".join(map(csv_row, rows)) == expected.getvalue()
