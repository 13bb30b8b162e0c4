"""What people have been told already, in ``<archive>/.told.json``: the same state is told once, then weekly."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from chargeback.archive.atomic_files import replace_file
from chargeback.archive.file_system import FileSystem
from chargeback.archive.no_follow import read_inside
from chargeback.errors import AnswerError
from chargeback.evidence.records import canonical_json
from chargeback.model.instants import format_instant, parse_instant

NAME = ".told.json"
AGAIN = timedelta(days=7) - timedelta(hours=1)
"""A state that lasts is told again after a week; an hour less, as schedulers are not exact."""
_LARGEST = 1 << 16


@dataclass(slots=True)
class SentState:
    """By kind of state ("run", "usage", "overdue"): the state that was last seen, and when it was told ("" for not)."""

    states: dict[str, tuple[str, str]]

    @classmethod
    def read(cls, archive: Path) -> SentState:
        """What the archive's folder remembers; nothing where there is no file, or none that can be read."""
        try:
            value = json.loads(read_inside(archive, NAME, _LARGEST))
            return cls({str(kind): (str(state), str(at)) for kind, (state, at) in value["told"].items()})
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return cls({})

    def is_due(self, kind: str, state: str, now: datetime) -> bool:
        """Whether a state is to be told: another one than last time, or last told a week ago."""
        before, at = self.states.get(kind, ("", ""))
        if before != state or not at:
            return True
        with suppress(AnswerError):
            told = parse_instant(at)
            return told is None or now - told >= AGAIN
        return True

    def note(self, kind: str, state: str, now: datetime | None) -> None:
        """Remember a state; ``now`` is None where nobody was told of it."""
        before, at = self.states.get(kind, ("", ""))
        self.states[kind] = (state, format_instant(now) if now else at if before == state else "")

    def write(self, archive: Path) -> None:
        """Put it into the archive's folder, in one step, where that is there."""
        if not archive.is_dir():
            return
        data = canonical_json({"schema": 1, "told": {kind: list(state) for kind, state in self.states.items()}})
        replace_file(FileSystem(), archive / NAME, data, archive / f"{NAME}.new")
