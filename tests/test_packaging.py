"""Wheel and sdist, installed into a clean environment, run away from the checkout: what the image's build does too."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from chargeback import __version__

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.nightly


def run(*words: str | Path, cwd: Path) -> str:
    done = subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_clean_environment_runs_the_demo(tmp_path: Path) -> None:
    dist, away = tmp_path / "dist", tmp_path / "away"
    away.mkdir()
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", dist, ROOT, cwd=tmp_path)
    run(sys.executable, "-m", "venv", tmp_path / "clean", cwd=tmp_path)
    python = tmp_path / "clean/bin/python"
    run(python, "-m", "pip", "install", "--quiet", "hatchling", cwd=tmp_path)
    run(python, "-m", "hatchling", "build", "-t", "sdist", "-d", dist, cwd=ROOT)
    (wheel,), (sdist,) = dist.glob("*.whl"), dist.glob("*.tar.gz")
    names = zipfile.ZipFile(wheel).namelist()
    assert "chargeback/py.typed" in names and "chargeback/publish/pages/style.css" in names
    assert not any(name.startswith("tests/") for name in names)
    with tarfile.open(sdist) as source:
        assert any(name.endswith("/config.example.toml") for name in source.getnames())
    run(
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        f"{wheel}[notify,locked]",
        cwd=away,
    )
    frozen = set(run(python, "-m", "pip", "freeze", cwd=away).splitlines())
    lock = (ROOT / "requirements.lock").read_text().splitlines()
    assert {line for line in lock if line and not line.startswith("#")} <= frozen
    assert __version__ in run(python, "-m", "chargeback", "--version", cwd=away)
    run(tmp_path / "clean/bin/chargeback", "demo", away / "demo", cwd=away)
    run(python, "-m", "chargeback", "verify", away / "demo", cwd=away)
