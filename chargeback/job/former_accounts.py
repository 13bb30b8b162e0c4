"""Accounts that are no longer ours, and that the platform no longer shows: a month that is done again keeps theirs.

An account with an ``until`` belongs to the months before it, though nobody may be left who could read it. Where one of
those months changes for another account, what its latest revision has of this one is carried into the new revision's
evidence with its original ``requested_at``, as a report is that was proved in time (BOOKING 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging
from chargeback.collect.month_collector import Collection, index_key
from chargeback.config import Config
from chargeback.errors import ChargebackError, CredentialError
from chargeback.evidence import Answer, DocumentRecord, MemoryStore, Store
from chargeback.model.period import Period


def carry_former_accounts(
    collection: Collection, latest: Revision | None, config: Config, newest: Period, store: Store
) -> list[str]:
    """Put into the collection what the month's latest revision has of each account that is refused, or for which
    there is no credential any more, and whose ``until`` lies before the newest month; a sentence for each, to be
    told."""
    former = {entry.id for entry in config.accounts if entry.is_former(newest)}
    told = []
    for error in _refusals(collection, former):
        if latest is not None and _carry(error.account, collection, latest, store):
            collection.errors.remove(error)
            told.append(f"account {error.account} is refused and no longer ours: {latest.name}'s answers are carried")
    return told


def _refusals(collection: Collection, former: set[str]) -> Iterator[ChargebackError]:
    for error in list(collection.errors):
        if isinstance(error, CredentialError) and error.account in former:
            yield error


def _carry(account: str, collection: Collection, latest: Revision, store: Store) -> bool:
    """Whether the revision has the account, and its answers and documents now stand in for the refused ones."""
    evidence = latest.evidence()
    if account not in evidence.run.accounts:
        return False
    answers = [answer for answer in evidence.answers if answer.account == account]
    documents = [record for record in evidence.run.documents if record.account == account]
    _discard([answer.path for answer in collection.answers if answer.account == account], store)
    _discard([record.path for record in collection.documents if record.account == account], store)
    for answer in answers:
        if answer.path is not None:
            store.write(answer.path, evidence.body(answer))
    for record in documents:
        if record.path is not None:
            store.write(record.path, latest.read(record.path))
    _put(account, answers, documents, collection)
    return True


def _discard(paths: Iterable[str | None], store: Store) -> None:
    """Take out what the refusals left, so that the carried files can have their names."""
    for path in paths:
        if path is not None and isinstance(store, Staging):
            store.remove(path)
        elif path is not None and isinstance(store, MemoryStore):
            store.files.pop(path, None)


def _put(account: str, answers: list[Answer], documents: list[DocumentRecord], collection: Collection) -> None:
    """The collection's account is now as it was."""
    others = [answer for answer in collection.answers if answer.account != account]
    collection.answers[:] = sorted((*others, *answers), key=index_key)
    kept = [record for record in collection.documents if record.account != account]
    carried = (replace(record, carried=record.path is not None) for record in documents)
    collection.documents[:] = sorted(
        (*kept, *carried), key=lambda record: (record.account, record.number, record.invoice, record.kind)
    )
