"""One real archive for all tests of this room, made through the sandbox over HTTP, once a test session.

Months in Asia/Bangkok, accounts in THB, JPY and KWD:

    2026-03  r1  clean
    2026-04  r1  exceptions: an unowned project, lines that do not foot, a project that the report does not know
    2026-05  r1  on 3 June
             r2  on 25 June: account 1 has paid, account 3's invoice is void and replaced, account 0 got a credit note
             r3  on 26 June: another configuration (the shared project by weights, acme-shop is the web team's)
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import append_signature
from chargeback.config import Config, parse
from chargeback.evidence.period import Period
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.model.archive_overview import Signature
from chargeback.sandbox import SCENARIOS, Clock, Month, Server, Setup, World, instant, running, sample_configuration
from chargeback.sandbox import small_world as made_world
from chargeback.sandbox.records import Account, Books, Line, Row
from chargeback.sandbox.scenarios import platform_of
from chargeback.sandbox.timeline import LATE_SLOT, credit_note, in_month, supplement, voiding
from tests.kit.platform import PlatformClock

MARCH, APRIL, MAY = "2026-03", "2026-04", "2026-05"
CREDIT = 10_700
"""Satang, gross: what account 0 is credited for May after the first revision."""
SIGNED_AT = datetime.fromisoformat("2026-06-27T01:00:00+00:00")

_CLOSINGS = ("2026-04-03T03:00:00Z", "2026-05-03T03:00:00Z", "2026-06-03T03:00:00Z")
_GHOST_AT = "2026-05-01T05:00:00Z"
_LATER, _LAST = "2026-06-25T03:00:00Z", "2026-06-26T03:00:00Z"


@dataclass(frozen=True)
class Reviewed:
    """An archive and the configuration in use; ``changed`` is the one that r3 of May was made with."""

    root: Path
    config: Path
    changed: Path

    def copy(self, folder: Path) -> Reviewed:
        """The same elsewhere, to be written to as the program writes: files are replaced, never changed (``spoil``)."""
        shutil.copytree(self.root, folder / "archive", copy_function=os.link, ignore=shutil.ignore_patterns(".lock"))
        for path in (self.config, self.changed):
            shutil.copy(path, folder / path.name)
        return Reviewed(folder / "archive", folder / self.config.name, folder / self.changed.name)


def make_reviewed(folder: Path) -> Reviewed:
    """Run the real job five times."""
    clock = Clock(_CLOSINGS[0])
    setup = _setup(clock)
    office = Reviewed(folder / "archive", folder / "config.toml", folder / "changed.toml")
    with running(platform_of(setup, clock=clock)) as server:
        text = sample_configuration(setup.world, endpoint=server.endpoint)
        office.config.write_text(text, encoding="utf-8")
        office.changed.write_text(reowned(text, setup.world), encoding="utf-8")
        for moment in _CLOSINGS:
            _close(office.config, server, clock, moment)
        _close(office.config, server, clock, _LATER)
        _close(office.changed, server, clock, _LAST)
    return office


def reowned(text: str, world: World) -> str:
    """The configuration with the shared project split by weights, and acme-shop given to the web team."""
    moved = text.replace('projects = ["acme-shop", ', "projects = [").replace(
        'projects = ["acme-web", ', 'projects = ["acme-shop", "acme-web", '
    )
    return moved.replace('split = "proportional"', "split = { data = 2, web = 1 }")


def make_hostile(folder: Path) -> Path:
    """An archive of one month in which every name is hostile; 2026-05."""
    moment = "2026-06-20T03:00:00Z"
    clock = Clock(moment)
    world = made_world(1, now=instant(moment))
    setup = SCENARIOS["hostile-names"].change(Setup(world, "C", instant(moment), Month(2026, 5)))
    with running(platform_of(setup, clock=clock)) as server:
        path = folder / "config.toml"
        text = sample_configuration(setup.world, endpoint=server.endpoint, accounts=False)
        path.write_text(text, encoding="utf-8")
        _close(path, server, clock, moment)
    return folder / "archive"


def configuration(path: Path) -> Config:
    """The configuration in a file."""
    return parse(path.read_bytes(), path)


def _setup(clock: Clock) -> Setup:
    newest = instant(_CLOSINGS[-1])
    world = made_world(1, now=newest, currencies=True)
    april, may = Month(2026, 4), Month(2026, 5)
    wrong = Setup(world, "C", instant(_CLOSINGS[1]), april)
    for name in ("ownership", "invoice-footing"):
        wrong = SCENARIOS[name].change(wrong)
    owned = wrong.metered(lambda account, month, rows: rows if month == april else tuple(_owned(account, rows)))
    first, open_ = world.accounts[0].id, world.accounts[3].id
    ghost = (Line("Ghost", CREDIT, project_id="999", project="ghost"),)
    return owned.changed(
        in_month(first, april, lambda world, books: _with_ghost(world, books, ghost)),
        credit_note(first, may, instant("2026-06-11T03:00:00Z"), CREDIT),
        voiding(open_, may, instant("2026-06-10T03:00:00Z"), instant("2026-06-12T03:00:00Z")),
    )


def _with_ghost(world: World, books: Books, lines: tuple[Line, ...]) -> Books:
    return replace(books, invoices=(*books.invoices, supplement(world, books, instant(_GHOST_AT), lines, LATE_SLOT)))


def _owned(account: Account, rows: tuple[Row, ...]) -> Iterator[Row]:
    return (row for row in rows if row.project.team)


def _close(path: Path, server: Server, clock: Clock, moment: str) -> None:
    clock.set(moment)
    surroundings = Surroundings({"DEPLOYS_TOKEN": server.token}, PlatformClock(clock))
    (result,) = run(configuration(path), RunRequest(), surroundings)
    assert result.exit in (0, 3), result.errors
    assert result.written, result.period


@contextmanager
def once(folder: Path) -> Iterator[bool]:
    """Whether the folder is still to be filled, under a lock: several test processes share it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder / ".done"
        yield not done.exists()
        done.touch()


def sign_first_revision(office: Reviewed) -> None:
    """A signature of May's first revision, given before the month was restated."""
    first = Archive(office.root).revisions(Period.parse(MAY))[0]
    signature = Signature("2026-06-04T01:00:00Z", first.name.period, 1, first.sha256, "preparer", "Ann")
    with open_for_writing(office.root, started="2026-06-04T01:00:00Z") as writer:
        append_signature(writer, signature)


def spoil(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Put other bytes in a file's place."""
    data = change(path.read_bytes())
    path.unlink()
    path.write_bytes(data)


def csv_rows(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file of an archive."""
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def units(text: str) -> int:
    """An amount in minor units, whatever the currency: every file writes all minor digits."""
    return int(text.replace(".", ""))
