"""``chargeback open``: which page it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.kit.reviewed import MAY, Reviewed

pytestmark = pytest.mark.usefixtures("offline")


def test_the_archives_page_or_a_months(office: Reviewed) -> None:
    assert call("open", "--archive", office.root).out == f"{office.root / 'index.html'}\n"
    assert call("open", MAY, "--archive", office.root).out == f"{office.root / MAY / 'r3/index.html'}\n"
    assert call("open", f"{MAY}/r1", "--archive", office.root).out == f"{office.root / MAY / 'r1/index.html'}\n"


def test_what_is_not_there(office: Reviewed, tmp_path: Path) -> None:
    assert call("open", "2031-01", "--archive", office.root).exit == 2
    assert call("open", "--archive", tmp_path / "nowhere").exit == 9
