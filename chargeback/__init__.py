"""Monthly cost allocation for deploys.app: reconcile the bill, charge each team to the cent, keep the proof."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chargeback.review.opened_archive import OpenedArchive

__version__ = "0.3.0"
__all__ = ["__version__", "open_archive"]


def open_archive(path: str | os.PathLike[str], *, base: str | None = None) -> OpenedArchive:
    """The archive in a folder, or at an address, to be read: ``months``, ``revisions``, ``ledger``, ``findings``,
    ``checks``, ``verify``.

    ``base`` is the sha256 of the last manifest that was moved away (``base_manifest`` in the configuration).
    ``chargeback.errors.StorageError`` where there is no archive. Nothing heavy is imported before this is called.
    """
    from chargeback.review.opened_archive import OpenedArchive

    return OpenedArchive(os.fspath(path), base)
