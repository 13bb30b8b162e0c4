"""What a command writes: lines for people, for the terminal or the pipe that stdout and stderr are, and documents; and
how far it is.

Everything passes the gate that holds back the run's secrets, and nothing can steer a terminal. Progress is shown on a
terminal alone, so that cron stays quiet, and not where the log is written, which says the same in lines; ``NO_COLOR``
and ``TERM=dumb`` are honoured.
"""

from __future__ import annotations

import io
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import click

from chargeback.model.text import json_text, one_line

if TYPE_CHECKING:
    from chargeback.review.terminal import Terminal


class HasJson(Protocol):
    """What a command has found."""

    def to_json(self) -> dict[str, Any]:
        """The same for machines."""


Result = TypeVar("Result", bound=HasJson)
Record = Callable[[str, int], None]
_records: list[Record] = []
"""Where lines for stderr go instead of stderr, while it is written as JSON."""
_WARNING, _ERROR = 30, 40
"""Levels of ``logging``, which is loaded only where a log is written."""
_STYLE = re.compile("(\x1b\\[[012]m)")
"""Bold, faint and back: all that ``Terminal`` writes, and nothing that a name could do harm with."""
_SECONDS_BETWEEN = 0.1
Show = Callable[[str, int, int | None], None]
"""Called with (step, how much is done, of how much); the last is None where nobody knows."""


@contextmanager
def messages_as_records(record: Record) -> Iterator[None]:
    """What is said meanwhile becomes a record of the log: its text and level."""
    _records.append(record)
    try:
        yield
    finally:
        _records.pop()


def tell(line: str, *, error: bool = False) -> None:
    """A line on stderr, without anything that could steer a terminal."""
    if _records:
        _records[-1](line, _ERROR if error else _WARNING)
        return
    click.echo(terminal_text(line, sys.stderr.encoding), err=True)


def say(line: str) -> None:
    """A line of the result on stdout, without anything that could steer a terminal; its spaces stay."""
    click.echo(terminal_text(line, sys.stdout.encoding, keep_spaces=True))


def say_document(text: str) -> None:
    """A document of several lines on stdout, such as a unit file: its own line ends stay."""
    for line in text.splitlines():
        say(line)


def terminal_text(text: str, encoding: str | None = None, *, keep_spaces: bool = False) -> str:
    """The text in one line: no control characters, marks of direction named, and what the encoding lacks escaped."""
    line = one_line(masked_text(text), keep_spaces=keep_spaces)
    encoding = encoding or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)


def masked_text(text: str) -> str:
    """The text without the run's secrets: all that a command says passes here."""
    from chargeback.evidence.gate import masked  # brings in what a command's help can do without

    return masked(text)


def write_json(document: dict[str, Any]) -> None:
    """One JSON document on stdout, UTF-8 whatever the locale."""
    sys.stdout.buffer.write((masked_text(json_text(document, indent=2)) + "\n").encode())
    sys.stdout.buffer.flush()


def write_text(text: str) -> None:
    """A document with its own line ends on stdout, such as CSV; UTF-8 whatever the locale."""
    sys.stdout.buffer.write(masked_text(text).encode())
    sys.stdout.buffer.flush()


def write_as(
    output: str,
    result: Result,
    lines: Callable[[Result, Terminal], Iterable[str]],
    csv: Callable[[Result], str],
) -> None:
    """What a command has found, in the format that ``--output`` names."""
    if output == "json":
        write_json(result.to_json())
    elif output == "csv":
        write_text(csv(result))
    else:
        print_lines(lambda terminal: lines(result, terminal))


def print_lines(render: Callable[[Terminal], Iterable[str]]) -> None:
    """What is to be shown, made for what stdout is; a character that its encoding lacks is shown as an escape."""
    from chargeback.review.terminal import terminal_of  # brings in what a command's help can do without

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in render(terminal_of(sys.stdout, os.environ)):
        click.echo("".join(part if _STYLE.fullmatch(part) else _for_terminal(part) for part in _STYLE.split(line)))


def _for_terminal(part: str) -> str:
    return terminal_text(part, sys.stdout.encoding, keep_spaces=True)


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
