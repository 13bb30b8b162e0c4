"""A workplace: a platform, a configuration and an archive in a folder, where the job, a command or a process runs."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.cli.outcome import ending
from chargeback.cli.run_output import run_and_tell
from chargeback.config import Config, load
from chargeback.config.address import Address, Place
from chargeback.evidence.period import Period
from chargeback.job.results import MonthResult
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.job.verify import Verification, VerifyRequest, verify
from chargeback.model.check import Check, Outcome
from chargeback.sandbox import Clock, Platform, Server, instant, prepared, running, sample_configuration
from tests.kit.platform import PlatformClock, quick_runs

NOW = "2026-06-20T03:00:00Z"
"""May is over, billed and paid."""
EXITS = {0, 2, 3, 4, 5, 6, 7, 8, 9, 130}
"""INTERFACE's table, less 1, which is a bug."""
CREDENTIALS = ("DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS", "DEPLOYS_TOKEN", "DEPLOYS_ENDPOINT", "CHARGEBACK_CONFIG")
LOGGED = re.compile(r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z .*\n", re.MULTILINE)
"""A line of the log that ``-v`` writes."""


@dataclass
class Ended:
    """How a command ended, and what it printed."""

    exit: int
    out: str
    err: str


@dataclass
class Workplace:
    """``api`` are lines of the configuration's ``[api]``, ``shared`` is how it splits shared projects; ``archive`` lies
    beside it, unless the archive is in a bucket, at ``address``. A job's clock is ``ahead`` of the platform's by so
    much."""

    root: Path
    platform: Platform
    server: Server | None = None
    api: str = ""
    shared: str = "proportional"
    environ: dict[str, str] = field(default_factory=dict)
    ahead: timedelta = timedelta()
    told: list[str] = field(default_factory=list)
    address: Address | None = None

    def __post_init__(self) -> None:
        self.environ.setdefault("DEPLOYS_TOKEN", self.platform.token)
        self.configure()

    @property
    def archive(self) -> Path:
        """The archive's folder."""
        return self.root / "archive"

    @property
    def place(self) -> Place:
        """Where the archive is: its folder, or its address."""
        return self.address or self.archive

    @property
    def config_path(self) -> Path:
        """The configuration's file."""
        return self.root / "config.toml"

    @property
    def config(self) -> Config:
        """The configuration, loaded."""
        return load(self.config_path, network=True)

    def configure(
        self,
        after: str = "",
        *,
        before: str = "",
        api: str | None = None,
        shared: str | None = None,
        accounts: bool = False,
    ) -> None:
        """Write the configuration anew: the world's own, text before and after it; ``api`` and ``shared`` stay."""
        self.api = self.api if api is None else api
        self.shared = self.shared if shared is None else shared
        endpoint = self.server.endpoint if self.server else "http://127.0.0.1:9/"
        text = sample_configuration(self.platform.world, endpoint=endpoint, accounts=accounts, shared=self.shared)
        text = text.replace("[api]\n", f"[api]\n{self.api}", 1)
        if self.address:
            text = text.replace('archive = "archive"\n', f'archive = "{self.address}"\n', 1)
        self.config_path.write_text(f"{before}{text}\n{after}", encoding="utf-8")

    def extend(self, text: str) -> None:
        """Append tables to the configuration."""
        self.config_path.write_text(f"{self.config_path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")

    def run(self, period: str | None = None, *, json_output: bool = False, log: str = "", **options: Any) -> Ended:
        """``chargeback run -v`` by the platform's calendar."""
        clock = PlatformClock(self.platform.clock, ahead=self.ahead)

        def body() -> int:
            options_of_run = {"period": period, "json_output": json_output, "verbose": True, "clock": clock, **options}
            return run_and_tell(self.config, **options_of_run)

        with pytest.MonkeyPatch.context() as patch:
            for name in CREDENTIALS:
                patch.delenv(name, raising=False)
            for name, value in self.environ.items():
                patch.setenv(name, value)
            return ended(body, json_output=json_output, log=log)

    def run_job(
        self, period: str | None = None, *, at: str | None = None, job_at: str | None = None, **request: object
    ) -> list[MonthResult]:
        """Run the job itself; ``at`` first moves the platform's clock, ``job_at`` is the job's own; pauses pass at
        once."""
        if at is not None:
            self.platform.clock.set(at)
        clock = PlatformClock(self.platform.clock, at=instant(job_at) if job_at else None, waits=False)
        surroundings = Surroundings(self.environ, clock, tell=self.told.append)
        asked = RunRequest(Period.parse(period) if period else None, **request)  # type: ignore[arg-type]
        return run(self.config, asked, surroundings)

    def close(self, period: str | None = None, **options: object) -> MonthResult:
        """Run the job itself for one month."""
        (result,) = self.run_job(period, **options)  # type: ignore[arg-type]
        return result

    def environment(self) -> dict[str, str]:
        """What a process of its own gets."""
        kept = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
        return {**kept, **self.environ}

    def process(self, *arguments: str, **options: Any) -> subprocess.Popen[str]:
        """``chargeback`` as a process, in the workplace's folder."""
        return subprocess.Popen(
            [sys.executable, "-m", "chargeback", *arguments],
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )

    def verify(self, path: str = "", **request: Any) -> Verification:
        """The archive, or what lies at a path in it, verified."""
        return verify(self.place / path if path else self.place, VerifyRequest(**request))

    def revisions(self) -> list[str]:
        """The revisions that are visible."""
        return [str(name) for name in Archive(self.place).names()]

    def latest(self, period: str) -> Revision:
        """A month's latest revision."""
        found = Archive(self.place).latest(Period.parse(period))
        assert found is not None
        return found

    def files(self) -> Mapping[str, bytes]:
        """Every file below the workplace, hidden ones too."""
        return _files(self.root)

    def archived_files(self) -> Mapping[str, bytes]:
        """Every file of the archive, the lock aside."""
        return {path: data for path, data in _files(self.archive).items() if path != ".lock"}


@contextmanager
def listening(
    root: Path, scenario: str = "clean", faults: str = "", latency: float = 0, address: Address | None = None
) -> Iterator[Workplace]:
    """A workplace at a platform of that scenario that lives at the machine's time, as commands do: its newest closed
    month is the machine's last month."""
    now = datetime.now(UTC)
    platform = prepared(scenario, kind="D", now=now, clock=Clock(now, ticking=True), faults=faults)
    with running(platform, latency=latency) as server:
        yield Workplace(root, platform, server, address=address)


@contextmanager
def closing(root: Path, platform: Platform) -> Iterator[Workplace]:
    """A workplace to close months in, in this process, for as long as the block runs."""
    with quick_runs(), running(platform) as server:
        yield Workplace(root, platform, server, "timeout = 5\n")


def ended(body: Callable[[], int], *, json_output: bool = False, verbose: bool = True, log: str = "") -> Ended:
    """Run a command's body as the command line does; with ``log``, "text" or "json", stderr as that has it, else
    without the lines of the log."""
    with captured() as (out, err):
        code = 0
        try:
            with ending(json_output=json_output, verbose=verbose, log_format=log or "text") as set_code:
                set_code(body())
        except SystemExit as exited:
            code = exited.code if isinstance(exited.code, int) else 1
        said = err.getvalue().decode()
        return Ended(code, out.getvalue().decode(), said if log else LOGGED.sub("", said))


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


def leftovers(archive: Path) -> list[str]:
    """Hidden names in the archive but the lock."""
    return sorted(path.name for path in archive.glob(".*") if path.name != ".lock")


def exceptions(result: MonthResult) -> list[Check]:
    """The month's exceptions."""
    return list(result.books.having(Outcome.EXCEPTION)) if result.books else []


def codes(result: MonthResult) -> set[str]:
    """The codes of its exceptions."""
    return {check.code.value for check in exceptions(result)}


def messages(result: MonthResult) -> list[str]:
    """What its errors say."""
    return [error.message for error in result.errors]


def _files(root: Path) -> Mapping[str, bytes]:
    paths = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(root)): path.read_bytes() for path in paths}
