"""Lines on stdout, for the terminal or the pipe that it is."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable

import click

from chargeback.review.screen import Screen, screen_of


def print_lines(render: Callable[[Screen], Iterable[str]]) -> None:
    """What is to be shown, made for what stdout is; a character that its encoding lacks is shown as an escape."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    for line in render(screen_of(sys.stdout, os.environ)):
        click.echo(line)
