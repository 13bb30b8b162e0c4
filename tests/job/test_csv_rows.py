"""An archived CSV file row by row: where two differ is named, and a file that was tampered with is no file."""

from __future__ import annotations

import io

import pytest

from chargeback.job.csv_rows import column_name, first_difference, rows, rows_of

HEADER = ["team", "gross"]
ROWS = [HEADER, ["web", "10.00"], ["data", "a\r\nb"]]
DATA = b'\xef\xbb\xbfteam,gross\r\nweb,10.00\r\ndata,"a\r\nb"\r\n'


def difference(found: list[list[str]]) -> str:
    return first_difference(iter(ROWS), iter(found), column_name)


def test_rows_are_those_that_were_written_however_the_bytes_come() -> None:
    assert list(rows(io.BytesIO(DATA))) == ROWS
    assert list(rows_of(DATA[place : place + 1] for place in range(len(DATA)))) == ROWS


@pytest.mark.parametrize("data", [b"team\xff,gross\r\n", b'team,"gross\r\n', b'team,"a"b\r\n'])
def test_bytes_that_are_no_csv_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"CSV|utf-8"):
        list(rows(io.BytesIO(data)))


def test_the_first_cell_that_differs_is_named_by_row_and_column() -> None:
    assert difference(ROWS) == ""
    assert difference([HEADER, ["web", "12.00"], ROWS[2]]) == 'row 2, gross: "12.00", expected "10.00"'
    assert difference([HEADER, ["web"], ROWS[2]]) == "row 2, 1 cells, expected 2"
    assert difference(ROWS[:2]) == "ends before row 3"
    assert difference([*ROWS, ["more", ""]]) == "has more rows than 3"


def test_a_long_cell_is_cut_in_a_message() -> None:
    assert difference([HEADER, ["w" * 100, "10.00"], ROWS[2]]) == f'row 2, team: "{"w" * 60}…", expected "web"'


def test_a_column_without_a_name_has_its_number() -> None:
    assert (column_name(HEADER, 1), column_name(HEADER, 2)) == ("gross", "column 3")
