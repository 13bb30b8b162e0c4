"""Opening a ledger in a desktop program is no damage; anything else that the manifest does not name is."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.archive.file_checks import TAKE_OUT, check_files, require_intact
from chargeback.archive.pending import PendingReports
from chargeback.archive.reading import selected_revisions
from chargeback.archive.store import is_litter
from chargeback.archive.verification import verify_files
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from tests.kit.archives import REPORT, QuickFileSystem, answer, write_archive

LITTER = (
    "ledgers/.~lock.web.xlsx#",
    "ledgers/~$web.xlsx",
    ".DS_Store",
    "invoices/ba_1/._INV-2026-0009.pdf",
    "Thumbs.db",
    "ledgers/desktop.ini",
    ".nfs000000000123",
    "evidence/.fuse_hidden0000001",
    "ledgers/.web.csv.swp",
)
NO_LITTER = ("ledgers/web.csv~", "ledgers/~lock.web.xlsx#", ".DS_Store.csv", "swp", "ledgers/a copy.csv", "Thumbs")

pytestmark = pytest.mark.usefixtures("shape")


@pytest.mark.parametrize("path", LITTER)
def test_litter_is_told_by_name_and_stops_nobody(root: Path, path: str) -> None:
    (revision,) = write_archive(root, "2026-05").revisions()
    (revision.root / path).write_bytes(b"left here")
    require_intact(revision)
    layer = verify_files(selected_revisions(root))
    assert layer.sound
    assert f"2026-05/r1/{path}" in layer.note


@pytest.mark.parametrize("path", NO_LITTER)
def test_any_other_file_is_damage_with_one_remedy(root: Path, path: str) -> None:
    (revision,) = write_archive(root, "2026-05").revisions()
    (revision.root / path).write_bytes(b"")
    (finding,) = check_files(revision)
    assert (finding.path, finding.remedy) == (f"2026-05/r1/{path}", TAKE_OUT)
    with pytest.raises(DamagedError) as raised:
        require_intact(revision)
    assert raised.value.remedy == TAKE_OUT


def test_a_link_or_pipe_by_such_a_name_is_no_litter(root: Path) -> None:
    (revision,) = write_archive(root, "2026-05").revisions()
    (revision.root / ".DS_Store").symlink_to("/etc/passwd")
    assert [finding.path for finding in check_files(revision)] == ["2026-05/r1/.DS_Store"]


def test_a_file_of_the_revision_is_held_to_its_checksum_whatever_its_name(root: Path) -> None:
    from chargeback.archive.locked_archive import open_for_writing
    from tests.kit.archives import FILES, STARTED, seal

    with open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer:
        revision = seal(writer, files={**FILES, "invoices/ba_1/a.swp": b"evidence"})
    path = revision.root / "invoices/ba_1/a.swp"
    path.chmod(0o640)
    path.write_bytes(b"evidencE")
    assert [finding.path for finding in check_files(revision)] == ["2026-05/r1/invoices/ba_1/a.swp"]
    assert verify_files(selected_revisions(root)).note == ""


def test_litter_among_pending_reports_is_passed_over(root: Path) -> None:
    root.mkdir()
    pending = PendingReports(root, QuickFileSystem())
    pending.store(Period(2026, 5), answer(), REPORT)
    for folder in ("pending", "pending/2026-05", "pending/2026-05/ba_1"):
        (root / folder / "Thumbs.db").touch()
    assert list(pending.read(Period(2026, 5))) == ["ba_1"]
    assert pending.periods() == (Period(2026, 5),)


def test_names_are_told_apart_by_their_last_part() -> None:
    assert not is_litter(".DS_Store/ledger.csv")
    assert is_litter("ledgers/.DS_Store")
