"""``chargeback.open_archive``: what analysts read is exactly what the files and commands say."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import chargeback
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.registers import Disposition, append_disposition
from chargeback.errors import ConfigurationError, DamagedError, StorageError
from chargeback.evidence.period import Period
from chargeback.model.ledger_register import COLUMNS, LedgerRow
from chargeback.model.money import format_minor
from chargeback.review.ledger_rows import read_rows
from chargeback.review.opened_archive import ledger_frame
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, csv_rows, spoil
from tests.kit.some import some

OLD = Path(__file__).parents[1] / "archives" / "v0.2"


def line(number: int, gross: int, *, usage: str = "", invoice_line: int = 1) -> LedgerRow:
    """A ledger line with these figures."""
    texts = dict.fromkeys(COLUMNS, "") | {"team": "web", "currency": "THB", "usage": usage}
    figures = {"net": gross, "tax": 0, "gross": gross, "line": number, "invoice_line": invoice_line}
    return LedgerRow(**texts | figures, digits=2)  # type: ignore[arg-type]


def test_months_and_revisions_are_those_of_the_list(office: Reviewed) -> None:
    archive = chargeback.open_archive(office.root)
    assert archive.months == (MARCH, APRIL, MAY)
    assert [(each.period, each.revision, each.status, each.latest) for each in archive.revisions] == [
        (MARCH, 1, "reconciled", True),
        (APRIL, 1, "exceptions", True),
        (MAY, 1, "reconciled", False),
        (MAY, 2, "exceptions", False),
        (MAY, 3, "exceptions", True),
    ]
    assert archive.head == archive.revisions[-1].head


@pytest.mark.parametrize("period", [MARCH, APRIL, f"{MAY}/r1", MAY])
def test_the_ledger_has_every_cell_of_the_file(office: Reviewed, period: str) -> None:
    frame = chargeback.open_archive(str(office.root)).ledger(period)
    rows = csv_rows(
        office.root / (period if "/" in period else f"{period}/r{3 if period == MAY else 1}") / "ledgers/all.csv"
    )
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == len(rows) > 0
    digits = frame.attrs["digits"]
    for (_, found), expected in zip(frame.iterrows(), some(rows), strict=True):
        for name in ("net", "tax", "gross"):
            assert format_minor(int(found[name]), digits[found["currency"]]) == expected[name]
        for name in ("usage", "share_percent"):
            assert ("" if found[name] is None else f"{found[name]:f}") == expected[name]
        assert ("" if found["invoice_line"] is pd.NA else str(found["invoice_line"])) == expected["invoice_line"]
        for name in ("period", "account", "team", "project", "resource", "basis", "description"):
            assert found[name] == expected[name]


def test_the_kinds_of_the_columns_are_exact(office: Reviewed) -> None:
    frame = chargeback.open_archive(office.root).ledger()
    assert (frame.attrs["period"], frame.attrs["revision"]) == (MAY, 3)
    kinds = {name: str(frame[name].dtype) for name in frame.columns}
    exact = {"net": "int64", "tax": "int64", "gross": "int64", "line": "int64", "invoice_line": "Int64"}
    objects = {"usage": "object", "share_percent": "object"}
    assert kinds == dict.fromkeys(COLUMNS, "category") | exact | objects
    assert {type(value) for value in frame["usage"]} <= {Decimal, type(None)}


def test_sums_beyond_64_bits_stay_exact() -> None:
    largest = 2**62
    frame = ledger_frame([line(1, largest), line(2, largest), line(3, 1)])
    assert frame["gross"].dtype == object
    assert frame["gross"].sum() == 2**63 + 1
    assert frame.groupby("team", observed=True)["gross"].sum()["web"] == 2**63 + 1


def test_an_adjustment_has_no_invoice_line_and_no_usage() -> None:
    frame = ledger_frame([line(1, 5, usage="0.25"), line(2, 5, invoice_line=0)])
    assert list(frame["usage"]) == [Decimal("0.25"), None]
    assert list(frame["invoice_line"].isna()) == [False, True]


def test_a_month_without_lines_is_a_frame_with_all_columns() -> None:
    frame = ledger_frame([])
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == 0
    assert frame["gross"].sum() == 0


def test_hostile_names_come_as_they_are(hostile: Path) -> None:
    archive = chargeback.open_archive(hostile)
    frame = archive.ledger()
    assert sorted(set(frame["project_name"])) == sorted(
        {row.project_name for row in read_rows(archive._revision(None))}
    )
    assert any(name[:1] == "=" for name in frame["project_name"])


def test_findings_are_those_of_the_document(office: Reviewed) -> None:
    document = json.loads((office.root / APRIL / "r1/reconciliation/reconciliation.json").read_bytes())
    found = chargeback.open_archive(office.root).findings(APRIL)
    assert [(each.id, each.check, each.amount, each.message) for each in found] == [
        (row["id"], row["check"], row["amount"], row["message"]) for row in document["findings"]
    ]
    assert found
    assert len(chargeback.open_archive(office.root).checks(APRIL)) == len(document["checks"])


def test_the_newest_disposition_stands_in_the_finding(own_office: Reviewed) -> None:
    archive = chargeback.open_archive(own_office.root)
    first = archive.findings(APRIL)[0]
    assert first.disposition is None
    given = Disposition("2026-06-28T01:00:00Z", Period.parse(APRIL), 1, first.id, "a known gap", "Ann")
    with open_for_writing(own_office.root, started=given.disposed_at) as writer:
        append_disposition(writer, given)
    found = archive.findings(APRIL)[0]
    assert (found.id, found.disposition, found.disposed_by) == (first.id, "a known gap", "Ann")


def test_a_revision_of_a_version_without_findings_has_its_exceptions_grouped_as_now() -> None:
    archive = chargeback.open_archive(OLD)
    exceptions = [each for each in archive.checks("2026-04/r2") if each.outcome == "exception"]
    assert sum(each.checks for each in archive.findings("2026-04/r2")) == len(exceptions) > 0


def test_verify_proves_the_archive_and_finds_damage(own_office: Reviewed) -> None:
    archive = chargeback.open_archive(own_office.root)
    assert archive.verify(quick=True).exit == 0
    assert archive.verify(quick=True, head="0" * 64).exit == DamagedError.exit_code
    spoil(own_office.root / APRIL / "r1/ledgers/all.csv", lambda data: data.replace(b"0", b"1", 1))
    assert archive.verify(quick=True).exit == DamagedError.exit_code
    with pytest.raises(DamagedError):
        archive.ledger(APRIL)


def test_what_is_not_there_is_named(office: Reviewed, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        chargeback.open_archive(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match="2026-01"):
        chargeback.open_archive(office.root).ledger("2026-01")
    with pytest.raises(ConfigurationError, match="no month yet"):
        chargeback.open_archive(tmp_path).ledger()


def test_an_archived_line_has_the_register_s_columns_in_their_order() -> None:
    """A column that is read back under another's name is a wrong figure in every command."""
    assert LedgerRow._fields == (*COLUMNS, "digits")


NOTEBOOK = Path(__file__).parents[2] / "docs" / "analysis.py"


def test_the_analyst_s_notebook_runs(office: Reviewed, capsys: pytest.CaptureFixture[str]) -> None:
    source = NOTEBOOK.read_text(encoding="utf-8")
    assert source.count('ARCHIVE = "chargeback-demo"\n') == 1
    own = source.replace('ARCHIVE = "chargeback-demo"', f"ARCHIVE = {str(office.root)!r}")
    names: dict[str, object] = {}
    exec(compile(own, str(NOTEBOOK), "exec"), names)
    shown = capsys.readouterr().out
    assert "3 months" in shown
    assert "exit 0" in shown
    foot = names["foot"]
    assert isinstance(foot, pd.DataFrame)
    assert len(foot) > 0


@pytest.mark.usefixtures("offline")
def test_reading_reaches_nowhere(office: Reviewed) -> None:
    archive = chargeback.open_archive(office.root)
    assert len(archive.ledger()) > 0
    assert archive.findings()


def test_importing_the_package_imports_nothing_of_it() -> None:
    program = "import sys, chargeback; print(*sorted(name for name in sys.modules if name.startswith('chargeback')))"
    started = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert started.stdout.split() == ["chargeback"]
