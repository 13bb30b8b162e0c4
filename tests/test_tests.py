"""The tests themselves: none asserts only within a loop over what may be empty, for then it asserts nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SAME_LENGTH = {"enumerate", "sorted", "list", "tuple", "set", "reversed", "zip", "dict", "product", "iter"}
"""What yields something where all that it is given does."""
VIEWS = {"items", "values", "keys"}
Constants = Mapping[str, ast.expr]


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """The module's names that are given a value once, at its top."""
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            found[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found[node.target.id] = node.value
    return found


def yields_something(iterated: ast.expr, known: Constants) -> bool:
    """Whether a loop over it runs at least once, as far as the source itself shows."""
    if isinstance(iterated, ast.List | ast.Tuple | ast.Set):
        return any(not isinstance(each, ast.Starred) or yields_something(each.value, known) for each in iterated.elts)
    if isinstance(iterated, ast.Dict):
        return any(
            key is not None or yields_something(value, known)
            for key, value in zip(iterated.keys, iterated.values, strict=True)
        )
    if isinstance(iterated, ast.Constant):
        return bool(iterated.value)
    if isinstance(iterated, ast.Name):
        return iterated.id in known and yields_something(known[iterated.id], {**known, iterated.id: ast.Constant(None)})
    if isinstance(iterated, ast.Set | ast.BinOp):
        return (
            isinstance(iterated, ast.BinOp)
            and isinstance(iterated.op, ast.Add | ast.BitOr)
            and (yields_something(iterated.left, known) or yields_something(iterated.right, known))
        )
    if isinstance(iterated, ast.Call):
        return _call_yields_something(iterated, known)
    return False


def _call_yields_something(call: ast.Call, known: Constants) -> bool:
    if isinstance(call.func, ast.Attribute) and call.func.attr in VIEWS and not call.args:
        return yields_something(call.func.value, known)
    if isinstance(call.func, ast.Name) and call.func.id == "some":
        return True
    if isinstance(call.func, ast.Name) and call.func.id == "range":
        bounds = [each.value if isinstance(each, ast.Constant) else None for each in call.args]
        return all(isinstance(each, int) for each in bounds) and len(range(*bounds)) > 0  # type: ignore[arg-type]
    if isinstance(call.func, ast.Name) and call.func.id in SAME_LENGTH and call.args:
        return all(yields_something(each, known) for each in call.args)
    return False


def asserting(node: ast.AST) -> bool:
    """Whether the node fails a test by itself: assert, ``pytest.raises``, ``pytest.fail``, or a helper that asserts."""
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in {"raises", "warns", "fail"} or name.startswith(("assert", "refuse"))
    return False


def of_all(asserted: ast.expr, known: Constants) -> bool:
    """Whether it is ``all(… for each in found)``, where nothing may have been found."""
    if not (isinstance(asserted, ast.Call) and isinstance(asserted.func, ast.Name) and asserted.func.id == "all"):
        return False
    each = asserted.args[0]
    return isinstance(each, ast.GeneratorExp | ast.ListComp) and not yields_something(each.generators[0].iter, known)


def asserts(function: ast.AST, known: Constants, *, sure: bool) -> Iterator[ast.AST]:
    """What asserts in a function's body; ``sure``: not within a loop that may not run at all."""
    for node in ast.iter_child_nodes(function):
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if sure and isinstance(node, ast.For) and not yields_something(node.iter, known):
            continue
        if asserting(node) and not (sure and isinstance(node, ast.Assert) and of_all(node.test, known)):
            yield node
        yield from asserts(node, known, sure=sure)


def empty_handed(source: str) -> list[str]:
    """The tests of a module that may assert nothing at all."""
    tree = ast.parse(source)
    known = constants(tree)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    return [
        function.name
        for function in functions
        if any(asserts(function, known, sure=False)) and not any(asserts(function, known, sure=True))
    ]


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: str(path.relative_to(TESTS)))
def test_no_test_asserts_only_in_a_loop_that_may_not_run(path: Path) -> None:
    assert empty_handed(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("body", "empty"),
    [
        ("for each in found(): assert each", True),
        ("for each in found().items(): assert each", True),
        ("for each in sorted(found): assert each", True),
        ("for each in range(0): assert each", True),
        ("for each in []: assert each", True),
        ("while going():\n        for each in found: assert each", True),
        ("assert all(found)\n    for each in found: assert each", False),
        ("assert all(each for each in found)", True),
        ("assert all(each for each in some(found))", False),
        ("for each in (1, 2): assert each", False),
        ("for each in ROWS: assert each", False),
        ("for key, value in MAP.items(): assert value", False),
        ("for a, b in zip((1,), ROWS): assert a", False),
        ("for each in range(3): assert each", False),
        ("for each in some(found()): assert each", False),
        ("with pytest.raises(ValueError): x()", False),
    ],
)
def test_the_scan_knows_loops_that_may_not_run(body: str, empty: bool) -> None:
    source = f"ROWS = [1, 2]\nMAP = {{'a': 1}}\ndef test_x():\n    {body}\n"
    assert empty_handed(source) == (["test_x"] if empty else [])
