"""Threads that use a native library for the first time at once: whole runs with the interpreter switching between them
as often as it can. Two threads that built msgspec's type information together ended ordinary runs with a segmentation
fault, and nothing was written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.workplace import listening

OFTEN = "import sys; sys.setswitchinterval(1e-6); from chargeback.__main__ import main; sys.exit(main())"


def test_dry_runs_that_switch_threads_every_microsecond_never_crash(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    count = 30 if request.config.getoption("--nightly") else 3
    with listening(tmp_path) as where:
        command = [sys.executable, "-c", OFTEN, "run", "-c", str(where.config_path), "--dry-run"]
        ended = [
            subprocess.run(command, cwd=tmp_path, env=where.environment(), capture_output=True, timeout=120).returncode
            for _ in range(count)
        ]
    assert ended == [0] * count
