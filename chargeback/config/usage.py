"""``[usage]``: when a day's cost is out of the ordinary, for the daily look at usage."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType

from chargeback.config.key_path import KeyPath
from chargeback.config.scalars import amount, text, whole
from chargeback.config.settings import Usage
from chargeback.config.table import Table, entries

USAGE_KEYS = ("floor", "band", "days", "prices")


def usage(place: KeyPath, value: object) -> Usage:
    """The ``[usage]`` table."""
    table, default = Table.of(place, value, USAGE_KEYS), Usage()
    return Usage(
        floor=table.optional("floor", amount, default.floor),
        band=table.optional("band", amount, default.band),
        days=table.optional("days", whole(7, 60), default.days),
        prices=table.optional("prices", prices, default.prices),
    )


def prices(place: KeyPath, value: object) -> Mapping[str, Decimal]:
    """Prices of one's own by resource, in place of the list's."""
    found = {text(place, name): amount(place.child(name), price) for name, price in entries(place, value).items()}
    return MappingProxyType(found)
