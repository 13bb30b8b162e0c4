"""A command's log on stderr: lines for a person with ``-v``, a JSON object a line with ``--log-format json``.

Every text passes the gate of the run, so that no secret is ever written, whatever an answer or an error repeats.
"""

from __future__ import annotations

import json
import logging
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from chargeback import __version__
from chargeback.cli.printing import messages_as_records, terminal_text
from chargeback.evidence.gate import masked
from chargeback.evidence.run_log import FACTS, LOGGER, report

LONGEST_TEXT = 500
"""Characters of one text in the log: what an answer says may be of any length."""
MESSAGE = "message"
"""The event of a line that is a text for a person, such as an error with its remedy."""


class TextLines(logging.Formatter):
    """``2026-06-03T02:00:00.123Z call function=billing.report account=ba_123 status=200``, always one line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        facts = (f"{key}={_plain(value)}" for key, value in facts_of(record).items() if value is not None)
        return terminal_text(" ".join((_time(record), record.getMessage(), *facts)), sys.stderr.encoding)


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, the run's id, the event, then its facts."""

    def __init__(self, run: str) -> None:
        super().__init__()
        self.run = run

    def format(self, record: logging.LogRecord) -> str:
        """The record as an object; where the gate finds a secret across its texts, the event alone."""
        known = {"time": _time(record), "level": record.levelname.lower(), "run": self.run}
        line = json.dumps({**known, "event": record.getMessage(), **facts_of(record)}, ensure_ascii=True)
        return line if masked(line) == line else json.dumps({**known, "event": "withheld"})


class _Stderr(logging.Handler):
    """Writes where stderr is now; a stream that failed is given up, as for every other line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record."""
        click.echo(self.format(record), err=True)


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """The record's facts, each text as it may be shown, in one line and of bounded length."""
    return {key: _loggable(value) for key, value in getattr(record, FACTS, {}).items()}


@contextmanager
def logging_to_stderr(log_format: str, *, verbose: bool) -> Iterator[Callable[[int], None]]:
    """While a command runs, its log goes to stderr: all of it with ``verbose``, else no details. What it yields is
    called with the exit code."""
    handler = _Stderr()
    handler.setFormatter(JsonLines(secrets.token_hex(6)) if log_format == "json" else TextLines())
    level, propagate, begun = LOGGER.level, LOGGER.propagate, time.monotonic()
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.DEBUG if verbose else logging.INFO)
    LOGGER.propagate = False
    try:
        if log_format == "json":
            report("begin", version=__version__)
            with messages_as_records(_message):
                yield lambda code: report("end", exit=code, seconds=round(time.monotonic() - begun, 3))
        else:
            yield lambda code: None  # the last line of a text is what went wrong, and what to do
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagate


def _message(text: str, level: int) -> None:
    LOGGER.log(level, MESSAGE, extra={FACTS: {"text": text}})


def _time(record: logging.LogRecord) -> str:
    instant = datetime.fromtimestamp(record.created, UTC)
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _loggable(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = terminal_text(value)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _plain(value: object) -> str:
    text = str(value)
    return text if text and text.isprintable() and " " not in text and '"' not in text else json.dumps(value)
