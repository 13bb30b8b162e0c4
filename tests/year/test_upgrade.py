"""Archives of earlier versions, kept as they were written: they are read, proved, and added to."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from chargeback import __version__
from chargeback.archive.reading import Archive
from chargeback.job.overview import months
from chargeback.job.rebuild import rebuild
from chargeback.job.verify import VerifyRequest, verify
from tests.kit.office import Office
from tests.kit.platform import answering
from tests.kit.some import some

from ..cli.calling import call
from . import frozen, ledgers

ARCHIVES = Path(__file__).parents[1] / "archives"
VERSIONS = sorted(path.name for path in ARCHIVES.glob("v*"))


@pytest.fixture(params=VERSIONS)
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    """An archive of that version, the platform that it was made from, and a version of ours that is a later one."""
    shutil.copytree(ARCHIVES / request.param, tmp_path / "archive")
    platform = frozen.platform()
    with answering(platform), patch("chargeback.model.versions.__version__", f"{__version__}+later"):
        yield Office(tmp_path, platform)


def test_there_is_one_of_each_version() -> None:
    assert VERSIONS[:3] == ["v0.1", "v0.2", "v0.3"]


def test_it_verifies(office: Office) -> None:
    proved = verify(office.archive, VerifyRequest())
    assert (proved.findings, proved.differences) == ((), ())
    assert proved.exit == 0
    assert any("chargeback" in note for note in proved.notes), "that it is another version's is said"


@pytest.mark.parametrize("version", VERSIONS)
def test_the_version_at_work_proves_it_and_says_whose_it_is(version: str) -> None:
    """Nothing is patched: an auditor who upgraded still gets exit 0, and is told what it was made with."""
    (made_with,) = {revision.manifest.version for revision in Archive(ARCHIVES / version).revisions()}
    called = call("verify", ARCHIVES / version)
    assert called.exit == 0, called.out + called.err
    assert called.out.splitlines()[-1].startswith("proved, head ")
    told = "was made by another version" in called.out and f"chargeback {made_with}" in called.out
    assert told or made_with == __version__


def test_it_is_read(office: Office) -> None:
    found = months(Archive(office.archive))
    assert [(str(month.period), len(month.revisions)) for month in found] == [("2026-04", 2), ("2026-05", 1)]
    for revision in (month.latest for month in found):
        assert revision.totals


def test_its_revisions_are_rebuilt_from_their_own_evidence(office: Office, tmp_path: Path) -> None:
    revision = Archive(office.archive).revisions()[0]
    rebuilt = rebuild(revision, tmp_path / "again")
    assert (rebuilt.exit, rebuilt.differences) == (0, ())
    before, after = revision.root / "ledgers/all.csv", tmp_path / "again/ledgers/all.csv"
    assert after.read_bytes() == before.read_bytes()


def test_it_is_added_to(office: Office) -> None:
    before = ledgers.months(office.archive)
    ended = office.run_at(frozen.AFTERWARDS)
    assert ended.exit in (0, 3), ended.messages
    after = ledgers.months(office.archive)
    assert list(after) == [*before, "2026-06"]
    assert verify(office.archive, VerifyRequest()).exit == 0
    assert not office.run_at("2026-07-06T03:00:00Z").results[-1].written


def test_what_it_booked_is_not_booked_again(office: Office) -> None:
    """Tax of each invoice of its months stands once in all books: claimed by its own journal, or not due and claimed by
    a settlement of ours; and the upgrade alone restates no month."""
    before = ledgers.months(office.archive)
    office.run_at(frozen.AFTERWARDS)
    after = ledgers.months(office.archive)
    settled = {(each.account, each.invoice) for each in ledgers.settlements(after["2026-06"][-1], of_others=True)}
    for month, revisions in some(before.items()):
        assert after[month] == revisions
        names = ["journal.csv", *["journal-change.csv"] * (len(revisions) - 1)]
        books = [ledgers.journal(revision / "exports" / name) for revision, name in zip(revisions, names, strict=True)]
        then = ledgers.added(*books)
        whole = ledgers.added(then, ledgers.journal(after["2026-06"][-1] / "exports/journal.csv"))
        for key, (_, tax, _, _) in ledgers.invoices(revisions[-1]).items():
            assert whole.get((*key, "1154"), 0) + whole.get((*key, "1155"), 0) == tax
            assert key not in settled or not then.get((*key, "1154")), "ours claims what was not claimed"
