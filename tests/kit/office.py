"""A workplace to let a year pass in: its job runs at instants of the platform's calendar, and may be killed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from chargeback.archive.bucket import Bucket
from chargeback.archive.file_system import FileSystem
from chargeback.archive.reading import Archive
from chargeback.config import Config, parse
from chargeback.config.address import Address
from chargeback.errors import ChargebackError, error_exit
from chargeback.job.results import MonthResult, exit_of
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.publish import exports, team_workbook, workpaper
from chargeback.publish.pages import month_page
from chargeback.sandbox import Platform
from tests.kit.platform import PlatformClock, answering
from tests.kit.workplace import Workplace


class KilledError(BaseException):
    """The process is gone: nothing that follows writes anything any more."""


@contextmanager
def killed_at(write: int) -> Iterator[None]:
    """Within, the archive's so-manieth call that changes something, on disk or in a bucket, is the last thing that the
    process does."""
    names = ("make_folder", "create", "write", "sync", "rename", "remove_file", "remove_folder", "truncate")
    calls = [*((FileSystem, name) for name in names), (Bucket, "_put"), (Bucket, "_delete")]
    left = [write]

    def dying(kind: type, name: str) -> Any:
        real = getattr(kind, name)

        def call(self: Any, *arguments: Any) -> Any:
            left[0] -= 1
            if left[0] <= 0:
                raise KilledError
            return real(self, *arguments)

        return call

    with ExitStack() as stack:
        for kind, name in calls:
            stack.enter_context(patch.object(kind, name, dying(kind, name)))
        yield


@contextmanager
def plain_files() -> Iterator[None]:
    """Within, revisions hold CSV, JSON and evidence only: workbooks, pages and Parquet are other tests' business."""

    def without_parquet(*arguments: Any) -> Iterator[Any]:
        yield from (file for file in exports_files(*arguments) if not file[0].endswith((".parquet", ".xlsx")))

    exports_files = exports.files
    nothing: Any = lambda *arguments, **named: iter(())  # noqa: E731
    with ExitStack() as stack:
        for module, name in (
            (team_workbook, "files"),
            (workpaper, "workpaper"),
            (month_page, "files"),
        ):
            stack.enter_context(patch.object(module, name, nothing))
        stack.enter_context(patch.object(exports, "files", without_parquet))
        stack.enter_context(patch("chargeback.publish.pages.archive_page.render", lambda *_, **__: b"<html>"))
        yield


@dataclass
class EndedRun:
    """How a run ended: its exit, each month's result, what it said, and the error that ended the whole of it."""

    exit: int
    results: list[MonthResult] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    error: ChargebackError | None = None

    def of(self, month: object) -> MonthResult | None:
        """A month's result, None where the run did not do it."""
        return next((result for result in self.results if str(result.period) == str(month)), None)

    @property
    def messages(self) -> str:
        """All errors in one text."""
        found = [error.message for result in self.results for error in result.errors]
        return " | ".join([*found, *([self.error.message] if self.error else [])])


@dataclass
class Office(Workplace):
    """A workplace whose job runs at one instant after another; ``changes`` are replacements in the configuration's
    text, ``more`` is added to it, ``base`` is its ``base_manifest``."""

    accounts: bool = False
    head_file: bool = False
    base: str = ""
    more: str = ""
    changes: dict[str, str] = field(default_factory=dict)

    @property
    def head_path(self) -> Path:
        """Where the newest head is kept outside the archive."""
        return self.root / "elsewhere" / "head"

    @property
    def config(self) -> Config:
        """The configuration as it is now."""
        self.configure(api="concurrency = 2\n", accounts=self.accounts)
        text = self.config_path.read_text(encoding="utf-8")
        for old, new in self.changes.items():
            assert old in text, old
            text = text.replace(old, new, 1)
        if self.base:
            text = f'base_manifest = "{self.base}"\n{text}'
        if self.head_file:
            self.head_path.parent.mkdir(exist_ok=True)
            text = f'head_file = "{self.head_path}"\n{text}'
        return parse(f"{text}{self.more}".encode(), self.config_path)

    def run_at(
        self, moment: str | datetime, *, catch_up: bool = True, skew: timedelta = timedelta(0), **more: Any
    ) -> EndedRun:
        """A run at an instant; the platform answers in this process."""
        self.platform.clock.set(moment)
        lines: list[str] = []
        clock = PlatformClock(self.platform.clock, ahead=skew, waits=False)
        surroundings = Surroundings(self.environ, clock, tell=lines.append)
        try:
            results = run(self.config, RunRequest(catch_up=catch_up, **more), surroundings)
        except ChargebackError as error:
            return EndedRun(error_exit(error), lines=lines, error=error)
        return EndedRun(exit_of(results), results, lines)


@dataclass
class BucketOffice(Office):
    """The same with an archive in a bucket, whose revisions are read back into ``archive`` after every run."""

    address: Address = field(kw_only=True)

    @property
    def config(self) -> Config:
        """The configuration with the address."""
        return replace(super().config, archive=self.address)

    def run_at(self, *arguments: Any, **more: Any) -> EndedRun:
        """A run, and what it left, killed or not."""
        try:
            return super().run_at(*arguments, **more)
        finally:
            self._read_back()

    def _read_back(self) -> None:
        for revision in Archive(self.address).revisions():
            folder = self.archive / str(revision.name)
            if not folder.exists():
                for path, _ in revision.store.walk():
                    (folder / path).parent.mkdir(parents=True, exist_ok=True)
                    (folder / path).write_bytes(revision.store.read(path, 1 << 30))


@contextmanager
def in_process(platform: Platform) -> Iterator[None]:
    """Within, the platform answers without sockets (certificates are read once), and revisions hold data only."""
    tls = ssl.create_default_context()
    with (
        answering(platform),
        plain_files(),
        patch("chargeback.collect.session.tls_context", lambda environ: tls),
    ):
        yield
