"""A platform that listens and a configuration for it, for commands that ask the network."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from chargeback.sandbox import Clock, Server, prepared, running, sample_configuration

CREDENTIALS = ("DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS", "DEPLOYS_TOKEN", "DEPLOYS_ENDPOINT", "CHARGEBACK_CONFIG")


@dataclass
class Office:
    """The platform lives at the machine's time, as the commands do."""

    root: Path
    server: Server

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.root / "config.toml"

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return self.root / "archive"

    @property
    def environ(self) -> dict[str, str]:
        """The credential."""
        return {"DEPLOYS_TOKEN": self.server.token}

    def configure(self, more: str = "") -> None:
        """Write the configuration, with these tables at its end."""
        world = self.server.platform.world
        text = sample_configuration(world, endpoint=self.server.endpoint, accounts=False)
        self.config.write_text(f"{text}\n{more}", encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """What a process of its own gets."""
        kept = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
        return {**kept, **self.environ}

    def process(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """``chargeback`` as a process, in the office's folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "chargeback", *arguments],
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )


@contextmanager
def office(root: Path, scenario: str = "clean", faults: str = "", latency: float = 0) -> Iterator[Office]:
    """An office at a platform of that scenario, whose newest closed month is the machine's last month."""
    now = datetime.now(UTC)
    platform = prepared(scenario, kind="D", now=now, clock=Clock(now, ticking=True), faults=faults)
    with running(platform, latency=latency) as server:
        found = Office(root, server)
        found.configure()
        yield found
