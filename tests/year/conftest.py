"""The small world and a job that lives by its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chargeback.sandbox import Clock, Platform, small_world
from chargeback.sandbox.events import Event
from chargeback.sandbox.world import BooksChange

from .office import Office, in_process

Opening = Callable[..., Office]


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """Makes an office by the small world with these changes and events."""
    with ExitStack() as stack:

        def make(*changes: BooksChange | Event, kind: str = "C", root: Path = tmp_path) -> Office:
            world = small_world(spelling="numbers")
            for change in changes:
                world = world.happening(change) if isinstance(change, Event) else world.changed(change)
            platform = Platform(world, kind, clock=Clock("2026-06-05T03:00:00Z"))  # type: ignore[arg-type]
            stack.enter_context(in_process(platform))
            return Office(root, platform)

        yield make
