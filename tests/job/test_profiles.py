"""A profile of the user's own: its text is evidence, so that a revision is rebuilt without the file; another text is
another result."""

from __future__ import annotations

from pathlib import Path

from chargeback.archive.reading import Archive
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.job.rebuild import rebuild
from chargeback.job.verify import VerifyRequest, verify
from chargeback.sandbox import Clock, Platform, small_world
from tests.kit.office import Office, in_process, plain_files

PROFILE = """
title = "Ours"
[[columns]]
name = "Account"
value = "$gl_account"
[[columns]]
name = "Amount"
value = "$amount"
"""


def office_with_a_profile(root: Path) -> Office:
    platform = Platform(small_world(), "D", clock=Clock("2026-06-05T03:00:00Z"))
    office = Office(root, platform)
    office.changes = {"[journal]\n": '[journal]\nformat = ["ours.toml", "odoo"]\n'}
    (root / "ours.toml").write_text(PROFILE)
    return office


def test_a_revision_is_rebuilt_and_verified_without_the_profile_s_file(tmp_path: Path) -> None:
    office = office_with_a_profile(tmp_path)
    with in_process(office.platform):
        assert office.run_at("2026-06-05T03:00:00Z").exit in (0, 3)
    (tmp_path / "ours.toml").unlink()
    revision = Archive(office.archive).latest(Period(2026, 5))
    assert revision is not None
    assert {"exports/journal-ours.csv", "exports/journal-ours.txt", "exports/journal-odoo.csv"} <= set(revision.records)
    with plain_files():
        assert verify(office.archive, VerifyRequest()).findings == ()
        assert rebuild(revision, tmp_path / "again").differing == ()


def test_another_text_of_the_profile_is_another_result(tmp_path: Path) -> None:
    office = office_with_a_profile(tmp_path)
    with in_process(office.platform):
        for name, written in (("Account", True), ("Account", False), ("Konto", True)):
            (tmp_path / "ours.toml").write_text(PROFILE.replace("Account", name))
            month = office.run_at("2026-06-05T03:00:00Z").of("2026-05")
            assert month is not None and month.written is written


def test_a_profile_that_is_gone_or_wrong_ends_the_run_before_anything_is_asked(tmp_path: Path) -> None:
    office = office_with_a_profile(tmp_path)
    (tmp_path / "ours.toml").write_text("title = 1")
    with in_process(office.platform):
        ended = office.run_at("2026-06-05T03:00:00Z")
    assert ended.exit == ConfigurationError.exit_code
    assert "ours.toml" in ended.messages
    assert not office.platform.recorder.documents()
