"""What the lines are written to: how wide it is, whether it shows colour, and whether it knows block characters."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

import click

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL, _NEGATIVE = "█", "░"


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal, or what takes its place: ``width`` None where lines may be as long as they are (a pipe, a file)."""

    width: int | None = None
    colour: bool = False
    blocks: bool = False

    def strong(self, text: str) -> str:
        """The text so that it stands out, where there is colour."""
        return click.style(text, bold=True) if self.colour and text else text

    def faint(self, text: str) -> str:
        """The text so that it stays back, where there is colour."""
        return click.style(text, dim=True) if self.colour and text else text

    def bar(self, value: int, largest: int, cells: int) -> str:
        """The value's length beside the largest one, at most that many cells; a negative one is hatched, zero is
        empty."""
        if not value or not largest or cells < 1:
            return ""
        eighths = max(1, abs(value) * cells * 8 // largest)
        if not self.blocks:
            return ("#" if value > 0 else "-") * max(1, (eighths + 4) // 8)
        if value < 0:
            return _NEGATIVE * max(1, (eighths + 4) // 8)
        return _FULL * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def terminal_of(stream: TextIO, environ: Mapping[str, str]) -> Terminal:
    """What the stream is; plain where it is no terminal, without colour where ``NO_COLOR`` says so (no-color.org)."""
    if not stream.isatty():
        return Terminal()
    dumb = environ.get("TERM") == "dumb"
    return Terminal(
        width=shutil.get_terminal_size().columns,
        colour=not dumb and not environ.get("NO_COLOR"),
        blocks=not dumb and "utf" in (stream.encoding or "").lower(),
    )
