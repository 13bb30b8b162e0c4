"""README and reference tables against the code: a command, a code or a check that is documented otherwise misleads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete
from click.testing import CliRunner

from chargeback import errors
from chargeback.cli import main
from chargeback.cli.lazy import COMMANDS
from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Code

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    shown = re.findall(r"^\| `chargeback ([a-z]+)` \|", README, re.MULTILINE)
    assert sorted(shown) == sorted(COMMANDS)


def test_the_readme_runs_only_commands_that_exist() -> None:
    assert set(re.findall(r"^chargeback ([a-z]+)", README, re.MULTILINE)) <= set(COMMANDS)


def test_exit_codes_are_those_of_the_classes() -> None:
    shown = {int(code): action for code, action in re.findall(r"^\| (\d+) \| .* \| ([^|]*) \|$", README, re.MULTILINE)}
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    documented = {kind.exit_code: kind.action for kind in classes}
    assert {code: shown[code] for code in documented} == documented
    assert set(shown) - set(documented) == {errors.RECONCILED, errors.EXCEPTIONS}


def test_every_check_is_explained_in_the_words_of_the_code() -> None:
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", CHECKS, re.MULTILINE))
    assert shown == {code.value: entry.holds_when for code, entry in CATALOGUE.items()}
    explained = {
        code
        for heading in re.findall(r"^## (.*)$", CHECKS, re.MULTILINE)
        for code in re.findall(r"`([a-z-]+)`", heading)
    }
    assert explained == {code.value for code in Code}


def test_every_page_is_in_the_readme_s_index() -> None:
    linked = set(re.findall(r"\]\((docs/[a-z-]+\.md)\)", README))
    assert linked == {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}


def test_completion_is_explained_for_every_shell_that_click_knows() -> None:
    shells = {shell.name for shell in (BashComplete, ZshComplete, FishComplete)}
    assert set(re.findall(r"_CHARGEBACK_COMPLETE=([a-z]+)_source chargeback", README)) == shells


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_screens_fit_into_80_columns(command: str) -> None:
    shown = CliRunner().invoke(main, [*command.split(), "--help"], terminal_width=80)
    assert shown.exit_code == 0
    assert [line for line in shown.output.splitlines() if len(line) > 80] == []


def test_every_command_s_line_of_help_fits_on_one() -> None:
    shown = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    assert [name for name, (_, line) in COMMANDS.items() if f"  {line}\n" not in shown] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(((?!https?:|#)[^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []
