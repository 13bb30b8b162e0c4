"""``chargeback rebuild`` as it is called: where the revision is written, and whether it is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import MARCH, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def test_a_revision_is_written_again_byte_for_byte(office: Reviewed, tmp_path: Path) -> None:
    folder = tmp_path / "again"
    rebuilt = call("rebuild", f"{MARCH}/r1", "--out", folder, "--archive", office.root, "--output", "json")
    assert rebuilt.err == ""
    document = rebuilt.document
    assert (rebuilt.exit, document["identical"], document["differing_files"]) == (0, True, [])
    assert (document["path"], document["head"]) == (str(folder), document["original_head"])
    original = office.root / MARCH / "r1/ledgers/all.csv"
    assert (folder / "ledgers/all.csv").read_bytes() == original.read_bytes()


def test_what_is_there_already_is_not_written_over(office: Reviewed, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    refused = call("rebuild", f"{MARCH}/r1", "--out", tmp_path, "--archive", office.root)
    assert refused.exit == 9
    assert str(tmp_path) in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
