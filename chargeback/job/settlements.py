"""Payments between a month and the archive: what may be settled in it, and what a restatement keeps (BOOKING 9)."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from chargeback.archive.revision import Revision
from chargeback.collect.month_collector import Collection, index_key
from chargeback.config import Config
from chargeback.evidence import EarlierMonth, Evidence, SettlementRecord, Store
from chargeback.evidence.period import Period
from chargeback.job.sealing import archived_config
from chargeback.model import archived_summary
from chargeback.model.facts import platform_account
from chargeback.model.invoice import InvoiceStatus
from chargeback.model.settlement import Accrual, InvoiceKey, OpenAccruals, in_order

_OF_0_2 = "its own journal, by a version without settlements, has booked it with the accrual"

OtherMonths = Iterable[tuple[Revision | None, EarlierMonth]]
"""The latest revisions of other months, each with its summary; None for one that a dry run would have written."""


def open_accruals(months: OtherMonths, begins: Period | None) -> OpenAccruals:
    """What the other months accrued, and what of that they settled; ``begins``: the first month that is left of an
    archive whose older ones were moved away, None where none were."""
    accruals: dict[InvoiceKey, Accrual] = {}
    reasons: dict[InvoiceKey, str] = {}
    settled: set[InvoiceKey] = set()
    for revision, month in months:
        settled |= {(record.account, record.invoice) for record in month.settlements or ()}
        pending = _pending_of_0_2(revision) if revision and month.settlements is None else None
        for invoice in month.invoices:
            if not invoice.booked or (invoice.void and pending is not None):
                continue
            key = (invoice.account, invoice.invoice)
            if pending is None:
                accruals[key] = Accrual(month.period, invoice.tax_pending)
            elif key in pending:
                accruals[key] = Accrual(month.period)
            else:
                reasons[key] = _OF_0_2
    still_open = {key: accrual for key, accrual in accruals.items() if key not in settled}
    return OpenAccruals(still_open, frozenset(settled), reasons, begins)


def _pending_of_0_2(revision: Revision) -> frozenset[InvoiceKey]:
    """The invoices whose tax a version without settlements left as not due: those that were open, where it had an
    account for that."""
    if archived_config(revision).journal.input_vat_pending is None:
        return frozenset()
    listed = revision.interpret(archived_summary.PATH, archived_summary.read_listed)
    return frozenset(key for key, row in listed.items() if row.get("status") == InvoiceStatus.OPEN)


def settled_elsewhere(period: Period, months: OtherMonths) -> tuple[SettlementRecord, ...]:
    """The settlements of the month's own invoices that other months book."""
    records = (record for _, month in months for record in month.settlements or ())
    return in_order(record for record in records if record.concerns == period)


def with_own_tax(evidence: Evidence, config: Config) -> Evidence:
    """The record with the tax of the month's own paid invoices pending only where their buyer may reclaim it."""
    run = evidence.run
    if not any(record.concerns == run.period for record in run.settlements or ()):
        return evidence
    made = tuple(_with_own_tax(record, evidence, config) for record in run.settlements or ())
    return replace(evidence, run=replace(run, settlements=made))


def _with_own_tax(record: SettlementRecord, evidence: Evidence, config: Config) -> SettlementRecord:
    if record.concerns != evidence.run.period:
        return record
    platform = platform_account(evidence, record.account)
    buyer = record.buyer or (platform.type if platform else None) or ""
    reclaims = config.bookkeeping.reclaims_tax(record.account, buyer)
    return record if reclaims else replace(record, tax_pending=0)


def carry_settlements(collection: Collection, latest: Revision, store: Store) -> None:
    """A restatement neither adds a settlement nor drops one: those of the month's latest revision, with the details and
    receipts that show them, whatever the platform says of the invoices now."""
    evidence = latest.evidence()
    run = evidence.run
    answers = {answer.path: answer for answer in evidence.answers if answer.path}
    taken = {answer.path for answer in collection.answers}
    for record in run.settlements or ():
        path = record.detail if record.detail not in taken else f"{record.detail.removesuffix('.json')}-settled.json"
        store.write(path, evidence.body(answers[record.detail]))
        collection.answers.append(replace(answers[record.detail], path=path))
        collection.settlements.append(replace(record, detail=path))
    _carry_receipts(collection, latest, store)
    collection.answers.sort(key=index_key)
    collection.unsettled.extend(run.unsettled)


def _carry_receipts(collection: Collection, latest: Revision, store: Store) -> None:
    run = latest.run_record()
    settled = {(record.account, record.invoice) for record in run.settlements or ()}
    present = {(record.account, record.invoice, record.kind) for record in collection.documents}
    for document in run.documents:
        key = (document.account, document.invoice)
        if document.kind != "receipt" or key not in settled or (*key, "receipt") in present:
            continue
        if document.path is not None:
            store.write(document.path, latest.read(document.path))
        collection.documents.append(replace(document, carried=document.path is not None))
    collection.documents.sort(key=lambda record: (record.account, record.number, record.invoice, record.kind))
