"""Imports go one way, pure rooms reach for nothing outside, and starting up stays fast: read from the source itself.

The direction is errors < evidence < model < config; then collect, reconcile, allocate, publish and archive, each by
itself; month_end joins the pure ones of them, job joins all; review, operate and cli stand on top. The sandbox imports
none of them, so that it cannot share their misreadings.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = "chargeback"

GROUND = {"errors", "evidence", "model", "config"}
PURE_ROOMS = {"reconcile", "allocate", "publish"}
ROOMS = PURE_ROOMS | {"collect", "archive"}
JOB = GROUND | ROOMS | {"month_end"}
MAY_IMPORT: dict[str, set[str]] = {
    "": {"review"},
    "errors": set(),
    "process": {"errors"},
    "evidence": {"errors"},
    "model": {"errors", "evidence"},
    "config": {"errors", "evidence", "model"},
    **dict.fromkeys(ROOMS, GROUND),
    "month_end": GROUND | PURE_ROOMS,
    "job": JOB,
    "review": JOB | {"job"},
    "operate": JOB | {"job"},
    "cli": JOB | {"process", "job", "review", "operate"},
    "sandbox": set(),
    "__main__": {"process", "cli"},
}
"""What a room may import beside itself and the package's own name and version. The package itself opens archives for
Python, and imports what that needs only when asked."""
ALSO = {
    "chargeback.cli.demonstration": MAY_IMPORT["cli"] | {"sandbox"},
    "chargeback.cli.sandbox": (MAY_IMPORT["cli"] - {"job"}) | {"sandbox"},
}
"""Modules with a rule of their own: the demonstration alone joins the job and the sandbox."""

PURE = PURE_ROOMS | {"evidence", "model", "month_end"}
OUTSIDE = {
    "socket",
    "ssl",
    "http",
    "httpx",
    "requests",
    "urllib.request",
    "random",
    "secrets",
    "uuid",
    "time",
    "locale",
}
"""Modules of the clock, of chance, of the machine's settings and of the network."""
OUTSIDE_NAMES = {"environ", "environb", "getenv", "getcwd", "now", "utcnow", "today", "cwd", "home", "expanduser"}
OWNERS = {"os", "datetime", "date", "Path", "Timestamp"}
"""Attributes and functions that read the same, and whose they are."""

CELL = re.compile(r"\$?[A-Z]{1,2}\$?[0-9]*")
"""A column's letters, or a cell's."""
WRITERS = {"blank", "day", "exact", "figure", "formula", "minor", "moment", "number", "opening", "text", "texts"}
"""What makes a cell of a workbook, by its letters."""

PAIRING = {"known", "Expression", "Result", "formula", "opening"}
"""What makes a cell or an operand of a formula's text and a value."""
HEAVY = {"pandas", "numpy", "openpyxl", "httpx", "arro3", "nanoarrow", "rich", "pypdf", "lxml"}
LIGHT = {"", "errors", "config", "cli"}


def module_name(path: Path) -> str:
    """The dotted name of a module of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """The room of a dotted name: "" for the package itself."""
    return [*module.split("."), ""][1]


def sources() -> Iterator[tuple[str, ast.Module]]:
    """Every module of the package, with its syntax tree."""
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        yield module_name(path), ast.parse(path.read_text(encoding="utf-8"), str(path))


def is_package(module: str) -> bool:
    """Whether the dotted name is a folder of modules."""
    return (ROOT / module.replace(".", "/")).is_dir()


def imported(module: str, tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each dotted name that the module imports, functions included, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = absolute(module, node)
            yield from ((f"{origin}.{alias.name}", node.lineno) for alias in node.names)


def absolute(module: str, node: ast.ImportFrom) -> str:
    """Where ``from … import`` imports from, with leading dots resolved."""
    if not node.level:
        return node.module or ""
    parts = module.split(".") if is_package(module) else module.split(".")[:-1]
    base = parts[: len(parts) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])


def wrong_way(module: str, tree: ast.Module) -> Iterator[str]:
    """The imports of a module that go against the direction."""
    room = room_of(module)
    allowed = ALSO.get(module, MAY_IMPORT.get(room, set())) | {room, ""}
    for name, line in imported(module, tree):
        target = room_of(name)
        if name.split(".")[0] == PACKAGE and target not in allowed and not target.startswith("__"):
            yield f"{module}:{line} imports {name}"


def reaching_outside(module: str, tree: ast.Module) -> Iterator[str]:
    """What a pure module uses of the clock, chance, the environment or the network."""
    if room_of(module) not in PURE:
        return
    for name, line in imported(module, tree):
        owner, _, last = name.rpartition(".")
        if any(f"{name}.".startswith(f"{barred}.") for barred in OUTSIDE) or (owner == "os" and last in OUTSIDE_NAMES):
            yield f"{module}:{line} imports {name}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in OUTSIDE_NAMES and owner_of(node) in OWNERS:
            yield f"{module}:{node.lineno} uses {ast.unparse(node)}"


def owner_of(node: ast.Attribute) -> str:
    """The name right before the attribute's dot."""
    return ast.unparse(node.value).rpartition(".")[2]


