"""How far a command is, shown on a terminal: what it does now, how much of it is done, and for how long.

Nothing is shown elsewhere, so that cron stays quiet; nor where the log is written, which says the same in lines.
``NO_COLOR`` and ``TERM=dumb`` are honoured.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

_SECONDS_BETWEEN = 0.1
Show = Callable[[str, int, int | None], None]
"""Called with (step, how much is done, of how much); the last is None where nobody knows."""


@contextmanager
def progress_on_terminal(words: Mapping[str, str]) -> Iterator[Show]:
    """A bar while the command is at work; ``words`` says each step for a person."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb" or _is_logged():
        yield lambda step, done, known: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn("line"),  # of ASCII: a terminal's encoding may have nothing else
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task, news, at = bar.add_task("", total=None), _now_and_then(bar.refresh), ""

        def show(step: str, done: int, known: int | None) -> None:
            nonlocal at
            bar.update(task, description=words.get(step, step), completed=done, total=known)
            if step != at:  # a step that is slow to begin is said at once
                at = step
                bar.refresh()
            news()

        yield show


def _now_and_then(draw: Callable[[], None]) -> Callable[[], None]:
    """Draws a few times a second at most, whenever there is news: a thread for it would keep the process from having
    others work beside it (``job/workers``)."""
    drawn = [0.0]

    def news() -> None:
        now = time.monotonic()
        if now - drawn[0] >= _SECONDS_BETWEEN:
            drawn[0] = now
            draw()

    return news


def _is_logged() -> bool:
    """Whether the log goes to stderr too."""
    log = sys.modules.get("chargeback.cli.log")
    return log is not None and bool(log.LOGGER.isEnabledFor(20))
