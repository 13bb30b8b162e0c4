"""What the months of an archive cost: the same month is run into an archive of one month and into one of many."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.platform import Platform, platform
from benchmarks.processes import FILES_READ, Cost, compiled, cost, least

ACCOUNTS = 10
MONTHS = 24
_TIMES = 4
"""Runs of each kind, by turns: the least disturbed of them counts."""


@dataclass(frozen=True, slots=True)
class Run:
    """A month's run into an archive: what it cost, its ``run.json`` in bytes, its requests, and the files that it read
    there."""

    cost: Cost
    record: int
    requests: int
    files: int

    def __str__(self) -> str:
        read = f"{self.requests} requests, {self.files} files read"
        return f"{self.cost.cpu:.2f} CPU s, run.json {self.record:,} bytes, {read}"


@dataclass(frozen=True, slots=True)
class Growth:
    """The run after one month, the same after many, and what ``list`` of many costs."""

    short: Run
    long: Run
    listing: Cost

    def lines(self) -> list[str]:
        """A line a figure."""
        size = f"{ACCOUNTS} accounts"
        return [
            f"run after 1 month,   {size}: {self.short}",
            f"run after {MONTHS} months, {size}: {self.long}",
            f"list of {MONTHS} months, {size}: {self.listing.cpu:.2f} CPU s",
        ]


def growth(configuration: str) -> Growth:
    """Measure; ``configuration`` has ``{endpoint}`` where the platform's address belongs."""
    with tempfile.TemporaryDirectory() as folder, platform(ACCOUNTS, months=MONTHS + 2) as served:
        bench = _Bench(Path(folder), served, configuration)
        newest = bench.run("newest")
        months = [_before(newest, back) for back in range(MONTHS, 0, -1)]
        bench.run("short", months[-1])
        for month in months:
            bench.run("long", month)
        runs = {name: [bench.measured(name, newest) for _ in range(_TIMES)] for name in ("short", "long")}
        files = {name: bench.files_read(name, newest) for name in runs}
        short, long = (
            Run(least([each.cost for each in found]), found[0].record, found[0].requests, files[name])
            for name, found in runs.items()
        )
        return Growth(short, long, least([bench.listed("long") for _ in range(_TIMES)]))


def _before(month: str, back: int) -> str:
    year, number = divmod(int(month[:4]) * 12 + int(month[5:]) - 1 - back, 12)
    return f"{year}-{number + 1:02d}"


class _Bench:
    """Archives in one folder, of one platform."""

    def __init__(self, root: Path, served: Platform, configuration: str) -> None:
        self._root = root
        self._served = served
        self._environ: Mapping[str, str] = {**compiled(root, os.environ), "DEPLOYS_TOKEN": served.token}
        (root / "config.toml").write_text(configuration.format(endpoint=served.endpoint))

    def _called(self, archive: str, command: str, *arguments: str) -> list[str]:
        place = ("--archive", str(self._root / archive), "-c", str(self._root / "config.toml"))
        return ["chargeback", command, *arguments, *place]

    def run(self, archive: str, month: str = "") -> str:
        """Run a month into that archive, by default the newest one; its name."""
        asked = ("-p", month) if month else ()
        cost(self._environ, "-m", *self._called(archive, "run", *asked))
        return month or next(path.name for path in (self._root / archive).iterdir() if path.name[:2] == "20")

    def measured(self, archive: str, month: str) -> Run:
        """The month's run into a copy of that archive, by one process."""
        copy, before = self._root / "copy", self._served.requests()
        shutil.copytree(self._root / archive, copy, copy_function=os.link)
        try:
            spent = cost(self._environ, "-m", *self._called("copy", "run", "-p", month, "--workers", "1"))
            record = (copy / month / "r1/evidence/run.json").stat().st_size
        finally:
            shutil.rmtree(copy)
        return Run(spent, record, self._served.requests() - before, 0)

    def files_read(self, archive: str, month: str) -> int:
        """How many files of the archive a run of the month reads, besides those of the newest revision, all of which
        it proves: they are more where it has earlier invoices' payments. Nothing is written."""
        called = self._called(archive, "run", "-p", month, "--dry-run")
        newest = max((self._root / archive).glob("20*"))
        proved = sum(path.is_file() for path in newest.rglob("*"))
        return int(cost(self._environ, "-c", FILES_READ, *called[1:]).output.split()[-1]) - proved

    def listed(self, archive: str) -> Cost:
        """What ``list`` costs."""
        return cost(self._environ, "-m", *self._called(archive, "list"))
