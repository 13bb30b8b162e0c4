"""The small world and a job that lives by its clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from chargeback.sandbox import Clock, Platform, small_world
from chargeback.sandbox.platform import AnswerChange
from chargeback.sandbox.records import Account
from chargeback.sandbox.world import BooksChange, Event
from tests.kit.office import Office, in_process

Opening = Callable[..., Office]


def _quick(account: Account) -> Account:
    """The account, paying so soon that payments play no part, or never."""
    return replace(account, pays_after=min(account.pays_after, 1) if account.pays_after else None)


@pytest.fixture
def opening(tmp_path: Path) -> Iterator[Opening]:
    """Makes an office by the small world with these changes and events; ``answers`` change what is answered."""
    with ExitStack() as stack:

        def make(
            *changes: BooksChange | Event,
            kind: str = "C",
            root: Path = tmp_path,
            answers: tuple[AnswerChange, ...] = (),
        ) -> Office:
            world = small_world(spelling="numbers")
            world = replace(world, accounts=tuple(map(_quick, world.accounts)))
            for change in changes:
                world = world.happening(change) if isinstance(change, Event) else world.changed(change)
            clock = Clock("2026-06-05T03:00:00Z")
            platform = Platform(world, kind, clock=clock, answer_changes=answers)  # type: ignore[arg-type]
            stack.enter_context(in_process(platform))
            return Office(root, platform)

        yield make
