"""``docs/architecture.md`` against the code: picture, figures on the amount's way, names of files and functions."""

from __future__ import annotations

import ast
import csv
import importlib.util
import io
import re
from functools import cache
from pathlib import Path
from types import ModuleType

import openpyxl
import pytest

from chargeback.config import parse
from chargeback.evidence import Evidence, MemoryStore, RunRecord
from chargeback.evidence.period import Period
from chargeback.month_end import close_month
from chargeback.publish import ledger_csv, team_workbook, workpaper
from tests.test_worked_example import ANSWERS, CONFIG, _kept

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NEW = {"chargeback/cli/teams.py"}
"""Files that an example makes."""
NAMED = re.findall(r"`(\w+)`(?: and `(\w+)`)? in\s+`(chargeback/[\w/]+\.py)`", PAGE)
FIGURES = re.findall(r"^ +\| `([\w/.]+)` \|([^|]*)\| ([^|]+) \| ([\d.]+) \|$", PAGE, re.MULTILINE)


@cache
def drawing() -> ModuleType:
    """The script that draws the rooms, as a module."""
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "docs" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def files() -> dict[str, bytes]:
    """The ledgers, workbooks and the workpaper of the worked example."""
    store, config = MemoryStore(), parse(CONFIG, Path("/config.toml"))
    answers = tuple(_kept(store, function, result) for function, result in ANSWERS.items())
    run = RunRecord(Period(2026, 5), "2026-06-03T03:00:00Z", "http://127.0.0.1/", 1, None, ("1042",))
    evidence = Evidence(answers, run, store)
    books = close_month(evidence, config)
    made = [
        *ledger_csv.files(books),
        *team_workbook.files(books, config),
        *workpaper.workpaper(books, config, evidence),
    ]
    return {path: b"".join(chunks) for path, chunks in made}


def column(path: str, sheet: str, title: str) -> list[str]:
    """The cells of a column, as texts, below its title."""
    if not sheet:
        return [row[title] for row in csv.DictReader(io.StringIO(files()[path].decode("utf-8-sig")))]
    cells = openpyxl.load_workbook(io.BytesIO(files()[path]), data_only=True)[sheet]
    (found,) = [cell for row in cells.iter_rows() for cell in row if cell.value == title]
    return [str(row[0].value) for row in cells.iter_rows(found.row + 1, None, found.column, found.column)]


def test_the_picture_is_that_of_the_imports() -> None:
    assert drawing().page(PAGE) == PAGE, "renew it: make docs"


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    imports = {"job": {"model", "errors"}, "model": {"errors"}, "errors": set()}
    assert drawing().without_what_follows(imports) == {"job": {"model"}, "model": {"errors"}, "errors": set()}


def test_every_room_is_explained() -> None:
    assert set(re.findall(r"^- `(\w+)`: ", PAGE, re.MULTILINE)) == set(drawing().imports_of_rooms())


@pytest.mark.parametrize(("path", "sheet", "title", "figure"), FIGURES)
def test_the_amount_stands_where_the_page_says(path: str, sheet: str, title: str, figure: str) -> None:
    cells = column(path, sheet.strip(), title)
    assert float(figure) in {float(cell) for cell in cells if re.fullmatch(r"[\d.]+", cell)}


def test_the_way_ends_in_all_files_of_the_amount() -> None:
    assert len(FIGURES) == 7


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:chargeback|tests|docs)/[\w./]+)`", PAGE)) - NEW))
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize(("first", "second", "path"), NAMED)
def test_names_stand_in_the_files_that_the_page_says(first: str, second: str, path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    defined = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {
        target.id
        for node in tree.body
        for target in (node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)])
        if isinstance(target, ast.Name)
    }
    assert {first, second} - {""} <= defined | assigned


def test_the_page_names_much() -> None:
    assert len(NAMED) > 12
