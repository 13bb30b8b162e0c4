"""The sandbox in a process of its own, so that it is not what is measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.request import urlopen

LATENCY = 20
"""Milliseconds before each answer."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Where the sandbox listens."""

    endpoint: str
    token: str

    def requests(self) -> int:
        """How many requests it has received."""
        with urlopen(f"{self.endpoint}_sandbox/requests") as answer:
            return len(json.load(answer)["requests"])


@contextmanager
def platform(accounts: int, projects: int = 60, resources: int = 5, months: int = 1) -> Iterator[Platform]:
    """A warm sandbox of that size, with so many closed months."""
    size = (
        "--accounts",
        str(accounts),
        "--projects",
        str(projects),
        "--resources",
        str(resources),
        "--months",
        str(months),
    )
    command = (sys.executable, "-m", "chargeback.sandbox", "--latency", str(LATENCY), "--warm", *size)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        described = json.loads(process.stdout.readline())
        yield Platform(described["endpoint"], described["token"])
    finally:
        process.terminate()
        process.wait()
