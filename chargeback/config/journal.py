"""``[journal]``: the accounts of the journal's legs, by the chart of accounts of the company that books it."""

from __future__ import annotations

from chargeback.config.place import Place
from chargeback.config.scalars import identifier
from chargeback.config.settings import Journal
from chargeback.config.table import Table

JOURNAL_KEYS = ("expense", "unassigned", "adjustments", "input_vat", "input_vat_pending", "payable", "withholding")


def journal(place: Place, value: object) -> Journal:
    """The ``[journal]`` table; None for every account that it does not name."""
    table = Table.of(place, value, JOURNAL_KEYS)
    return Journal(**{key: table.optional(key, identifier, None) for key in JOURNAL_KEYS})
