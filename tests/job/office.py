"""A place to run the whole job in: a platform, a configuration and an archive, in a folder of their own."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargeback.archive.reading import Archive
from chargeback.cli.outcome import ending
from chargeback.cli.run_output import run_and_tell
from chargeback.collect.clock import SystemClock
from chargeback.config import load
from chargeback.job.verify import Verification, VerifyRequest, verify
from chargeback.sandbox import Platform, Server, sample_configuration

NOW = "2026-06-20T03:00:00Z"
EXITS = {0, 2, 3, 4, 5, 6, 7, 8, 9, 130}
"""INTERFACE's table, less 1, which is a bug."""


class PlatformClock(SystemClock):
    """The platform's calendar, or one that is so far ahead of it; real time for waiting."""

    def __init__(self, platform: Platform, ahead: timedelta = timedelta()) -> None:
        self._platform = platform
        self._ahead = ahead

    def now(self) -> datetime:
        """The platform's time."""
        return self._platform.clock.now + self._ahead


@dataclass
class Ended:
    """How a command ended, and what it printed."""

    exit: int
    out: str
    err: str


@contextmanager
def captured() -> Iterator[tuple[io.BytesIO, io.BytesIO]]:
    """What is written to stdout and stderr, bytes as a terminal would get them."""
    before, out, err = (sys.stdout, sys.stderr), io.BytesIO(), io.BytesIO()
    sys.stdout = io.TextIOWrapper(out, "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(err, "utf-8", "backslashreplace", write_through=True)
    try:
        yield out, err
    finally:
        sys.stdout, sys.stderr = before


LOGGED = re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .*\n", re.MULTILINE)
"""A line of the log that ``-v`` writes."""


def told(body: Callable[[], int], *, json_output: bool = False, verbose: bool = True, log: str = "") -> Ended:
    """Run a command's body as the command line does; with ``log``, "text" or "json", stderr as that has it, else
    without the lines of the log."""
    with captured() as (out, err):
        code = 0
        try:
            with ending(json_output=json_output, verbose=verbose, log_format=log or "text") as set_code:
                set_code(body())
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        said = err.getvalue().decode()
        return Ended(code, out.getvalue().decode(), said if log else LOGGED.sub("", said))


@dataclass
class Office:
    """``text`` is the configuration; ``archive`` lies beside it."""

    root: Path
    platform: Platform
    server: Server | None = None
    settings: str = ""
    shared: str = "proportional"
    environ: dict[str, str] = field(default_factory=dict)
    ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.environ.setdefault("DEPLOYS_TOKEN", self.platform.token)
        self.configure()

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return self.root / "archive"

    @property
    def config_path(self) -> Path:
        """The configuration's file."""
        return self.root / "config.toml"

    def configure(self, **changes: Any) -> None:
        """Write the configuration anew."""
        for name, value in changes.items():
            setattr(self, name, value)
        endpoint = self.server.endpoint if self.server else "http://127.0.0.1:9/"
        text = sample_configuration(self.platform.world, endpoint=endpoint, accounts=False, shared=self.shared)
        text = text.replace("[api]\n", f"[api]\n{self.settings}", 1)
        self.config_path.write_text(text, encoding="utf-8")

    def run(self, period: str | None = None, *, json_output: bool = False, log: str = "", **options: Any) -> Ended:
        """``chargeback run -v`` by the platform's calendar."""
        clock = PlatformClock(self.platform, self.ahead)

        def body() -> int:
            config = load(self.config_path, network=True)
            return run_and_tell(config, period=period, json_output=json_output, verbose=True, clock=clock, **options)

        with pytest.MonkeyPatch.context() as patch:
            for name in ("DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS", "DEPLOYS_TOKEN", "DEPLOYS_ENDPOINT"):
                patch.delenv(name, raising=False)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            return told(body, json_output=json_output, log=log)

    def verify(self, path: str = "", **request: Any) -> Verification:
        """The archive, or what lies at a path in it, verified."""
        return verify(self.archive / path, VerifyRequest(**request))

    def revisions(self) -> list[str]:
        """The revisions that are visible."""
        return [str(name) for name in Archive(self.archive).names()]

    def files(self) -> Mapping[str, bytes]:
        """Every file below the office, hidden ones too."""
        paths = sorted(path for path in self.root.rglob("*") if path.is_file() and not path.is_symlink())
        return {str(path.relative_to(self.root)): path.read_bytes() for path in paths}


def leftovers(archive: Path) -> list[str]:
    """Hidden names in the archive but the lock."""
    return sorted(path.name for path in archive.glob(".*") if path.name != ".lock")
