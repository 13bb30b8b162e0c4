"""The page for the worst hour: its commands are run as they stand there, and every exit code has its advice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chargeback import errors
from tests.kit.reviewed import MARCH, Reviewed, spoil
from tests.review.conftest import office, own_office

__all__ = ["office", "own_office"]

PAGE = (Path(__file__).parents[1] / "docs" / "recovery.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


def shell(script: str, *, expected: int = 0) -> str:
    """What a shell says that stops at the first error."""
    environ = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    ran = subprocess.run(["sh", "-e", "-c", script], env=environ, capture_output=True, text=True, timeout=300)
    assert ran.returncode == expected, ran.stdout + ran.stderr
    return ran.stdout


def test_backup_restore_move_and_split_work_as_they_are_written(own_office: Reviewed, tmp_path: Path) -> None:
    names, backup, restore, move, split = BLOCKS
    archive, copy = own_office.root, tmp_path / "backup"
    places = {"ARCHIVE": archive, "BACKUP": copy, "NEW": tmp_path / "new", "OLD": tmp_path / "old"}
    assert re.findall(r"^(\w+)=", names, re.MULTILINE) == list(places)
    mine = "".join(f"{name}='{place}'\n" for name, place in places.items())
    head = shell(mine + backup).splitlines()[-1]
    assert re.fullmatch("[0-9a-f]{64}", head)
    damaged = archive / MARCH / "r1/ledgers/all.csv"
    spoil(damaged, lambda data: b"changed")
    assert str(damaged.relative_to(archive)) in shell(f"chargeback verify '{archive}' --quick 2>&1", expected=7)
    shell(f"{mine}HEAD={head}\n{restore}")
    shell(f"{mine}HEAD={head}\n{move}")
    shell(mine + split)
    assert not (archive / MARCH).exists() and (tmp_path / "old" / MARCH).is_dir()
    shell(f"chargeback verify '{archive}' --quick", expected=7)  # without its base it lacks a month


@pytest.mark.parametrize(
    "code",
    sorted(
        {kind.exit_code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)}
        | {errors.RECONCILED, errors.EXCEPTIONS}
    ),
)
def test_every_exit_code_has_its_advice(code: int) -> None:
    assert re.search(rf"^### {code} .+\n\n\S", PAGE, re.MULTILINE)


def test_the_commands_of_the_page_exist() -> None:
    from chargeback.cli.lazy import COMMANDS

    assert set(re.findall(r"chargeback ([a-z]+)", re.sub(r"`chargeback`", "", PAGE))) - {"user"} <= set(COMMANDS)
