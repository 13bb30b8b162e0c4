"""Which invoice replaced which: the one whose number goes on, else the only new one for the only one gone."""

from __future__ import annotations

import pytest

from chargeback.model.archive_overview import IssuedInvoice, replacements


def issued(*numbers: str, account: str = "1", currency: str = "THB") -> list[IssuedInvoice]:
    return [IssuedInvoice(account, number, currency) for number in numbers]


@pytest.mark.parametrize(
    ("gone", "new", "pairs"),
    [
        (issued("INV-1"), issued("INV-1R"), {"INV-1": "INV-1R"}),
        (issued("INV-1"), issued("INV-9"), {"INV-1": "INV-9"}),
        (issued("INV-1", "INV-2"), issued("INV-2R", "INV-1R"), {"INV-1": "INV-1R", "INV-2": "INV-2R"}),
        (issued("INV-1", "INV-2"), issued("INV-9"), {}),
        (issued("INV-1"), issued("INV-8", "INV-9"), {}),
        (issued("INV-1", "INV-1R"), issued("INV-1RR"), {"INV-1": "INV-1RR"}),
        (issued("INV-1"), issued("INV-1R", account="2"), {}),
        (issued("INV-1"), issued("INV-1R", currency="USD"), {}),
        (issued("INV-1", currency=""), issued("INV-1R"), {"INV-1": "INV-1R"}),
        (issued(""), issued("INV-9"), {"": "INV-9"}),
        (issued("INV-1", "INV-2"), issued("INV-10"), {}),
        (issued("INV-1", "INV-2"), issued("INV-10", "INV-1"), {"INV-1": "INV-1"}),
        ([], issued("INV-9"), {}),
    ],
)
def test_each_new_invoice_replaces_one_at_most(
    gone: list[IssuedInvoice], new: list[IssuedInvoice], pairs: dict[str, str]
) -> None:
    assert {old.number: following.number for old, following in replacements(gone, new).items()} == pairs
