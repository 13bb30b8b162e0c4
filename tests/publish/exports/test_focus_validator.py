"""``focus.csv`` by the FinOps Foundation's own checker, where it is installed.

It needs Python 3.12 or newer and packages older than ours, so it has a venv of its own:
``python3.12 -m venv .venv-focus && .venv-focus/bin/pip install 'focus-validator>=2.2' 'pyarrow<20'``.
"""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.publish.exports import focus
from tests.kit.small_books import CONFIG, WEB, Bill, Line, bills, make_books

VENV = Path(os.environ.get("FOCUS_VENV") or Path(__file__).parents[3] / ".venv-focus")
SUPPORTED = (
    "ACCOUNT_NAMING_SUPPORTED",
    "SUB_ACCOUNT_SUPPORTED",
    "TAGGING_SUPPORTED",
    "USAGE_MEASUREMENT_SUPPORTED",
    "MULTIPLE_PRICING_CATEGORIES_SUPPORTED",
    "MULTIPLE_SUB_ACCOUNT_TYPES_SUPPORTED",
)
"""What the platform can do and the file says (docs/focus.md)."""
NO_DATA_CAN_MEET = {"InvoiceId-C-004-C"}
"""It wants InvoiceId to be null in every row, InvoiceId-C-005-C wants it in none."""

pytestmark = pytest.mark.skipif(
    not (VENV / "bin" / "focus-validator").exists(),
    reason=f"focus-validator is not installed in {VENV} (FOCUS_VENV names another folder)",
)


@cache
def packages() -> str:
    """The checker's site-packages: it looks for its list of currencies below the working directory."""
    code = "import focus_validator, pathlib; print(pathlib.Path(focus_validator.__file__).parents[1])"
    return subprocess.run([VENV / "bin" / "python", "-c", code], capture_output=True, text=True, check=True).stdout


def failed_rules(path: Path) -> set[str]:
    command = [VENV / "bin" / "focus-validator", "--data-file", path, "--validate-version", "1.2", "--block-download"]
    criteria = ["--applicability-criteria", ",".join(SUPPORTED)]
    done = subprocess.run([*command, *criteria], cwd=packages().strip(), capture_output=True, text=True)
    assert "Total: " in done.stdout, done.stdout + done.stderr
    return set(re.findall(r"(\S+): FAIL", done.stdout))


@pytest.mark.parametrize(
    "given",
    [
        bills(),
        [replace(bills()[3], number="CN-8")],
        [Bill("ba_1", "INV-1", (Line(WEB, 100, 7, description="บริการ"),))],
    ],
    ids=["all kinds of lines", "whole numbers alone", "no quantity"],
)
def test_validator_finds_nothing_that_data_could_meet(given: list[Bill], tmp_path: Path) -> None:
    path = tmp_path / "focus.csv"
    path.write_bytes(b"".join(focus.chunks(make_books(given), CONFIG)))
    assert failed_rules(path) == NO_DATA_CAN_MEET
