"""The stages of a run: told to the log with the seconds that each took, and to whoever watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from chargeback.collect.clock import Clock
from chargeback.evidence.run_log import note, report

LIST, COLLECT, CLOSE, WRITE = "list", "collect", "close", "write"
"""Which months are to be caught up; asking the platform; booking and comparing; the files of a revision."""

Progress = Callable[[str, int, int | None], None]
"""Is told (stage, how much is done, of how much); the last is None where nobody knows yet."""


class Stages:
    """One run's stages, by its clock."""

    def __init__(self, clock: Clock, progress: Progress) -> None:
        self.clock = clock
        self.progress = progress

    @contextmanager
    def at(self, stage: str, period: object) -> Iterator[None]:
        """While the stage of that month is at work."""
        begun = self.clock.monotonic()
        report("stage begins", stage=stage, period=str(period))
        self.progress(stage, 0, None)
        try:
            yield
        except BaseException as error:
            self._end("stage failed", stage, period, begun, type(error).__name__)
            raise
        self._end("stage ends", stage, period, begun)

    def counting_files(self, stage: str) -> Callable[[str], None]:
        """What is told each file that the stage has written."""
        written = 0

        def count(path: str) -> None:
            nonlocal written
            written += 1
            self.progress(stage, written, None)
            note("written", path=path)

        return count

    def progress_of(self, stage: str) -> Callable[[int, int], None]:
        """What is told (done, of how much) of that stage."""
        return partial(self.progress, stage)

    def _end(self, event: str, stage: str, period: object, begun: float, error: str | None = None) -> None:
        seconds = round(self.clock.monotonic() - begun, 3)
        failed = {} if error is None else {"error": error}
        report(event, stage=stage, period=str(period), seconds=seconds, **failed)
