"""How large a file of a revision may be: what is written is held to it, and what is read too."""

from __future__ import annotations

from chargeback.evidence.records import PREVIOUS_JOURNAL_PATH
from chargeback.evidence.stores import LARGEST_FILE

LARGEST_MANIFEST = 64 << 20
"""Bytes: a manifest of 300,000 files has about 45 million."""
LARGEST_LEDGER = 4 << 30
"""Bytes of a ledger or export, which grow with the lines of the month."""


def largest(path: str) -> int:
    """The bytes that the file of a revision may have."""
    grows = path.startswith(("ledgers/", "exports/")) or path == PREVIOUS_JOURNAL_PATH
    return LARGEST_LEDGER if grows else LARGEST_FILE
