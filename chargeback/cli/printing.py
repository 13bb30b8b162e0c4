"""Lines on stdout, for the terminal or the pipe that it is."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Callable, Iterable

import click

from chargeback.cli.outcome import terminal_text
from chargeback.review.terminal import Terminal, terminal_of

_STYLE = re.compile("(\x1b\\[[012]m)")
"""Bold, faint and back: all that ``Terminal`` writes, and nothing that a name could do harm with."""


def print_lines(render: Callable[[Terminal], Iterable[str]]) -> None:
    """What is to be shown, made for what stdout is; a character that its encoding lacks is shown as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in render(terminal_of(sys.stdout, os.environ)):
        click.echo("".join(part if _STYLE.fullmatch(part) else _shown(part) for part in _STYLE.split(line)))


def _shown(part: str) -> str:
    return terminal_text(part, sys.stdout.encoding, keep_spaces=True)
