"""What ``list`` says of each revision, and whose signatures a restated month has."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from rich.cells import cell_len

from chargeback.archive.reading import Archive
from chargeback.errors import DamagedError, StorageError
from chargeback.evidence.period import Period
from chargeback.review.listing import listing, listing_lines
from chargeback.review.signing import SignRequest, sign
from chargeback.review.terminal import Terminal
from tests.kit.reviewed import APRIL, MARCH, MAY, SIGNED_AT, Reviewed, sign_first_revision


def test_every_revision_is_listed_with_status_totals_and_the_head(office: Reviewed) -> None:
    lines = listing_lines(listing(office.root), Terminal())
    names = [line.split()[0] for line in lines[1:-1]]
    assert names == [f"{MARCH}/r1", f"{APRIL}/r1", f"{MAY}/r1", f"{MAY}/r2", f"{MAY}/r3"]
    head = Archive(office.root).head()
    assert head is not None
    assert lines[-1] == f"head {head.sha256}"
    assert head.sha256 in lines[-2]
    assert "2 exceptions" in lines[-2]


def test_a_restated_month_says_that_its_signatures_are_of_an_earlier_revision(own_office: Reviewed) -> None:
    sign_first_revision(own_office)
    lines = listing_lines(listing(own_office.root), Terminal())
    assert lines[3].endswith("signed: preparer Ann")
    assert lines[5].endswith("not signed since restated: r1 preparer Ann")
    revisions = listing(own_office.root).to_json()["revisions"]
    assert [each["signed_earlier"] for each in revisions[2:4]] == [[], []]
    assert revisions[4]["signed_earlier"] == [
        {"revision": 1, "signed_at": "2026-06-04T01:00:00Z", "role": "preparer", "by": "Ann"}
    ]
    assert revisions[4]["signatures"] == []


def test_new_signatures_of_the_latest_revision_take_their_place(own_office: Reviewed) -> None:
    sign_first_revision(own_office)
    sign(own_office.root, SignRequest(Period.parse(MAY), "Ann"), SIGNED_AT)
    assert listing_lines(listing(own_office.root), Terminal())[5].endswith("signed: preparer Ann")


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_a_terminal(own_office: Reviewed, width: int) -> None:
    sign_first_revision(own_office)
    assert max(map(cell_len, listing_lines(listing(own_office.root), Terminal(width=width)))) <= width


def test_an_empty_archive_has_no_revision_yet(tmp_path: Path) -> None:
    found = listing(tmp_path)
    assert found.to_json() == {"schema": 1, "head": None, "revisions": []}
    assert listing_lines(found, Terminal()) == ["no revision yet: run `chargeback run`"]


def test_an_absent_archive_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        listing(tmp_path / "nowhere")


def test_a_broken_chain_is_damage(own_office: Reviewed) -> None:
    shutil.rmtree(own_office.root / MAY / "r2")
    with pytest.raises(DamagedError):
        listing(own_office.root)
