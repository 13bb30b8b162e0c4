"""``docs/configuration.md`` is what its script writes; every message that is explained is one of the code's."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from chargeback import errors
from chargeback.config.reading import KeyTable
from tests.config.test_example import KNOWN

ROOT = Path(__file__).parents[1]
TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
MESSAGES = [
    message
    for cell in re.findall(r"^- (`[^`]+`(?:, `[^`]+`)*)", TROUBLESHOOTING, re.MULTILINE)
    for message in re.findall(r"`([^`]+)`", cell)
]
OF_THE_SYSTEM = {"No space left on device", "Permission denied", "Read-only file system"} | {
    "NoSuchBucket: …",
    "AccessDenied",
    "error sending request",
}


@cache
def reference() -> ModuleType:
    """The script that writes the page, as a module."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@cache
def source_texts() -> tuple[str, ...]:
    """Every text in the code, on one line; what is filled in at run time is ``…``."""
    return tuple(text for path in (ROOT / "chargeback").rglob("*.py") for text in _texts(path))


def _texts(path: Path) -> list[str]:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    docstrings = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    found = []
    for node in nodes:
        if isinstance(node, ast.JoinedStr):
            found.append("".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            found.append(node.value)
    return found


def test_the_page_is_what_the_script_writes() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert page == reference().page(), "renew it: make docs"


def test_the_schema_is_what_the_script_writes() -> None:
    """Editors complete keys and mark what is wrong by it."""
    assert (ROOT / "docs" / "config.schema.json").read_text(encoding="utf-8") == reference().schema_text(), (
        "renew it: make docs"
    )


def test_the_schema_accepts_the_example_and_what_the_readers_accept() -> None:
    schema = reference().schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    assert [error.message for error in judge.iter_errors(example)] == []
    more = {
        "shared": [{"project": "a", "split": {"web": 60}}, {"project": "b", "split": "even", "from": "2026-01"}],
        "workers": 2,
        "reconciliation": {"tolerance": {"absolute": "0.05", "percent": 1}},
        "teams": [{"id": "web", "projects": ["a", {"match": "b", "until": "2026-02"}]}],
    }
    assert [error.message for error in judge.iter_errors(more)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": 1},
        {"teams": [{"name": "no id"}]},
        {"teams": {"id": "web"}},
        {"shared": [{"project": "a", "split": "evenly"}]},
        {"api": {"concurrency": 0}},
        {"reconciliation": {"tax_basis": "both"}},
        {"accounts": [{"id": "1", "from": "2026-13"}]},
        {"workers": 65},
        {"notify": {"on": ["faild"]}},
        {"shared": [{"project": "a", "split": {"web": "60"}}]},
    ],
)
def test_the_schema_refuses_what_the_readers_refuse(wrong: dict[str, Any]) -> None:
    assert list(jsonschema.Draft202012Validator(reference().schema()).iter_errors(wrong)) != []


def test_the_page_names_the_command_that_writes_it() -> None:
    command = reference().COMMAND
    assert command in reference().page()
    assert re.search(rf"^{command.removeprefix('make ')}:.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_every_key_has_a_row_or_a_section() -> None:
    page = reference().page()
    rows = re.findall(r"^- `([a-z_]+)` \(", page, re.MULTILINE)
    keys = [key for table in KNOWN.values() for key in table]
    sections = [key for key in KNOWN[""] if f"## `[{key}]`" in page or f"## `[[{key}]]`" in page]
    assert sorted([*rows, *sections]) == sorted([*keys, "format"])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("concurrency", "whole number from 1 to 64; `16`"),
        ("deadline", "seconds above 0, at most 604800; `7200`"),
        ("tax_basis", '`"gross"` or `"net"`; `"gross"`'),
        ("history_variance_percent", 'amount; `"30"`'),
        ("token_file", "path"),
        ("reason", "text; **needed**"),
    ],
)
def test_types_bounds_and_defaults_are_the_code_s(key: str, value: str) -> None:
    assert f"- `{key}` ({value}): " in reference().page()


class Novel(KeyTable, frozen=True):
    """A table whose key nobody has explained."""

    novel: int = 1


def test_a_key_without_an_explanation_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"Novel\.novel"):
        reference().rows(reference().Section("`[novel]`", "", Novel))


@pytest.mark.parametrize("message", MESSAGES)
def test_every_message_explained_is_one_of_the_code_s(message: str) -> None:
    assert message in OF_THE_SYSTEM or any(message in text for text in source_texts())


def test_the_most_likely_messages_of_every_exit_code_are_explained() -> None:
    assert len(MESSAGES) >= 25
    codes = {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
    assert {code for code in codes if not re.search(rf"\b{code}\b", TROUBLESHOOTING)} == set()
