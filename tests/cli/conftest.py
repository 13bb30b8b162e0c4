"""What the tests of commands share: the archives of the review room, and two ways to call a command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chargeback.cli import main
from chargeback.sandbox import made, running, sample_configuration
from tests.review.conftest import hostile, office, offline, own_office

__all__ = ["hostile", "office", "offline", "own_office"]

OnMachine = Callable[..., Result]


@pytest.fixture
def on_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OnMachine]:
    """Calls a command in a folder with a configuration for a platform whose clock is the machine's."""
    platform = made(kind="C")
    with running(platform) as server:
        monkeypatch.chdir(tmp_path)
        monkeypatch.delenv("CHARGEBACK_CONFIG", raising=False)
        monkeypatch.setenv("DEPLOYS_TOKEN", server.token)
        monkeypatch.setenv("DEPLOYS_ENDPOINT", server.endpoint)
        text = sample_configuration(platform.world, endpoint=server.endpoint)
        Path("config.toml").write_text(text + '[notify]\nmetrics = "."\n')
        Path("config.toml").chmod(0o640)
        yield lambda *words: CliRunner().invoke(main, [str(word) for word in words])
