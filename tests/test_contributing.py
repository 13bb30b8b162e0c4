"""``CONTRIBUTING.md`` and the hooks against the checkout: targets, paths and records are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from pre_commit.clientlib import load_config

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE))
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUICK = re.findall(r"^QUICK := ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)[0].replace("\\", "").split()


def test_every_target_is_explained_once() -> None:
    assert sorted(re.findall(r"^\| `make ([a-z-]+)` \|", CONTRIBUTING, re.MULTILINE)) == sorted(TARGETS - {"help"})


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:tests|docs|benchmarks|chargeback)/[\w./]+)`", CONTRIBUTING)))
)
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_hooks_are_the_targets() -> None:
    load_config(str(ROOT / ".pre-commit-config.yaml"))
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == ["make fix", "make check"]
    assert {"fix", "check"} <= TARGETS


def test_quick_names_tests_that_exist() -> None:
    assert len(QUICK) > 5
    assert [path for path in QUICK if "/" in path and not any(ROOT.glob(path.rstrip(")")))] == []
    assert not any(
        room in path for path in QUICK for room in ("year", "survival", "false_passes", "sandbox", "workbook")
    )


def test_the_demo_needs_only_what_runs() -> None:
    assert re.search(r"^demo: \$\(RUNS\) ", MAKEFILE, re.MULTILINE)
    assert "$(call install,.,what runs," in MAKEFILE


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "adr").glob("*.md")), ids=lambda path: path.name[:4])
def test_every_decision_record_has_context_options_decision_and_cost(path: Path) -> None:
    parts = re.findall(r"^\*\*(\w+)\.\*\*", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert parts == ["Context", "Options", "Decision", "Cost"]


def test_every_decision_record_is_numbered() -> None:
    records = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    assert [path.read_text(encoding="utf-8").partition(".")[0] for path in records] == [
        f"# {number}" for number in range(1, len(records) + 1)
    ]
