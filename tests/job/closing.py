"""Months closed against the sandbox over real HTTP, in this process: what each test of runs begins with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from ssl import SSLContext
from types import TracebackType

import pytest

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.collect import session
from chargeback.collect.clock import SystemClock
from chargeback.collect.http_attempt import tls_context
from chargeback.collect.pdf_reader import PdfReader
from chargeback.config import Config, load
from chargeback.job import collection
from chargeback.job.results import MonthResult
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.model.check import Check, Outcome
from chargeback.model.period import Period
from chargeback.sandbox import Platform, Server, instant, running, sample_configuration

NOW = "2026-06-20T03:00:00Z"
"""May is over, billed and paid."""


class PlatformClock(SystemClock):
    """The platform's calendar, or any instant given instead; pauses between attempts pass at once."""

    def __init__(self, platform: Platform, now: datetime | None = None) -> None:
        self._platform = platform
        self._now = now
        self._slept = 0.0

    def now(self) -> datetime:
        """The job's time."""
        return self._now or self._platform.clock.now

    def monotonic(self) -> float:
        """Real time, and what was slept."""
        return super().monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        """So many seconds pass."""
        self._slept += seconds


class SharedReader:
    """One reader of PDFs for all runs of a test process: starting its children is what a small run costs most."""

    reader: PdfReader | None = None

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __enter__(self) -> PdfReader:
        if SharedReader.reader is None:
            SharedReader.reader = PdfReader({})
        return SharedReader.reader

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@cache
def _tls_context() -> SSLContext:
    return tls_context({})


def shared_tls_context(environ: Mapping[str, str]) -> SSLContext:
    """One context for all runs: reading the machine's certificates is most of the rest, and the sandbox needs none."""
    return _tls_context()


@dataclass
class Closing:
    """A platform that listens, a configuration, and an archive beside it."""

    root: Path
    platform: Platform
    server: Server
    environ: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.environ = self.environ or {"DEPLOYS_TOKEN": self.server.token}
        self.configure()

    @property
    def archive(self) -> Archive:
        """The archive as it stands."""
        return Archive(self.root / "archive")

    @property
    def revisions(self) -> list[str]:
        """The names of its revisions."""
        return [str(name) for name in self.archive.names()]

    def latest(self, period: str) -> Revision:
        """A month's latest revision."""
        found = self.archive.latest(Period.parse(period))
        assert found is not None
        return found

    def configure(self, *, more: str = "", api: str = "", accounts: bool = False) -> None:
        """Write the configuration: the world's own, ``api`` lines in its ``[api]``, ``more`` before all else."""
        text = sample_configuration(self.platform.world, endpoint=self.server.endpoint, accounts=accounts)
        text = text.replace("[api]\n", f"[api]\ntimeout = 5\n{api}")
        (self.root / "config.toml").write_text(more + text, encoding="utf-8")

    def extend(self, text: str) -> None:
        """Append tables to the configuration."""
        path = self.root / "config.toml"
        path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}", encoding="utf-8")

    @property
    def config(self) -> Config:
        """The configuration, loaded."""
        return load(self.root / "config.toml", network=True)

    def run(
        self, period: str | None = None, *, at: str | None = None, job_at: str | None = None, **request: object
    ) -> list[MonthResult]:
        """Run the job; ``at`` first moves the platform's clock, ``job_at`` is the job's own."""
        if at is not None:
            self.platform.clock.set(at)
        clock = PlatformClock(self.platform, instant(job_at) if job_at else None)
        surroundings = Surroundings(self.environ, clock, tell=self.told.append)
        asked = RunRequest(Period.parse(period) if period else None, **request)  # type: ignore[arg-type]
        return run(self.config, asked, surroundings)

    def close(self, period: str | None = None, **options: object) -> MonthResult:
        """Run the job for one month."""
        (result,) = self.run(period, **options)  # type: ignore[arg-type]
        return result

    def files(self) -> Mapping[str, bytes]:
        """Every file of the archive, the lock aside."""
        root = self.root / "archive"
        paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".lock")
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(paths)}


@contextmanager
def closing(root: Path, platform: Platform) -> Iterator[Closing]:
    """A place to close months in, for as long as the block runs."""
    with pytest.MonkeyPatch.context() as patch, running(platform) as server:
        patch.setattr(collection, "PdfReader", SharedReader)
        patch.setattr(session, "tls_context", shared_tls_context)
        yield Closing(root, platform, server)


def exceptions(result: MonthResult) -> list[Check]:
    """The month's exceptions."""
    return list(result.books.having(Outcome.EXCEPTION)) if result.books else []


def codes(result: MonthResult) -> set[str]:
    """The codes of its exceptions."""
    return {check.code.value for check in exceptions(result)}


def messages(result: MonthResult) -> list[str]:
    """What its errors say."""
    return [error.message for error in result.errors]
