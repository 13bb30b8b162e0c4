"""The package: the same bytes always, dates of the run, parts that readers expect."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from chargeback.publish.team_workbook import files
from chargeback.publish.workpaper import workpaper
from chargeback.publish.xlsx.cells import row
from chargeback.publish.xlsx.shape import Fill
from chargeback.publish.xlsx.styles import look
from tests.kit import sample
from tests.kit.one_sheet import new_book, whole

ROOT = Path(__file__).parents[3]
_DIGEST = """
import hashlib
from tests.kit import sample
from tests.publish.xlsx.test_book import digest
print(digest())
"""


def digest() -> str:
    """The sum over all workbooks of the sample."""
    books, config = sample.books(), sample.config()
    found = hashlib.sha256()
    for path, chunks in [*files(books, config), *workpaper(books, config, sample.evidence())]:
        found.update(path.encode())
        for chunk in chunks:
            found.update(chunk)
    return found.hexdigest()


def test_two_runs_give_the_same_bytes() -> None:
    assert digest() == digest()


@pytest.mark.parametrize("seed", ["0", "4711"])
def test_hash_seed_locale_and_time_zone_do_not_show(seed: str) -> None:
    surroundings = {
        **os.environ,
        "PYTHONHASHSEED": seed,
        "TZ": "America/St_Johns",
        "LC_ALL": "C",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-c", _DIGEST], cwd=ROOT, env=surroundings, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == digest()


def written(run_at: str = "2026-06-01T01:02:03.5Z") -> bytes:
    """A workbook of one sheet."""
    book = new_book(run_at)
    return whole(book, [row([book.cells.text("A", "x", look())])])


def test_every_date_is_the_runs() -> None:
    data = written()
    with ZipFile(BytesIO(data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 6, 1, 1, 2, 2)}, "in steps of two seconds"
        assert archive.testzip() is None
    properties = load_workbook(BytesIO(data)).properties
    assert properties.created == properties.modified == datetime(2026, 6, 1, 1, 2, 3)
    assert (properties.title, properties.subject, properties.creator) == ("Title", "Subject", "chargeback")


def test_a_run_before_zip_files_knew_dates_gets_the_first_one() -> None:
    with ZipFile(BytesIO(written("1975-01-01T00:00:00Z"))) as archive:
        assert archive.infolist()[0].date_time == (1980, 1, 1, 0, 0, 0)


def test_rows_are_handed_on_while_they_are_made() -> None:
    book = new_book()
    taken = 0

    def rows() -> Iterator[str]:
        nonlocal taken
        for number in range(60_000):
            taken = number
            yield row([book.cells.text("A", hashlib.sha256(str(number).encode()).hexdigest(), look())])

    chunks = book.sheet("One", rows(), Fill({1: 10.0}, "file"))
    next(chunks)
    assert taken < 59_999
    data = b"".join([*chunks, *book.finish()])
    assert data.endswith(b"\x00\x00")


def test_no_text_is_lost_when_the_table_of_texts_is_full() -> None:
    book = new_book()
    texts = [f"text {number}" for number in range(40_000)]
    data = whole(book, (row([book.cells.text("A", text, look())]) for text in texts))
    opened = load_workbook(BytesIO(data), read_only=True)
    assert [value for (value,) in opened["One"].iter_rows(values_only=True)] == texts
