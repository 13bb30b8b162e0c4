"""The stages of a run: each is reported to the log with what it took, and to whoever watches."""

from __future__ import annotations

import re
import resource
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from chargeback.collect.clock import Clock
from chargeback.evidence.run_log import note, report

LIST, COLLECT, CLOSE, WRITE = "list", "collect", "close", "write"
"""Which months are to be caught up; asking the platform; booking and comparing; the files of a revision."""

Progress = Callable[[str, int, int | None], None]
"""Called with (stage, how much is done, of how much); the last is None where nobody knows yet."""


_BYTES_OF_A_SIZE = 1 if sys.platform == "darwin" else 1024
_MOST_HELD = re.compile(rb"^VmHWM:\s*(\d+) kB$", re.MULTILINE)


class Spending:
    """What is spent from now on, by that clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began, self._cpu = clock.monotonic(), _cpu_seconds()

    def facts(self) -> dict[str, float]:
        """``seconds`` of the clock; ``cpu``, the seconds of a processor that this process has used since, with the
        processes that it started and that have ended; ``peak_mb``, the most memory that this process ever had."""
        return {
            "seconds": round(self._clock.monotonic() - self._began, 3),
            "cpu": round(_cpu_seconds() - self._cpu, 3),
            "peak_mb": round(_peak() / 1_000_000),
        }


def _peak() -> int:
    """Bytes that this process had at the most. Linux's own ``ru_maxrss`` begins with what the one had that started it
    (proc(5), VmHWM)."""
    with suppress(OSError):
        if found := _MOST_HELD.search(Path("/proc/self/status").read_bytes()):
            return int(found[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_OF_A_SIZE


def _cpu_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Stages:
    """One run's stages, by its clock."""

    def __init__(self, clock: Clock, progress: Progress) -> None:
        self.clock = clock
        self.progress = progress

    @contextmanager
    def at(self, stage: str, period: object) -> Iterator[None]:
        """While the stage of that month is at work."""
        spending = Spending(self.clock)
        report("stage begins", stage=stage, period=str(period))
        self.progress(stage, 0, None)
        try:
            yield
        except BaseException as error:
            self._end("stage failed", stage, period, spending, type(error).__name__)
            raise
        self._end("stage ends", stage, period, spending)

    def counting_files(self, stage: str) -> Callable[[str], None]:
        """What is called with each file that the stage has written."""
        written = 0

        def count(path: str) -> None:
            nonlocal written
            written += 1
            self.progress(stage, written, None)
            note("written", path=path)

        return count

    def progress_of(self, stage: str) -> Callable[[int, int], None]:
        """What is called with (done, of how much) of that stage."""
        return partial(self.progress, stage)

    def _end(self, event: str, stage: str, period: object, spending: Spending, error: str | None = None) -> None:
        failed = {} if error is None else {"error": error}
        report(event, stage=stage, period=str(period), **spending.facts(), **failed)
