"""A month made under one version of a library and proved under another: an upgrade must not cry wolf."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

OLDER = "3.1.2"


@pytest.fixture
def older_openpyxl(tmp_path: Path) -> Path:
    """A folder with another openpyxl than the one that is installed."""
    folder = tmp_path / "older"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    done = subprocess.run([*command, f"openpyxl=={OLDER}"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"openpyxl {OLDER} cannot be had from the package index here")
    return folder


def test_a_month_made_with_another_openpyxl_still_verifies(older_openpyxl: Path, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    environ = {**os.environ, "PYTHONPATH": str(older_openpyxl)}
    command = [sys.executable, "-m", "chargeback"]
    subprocess.run([*command, "demo", str(archive)], env=environ, check=True, capture_output=True)
    proved = subprocess.run([*command, "verify", "--archive", str(archive)], capture_output=True, text=True)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert f"openpyxl {OLDER}" in proved.stdout + proved.stderr
