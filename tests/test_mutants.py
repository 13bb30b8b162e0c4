"""The runner of mutants: what it changes, and (nightly) that the tests notice whatever it changes."""

from __future__ import annotations

import pytest

from benchmarks.mutations import EQUIVALENT, MODULES, ROOT, mutants

SOURCE = """\
def total(first, second):
    if first < 0 and not second:
        return max(first, 1)
    return -first if first == second else first + second
"""


def test_each_operator_comparison_and_constant_is_changed_once() -> None:
    assert [mutant.name.split(": ", 1)[1] for mutant in mutants(SOURCE)] == [
        "first < 0 and (not second) -> first < 0 or not second",
        "-first if first == second else first + second -> first + second if first == second else -first",
        "first < 0 -> first <= 0",
        "not second -> not not second",
        "max(first, 1) -> min(first, 1)",
        "first == second -> first != second",
        "-first -> +first",
        "first + second -> first - second",
        "0 -> 1",
        "1 -> 2",
    ]


def test_a_mutant_differs_in_one_place_and_is_a_module() -> None:
    sources = [mutant.source for mutant in mutants(SOURCE)]
    assert len(set(sources)) == len(sources)
    for source in sources:
        compile(source, "mutant", "exec")


@pytest.mark.parametrize("module", MODULES)
def test_every_module_and_its_tests_are_there(module: str) -> None:
    assert (ROOT / "chargeback" / module).is_file()
    assert all((ROOT / path).exists() for path in MODULES[module])
    assert MODULES[module]


def test_what_is_called_equivalent_is_a_mutant_still() -> None:
    known = {
        (module, mutant.name)
        for module in {module for module, _ in EQUIVALENT}
        for mutant in mutants((ROOT / "chargeback" / module).read_text(encoding="utf-8"))
    }
    assert set(EQUIVALENT) <= known
    assert [key for key, reason in EQUIVALENT.items() if not reason] == []
