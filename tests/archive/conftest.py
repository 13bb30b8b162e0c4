"""Where an archive goes, and under which umask."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Where an archive goes; it does not exist yet."""
    return tmp_path / "archive"


@pytest.fixture(params=[0o000, 0o022, 0o077])
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    """The test under several umasks."""
    before = os.umask(request.param)
    yield request.param
    os.umask(before)
