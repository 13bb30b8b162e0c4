"""One forgery for each finding that the deep layers of ``verify`` can make, every checksum mended: each is named."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH, Manifest, sums_lines
from chargeback.archive.revision import read_revision
from chargeback.job import control_totals
from chargeback.job.control_totals import LedgerSums
from chargeback.job.verify import VerifyRequest, verify
from chargeback.model.ledger_register import COLUMNS
from chargeback.model.money import minor_digits

from ..year import frozen
from .test_verify import changed_csv, resealed

REVISION = "2026-04/r2"
Rows = list[list[str]]
PREVIOUS, FOCUS = "evidence/_previous/journal.csv", "exports/focus.csv"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose newest revision restates its month."""
    archive = frozen.make(tmp_path_factory.mktemp("findings")).archive
    shutil.rmtree(archive / "2026-05")
    return archive


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    """A copy of the archive, to be forged; its newest revision."""
    shutil.copytree(made, tmp_path / "archive")
    for path in (tmp_path / "archive").rglob("*"):
        path.chmod(0o750 if path.is_dir() else 0o640)
    return tmp_path / "archive" / REVISION


def findings(root: Path) -> list[str]:
    resealed(root)
    result = verify(root, VerifyRequest())
    assert result.exit == 7
    return [str(finding) for finding in result.findings]


def cell(row: int, column: str, change: Callable[[str], str]) -> Callable[[Rows], None]:
    def apply(rows: Rows) -> None:
        place = rows[0].index(column)
        rows[row][place] = change(rows[row][place])

    return apply


def moved(rows: Rows) -> None:
    """A unit of the last line's tax is called net: its gross stays."""
    for column, units in (("net", 1), ("tax", -1)):
        place = rows[0].index(column)
        digits = len(rows[-1][place].partition(".")[2])
        whole = int(rows[-1][place].replace(".", "")) + units
        text = f"{abs(whole):0{digits + 1}d}"
        rows[-1][place] = ("-" if whole < 0 else "") + text[:-digits] + "." + text[-digits:]


LEDGERS: dict[str, tuple[Callable[[Rows], Any], str]] = {
    "another header": (cell(0, "net", lambda text: "nett"), "row 1: not the ledger's columns"),
    "a cell too many": (lambda rows: rows[1].append("x"), "row 2: 23 cells, expected 22"),
    "no amount": (cell(1, "net", lambda text: "1e5"), 'row 2, net: "1e5" is not an amount'),
    "net and tax are not gross": (cell(1, "gross", lambda text: "9" + text), "is not gross"),
    "a line left out": (lambda rows: rows.pop(), "the lines add up to"),
    "another total": (lambda rows: rows.pop(), "manifest.json: control total: totals are"),
    "tax that is net": (moved, "its taxAmount in evidence is"),
    "a team without a file": (cell(1, "team", lambda text: "nobody"), 'has lines of team "nobody", which has no file'),
    "lines of another team": (cell(1, "team", lambda text: "nobody"), "not the team's lines of all.csv"),
}


@pytest.mark.parametrize(("change", "finding"), LEDGERS.values(), ids=LEDGERS)
def test_a_forged_ledger_is_a_control_total_and_a_reperformance(
    root: Path, change: Callable[[Rows], Any], finding: str
) -> None:
    changed_csv(root / "ledgers/all.csv", change)
    found = findings(root)
    assert any("control total" in each and finding in each for each in found), "\n".join(found)
    assert any("ledgers/all.csv: re-performance: not what the evidence gives: " in each for each in found)


