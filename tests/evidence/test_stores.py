"""Where evidence is kept: what is written once is never written over, in memory as in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.errors import StorageError
from chargeback.evidence import FolderStore, MemoryStore, Store


@pytest.fixture(params=["memory", "folder"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """A dry run's store, and a run's."""
    return MemoryStore() if request.param == "memory" else FolderStore(tmp_path)


def test_second_document_under_a_name_is_refused_and_the_first_one_stays(store: Store) -> None:
    """A dry run that let one invoice's PDF take another's place would promise a run that ends with exit 9."""
    store.write("invoices/1042/INV-1.pdf", b"%PDF first")
    with pytest.raises(StorageError, match=r"invoices/1042/INV-1\.pdf: File exists"):
        store.write("invoices/1042/INV-1.pdf", b"%PDF second")
    assert store.read("invoices/1042/INV-1.pdf") == b"%PDF first"


def test_same_bytes_again_are_refused_too(store: Store) -> None:
    store.write("evidence/1042/billing.get.json", bytes(bytearray(b"{}")))
    with pytest.raises(StorageError, match="File exists"):
        store.write("evidence/1042/billing.get.json", bytes(bytearray(b"{}")))
