"""What ``show`` shows: figures that foot, by every way of adding up, in every currency."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from rich.cells import cell_len

from chargeback.errors import ConfigurationError, DamagedError, StorageError
from chargeback.review.figures import BY, figures, figures_csv, figures_lines
from chargeback.review.terminal import Terminal
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, csv_rows, sign_first_revision, spoil, units
from tests.kit.some import some


def test_the_latest_month_is_shown_by_default(office: Reviewed) -> None:
    found = figures(office.root, None, None, None)
    assert str(found.revision.name) == f"{MAY}/r3"
    assert found.by == "team"


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("month", [MARCH, APRIL, f"{MAY}/r1", MAY])
def test_rows_foot_to_the_manifest_in_each_currency(office: Reviewed, month: str, by: str) -> None:
    document = figures(office.root, month, None, by).to_json()
    manifest = json.loads((Path(document["path"]) / "manifest.json").read_bytes())
    assert document["totals"] == [
        {name: total[name] for name in ("currency", "net", "tax", "gross")} for total in manifest["totals"]
    ]
    for total in document["totals"]:
        mine = [row for row in document["rows"] if row["currency"] == total["currency"]]
        for name in ("net", "tax", "gross"):
            assert sum(units(row[name]) for row in mine) == units(total[name])


def test_yen_have_no_decimals_and_dinars_three(office: Reviewed) -> None:
    totals = {
        total["currency"]: total["gross"] for total in figures(office.root, MARCH, None, None).to_json()["totals"]
    }
    assert "." not in totals["JPY"]
    assert len(totals["KWD"].partition(".")[2]) == 3


def test_a_team_is_shown_by_project_and_only_its_lines(office: Reviewed) -> None:
    found = figures(office.root, APRIL, "web", None)
    rows = csv_rows(office.root / APRIL / "r1/ledgers/web.csv")
    assert found.by == "project"
    assert sum(row.lines for row in found.rows) == len(rows)
    assert sum(row.amounts.gross for row in found.rows) == sum(units(row["gross"]) for row in rows)


def test_a_restated_month_says_that_its_signatures_are_of_an_earlier_revision(own_office: Reviewed) -> None:
    sign_first_revision(own_office)
    lines = list(figures_lines(figures(own_office.root, MAY, None, None), Terminal()))
    assert lines[1] == "not signed since restated: r1 preparer Ann"
    assert (
        list(figures_lines(figures(own_office.root, f"{MAY}/r1", None, None), Terminal()))[1] == "signed: preparer Ann"
    )


def test_unknown_team_is_named_with_the_known_ones(office: Reviewed) -> None:
    with pytest.raises(ConfigurationError) as refused:
        figures(office.root, APRIL, "wbe", None)
    assert "web" in refused.value.remedy


def test_csv_has_the_rows_and_no_total(office: Reviewed) -> None:
    found = figures(office.root, APRIL, None, "account")
    rows = list(csv.DictReader(io.StringIO(figures_csv(found).removeprefix("\ufeff"), newline="")))
    assert len(rows) == len(found.rows)
    assert {row["name"] for row in rows} >= {"Acme Billing", "สยามคลาวด์"}


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("by", BY)
def test_no_line_is_wider_than_the_terminal(office: Reviewed, hostile: Path, width: int, by: str) -> None:
    for root in (office.root, hostile):
        lines = list(figures_lines(figures(root, None, None, by), Terminal(width=width, blocks=True)))
        assert max(map(cell_len, lines)) <= width


def test_columns_stand_under_each_other_whatever_the_script(office: Reviewed) -> None:
    lines = list(figures_lines(figures(office.root, MARCH, None, "account"), Terminal(width=100)))
    thai = next(line for line in lines if "สยามคลาวด์" in line)
    latin = next(line for line in lines if "Acme Billing" in line)
    assert cell_len(thai[: thai.index("%")]) == cell_len(latin[: latin.index("%")])


def test_bars_are_plain_without_a_terminal_and_blocks_on_one(office: Reviewed) -> None:
    found = figures(office.root, MARCH, None, None)
    assert "#" in "".join(figures_lines(found, Terminal()))
    assert "█" in "".join(figures_lines(found, Terminal(width=80, blocks=True)))


def test_hostile_names_cannot_steer_a_terminal(hostile: Path) -> None:
    for by in some(BY):
        text = "\n".join(figures_lines(figures(hostile, None, None, by), Terminal(width=80)))
        assert not set(text) & {"\x1b", "\x07", "\x00", "\r", "\u202e"}


def test_hostile_names_are_guarded_in_csv(hostile: Path) -> None:
    text = figures_csv(figures(hostile, None, None, "resource"))
    assert "'=CPU" in text and "\n=CPU" not in text


def test_an_absent_archive_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        figures(tmp_path / "nowhere", None, None, None)


def test_an_empty_archive_has_no_month_yet(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no month yet"):
        figures(tmp_path, None, None, None)


def test_a_month_that_is_not_there_names_those_that_are(office: Reviewed) -> None:
    with pytest.raises(ConfigurationError) as refused:
        figures(office.root, "2025-01", None, None)
    assert MAY in refused.value.remedy


def test_a_changed_ledger_is_damage(own_office: Reviewed) -> None:
    path = own_office.root / MARCH / "r1/ledgers/all.csv"
    spoil(path, lambda data: data.replace(b"Acme Web", b"Acme Wed", 1))
    with pytest.raises(DamagedError):
        figures(own_office.root, MARCH, None, None)
