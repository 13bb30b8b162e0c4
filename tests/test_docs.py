"""README and reference tables against the code: a command, a code or a check that is documented otherwise misleads."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.shell_completion import BashComplete, FishComplete, ZshComplete
from click.testing import CliRunner

from chargeback.cli import main
from chargeback.cli.lazy import COMMANDS
from chargeback.model.catalogue import CATALOGUE
from chargeback.model.check import Code

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CHECKS = (ROOT / "docs" / "checks.md").read_text(encoding="utf-8")
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def test_every_command_is_in_the_readme_and_every_one_there_exists() -> None:
    section = README.partition("\n## Commands\n")[2].partition("\n## ")[0]
    shown = re.findall(r"`([a-z]+)`", section)
    assert sorted(shown) == sorted(COMMANDS)


def test_exit_codes_that_the_readme_names_are_those_of_the_rules() -> None:
    """The rules have all of them, and test_rules.py holds that table against the classes."""
    rules = (ROOT / "docs" / "rules" / "interface.md").read_text(encoding="utf-8")
    meanings = dict(re.findall(r"^\| (\d+) \| ([a-z ]+):", rules, re.MULTILINE))
    section = README.partition("\n## Exit codes for cron\n")[2].partition("\n## ")[0]
    shown = re.findall(r"(\d) (?:is )?(reconciled|exceptions|not ready)", section)
    assert (
        [meanings[code] for code, _ in shown]
        == [word for _, word in shown]
        == ["reconciled", "exceptions", "not ready"]
    )


def test_the_readme_runs_only_commands_that_exist() -> None:
    assert set(re.findall(r"^chargeback ([a-z]+)", README, re.MULTILINE)) <= set(COMMANDS)


def test_every_check_has_a_section_and_its_rule_begins_in_the_words_of_the_code() -> None:
    rules = (ROOT / "docs" / "rules" / "interface.md").read_text(encoding="utf-8").partition("## 8 Checks")[2]
    shown = dict(re.findall(r"^\| `([a-z-]+)` \| (.*) \|$", rules, re.MULTILINE))
    assert shown.keys() == {code.value for code in Code}
    assert [
        code for code, entry in CATALOGUE.items() if not shown[code].replace("`", "").startswith(entry.holds_when)
    ] == []
    headings = re.findall(r"^## (.*)$", CHECKS, re.MULTILINE)
    assert {code for heading in headings for code in re.findall(r"`([a-z-]+)`", heading)} == shown.keys()


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


def anchors(page: Path) -> set[str]:
    """What a link can name of a page: its headings as the forge spells them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {
        re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", each)).lower().replace(" ", "-")
        for each in headings
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_a_file_and_to_a_heading_of_it(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text(encoding="utf-8"))
    targets = [((page.parent / path) if path else page, anchor) for path, anchor in links]
    assert [path for path, _ in targets if not path.exists()] == []
    assert [(path, anchor) for path, anchor in targets if anchor and anchor not in anchors(path)] == []