def put(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def without_last(rows: Rows) -> None:
    rows.pop()


def journal_before(root: Path) -> None:
    changed_csv(root / PREVIOUS, without_last)


def other_document(root: Path) -> None:
    path = next(iter(sorted(root.glob("invoices/*/*.pdf"))))
    put(path, b"%PDF-1.7\n" + path.read_bytes())


FILES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "the journal before is another": (journal_before, f"{PREVIOUS}: re-performance: is not the journal of 2026-04/r1"),
    "the journal before is none": (lambda root: put(root / PREVIOUS, b"x"), "is not the journal of 2026-04/r1"),
    "another document": (other_document, "not the document that evidence/run.json records"),
    "a file left out": (lambda root: (root / FOCUS).unlink(), f"{FOCUS}: re-performance: missing: the evidence gives"),
    "a file added": (lambda root: put(root / "exports/more.csv", b""), "exports/more.csv: re-performance: neither"),
    "a journal that does not balance": (
        lambda root: changed_csv(root / "exports/journal.csv", cell(1, "credit", lambda text: "9.00")),
        "debits less credits are",
    ),
    "a journal of no amounts": (
        lambda root: changed_csv(root / "exports/journal.csv", cell(1, "debit", lambda text: "1e9")),
        'exports/journal.csv: control total: cannot be read (ValueError: "1e9" is not an amount)',
    ),
    "a page": (lambda root: put(root / "index.html", b"<html>"), "index.html: re-performance: not what the evidence"),
    "no configuration": (lambda root: put(root / "config.toml", b"x = 1"), "its evidence gives no books"),
    "a run record that is none": (lambda root: put(root / "evidence/run.json", b"[]"), "not a run record"),
    "an index that is none": (lambda root: put(root / "evidence/index.json", b"{}"), "not an index of evidence"),
}  # fmt: skip


@pytest.mark.parametrize(("forge", "finding"), FILES.values(), ids=FILES)
def test_each_forged_file_is_named(root: Path, forge: Callable[[Path], Any], finding: str) -> None:
    forge(root)
    found = findings(root)
    assert any(finding in each for each in found), "\n".join(found)


