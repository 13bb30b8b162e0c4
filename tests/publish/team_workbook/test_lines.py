"""Writing the ledgers' workbooks stays near the time that their bare cells take, and needs little memory."""

from __future__ import annotations

import tracemalloc

import pytest

from chargeback.publish.team_workbook import files
from tests.kit.large_month import large_books, measure


@pytest.mark.nightly
def test_a_hundred_thousand_lines_in_forty_teams() -> None:
    found = min((measure() for _ in range(3)), key=lambda measured: measured.ratio)
    assert found.ratio <= 1.5, found


def test_memory_does_not_grow_with_the_lines_of_a_workbook() -> None:
    """30,000 lines in one team: the workbook has 26 MB of XML, and what is held are sums and texts of its projects."""
    books, config = large_books(30_000, 1)
    list(files(large_books(10, 1)[0], config))
    tracemalloc.start()
    try:
        for _, chunks in files(books, config):
            for _chunk in chunks:
                pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * 2**20, peak
