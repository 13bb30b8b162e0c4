"""*Cut-off and completeness*: gaps in the sequence of numbers."""

from __future__ import annotations

from tests.publish.workpaper.papers import paper


def test_gaps_in_the_sequence_of_invoice_numbers_are_told() -> None:
    rows = paper().rows("Cut-off and completeness")
    start = next(place for place, row in enumerate(rows) if str(row[0]).startswith("6 Sequence"))
    assert [row[1:8] for row in rows[start + 3 : start + 5]] == [
        ["ba_thai", "INV-2026-", "INV-2026-0008", "INV-2026-0009", 2, 0, "none"],
        ["ba_usd", "INV-USD-", "INV-USD-7", "INV-USD-7", 1, 0, "none"],
    ]