def heavy_at_start(module: str, tree: ast.Module) -> Iterator[str]:
    """The heavy libraries that a module of the start-up imports as soon as it is imported itself."""
    if room_of(module) not in LIGHT:
        return
    for statement in at_import(tree.body):
        for name, line in imported(module, statement):
            if name.split(".")[0] in HEAVY:
                yield f"{module}:{line} imports {name} at its top"


def paired_by_hand(module: str, tree: ast.Module) -> Iterator[str]:
    """Where a module gives a formula's text and its value side by side: only ``publish.xlsx`` may, which makes both
    from columns."""
    if room_of(module) != "publish" or module.startswith(f"{PACKAGE}.publish.xlsx"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in PAIRING:
            yield f"{module}:{node.lineno} pairs a formula and a value: {ast.unparse(node)}"


def at_import(statements: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when the module is imported: within conditions and classes too, not within functions."""
    for statement in statements:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            yield statement
        elif isinstance(statement, (ast.If, ast.Try, ast.With, ast.ClassDef)) and not is_for_types(statement):
            for part in ("body", "orelse", "finalbody", "handlers"):
                inner = getattr(statement, part, [])
                yield from at_import([each for entry in inner for each in getattr(entry, "body", [entry])])


def is_for_types(statement: ast.stmt) -> bool:
    """Whether this is ``if TYPE_CHECKING:``, which never runs."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test).endswith("TYPE_CHECKING")


Rule = Callable[[str, ast.Module], Iterator[str]]
RULES: list[Rule] = [wrong_way, reaching_outside, heavy_at_start, paired_by_hand]


@pytest.mark.parametrize("rule", RULES)
def test_every_module_keeps_the_rule(rule: Rule) -> None:
    assert [broken for module, tree in sources() for broken in rule(module, tree)] == []


def test_every_room_has_its_place() -> None:
    rooms = {room_of(module) for module, _ in sources()}
    assert rooms - set(MAY_IMPORT) - {"__main__"} == set()


@pytest.mark.parametrize(
    ("rule", "module", "source"),
    [
        (wrong_way, "chargeback.errors", "from chargeback.model.money import exact_sum"),
        (wrong_way, "chargeback.evidence.records", "import chargeback.model"),
        (wrong_way, "chargeback.model.money", "from chargeback import config"),
        (wrong_way, "chargeback.model.money", "from ..config import settings"),
        (wrong_way, "chargeback.config.loader", "def f():\n    from chargeback.collect import network"),
        (wrong_way, "chargeback.allocate.posting", "from chargeback.reconcile.register import CHECKS"),
        (wrong_way, "chargeback.archive.locked_archive", "import chargeback.publish.workpaper"),
        (wrong_way, "chargeback.month_end", "from chargeback.archive import locked_archive"),
        (wrong_way, "chargeback.month_end", "from chargeback.collect import client"),
        (wrong_way, "chargeback.job", "from chargeback.review import diff"),
        (wrong_way, "chargeback.job", "from chargeback.sandbox import server"),
        (wrong_way, "chargeback.review.show", "from chargeback.operate import doctor"),
        (wrong_way, "chargeback.operate.doctor", "from chargeback.cli import main"),
        (wrong_way, "chargeback.cli.run", "from chargeback.sandbox import server"),
        (wrong_way, "chargeback.cli.sandbox", "from chargeback import job"),
        (wrong_way, "chargeback.sandbox.server", "from chargeback.model.money import to_minor"),
        (reaching_outside, "chargeback.publish.page", "import time"),
        (reaching_outside, "chargeback.publish.page", "def f():\n    from random import choice"),
        (reaching_outside, "chargeback.evidence.period", "from urllib.request import urlopen"),
        (reaching_outside, "chargeback.evidence.records", "import httpx"),
        (reaching_outside, "chargeback.month_end", "import os\nos.environ['TZ']"),
        (reaching_outside, "chargeback.month_end", "import os\nos.getenv('TZ')"),
        (reaching_outside, "chargeback.month_end", "from os import environ"),
        (reaching_outside, "chargeback.reconcile.dates", "from datetime import datetime\ndatetime.now()"),
        (reaching_outside, "chargeback.reconcile.dates", "import datetime\ndatetime.datetime.now()"),
        (reaching_outside, "chargeback.allocate.dates", "from datetime import date\ndate.today()"),
        (heavy_at_start, "chargeback", "import pandas as pd"),
        (heavy_at_start, "chargeback.cli.run", "from rich.progress import Progress"),
        (heavy_at_start, "chargeback.config.loader", "try:\n    import httpx\nexcept ImportError:\n    pass"),
        (paired_by_hand, "chargeback.publish.all_workbook", "known('SUM(A1:A2)', value)"),
        (paired_by_hand, "chargeback.publish.workpaper.tie_out", "cells.formula('A', 'A1+A2', value, look)"),
        (heavy_at_start, "chargeback.errors", "if True:\n    pass\nelse:\n    import openpyxl"),
    ],
)
def test_a_broken_rule_is_seen(rule: Rule, module: str, source: str) -> None:
    assert len(list(rule(module, ast.parse(source)))) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chargeback.publish.page", "from chargeback import __version__\nfrom chargeback.config import Config"),
        ("chargeback.publish.xlsx.sheets", "known('SUM(A1:A2)', value)"),
        ("chargeback.job", "from chargeback import archive, collect, month_end"),
        ("chargeback.cli.demonstration", "from chargeback import job\nfrom chargeback.sandbox import server"),
        ("chargeback.cli.sandbox", "from chargeback.sandbox import server"),
        ("chargeback.sandbox.server", "import time\nfrom chargeback.sandbox.world import World\nfrom . import wire"),
        ("chargeback.cli.run", "def run():\n    import rich"),
        ("chargeback.cli.run", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import pandas"),
        ("chargeback.collect.clock", "from datetime import UTC, datetime\ndatetime.now(UTC)"),
        ("chargeback.reconcile.dates", "import os.path\nfrom datetime import datetime\ndatetime(2026, 1, 1)"),
    ],
)
def test_what_keeps_the_rules_passes(module: str, source: str) -> None:
    assert [broken for rule in RULES for broken in rule(module, ast.parse(source))] == []


@pytest.mark.parametrize("module", ["chargeback", "chargeback.config", "chargeback.errors", "chargeback.cli"])
def test_starting_up_loads_nothing_heavy(module: str) -> None:
    if not (ROOT / module.replace(".", "/")).with_suffix(".py").exists() and not is_package(module):
        pytest.skip("not there")
    program = f"import sys, {module}; print(*sorted(set(sys.modules) & {HEAVY!r}))"
    started = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert started.stdout.split() == []


def loaded_by(folder: Path, *arguments: str) -> tuple[int, set[str]]:
    """The exit code of a command in a process of its own, and the modules that it had loaded when it ended."""
    program = (
        "import sys; from chargeback.__main__ import main; sys.argv[0] = 'chargeback'; code = main(); "
        "open('loaded', 'w').write(' '.join(sys.modules)); sys.exit(code)"
    )
    started = subprocess.run([sys.executable, "-c", program, *arguments], cwd=folder, capture_output=True, text=True)
    return started.returncode, set((folder / "loaded").read_text().split())


@pytest.mark.parametrize(
    ("before", "loaded"),
    [("chargeback.cli", "False True"), ("sys", "True True"), ("chargeback.cli, numpy", "True True")],
)
def test_a_command_makes_workbooks_without_numpy_and_keeps_it_from_nobody(before: str, loaded: str) -> None:
    program = (
        f"import sys, {before}; import chargeback.publish.workpaper; first = 'numpy' in sys.modules; "
        "import numpy; print(first, numpy.int64(1) == 1)"
    )
    started = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert started.stdout.strip() == loaded


CONFIGURATION = 'archive = "archive"\ntimezone = "Asia/Bangkok"\n[[teams]]\nid = "web"\nprojects = ["acme-*"]\n'


@pytest.mark.parametrize(
    ("arguments", "exit_code", "barred"),
    [
        (("--version",), 0, {"chargeback.config", "chargeback.job", "chargeback.evidence", "dateutil", "msgspec"}),
        (("run", "--help"), 0, {"chargeback.config", "chargeback.job", "dateutil", "msgspec"}),
        (("run", "-p", "2026-13"), 2, {"chargeback.job", "chargeback.collect", "chargeback.publish"}),
        (("run", "-p", "9000-01"), 2, {"chargeback.publish.xlsx", "chargeback.publish.pages", "httpx._main"}),
        (
            ("list", "--archive", "archive"),
            0,
            {"chargeback.collect", "chargeback.publish.pages", "chargeback.month_end"},
        ),
    ],
)
def test_a_command_loads_what_it_uses(
    tmp_path: Path, arguments: tuple[str, ...], exit_code: int, barred: set[str]
) -> None:
    (tmp_path / "config.toml").write_text(CONFIGURATION)
    (tmp_path / "archive").mkdir()
    code, loaded = loaded_by(tmp_path, *arguments)
    assert code == exit_code
    assert loaded & (HEAVY - {"httpx", "rich"} | barred) == set()
    assert ("httpx" in loaded, "rich" in loaded) == (arguments == ("run", "-p", "9000-01"), False)


def test_a_noun_has_one_class_in_the_house() -> None:
    """Who reads a class's name knows what it is, whichever room it is met in; the sandbox has nouns of its own."""
    found: dict[str, list[str]] = {}
    for module, tree in sources():
        if room_of(module) != "sandbox":
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found.setdefault(node.name, []).append(module)
    assert len(found) > 300
    assert {name: modules for name, modules in found.items() if len(modules) > 1} == {}


def test_nobody_writes_the_letters_of_a_cell_but_what_makes_workbooks() -> None:
    """A formula names columns, and their letters follow from where the table stands: so no formula sums another one."""
    written = [
        f"{module}:{node.lineno}: {node.args[0].value}"
        for module, tree in sources()
        if module.startswith("chargeback.publish.") and not module.startswith("chargeback.publish.xlsx")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITERS
        and node.args
        if isinstance(node.args[0], ast.Constant) and CELL.fullmatch(str(node.args[0].value))
    ]
    assert written == []
