"""The cover page beside a signed revision: what it says, that it follows what comes later, and that it is no damage."""

from __future__ import annotations

import shutil
from datetime import timedelta
from decimal import ROUND_DOWN, localcontext
from pathlib import Path

import pytest

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.evidence.period import Period
from chargeback.job.cover import refresh_covers
from chargeback.job.dispositions import archived_findings
from chargeback.job.verify import VerifyRequest, verify
from chargeback.publish.pages import cover_page
from chargeback.review.signing import DisposeRequest, SignRequest, dispose, sign
from tests.kit.reviewed import APRIL, MAY, SIGNED_AT, Reviewed


def cover(office: Reviewed, month: str, revision: int) -> Path:
    """Where the cover page of a revision lies."""
    return office.root / month / f"cover-r{revision}.html"


def signed(office: Reviewed, month: str = MAY, note: str = "Agreed to the bank statement") -> str:
    """The cover page after the preparer has signed the month."""
    done = sign(office.root, SignRequest(Period.parse(month), "Ann", "preparer", note), SIGNED_AT)
    return cover(office, month, done.revision.name.number).read_text(encoding="utf-8")


def test_it_says_period_entity_head_conclusion_who_signed_and_the_findings(own_office: Reviewed) -> None:
    page = signed(own_office)
    revision = Archive(own_office.root).latest(Period.parse(MAY))
    assert revision is not None
    findings = archived_findings(revision)
    assert findings
    for text in ("May 2026", revision.sha256, "100 % re-performed, no sampling", "Ann", "Agreed to the bank statement",
                 "Prepared by", "Reviewed by", *(finding.id for finding in findings)):  # fmt: skip
        assert text in page
    assert "<script" not in page and "http-equiv" in page


def test_a_month_that_nobody_signed_has_none(own_office: Reviewed) -> None:
    assert not list(own_office.root.rglob("cover-*.html"))
    signed(own_office, APRIL)
    assert [path.parent.name for path in own_office.root.rglob("cover-*.html")] == [APRIL]


def test_a_reviewer_and_a_disposition_come_later_and_it_says_them(own_office: Reviewed) -> None:
    signed(own_office)
    revision = Archive(own_office.root).latest(Period.parse(MAY))
    assert revision is not None
    finding = archived_findings(revision)[0].id
    dispose(own_office.root, DisposeRequest(Period.parse(MAY), finding, "credit note requested", "Cleo"), SIGNED_AT)
    sign(own_office.root, SignRequest(Period.parse(MAY), "Bob", "reviewer"), SIGNED_AT + timedelta(hours=1))
    page = cover(own_office, MAY, revision.name.number).read_text(encoding="utf-8")
    assert "Bob" in page and "Ann" in page
    assert "credit note requested" in page and "Cleo" in page


def test_it_is_no_damage_and_no_stranger_and_what_lies_about_still_is_one(own_office: Reviewed) -> None:
    signed(own_office)
    (own_office.root / MAY / "cover-r99.html").write_text("not ours")
    assert Archive(own_office.root).strangers() == (f"{MAY}/cover-r99.html",)
    (own_office.root / MAY / "cover-r99.html").unlink()
    verified = verify(own_office.root, VerifyRequest(quick=True))
    assert verified.exit == 0
    assert not any("cover" in note for note in verified.notes)


def test_a_run_writes_it_again_and_is_not_stopped_where_it_cannot(own_office: Reviewed, tmp_path: Path) -> None:
    before = signed(own_office)
    path = cover(own_office, MAY, 3)
    path.write_text("spoilt")
    with open_for_writing(own_office.root, started="2026-07-01T00:00:00Z", base=None) as writer:
        refresh_covers(writer, Period.parse(MAY))
        assert path.read_text(encoding="utf-8") == before
        path.unlink()
        path.mkdir()
        (path / "x").write_text("x")
        refresh_covers(writer, Period.parse(MAY))
    shutil.rmtree(path)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "=1+1", "ชื่อ & นามสกุล", "a\u202eb"])
def test_hostile_names_are_texts(own_office: Reviewed, name: str) -> None:
    sign(own_office.root, SignRequest(Period.parse(MAY), name, "preparer", name), SIGNED_AT)
    page = cover(own_office, MAY, 3).read_text(encoding="utf-8")
    assert "<script>" not in page
    assert "\u202e" not in page


@pytest.mark.parametrize(("text", "shown"), [("0.00005", "0.0001"), ("-1.00004", "-1.0000"), ("7.5", "7.5")])
def test_an_amount_is_shortened_half_away_from_zero_whatever_the_context(text: str, shown: str) -> None:
    with localcontext(rounding=ROUND_DOWN):
        assert cover_page._shortened(text) == shown