def rewritten(root: Path, **changes: Any) -> None:
    """The manifest with other fields, and sums that fit."""
    manifest: Manifest = replace(read_revision(root).manifest, **changes)
    data = manifest.to_json()
    put(root / MANIFEST_PATH, data)
    put(root / SUMS_PATH, b"".join(sums_lines(manifest.files, hashlib.sha256(data).hexdigest())))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "reconciled"},
        {"version": "9.9.9"},
        {"created": "2026-01-01T00:00:00Z"},
        {"endpoint": "https://example.com/"},
        {"totals": ()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_each_field_of_a_forged_manifest_is_named(root: Path, changes: dict[str, Any]) -> None:
    (name,) = changes
    if getattr(read_revision(root).manifest, name) == changes[name]:
        changes = {name: "exceptions"}
    rewritten(root, **changes)
    result = verify(root, VerifyRequest())
    assert result.exit == 7
    told = [str(finding) for finding in result.findings]
    assert any(f"manifest.json: re-performance: {name} is" in each for each in told), told


def test_damage_of_several_files_is_told_of_each(root: Path) -> None:
    """What one file makes a decoder raise hides nothing of the others."""
    paths = [path for path in sorted(root.rglob("*.xlsx")) if path.parent.name == "ledgers"]
    for number, path in enumerate(paths):
        data = path.read_bytes()
        put(path, (data[: len(data) // 2], b"PK\x03\x04garbage", data[:60] + b"\xff" * 40 + data[100:])[number % 3])
    changed_csv(root / "exports/journal.csv", cell(1, "credit", lambda text: "9.00"))
    found = findings(root)
    for path in (*paths, root / "exports/journal.csv"):
        named = str(path.relative_to(root))
        assert any(f"{named}: re-performance" in each for each in found), named
    assert sum(".xlsx: control total" in each for each in found) >= 2
    assert len(paths) >= 3


def line(account: str, team: str, currency: str, *amounts: str) -> list[str]:
    """A row of ``all.csv`` with these cells; nothing looks at the others."""
    cells = {"account": account, "invoice": "INV-1", "team": team, "currency": currency}
    cells |= zip(("net", "tax", "gross"), amounts, strict=True)
    return [cells.get(name, "") for name in COLUMNS]


def added_up(rows: Rows) -> tuple[dict[Any, Any], ...]:
    """Sums by invoice, sums by currency, lines by team, what is no sum: the rule for a single row, row for row."""
    by_invoice, by_currency, lines_of, problems = dict[Any, Any](), dict[Any, Any](), Counter[str](), dict[Any, Any]()
    for number, row in enumerate(rows, start=2):
        cells = dict(zip(COLUMNS, row, strict=True))
        digits, amounts = minor_digits(cells["currency"]), []
        for name in ("net", "tax", "gross"):
            whole, _, fraction = cells[name].partition(".")
            if not re.fullmatch(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", cells[name]) or len(fraction) != digits:
                raise ValueError(f'row {number}, {name}: "{cells[name]}" is not an amount with {digits} decimals')
            amounts.append(int(whole + fraction))
        for sums, key in ((by_invoice, (cells["account"], cells["invoice"])), (by_currency, cells["currency"])):
            sums[key] = [sofar + amount for sofar, amount in zip(sums.get(key, [0, 0, 0]), amounts, strict=True)]
        lines_of[cells["team"]] += 1
        if amounts[0] + amounts[1] != amounts[2]:
            problems[number] = "row {}: net {} + tax {} is not gross {}".format(number, *amounts)
    return by_invoice, by_currency, lines_of, problems


GOOD = st.sampled_from(["0.00", "-0.01", "7.00", "12345678901234567890.12"])
BAD = st.sampled_from(["", "7", "7.0", "07.00", "+7.00", "1e2", "7.00\n7.00", " 7.00", "٧.00", "7.000", "-", "1_0.00"])
LINES = st.lists(
    st.builds(
        line, st.sampled_from("xy"), st.sampled_from(["a", "b"]), st.sampled_from(["THB", "USD", "JPY", ""]),
        *[st.one_of(GOOD, GOOD, GOOD, GOOD, GOOD, GOOD, BAD)] * 3,
    ),
    max_size=12,
)  # fmt: skip


@given(LINES, st.integers(1, 5))
def test_lines_that_are_added_up_together_come_to_what_each_does(lines: Rows, together: int) -> None:
    """Whatever their currencies; the first cell that is no amount is named, row by row."""

    def found() -> tuple[dict[Any, Any], ...]:
        sums, coming, first = LedgerSums(frozenset("a")), iter(lines), 2
        while some := list(islice(coming, together)):
            sums.add(first, some)
            first += len(some)
        compared = hashlib.sha256(b"".join(repr(row).encode() for row in lines if row[COLUMNS.index("team")] == "a"))
        assert sums.digest_of["a"].digest() == compared.digest()
        assert "b" not in sums.digest_of
        numbered = {int(problem.split(":")[0].removeprefix("row ")): problem for problem in sums.problems}
        return sums.by_invoice, sums.by_currency, sums.lines_of, numbered

    try:
        expected = added_up(lines)
    except ValueError as error:
        with pytest.raises(ValueError, match=re.escape(str(error))):
            found()
    else:
        assert found() == expected


def test_what_stands_before_a_row_that_cannot_be_read_is_named_first(root: Path) -> None:
    def apply(rows: Rows) -> None:
        rows[2].append("x")
        cell(1, "net", lambda text: "1e5")(rows)

    changed_csv(root / "ledgers/all.csv", apply)
    assert any('row 2, net: "1e5" is not an amount' in each for each in findings(root))


def test_a_newer_schema_asks_for_an_upgrade(root: Path) -> None:
    from chargeback.errors import SchemaError

    record = json.loads((root / "evidence/run.json").read_bytes())
    put(root / "evidence/run.json", json.dumps({**record, "schema": 99}).encode())
    resealed(root)
    with pytest.raises(SchemaError, match="schema 99, this version reads") as raised:
        verify(root, VerifyRequest())
    assert (raised.value.exit_code, raised.value.remedy) == (2, "upgrade chargeback")


def test_a_flipped_bit_in_every_file_is_caught(made: Path, tmp_path: Path) -> None:
    """Of every file of every revision, by the layer of checksums, with the file's name."""
    shutil.copytree(made, tmp_path / "archive")
    caught, paths = 0, [path for path in sorted((tmp_path / "archive").glob("2*/r*/**/*")) if path.is_file()]
    for path in paths:
        path.chmod(0o640)
        data = path.read_bytes()
        at = int.from_bytes(hashlib.sha256(str(path.relative_to(tmp_path)).encode()).digest(), "big") % (8 * len(data))
        path.write_bytes(data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :])
        result = verify(path.parents[len(path.relative_to(tmp_path).parts) - 4], VerifyRequest(quick=True))
        named = str(path.relative_to(tmp_path / "archive"))
        proof = path.name in (MANIFEST_PATH, SUMS_PATH)  # each is told by the other
        caught += any(proof or finding.path == named for finding in result.findings)
        path.write_bytes(data)
    assert caught == len(paths) > 60


def test_lines_of_a_file_that_was_made_long_are_not_held_together() -> None:
    rows = [["x" * 300_000, *[""] * (len(COLUMNS) - 1)] for _ in range(9)]
    assert [len(some) for some in control_totals._together(iter(rows))] == [4, 4, 1]
