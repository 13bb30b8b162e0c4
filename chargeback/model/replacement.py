"""Which invoice took the place of which: one rule for the events of a restatement and for the lines of ``diff``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class IssuedInvoice(NamedTuple):
    """What an invoice is known by; ``currency`` is "" where nobody states it, ``id`` where only numbers are known."""

    account: str
    number: str
    currency: str
    id: str = ""


def replacements(gone: Iterable[IssuedInvoice], new: Iterable[IssuedInvoice]) -> dict[IssuedInvoice, IssuedInvoice]:
    """Of the invoices that are booked no more those that another one replaced, each new one once.

    It is the new invoice of the account whose number continues the old one's ("INV-1R" that of "INV-1"); else the only
    new one, where the account lost no other invoice. Both sides in the order in which they are to be paired.
    """
    lost, left = list(gone), list(new)
    found = {}
    for old in lost:
        following = _successor(old, lost, left)
        if following is not None:
            left.remove(following)
            found[old] = following
    return found


def _successor(old: IssuedInvoice, gone: Sequence[IssuedInvoice], new: Sequence[IssuedInvoice]) -> IssuedInvoice | None:
    fitting = [each for each in new if each.account == old.account and old.currency in ("", each.currency)]
    continuing = [each for each in fitting if _continues(each.number, old.number)]
    if continuing:
        return continuing[0]
    alone = sum(each.account == old.account for each in gone) == 1
    return fitting[0] if alone and len(fitting) == 1 else None


def _continues(number: str, old: str) -> bool:
    """Whether the number begins with the old one; a further digit makes it another number ("INV-10" and "INV-1")."""
    rest = number[len(old) :]
    return bool(old) and number.startswith(old) and not (old[-1].isdigit() and rest[:1].isdigit())
