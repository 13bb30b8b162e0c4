"""Every command that a page names: those of the shell's blocks run as they stand there, the others at least parse.

The blocks of docs/recovery.md, docs/walks.md and docs/evidence.md are run by tests of their own,
docs/object-storage.md's by the store's.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from chargeback.cli import main
from chargeback.cli.lazy import COMMANDS
from tests.kit.some import some
from tests.kit.workplace import CREDENTIALS, Workplace, listening

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
SYNOPSES = ("rules/interface.md", "architecture.md")
"""Pages whose commands are forms, or examples of what could be added."""
ELSEWHERE = {
    "evidence.md": "job/test_manifest_tree.py", "recovery.md": "test_recovery.py", "walks.md": "test_walks.py",
}  # fmt: skip
"""Whose blocks a test of their own runs."""
NOT_RUN = ("make ", "python3 -m venv /opt", "/opt/chargeback/bin/pip", "pip install", "export ", "eval ", "_CHARGEBACK")
"""What sets a machine up: ``.ci/run``, ``.ci/release`` and the tests of completion do it."""


def blocks(page: str) -> list[str]:
    """The shell's blocks of a page."""
    return re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL)


def named() -> list[tuple[str, str]]:
    """(page, command) of every ``chargeback …`` in a block or between backticks."""
    found = []
    for page in PAGES:
        place = str(page.relative_to(ROOT / "docs" if page.is_relative_to(ROOT / "docs") else ROOT))
        if place in SYNOPSES:
            continue
        text = page.read_text(encoding="utf-8")
        lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
        inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
        for written in (*lines, *inline):
            for command in re.findall(r"(?:^|[\s(/])chargeback( [a-z][^#|;)&<>]*)", written):
                found.append((place, f"chargeback{command.rstrip()}"))
    return sorted(set(found))


@pytest.mark.parametrize(("page", "command"), some(named()), ids=lambda value: value)
def test_command_exists_and_takes_the_options_that_a_page_gives_it(page: str, command: str) -> None:
    name, *arguments = shlex.split(command.replace("'", "").replace('"', "").replace("$", ""))[1:]
    assert name in COMMANDS, page
    found = main.get_command(click.Context(main), name)
    assert found is not None
    known = {option for parameter in found.params for option in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.split("=")[0] for word in arguments if word.startswith("-")]
    assert [option for option in options if option not in known | {"--help"}] == []


def environment(where: Workplace) -> dict[str, str]:
    programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in where.environment().items() if name not in CREDENTIALS}
    return {**kept, **where.environ, "DEPLOYS_ENDPOINT": where.server.endpoint, "PATH": programs}


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md"])
def test_what_a_page_begins_with_works_in_an_empty_folder(page: str, tmp_path: Path) -> None:
    lines = [line for block in blocks(page) for line in block.splitlines()]
    wanted = [line for line in lines if line.startswith("chargeback ")]
    others = [line for line in lines if line and not line.startswith(("chargeback ", "#", *NOT_RUN))]
    assert others == ([] if page == "README.md" else RELEASE)
    (tmp_path / "away").mkdir()
    with listening(tmp_path) as where:
        for line in wanted:
            done = subprocess.run(
                ["sh", "-e", "-c", line], cwd=tmp_path / "away", env=environment(where),
                stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, (line, done)
    if wanted:
        assert {"archive", "config.toml"} <= {path.name for path in (tmp_path / "away").iterdir()}


RELEASE = [
    "sha256sum --check SHA256SUMS",
    "ssh-keygen -Y verify -f signers -I NAME -n chargeback -s SHA256SUMS.sig < SHA256SUMS",
]
"""docs/operations.md, verifying a release."""


def test_release_is_verified_by_the_lines_of_the_page_and_a_changed_one_is_not(tmp_path: Path) -> None:
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")

    def run(script: str) -> int:
        return subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path, capture_output=True, check=False).returncode

    (tmp_path / "chargeback.whl").write_bytes(b"wheel")
    made = "sha256sum chargeback.whl > SHA256SUMS; ssh-keygen -q -t ed25519 -N '' -f key"
    signed = 'ssh-keygen -Y sign -q -f key -n chargeback SHA256SUMS; echo "NAME $(cat key.pub)" > signers'
    assert run(f"{made}; {signed}") == 0
    assert [run(line) for line in RELEASE] == [0, 0]
    (tmp_path / "chargeback.whl").write_bytes(b"other")
    assert run(RELEASE[0]) != 0
    assert run(f"sha256sum chargeback.whl > SHA256SUMS; {RELEASE[1]}") != 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_each_shell_is_printed(shell: str) -> None:
    environ = {**os.environ, "_CHARGEBACK_COMPLETE": f"{shell}_source"}
    done = subprocess.run(
        [sys.executable, "-m", "chargeback"], env=environ, capture_output=True, text=True, check=False
    )
    assert "_CHARGEBACK_COMPLETE=" in done.stdout or done.returncode == 0, done


def test_targets_of_make_that_pages_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)) <= targets, page
    assert targets


@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ELSEWHERE], ids=lambda page: page.name)
def test_no_block_of_another_page_is_left_out(page: Path) -> None:
    """Where a page gets a block for the shell, a test has to run it."""
    run_here = {"README.md", "operations.md", "object-storage.md"}
    assert page.name in run_here or "```sh\n" not in page.read_text(encoding="utf-8")


def test_pages_that_others_run_have_blocks_and_a_test() -> None:
    for page, test in ELSEWHERE.items():
        assert blocks(f"docs/{page}") and (ROOT / "tests" / test).exists()
