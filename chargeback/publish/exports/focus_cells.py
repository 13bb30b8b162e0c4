"""How cells of the FOCUS files are written: texts inert in a spreadsheet, decimals with a point, ids that stay texts.

What the three datasets say alike: the provider, and who the invoice's charge is with.
"""

from __future__ import annotations

import re
from functools import lru_cache

from chargeback.model.spreadsheet_text import csv_field, guarded

PROVIDER = "deploys.app"
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def decimal_text(number: str) -> str:
    """The number with a decimal point: FOCUS' type is Decimal, and readers of CSV take "720" for an integer."""
    return number if "." in number else f"{number}.0"


def account_text(account: str) -> str:
    """The account's id as a text also where it is a number ("1042"), which readers of CSV would make of it."""
    return f"{PROVIDER}/{account}" if _DIGITS.fullmatch(account) else account


def name_text(name: str, otherwise: str) -> str:
    """A name from outside, or another one where it is empty or not ASCII."""
    return name if name.strip() and name.isascii() else otherwise


def cells(*texts: str) -> str:
    """The texts as cells, each with a comma behind it."""
    return f"{','.join(map(cell, texts))},"


@lru_cache(1 << 12)
def cell(text: str) -> str:
    """A text as a cell, inert in a spreadsheet."""
    return csv_field(guarded(text))
