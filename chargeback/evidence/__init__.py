"""The platform's answers as received, with request, time and checksum; nothing here is interpreted."""

from chargeback.evidence.records import (
    Answer,
    DispositionRecord,
    DocumentRecord,
    EarlierInvoice,
    EarlierMonth,
    EarlierTotal,
    Evidence,
    ProjectPair,
    RegisterState,
    RestatedTotal,
    RestatementEvent,
    RunRecord,
    SettlementRecord,
    UnsettledPayment,
)
from chargeback.evidence.stores import FolderStore, MemoryStore, Store, WatchedStore, sha256_of

__all__ = [
    "Answer",
    "DispositionRecord",
    "DocumentRecord",
    "EarlierInvoice",
    "EarlierMonth",
    "EarlierTotal",
    "Evidence",
    "FolderStore",
    "MemoryStore",
    "ProjectPair",
    "RegisterState",
    "RestatedTotal",
    "RestatementEvent",
    "RunRecord",
    "SettlementRecord",
    "Store",
    "UnsettledPayment",
    "WatchedStore",
    "sha256_of",
]
