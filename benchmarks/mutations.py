"""Do the tests notice a change of the code? Each mutant changes one operator, comparison or constant of one module.

    python -m benchmarks.mutations                      every module of MODULES, with the tests that answer for it
    python -m benchmarks.mutations config/splits.py   some modules
    python -m benchmarks.mutations --sample 50          that many mutants of each module

Works on a copy of the checkout. Each mutant is tried in a process forked from one that has the libraries loaded. What
survives is printed with its line; the exit code is their number (at most 99). ``EQUIVALENT`` names those that change
nothing anybody could observe, with the reason.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = (
    "chargeback",
    "tests",
    "docs",
    "benchmarks",
    "pyproject.toml",
    "config.example.toml",
    "README.md",
    "CHANGELOG.md",
)
_USAGE = tuple(f"tests/operate/usage/test_{name}.py" for name in ("alerts", "band", "daily", "report"))
MODULES: dict[str, tuple[str, ...]] = {
    "model/money.py": ("tests/model/test_money.py", "tests/allocate"),
    "allocate/report_weights.py": ("tests/allocate", "tests/test_month_end.py"),
    "config/splits.py": ("tests/config/test_splits.py", "tests/allocate", "tests/test_month_end.py"),
    "allocate/posting.py": ("tests/allocate", "tests/test_month_end.py"),
    "allocate/ownership.py": ("tests/allocate", "tests/test_month_end.py"),
    "reconcile/cut_off.py": ("tests/reconcile",),
    "reconcile/invoices.py": ("tests/reconcile",),
    "reconcile/duplicates.py": ("tests/reconcile",),
    "reconcile/tie_out.py": ("tests/reconcile",),
    "reconcile/register.py": ("tests/reconcile",),
    "reconcile/ledgers.py": ("tests/reconcile",),
    "operate/usage/alerts.py": _USAGE,
    "operate/usage/daily.py": _USAGE,
    "operate/usage/report.py": _USAGE,
}
"""Module -> the tests that must notice."""
EQUIVALENT: dict[tuple[str, str], str] = {
    ("operate/usage/alerts.py", "80: 0 -> 1"): "the peak is read only of a runaway that goes on, which has set it",
}
"""(module, the mutant's line and change) -> why nobody could observe it."""

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """A module's source with one change; ``name`` says where and what."""

    name: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a module: in its order."""
    tree = ast.parse(source)
    decorators = {
        id(part) for node in ast.walk(tree) for each in getattr(node, "decorator_list", ()) for part in ast.walk(each)
    }
    for place, node in enumerate(ast.walk(tree)):
        if id(node) in decorators:  # how a class is made, not what it does
            continue
        for number in range(len(list(_changes(node)))):
            changed = copy.deepcopy(tree)
            victim = next(each for at, each in enumerate(ast.walk(changed)) if at == place)
            name = list(_changes(victim))[number]()
            yield Mutant(f"{getattr(node, 'lineno', '?')}: {name}", ast.unparse(changed))


def _changes(node: ast.AST) -> Iterator:  # type: ignore[type-arg]
    """What can be changed at a node: functions that change it and say how."""
    if isinstance(node, ast.Compare):
        for at, operator in enumerate(node.ops):
            if type(operator) in SWAPPED:
                yield lambda at=at: _swap(node.ops, at, node)
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPPED:
        yield lambda: _swap_operator(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
        yield lambda: _drop(node)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, bool):
        yield lambda: _count(node)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLED:
        yield lambda: _call(node)
    elif isinstance(node, ast.IfExp):
        yield lambda: _http_attempt(node)


def _swap(operators: list[ast.cmpop], at: int, node: ast.AST) -> str:
    before = ast.unparse(node)
    operators[at] = SWAPPED[type(operators[at])]()  # type: ignore[assignment]
    return f"{before} -> {ast.unparse(node)}"


def _swap_operator(node: ast.BinOp | ast.BoolOp | ast.AugAssign) -> str:
    before = ast.unparse(node)
    node.op = SWAPPED[type(node.op)]()  # type: ignore[assignment]
    return f"{before} -> {ast.unparse(node)}"


def _drop(node: ast.UnaryOp) -> str:
    before = ast.unparse(node)
    node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
    if isinstance(node.op, ast.Not):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    return f"{before} -> {ast.unparse(node)}"


def _count(node: ast.Constant) -> str:
    before = node.value
    node.value = not before if isinstance(before, bool) else before + 1  # type: ignore[operator]
    return f"{before} -> {node.value}"


def _call(node: ast.Call) -> str:
    before = ast.unparse(node)
    assert isinstance(node.func, ast.Name)
    node.func.id = CALLED[node.func.id]
    return f"{before} -> {ast.unparse(node)}"


def _http_attempt(node: ast.IfExp) -> str:
    before = ast.unparse(node)
    node.body, node.orelse = node.orelse, node.body
    return f"{before} -> {ast.unparse(node)}"


def survivors(checkout: Path, module: str, chosen: list[Mutant], seconds: float) -> Iterator[str]:
    """The names of the mutants that no test noticed."""
    path = checkout / "chargeback" / module
    original = path.read_text(encoding="utf-8")
    try:
        if _tests_pass(checkout, MODULES[module], seconds * 10) is not True:
            raise SystemExit(f"{module}: its tests fail without any change")
        for mutant in chosen:
            path.write_text(mutant.source, encoding="utf-8")
            if _tests_pass(checkout, MODULES[module], seconds):
                yield mutant.name
    finally:
        path.write_text(original, encoding="utf-8")


def _tests_pass(checkout: Path, tests: tuple[str, ...], seconds: float) -> bool:
    """Whether the tests pass, in a process of their own; one that hangs has noticed."""
    child = os.fork()
    if not child:
        _run_tests(checkout, tests)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status == 0
        time.sleep(0.02)
    os.kill(child, 9)
    os.waitpid(child, 0)
    return False


def _run_tests(checkout: Path, tests: tuple[str, ...]) -> None:
    import pytest

    try:
        os.chdir(checkout)
        sys.path.insert(0, str(checkout))
        sys.dont_write_bytecode = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests])
        os._exit(int(code))
    finally:
        os._exit(99)


def main() -> int:
    """How many survived."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="*", default=list(MODULES), metavar="MODULE")
    parser.add_argument("--sample", type=int, metavar="N", help="that many mutants of each module")
    parser.add_argument("--seconds", type=float, default=120, help="after which a mutant's tests count as failed")
    given = parser.parse_args()
    import hypothesis  # noqa: F401 (loaded once, before the forks)
    import pytest  # noqa: F401

    total = alive = 0
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.exists():
                shutil.copy(source, checkout / name)
        for module in given.modules:
            found = list(mutants((ROOT / "chargeback" / module).read_text(encoding="utf-8")))
            found = [each for each in found if (module, each.name) not in EQUIVALENT]
            chosen = sorted(random.Random(7).sample(range(len(found)), min(given.sample or len(found), len(found))))
            survived = list(survivors(checkout, module, [found[at] for at in chosen], given.seconds))
            total, alive = total + len(chosen), alive + len(survived)
            print(f"{module}: {len(chosen)} tried, {len(survived)} survived", flush=True)
            for name in survived:
                print(f"    {name}", flush=True)
    print(f"{total} tried, {alive} survived")
    return min(alive, 99)


if __name__ == "__main__":
    sys.exit(main())
