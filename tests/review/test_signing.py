"""Who answers for a revision: its latest, intact one; two people; guarded names; told everywhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_signatures
from chargeback.errors import ConfigurationError, DamagedError, LockedError, StorageError
from chargeback.evidence.period import Period
from chargeback.review.signing import SignRequest, sign
from tests.kit.reviewed import APRIL, MARCH, MAY, SIGNED_AT, Reviewed, spoil


def preparer(name: str = "Ann", period: str = APRIL, note: str = "") -> SignRequest:
    return SignRequest(Period.parse(period), name, "preparer", note)


def reviewer(name: str = "Bob", period: str = APRIL) -> SignRequest:
    return SignRequest(Period.parse(period), name, "reviewer")


def test_a_signature_says_who_when_which_revision_and_its_head(own_office: Reviewed) -> None:
    sign(own_office.root, preparer(period=MAY, note="looked at both exceptions"), SIGNED_AT)
    latest = Archive(own_office.root).latest(Period.parse(MAY))
    assert latest is not None
    (signature,) = read_signatures(own_office.root)
    assert (str(signature.period), signature.revision, signature.head) == (MAY, 3, latest.sha256)
    assert (signature.by, signature.role, signature.note) == ("Ann", "preparer", "looked at both exceptions")
    assert signature.signed_at == "2026-06-27T01:00:00Z"


def test_signatures_are_appended_and_shown_on_the_archives_page(own_office: Reviewed) -> None:
    sign(own_office.root, preparer(), SIGNED_AT)
    first = (own_office.root / "signatures.csv").read_bytes()
    sign(own_office.root, reviewer(), SIGNED_AT + timedelta(hours=1))
    assert (own_office.root / "signatures.csv").read_bytes().startswith(first)
    page = (own_office.root / "index.html").read_text(encoding="utf-8")
    assert "Ann" in page and "Bob" in page


@pytest.mark.parametrize("name", ["Ann", "ann", "  ANN ", "Ａｎｎ"])
def test_the_reviewer_is_another_person_than_the_preparer(own_office: Reviewed, name: str) -> None:
    sign(own_office.root, preparer(), SIGNED_AT)
    with pytest.raises(ConfigurationError, match="preparer already"):
        sign(own_office.root, reviewer(name), SIGNED_AT)
    assert len(read_signatures(own_office.root)) == 1


def test_the_preparer_is_another_person_than_the_reviewer_too(own_office: Reviewed) -> None:
    sign(own_office.root, reviewer("Bob"), SIGNED_AT)
    with pytest.raises(ConfigurationError) as refused:
        sign(own_office.root, preparer("Bob"), SIGNED_AT)
    assert "another person" in refused.value.remedy


def test_nobody_signs_twice_in_one_role(own_office: Reviewed) -> None:
    sign(own_office.root, preparer(), SIGNED_AT)
    with pytest.raises(ConfigurationError):
        sign(own_office.root, preparer(), SIGNED_AT)


def test_the_preparer_of_one_month_may_review_another(own_office: Reviewed) -> None:
    sign(own_office.root, preparer("Ann", MARCH), SIGNED_AT)
    sign(own_office.root, reviewer("Ann", APRIL), SIGNED_AT)
    assert len(read_signatures(own_office.root)) == 2


@pytest.mark.parametrize("name", ["=1+1", "@SUM(A1)", "+Ann", "-Ann", "สมชาย ใจดี", 'Ann "the" Bean, CPA'])
def test_hostile_names_are_guarded_in_the_file_and_come_back_as_given(own_office: Reviewed, name: str) -> None:
    sign(own_office.root, preparer(name, note=name), SIGNED_AT)
    (signature,) = read_signatures(own_office.root)
    assert (signature.by, signature.note) == (name, name)
    text = (own_office.root / "signatures.csv").read_text(encoding="utf-8-sig")
    if name[0] in "=+-@":
        assert f",'{name}," in text


def test_control_characters_and_line_breaks_do_not_reach_the_file(own_office: Reviewed) -> None:
    sign(own_office.root, preparer("Ann\n2026-05,1\x1b[31m\t Bean\udcff"), SIGNED_AT)
    (signature,) = read_signatures(own_office.root)
    assert signature.by == "Ann 2026-05,1[31m Bean?"


@pytest.mark.parametrize("name", ["", "   ", "\x00", "---", "x" * 201])
def test_a_name_that_names_nobody_is_a_usage_error(own_office: Reviewed, name: str) -> None:
    with pytest.raises(ConfigurationError, match="--by"):
        sign(own_office.root, preparer(name), SIGNED_AT)


def test_a_note_has_bounds(own_office: Reviewed) -> None:
    with pytest.raises(ConfigurationError, match="--note"):
        sign(own_office.root, preparer(note="x" * 1001), SIGNED_AT)


@pytest.mark.parametrize("period", ["2025-01", "2026-13", "May"])
def test_a_month_that_is_not_there_is_a_usage_error(own_office: Reviewed, period: str) -> None:
    with pytest.raises(ConfigurationError):
        sign(own_office.root, preparer(period=period), SIGNED_AT)


def test_an_absent_archive_is_not_created(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        sign(tmp_path / "nowhere", preparer(), SIGNED_AT)
    assert not (tmp_path / "nowhere").exists()


def test_a_damaged_revision_is_not_signed(own_office: Reviewed) -> None:
    path = next((own_office.root / APRIL / "r1/ledgers").glob("*.xlsx"))
    spoil(path, lambda data: data[:-1] + b"\x01")
    with pytest.raises(DamagedError):
        sign(own_office.root, preparer(), SIGNED_AT)
    assert read_signatures(own_office.root) == ()


def test_a_broken_chain_is_not_signed(own_office: Reviewed) -> None:
    (own_office.root / MAY / "r2").rename(own_office.root / "elsewhere")
    with pytest.raises(DamagedError, match="chain"):
        sign(own_office.root, preparer(), SIGNED_AT)


def test_an_archive_rolled_back_behind_the_head_file_is_not_signed(own_office: Reviewed, tmp_path: Path) -> None:
    head_file = tmp_path / "head"
    head_file.write_text("0" * 64 + "\n")
    with pytest.raises(DamagedError, match="head_file"):
        sign(own_office.root, preparer(), SIGNED_AT, head_file=head_file)


def test_a_running_job_keeps_the_lock(own_office: Reviewed) -> None:
    with open_for_writing(own_office.root, started="2026-06-27T00:00:00Z"), pytest.raises(LockedError):
        sign(own_office.root, preparer(), SIGNED_AT)
