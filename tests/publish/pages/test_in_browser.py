"""The pages in Chromium: axe-core finds nothing, nothing reaches beyond a phone's window, nothing is fetched or run.

It needs Chromium, node and two packages of node, which it takes from ``build/checkers``::

    apt-get install --no-install-recommends chromium nodejs npm fonts-noto-core fonts-thai-tlwg
    npm install --prefix build/checkers axe-core playwright-core

Without them it is skipped, and says so. The screenshots and PDFs are left where ``CHARGEBACK_SCREENSHOTS`` says.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from chargeback.model.books import Status
from chargeback.publish import statements
from chargeback.publish.pages import archive_page
from tests.kit import page_months

from .test_archive_page import SIGNATURES, archive_of_sixty, month, revision
from .test_month_page import bytes_of

MODULES = Path(__file__).parents[3] / "build" / "checkers" / "node_modules"
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
NODE = shutil.which("node")
MISSING = [
    name
    for name, there in (
        ("Chromium", CHROMIUM),
        ("node", NODE),
        ("axe-core and playwright-core (npm install --prefix build/checkers axe-core playwright-core)",
         (MODULES / "axe-core").is_dir() and (MODULES / "playwright-core").is_dir()),
    )
    if not there
]  # fmt: skip

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"pages not checked in a browser; missing: {', '.join(MISSING)}")


def _pages() -> Iterator[tuple[str, bytes]]:
    yield "exceptions", bytes_of(page_months.small_month(endpoint=page_months.SANDBOX))
    yield "accepted", bytes_of(page_months.small_month(clean=True, accepted=True))
    yield "hostile", bytes_of(page_months.hostile_month())
    yield (
        "archive",
        archive_page.render(
            [
                month("2025-11", revision(signatures=SIGNATURES)),
                month("2026-03", revision(signatures=SIGNATURES), revision(2, head="f" * 64)),
                month("2026-04", revision(status=Status.EXCEPTIONS, exceptions=3, endpoint=page_months.SANDBOX)),
            ],
            head="ab" * 32,
        ),
    )
    sixty = page_months.sixty_teams()
    yield "sixty-teams", bytes_of(sixty)
    yield "sixty-teams-archive", archive_page.render(archive_of_sixty(), head="ab" * 32)
    yield "statement", b"".join(next(statements.files(sixty.books, sixty.config))[1])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pages, screenshots and PDFs lie."""
    chosen = os.environ.get("CHARGEBACK_SCREENSHOTS")
    place = Path(chosen) if chosen else tmp_path_factory.mktemp("pages")
    place.mkdir(parents=True, exist_ok=True)
    return place


@pytest.fixture(scope="module")
def views(folder: Path) -> list[dict[str, Any]]:
    """What Chromium and axe-core say of each page, at each width, light and dark."""
    written = []
    for name, data in _pages():
        (folder / f"{name}.html").write_bytes(data)
        written.append(str(folder / f"{name}.html"))
    done = subprocess.run(
        [str(NODE), str(Path(__file__).with_name("browser_check.cjs")), CHROMIUM, str(folder), *written],
        env={**os.environ, "NODE_PATH": str(MODULES)},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) == 7 * 6
    return found


def test_axe_finds_nothing(views: list[dict[str, Any]]) -> None:
    assert [view for view in views if view["violations"]] == []
    asked = [view["rules"] for view in views if view["asked"]]
    assert len(asked) == 7 * 3
    assert min(asked) > 20


def test_nothing_reaches_beyond_the_window(views: list[dict[str, Any]]) -> None:
    assert [view for view in views if view["wide"]] == []


def test_nothing_is_fetched_run_or_complained_about(views: list[dict[str, Any]]) -> None:
    assert [view for view in views if view["heard"]] == []


def test_print_is_light_opens_what_is_folded_and_fits_the_sheet(views: list[dict[str, Any]], folder: Path) -> None:
    reader = PdfReader(folder / "exceptions-1280-dark.pdf")
    text = " ".join(page.extract_text() for page in reader.pages)
    assert "2026-05-31" in text, "the table of daily cost is folded"
    assert len(reader.pages) < 12
    sheets = {float(page.mediabox.width) for page in reader.pages}
    for name in ("sixty-teams", "sixty-teams-archive", "statement"):
        sheets |= {float(page.mediabox.width) for page in PdfReader(folder / f"{name}-1280-dark.pdf").pages}
    assert [width for width in sheets if abs(width - 595) >= 2] == []
    assert len(PdfReader(folder / "statement-1280-dark.pdf").pages) <= 4
