"""Which month and revision a person means, and how it stands in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.archive.reading import Archive
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import Signature
from chargeback.review.revision_choice import (
    chosen_revision,
    overview_of,
    revision_number,
    signed_text,
    standing,
    title,
)
from tests.kit.reviewed import APRIL, MAY, Reviewed


@pytest.mark.parametrize(
    ("text", "named"), [(None, f"{MAY} r3"), (MAY, f"{MAY} r3"), (f"{MAY}/r1", f"{MAY} r1"), (APRIL, f"{APRIL} r1")]
)
def test_a_month_means_its_latest_revision_and_nothing_the_newest_month(
    office: Reviewed, text: str | None, named: str
) -> None:
    assert title(chosen_revision(Archive(office.root), text)) == named


def test_an_archive_without_a_month_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="has no month yet") as refused:
        chosen_revision(Archive(tmp_path), None)
    assert refused.value.remedy == "run `chargeback run`"


def test_a_revision_is_named_with_or_without_its_letter() -> None:
    assert [revision_number(text) for text in ("r2", "2", "r10")] == [2, 2, 10]
    for text in ("r0", "second", "r1.5"):
        with pytest.raises(ConfigurationError, match="is not a revision"):
            revision_number(text)


def test_a_revision_with_exceptions_says_how_many(office: Reviewed) -> None:
    archive = Archive(office.root)
    revision = chosen_revision(archive, APRIL)
    overview = overview_of(archive, revision)
    assert overview.exceptions > 1
    assert standing(overview).startswith(f"{overview.exceptions} exceptions")


def test_signatures_of_an_earlier_revision_are_told_as_such() -> None:
    earlier = Signature("2026-06-04T02:00:00Z", Period.parse(MAY), 1, "a" * 64, "reviewer", "Ann", "")
    assert signed_text((), (earlier,)) == "not signed since restated: r1 reviewer Ann"
    assert signed_text((earlier,), ()) == "signed: reviewer Ann"
    assert signed_text((), ()) == ""
