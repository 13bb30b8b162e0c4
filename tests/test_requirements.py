"""What pyproject.toml promises of the libraries: lower bounds that `.ci/run` installs, and an upper one where insides
of a library are used. Each inside is named here, so that a release without it fails here and not in a workbook."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "chargeback"
REQUIRED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
LIBRARIES_OF_INSIDES = {"openpyxl": "<3.2"}
IMPORTED_INSIDES = {
    ("openpyxl.workbook._writer", "WorkbookWriter"),
    ("openpyxl.worksheet._writer", "WorksheetWriter"),
}
"""Modules and classes of openpyxl that are not public."""
USED_INSIDES = {
    "_archive": ("openpyxl.writer.excel", "ExcelWriter"),
    "_write_charts": ("openpyxl.writer.excel", "ExcelWriter"),
    "_write_worksheets": ("openpyxl.writer.excel", "ExcelWriter"),
    "_write": ("openpyxl.packaging.manifest", "Manifest"),
    "_differential_styles": ("openpyxl.workbook.workbook", "Workbook"),
    "_charts": ("openpyxl.worksheet.worksheet", "Worksheet"),
    "_drawing": ("openpyxl.writer.excel", "ExcelWriter"),
    "_hyperlinks": ("openpyxl.worksheet.worksheet", "Worksheet"),
    "_images": ("openpyxl.worksheet.worksheet", "Worksheet"),
    "_rels": ("openpyxl.worksheet._writer", "WorksheetWriter"),
    "_style": ("openpyxl.styles.styleable", "StyleableObject"),
    "_tables": ("openpyxl.writer.excel", "ExcelWriter"),
}
"""Attributes of openpyxl's objects that are not public, and the class whose source has them."""
FILE_OF_INSIDES = "publish/xlsx/openpyxl_insides.py"


def sources() -> dict[str, ast.Module]:
    """The modules that import openpyxl, by path within the package."""
    texts = {str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    return {name: ast.parse(text) for name, text in texts.items() if "openpyxl" in text}


def imported_insides(tree: ast.Module) -> set[tuple[str, str]]:
    """What a module imports of openpyxl that is not public."""
    return {
        (node.module, alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("openpyxl")
        for alias in node.names
        if node.module is not None and ("._" in node.module or alias.name.startswith("_"))
    }


def used_insides(tree: ast.Module) -> set[str]:
    """Private attributes of objects other than the module's own."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and re.match(r"_[a-z]", node.attr)
        if not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    }


def test_every_requirement_has_a_lower_bound() -> None:
    assert REQUIRED
    assert [line for line in REQUIRED if not re.match(r"[a-z0-9-]+>=\d+(\.\d+)+(,<\d+(\.\d+)*)?$", line)] == []


def test_a_library_whose_insides_are_used_has_an_upper_bound() -> None:
    bounds = {line.split(">=")[0]: line.partition(",")[2] for line in REQUIRED}
    assert {name: bounds[name] for name in LIBRARIES_OF_INSIDES} == LIBRARIES_OF_INSIDES


def test_insides_of_openpyxl_are_those_named_here_and_used_in_one_file_alone() -> None:
    modules = sources()
    assert modules
    assert set().union(*map(imported_insides, modules.values())) == IMPORTED_INSIDES
    assert set().union(*map(used_insides, modules.values())) == set(USED_INSIDES)
    users = {name for name, tree in modules.items() if imported_insides(tree) or used_insides(tree)}
    assert users == {FILE_OF_INSIDES}


@pytest.mark.parametrize(("module", "name"), sorted(IMPORTED_INSIDES))
def test_what_is_imported_is_there(module: str, name: str) -> None:
    assert inspect.isclass(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize(("name", "where"), sorted(USED_INSIDES.items()))
def test_what_is_used_is_there(name: str, where: tuple[str, str]) -> None:
    owner = getattr(importlib.import_module(where[0]), where[1])
    assert re.search(rf"\b{name}\b", inspect.getsource(owner)), f"{where[1]} has no {name} any more"


def test_the_wheel_s_extra_pins_what_the_lock_pins() -> None:
    """Who installs the wheel alone (pipx, uv) gets the libraries with which the bytes of an archive were tested."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    assert extras["locked"] == [line for line in lines if line and not line.startswith("#")], "renew it: make lock"
