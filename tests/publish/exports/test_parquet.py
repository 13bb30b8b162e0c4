"""``ledger.parquet``: the ledger's lines, exactly, in one schema, as pandas and DuckDB read them."""

from __future__ import annotations

from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pandas
import pyarrow.parquet as pq
import pytest
from msgspec.structs import replace

from chargeback.evidence.period import Period
from chargeback.model.ledger import Ledger
from chargeback.model.ledger_register import COLUMNS, written_rows
from chargeback.publish.exports import parquet
from tests.kit.ledger_lines import columns
from tests.kit.small_books import WEB, Bill, Line, make_books
from tests.kit.some import some


def written(ledger: Ledger) -> bytes:
    return b"".join(parquet.chunks(ledger))


def table(ledger: Ledger) -> list[dict[str, object]]:
    return pq.read_table(BytesIO(written(ledger))).to_pylist()


def ledger_of(*lines: Line, currency: str = "THB") -> Ledger:
    return make_books([Bill("ba_1", "INV-1", lines, currency=currency)]).ledger


def test_cells_are_those_of_the_csv_ledger() -> None:
    ledger = make_books().ledger
    for row, line in some(zip(table(ledger), ledger.lines, strict=True)):
        assert tuple(row) == COLUMNS
        for name, text in zip(COLUMNS, next(written_rows(Period(2026, 5), columns([line]))), strict=True):
            value = row[name]
            if isinstance(value, str):
                assert value == text
            else:
                assert (value is None and text == "") or Decimal(str(value)) == Decimal(text)


def test_schema_is_the_same_for_every_month_and_currency() -> None:
    schemas = [pq.read_schema(BytesIO(written(ledger_of(Line(WEB, 1, 0), currency=code)))) for code in ("THB", "CLF")]
    schemas.append(pq.read_schema(BytesIO(written(make_books([]).ledger))))
    assert schemas[1:] == schemas[:-1]
    assert {str(each.type) for each in schemas[0]} == {"string", "int64", "decimal128(38, 6)", "decimal128(7, 4)"}
    assert str(schemas[0].field("gross").type) == "decimal128(38, 6)"
    assert all(each.nullable and each.metadata is None for each in schemas[0]) and schemas[0].metadata is None


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("JPY", "-12345"), ("THB", "-123.45"), ("KWD", "-12.345"), ("CLF", "-1.2345")],
)
def test_minor_units_become_amounts(currency: str, amount: str) -> None:
    (row,) = table(ledger_of(Line(WEB, -12_345, 0), currency=currency))
    assert row["net"] == Decimal(amount)


def test_largest_amounts_are_exact_and_what_does_not_fit_is_null() -> None:
    largest, beyond = 10**34 - 1, 10**34
    found = table(ledger_of(Line(WEB, largest, 0), Line(WEB, -largest, 0), Line(WEB, beyond, 0)))
    assert [row["net"] for row in found] == [
        Decimal("99999999999999999999999999999999.99"),
        Decimal("-99999999999999999999999999999999.99"),
        None,
    ]


def test_usage_keeps_its_decimals_and_is_null_where_there_is_none() -> None:
    found = table(ledger_of(Line(WEB, 1, 0, usage="0.000001"), Line(WEB, 2, 0), Line(WEB, 3, 0, usage="-7")))
    assert [row["usage"] for row in found] == [Decimal("0.000001"), None, Decimal(-7)]


def test_text_is_as_it_came_less_control_characters() -> None:
    (row,) = table(ledger_of(Line(WEB, 1, 0, project="=1+1\x00\r\n", project_name="\u202eไทย")))
    assert (row["project"], row["project_name"]) == ("=1+1", "\u202eไทย")


def test_lines_beyond_a_row_group_are_all_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "_ROWS_A_GROUP", 2)
    ledger = make_books().ledger
    data = written(ledger)
    assert pq.ParquetFile(BytesIO(data)).num_row_groups == 5
    assert [row["line"] for row in table(ledger)] == [line.line for line in ledger.lines]


def test_same_ledger_gives_the_same_bytes() -> None:
    assert written(make_books().ledger) == written(make_books().ledger)


def test_pandas_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "ledger.parquet"
    path.write_bytes(written(make_books().ledger))
    frame = pandas.read_parquet(path)
    assert frame.groupby("currency")["gross"].sum().to_dict() == {
        "JPY": Decimal(-550),
        "THB": Decimal("2306.95"),
        "USD": Decimal(10),
    }


def test_duckdb_reads_several_months_as_one(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb", reason="duckdb is not installed: pip install duckdb")
    for month in ("2026-04", "2026-05"):
        ledger = replace(make_books().ledger, period=month)
        (tmp_path / f"{month}.parquet").write_bytes(written(ledger))
    found = duckdb.sql(
        f"select period, sum(gross) from '{tmp_path}/*.parquet' where currency = 'THB' group by 1 order by 1"
    )
    assert found.fetchall() == [("2026-04", Decimal("2306.95")), ("2026-05", Decimal("2306.95"))]
