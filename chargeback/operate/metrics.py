"""Files for Prometheus' textfile collector: the text format, and writing it so that it is never read half."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from chargeback.archive.file_system import storage_errors

FILE_MODE = 0o644
"""The collector is another user's."""
Value = Decimal | int | float
Labels = Mapping[str, str]


class Gauge(Struct, frozen=True):
    """A gauge by its name, what it means, and its samples: labels and value."""

    name: str
    meaning: str
    samples: tuple[tuple[Labels, Value], ...]


def exposition(families: Iterable[Gauge]) -> str:
    """The families in the text format (version 0.0.4); one without samples is left out."""
    return "".join(f"{line}\n" for family in families if family.samples for line in _lines(family))


def write_textfile(path: Path, text: str) -> None:
    """Replace the file in one step; ``StorageError`` where its folder is missing or cannot be written."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with storage_errors(path):
        try:
            scratch.write_text(text, encoding="utf-8")
            scratch.chmod(FILE_MODE)
            scratch.replace(path)
        finally:
            with suppress(FileNotFoundError):
                scratch.unlink()


def _lines(family: Gauge) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.meaning)}"
    yield f"# TYPE {family.name} gauge"
    for labels, value in family.samples:
        pairs = ",".join(f'{name}="{_escaped(text, quotes=True)}"' for name, text in labels.items())
        yield f"{family.name}{{{pairs}}} {_number(value)}" if pairs else f"{family.name} {_number(value)}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    return escaped.replace('"', '\\"') if quotes else escaped


def _number(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)
