"""``chargeback list`` as it is called."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.review.archives import APRIL, MARCH, MAY, Office

pytestmark = pytest.mark.usefixtures("offline")


def test_every_revision_and_the_head(office: Office) -> None:
    listed = call("list", "--archive", office.root)
    assert listed.exit == 0
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == [
        f"{MARCH}/r1",
        f"{APRIL}/r1",
        f"{MAY}/r1",
        f"{MAY}/r2",
        f"{MAY}/r3",
        "head",
    ]


def test_json_is_one_document(office: Office) -> None:
    document = call("list", "--output", "json", "-c", office.config).document
    assert (document["schema"], len(document["revisions"])) == (1, 5)
    assert document["head"] == document["revisions"][-1]["head"]
    assert [each["latest"] for each in document["revisions"]] == [True, True, False, False, True]


def test_an_absent_archive_is_exit_9(tmp_path: Path) -> None:
    assert call("list", "--archive", tmp_path / "nowhere").exit == 9
