"""``chargeback demo``: three months to look at, and no folder of somebody else's is touched."""

from __future__ import annotations

from pathlib import Path

from chargeback.archive.reading import Archive
from chargeback.cli.demonstration import MARKER
from tests.cli.calling import call


def test_it_closes_three_months_and_says_what_to_open_and_makes_its_own_folder_anew(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / MARKER).touch()
    (folder / "left").touch()
    made = call("demo", folder)
    assert (made.exit, (folder / "left").exists()) == (0, False)
    assert [line.split()[1] for line in made.err.splitlines()] == ["reconciled", "2", "reconciled"]
    assert [str(name) for name in Archive(folder).names()] == ["2026-03/r1", "2026-04/r1", "2026-05/r1"]
    opened = [line.split()[0] for line in made.out.splitlines() if line.startswith(str(folder))]
    assert opened
    assert [path for path in opened if not Path(path).exists()] == []


def test_a_folder_that_is_not_a_demonstrations_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("kept")
    refused = call("demo", tmp_path)
    assert (refused.exit, refused.out) == (2, "")
    assert "is not empty, and not of a demonstration -> name another folder" in refused.err
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
