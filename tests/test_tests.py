"""The tests themselves: none asserts only within a loop over what may be empty, and every module has a test file."""

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


PACKAGE = TESTS.parent / "chargeback"
BY_ITS_FOLDER = {"operate/deploy", "operate/doctor", "operate/init", "operate/notify", "publish/statements"}
"""Folders of modules that together make one thing, which a person calls or opens: one test file has it."""
HELD_BY = {
    # What one command or page shows is read where the command or page is made.
    "cli/demonstration.py": "cli/test_demo.py",
    "cli/rebuild_output.py": "job/test_rebuild.py",
    "cli/run_output.py": "cli/test_run.py",
    "cli/verify_output.py": "cli/test_verify.py",
    "review/explanation_json.py": "review/test_explanation.py",
    "review/explanation_text.py": "review/test_explanation.py",
    "publish/bilingual.py": "publish/test_statements.py",
    "publish/pages/cost_tables.py": "publish/pages/test_month_page.py",
    "publish/pages/cover_page.py": "job/test_cover.py",
    "publish/pages/elements.py": "publish/pages/test_escaping.py",
    "publish/pages/file_links.py": "publish/pages/test_month_page.py",
    "publish/pages/team_places.py": "publish/pages/test_archive_page.py",
    "publish/pages/tie_out.py": "publish/pages/test_month_page.py",
    "publish/pages/trend.py": "publish/pages/test_archive_page.py",
    "publish/team_workbook/month.py": "publish/team_workbook/test_summary.py",
    "publish/team_workbook/restated.py": "publish/team_workbook/test_summary.py",
    "publish/team_workbook/totals.py": "publish/team_workbook/test_summary.py",
    "publish/workpaper/groups.py": "publish/workpaper/test_sheet.py",
    "publish/workpaper/invoice_lines.py": "publish/workpaper/test_workpaper.py",
    "publish/workpaper/numbered_accounts.py": "publish/workpaper/test_sheet.py",
    "publish/workpaper/open_items.py": "cli/test_open_items.py",
    "publish/workpaper/sources.py": "publish/workpaper/test_evidence.py",
    # FOCUS and the tax reports are written in parts.
    "publish/exports/focus_allocation.py": "publish/exports/test_focus_14.py",
    "publish/exports/focus_cells.py": "publish/exports/test_focus.py",
    "publish/exports/tax_csv.py": "publish/exports/test_journal_xlsx.py",
    "publish/exports/tax_sheets.py": "publish/exports/test_journal_xlsx.py",
    # What is written and read back is tested both ways in one place.
    "evidence/run_log.py": "cli/test_log.py",
    "model/ledger_register.py": "model/test_ledger.py",
    "publish/revision_files.py": "publish/test_hostile_month.py",
    # Records and registers without rules of their own, and decisions that only a whole month shows.
    "model/books.py": "test_month_end.py",
    "model/project_sources.py": "model/test_projects.py",
    "operate/questions.py": "operate/test_init.py",
    "operate/usage/__init__.py": "operate/usage/test_forty_days.py",
    # The configuration is tested by its tables.
    "config/forms.py": "config/test_publish.py",
    "config/reading.py": "config/test_arbitrary.py",
    "config/settings.py": "config/test_example.py",
    # Every store passes one suite; what a store is made of is tested by it.
    "archive/archive_writer.py": "archive/test_locked_archive.py",
    "archive/bucket.py": "archive/test_store_conformance.py",
    "archive/commits.py": "archive/test_store_conformance.py",
    "archive/deliveries.py": "operate/test_deliveries.py",
    "archive/file_system.py": "archive/test_locked_archive.py",
    "archive/no_follow.py": "archive/test_store_conformance.py",
    "archive/object_store.py": "archive/test_store_conformance.py",
    "archive/object_writer.py": "archive/test_store_conformance.py",
    "archive/rehearsal.py": "archive/test_owner.py",
    "archive/revision.py": "archive/test_reading.py",
    "archive/store.py": "archive/test_store_conformance.py",
    "model/manifest_division.py": "archive/test_manifest_parts.py",
    # A call is tested over a socket, from the client down to the attempt.
    "collect/channel.py": "collect/test_client.py",
    "collect/clock.py": "collect/test_run_time.py",
    "collect/documents.py": "collect/test_with_sandbox.py",
    "collect/envelope.py": "collect/test_client.py",
    "collect/http_attempt.py": "collect/test_client.py",
    "collect/http_library.py": "collect/test_network.py",
    "collect/month_collector.py": "collect/test_with_sandbox.py",
    "collect/pdf_child.py": "collect/test_pdf_reader.py",
    "collect/session.py": "collect/test_proxies.py",
    # A run, a rebuild and a verification are tested as a whole, over HTTP and archives.
    "job/catch_up.py": "year/test_catch_up.py",
    "job/collection.py": "job/test_run.py",
    "job/control_totals.py": "job/test_verify_findings.py",
    "job/overview.py": "job/test_run.py",
    "job/readback.py": "job/test_verify_findings.py",
    "job/reperformance.py": "job/test_verify.py",
    "job/reperformed_revision.py": "job/test_verify.py",
    "job/results.py": "job/test_run.py",
    "job/sealing.py": "job/test_run.py",
    "job/sent_month.py": "test_shards.py",
    # A sheet is made of these, and read back with what opens workbooks.
    "publish/xlsx/expressions.py": "publish/xlsx/test_cells.py",
    "publish/xlsx/openpyxl_insides.py": "publish/xlsx/test_shell.py",
    "publish/xlsx/rounding.py": "publish/xlsx/test_cells.py",
    "publish/xlsx/shape.py": "publish/xlsx/test_shell.py",
    "publish/xlsx/styles.py": "publish/xlsx/test_shell.py",
    "publish/xlsx/texts.py": "publish/xlsx/test_cells.py",
}
"""Module -> the test file that holds it under another name. A module that gets a test file of its own goes from here;
the simulated platform is tested as a whole."""


def own_tests(module: str) -> set[str]:
    """The names that a test file of the module has."""
    folder, _, name = module.removesuffix(".py").rpartition("/")
    return {
        f"{folder}/test_{name}.py",
        *([f"{folder.rpartition('/')[0]}/test_{folder.rpartition('/')[2]}.py"] if folder in BY_ITS_FOLDER else []),
    }


def modules_to_test() -> set[str]:
    """The product's modules in their rooms, but for those that only say what a folder is or pass on its names."""
    found = {path.relative_to(PACKAGE).as_posix(): path for path in PACKAGE.glob("*/**/*.py")}
    return {
        module
        for module, path in found.items()
        if not module.startswith("sandbox/") and (path.name != "__init__.py" or module in HELD_BY)
    }


def test_every_module_has_a_test_file_or_says_which_holds_it() -> None:
    there = {path.relative_to(TESTS).as_posix() for path in TESTS.rglob("test_*.py")}
    alone = {module for module in modules_to_test() if not own_tests(module) & there}
    assert alone - set(HELD_BY) == set(), "write tests/<room>/test_<module>.py, or say which test file holds the module"
    assert set(HELD_BY) - alone == set(), "these modules have a test file of their own, or are gone"
    assert set(HELD_BY.values()) - there == set()
