"""Makes the archive that stays in ``tests/archives/`` for good: what a version wrote, for every later one to read.

python -m tests.year.frozen tests/archives/v0.1
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from chargeback.sandbox import Clock, Month, Platform, instant, running, small_world
from chargeback.sandbox.timeline import credit_note
from chargeback.sandbox.world import World
from tests.kit.office import Office

RUNS = ("2026-05-05T03:00:00Z", "2026-06-05T03:00:00Z")
AFTERWARDS = "2026-07-05T03:00:00Z"


def world() -> World:
    """Two accounts of the small world; April gets a credit note after it was closed."""
    small = small_world()
    accounts = small.accounts[1], small.accounts[3]
    ids = {account.id for account in accounts}
    projects = tuple(project for project in small.projects if project.account in ids)
    fewer = replace(small, accounts=accounts, projects=projects, resources=small.resources[:2])
    return fewer.changed(credit_note(accounts[1].id, Month(2026, 4), instant("2026-05-20T00:00:00Z"), 10_700))


def platform() -> Platform:
    """The platform of that world, at the time of the first run."""
    return Platform(world(), "C", clock=Clock(RUNS[0]))


def make(root: Path) -> Office:
    """The runs, over real HTTP and with every format."""
    served = platform()
    with running(served) as server:
        office = Office(root, served, server=server)
        for moment in RUNS:
            assert office.run_at(moment).exit in (0, 3)
    return office


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True)
    made = make(target)
    (made.archive / ".lock").unlink()
    for entry in made.archive.iterdir():
        entry.rename(target / entry.name)
    made.archive.rmdir()
