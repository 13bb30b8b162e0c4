"""Journals as beancount reads them, where it is installed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

INSTALLED = find_spec("beancount") is not None
Balances = dict[tuple[str, str, str], Decimal]


def balances(paths: Iterable[Path]) -> Balances:
    """By beancount's account, invoice and currency, over several files; without those that are zero."""
    from beancount import loader
    from beancount.core.data import Transaction

    found: Balances = defaultdict(Decimal)
    for path in paths:
        entries, errors, _ = loader.load_string(path.read_text(encoding="utf-8"))
        assert not errors, (path, errors)
        for entry in entries:
            if isinstance(entry, Transaction):
                for posting in entry.postings:
                    found[posting.account, entry.meta["invoice"], posting.units.currency] += posting.units.number
    return {key: amount for key, amount in found.items() if amount}


def replayed(revisions: list[Path]) -> Balances:
    """The first journal, then every change."""
    names = ["journal.beancount", *["journal-change.beancount"] * (len(revisions) - 1)]  # settlements stay the same
    return balances(revision / "exports" / name for revision, name in zip(revisions, names, strict=True))


def latest(revisions: list[Path]) -> Balances:
    """The latest revision's journal."""
    return balances([revisions[-1] / "exports/journal.beancount"])
