"""Is a result the same as the latest revision's? Then nothing is written (BOOKING 7).

A result's digest is taken from what its ledgers, documents, exports and findings say, less what makes no new result:
display names, the invoices' status and receipts, messages, times. The revision holds it, so that no file is made again
to compare; for a revision of a version that did not keep it, it is taken from that revision's files and evidence.
"""

from __future__ import annotations

import hashlib
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from operator import itemgetter
from pathlib import Path
from typing import Any

from msgspec.structs import asdict

from chargeback.archive.revision import Revision
from chargeback.config import AccountEntry, Config
from chargeback.errors import ChargebackError
from chargeback.evidence import DocumentRecord, RunRecord
from chargeback.evidence.records import canonical_json
from chargeback.job import csv_rows
from chargeback.job.sealing import archived_config
from chargeback.model import archived_checks, archived_summary
from chargeback.model.answers import LineItem
from chargeback.model.archived_checks import read_checks
from chargeback.model.booking import AccountMonth
from chargeback.model.books import Books
from chargeback.model.check import Checks, Code, Outcome
from chargeback.model.invoice import Invoice, InvoiceStatus
from chargeback.model.ledger import pieces
from chargeback.model.ledger_register import COLUMNS, WrittenLines
from chargeback.model.money import minor_digits, to_minor
from chargeback.model.spreadsheet_text import guarded
from chargeback.model.text import cleaned
from chargeback.month_end import read_accounts
from chargeback.publish.reconciliation import check_row

RECIPE = "3"
"""Another one makes other digests: such a revision is compared by its files."""
_ALL = "ledgers/all.csv"
_NO_NEW_RESULT = ("account_name", "project_name", "invoice_status")
_counted = itemgetter(*(place for place, name in enumerate(COLUMNS) if name not in _NO_NEW_RESULT))
"""Of a line's cells, those of which another one makes a new result."""
_BETWEEN_CELLS = "\x1f"
_FINDINGS = (Outcome.EXCEPTION, Outcome.ACCEPTED)
_OF_DOCUMENTS = (*_FINDINGS, Outcome.NOTICE)
_RECEIPT = "receipt"
_AMOUNTS = ("expected", "actual", "variance")

CheckKey = tuple[str, str, str, str]
CheckValue = tuple[str, ...]


def is_same_result(books: Books, config: Config, latest: Revision) -> bool:
    """Whether ledgers, documents by number, exports and findings equal the latest revision's."""
    kept = latest.run_record().digest
    unpaid = latest.interpret(archived_summary.PATH, _unpaid)
    present = result_digest(books, config, unpaid)
    return present == (dict(kept) if kept.get("recipe") == RECIPE else _digest_of_files(latest))


def result_digest(books: Books, config: Config, unpaid: Collection[tuple[str, str]] | None = None) -> dict[str, str]:
    """The digest of each part of a result; ``unpaid`` are the invoices (account and number) of which a payment since
    makes no new result, whatever came of its receipt and of the tax withheld: those that the result itself has as open
    (the default), or that the one has with which it is compared. Left out of both, they make no difference.
    """
    months = [posting.month for posting in books.posting.postings]
    if unpaid is None:
        unpaid = {
            (invoice.account, invoice.label)
            for month in months
            for invoice in month.facts.invoices
            if invoice.listed_status is InvoiceStatus.OPEN
        }
    rows = map(check_row, Checks.in_order(books.checks).where(lambda kind: _is_found(kind[0], kind[1])))
    written = WrittenLines(books.period, guarded, _BETWEEN_CELLS, left_out=_NO_NEW_RESULT)
    lines = map(written.rows, pieces(books.ledger.lines))
    return {
        "recipe": RECIPE,
        "ledgers": _digest_of_ledgers((team.id for team in books.ledger.teams), lines),
        "documents": _digest_of_documents(books.posting.run.documents),
        "exports": _sha256([canonical_json(_exported(months, config, books.posting.run))]),
        "findings": _digest_of_findings(rows, unpaid),
    }


def _digest_of_files(latest: Revision) -> dict[str, str]:
    """The digest of a revision that holds none of this recipe; where its configuration can no longer be read, its
    exports are taken for others."""
    try:
        config = archived_config(latest)
        months = read_accounts(latest.evidence(), config, latest.name.period)
        exported = _sha256([canonical_json(_exported(months, config, latest.run_record()))])
    except ChargebackError:
        exported = ""
    teams = sorted(
        path.removeprefix("ledgers/").removesuffix(".csv")
        for path in latest.records
        if path.startswith("ledgers/") and path.endswith(".csv") and path != _ALL
    )
    checks = latest.interpret(archived_checks.PATH, read_checks).checks
    return {
        "recipe": RECIPE,
        "ledgers": latest.interpret(
            _ALL, lambda data: _digest_of_ledgers(teams, ([line] for line in _archived_lines(data)))
        ),
        "documents": _digest_of_documents(latest.run_record().documents),
        "exports": exported,
        "findings": _digest_of_findings(
            (check.to_row() for check in checks), latest.interpret(archived_summary.PATH, _unpaid)
        ),
    }


def _archived_lines(data: bytes) -> Iterator[str]:
    lines = csv_rows.rows(io.BytesIO(data))
    next(lines, None)  # the names of the columns
    return (_BETWEEN_CELLS.join(_counted(cells)) for cells in lines)


def _digest_of_ledgers(teams: Iterable[str], lines: Iterable[Iterable[str]]) -> str:
    """Of the cells as the ledgers' files have them: without control characters, so that the separators are none of
    theirs."""
    names = _BETWEEN_CELLS.join(sorted(teams)).encode() + b"\x1e"
    return _sha256([names], ("".join([f"{line}\x1e" for line in some]).encode() for some in lines))


def _digest_of_documents(records: Iterable[DocumentRecord]) -> str:
    """The invoices' documents that are there, by number; receipts are a settlement's, and what is missing a finding."""
    present = sorted(record.path for record in records if record.path and record.kind == "invoice")
    return _sha256([canonical_json(present)])


def _digest_of_findings(rows: Iterable[dict[str, Any]], unpaid: Collection[tuple[str, str]]) -> str:
    """Exceptions, accepted ones, and notices of documents; amounts in minor units, messages aside."""
    payable = {(cleaned(account), cleaned(number)) for account, number in unpaid}  # as rows have them
    counted = [
        (row["check"], row["account"], row["invoice"], row["subject"], row["outcome"], row["currency"], *_units(row))
        for row in rows
        if _is_finding(row) and not (_is_of_a_payment(row) and (row["account"], row["invoice"]) in payable)
    ]
    return _sha256([canonical_json(sorted(counted))])


def _is_finding(row: Mapping[str, Any]) -> bool:
    return _is_found(row["check"], row["outcome"])


def _is_found(code: str, outcome: str) -> bool:
    """Whether checks of that code and outcome are findings."""
    return code != Code.HISTORY and outcome in (_OF_DOCUMENTS if code == Code.INVOICE_PDF else _FINDINGS)


def _is_of_a_payment(row: Mapping[str, Any]) -> bool:
    is_receipt = row["check"] == Code.INVOICE_PDF and row["subject"] == _RECEIPT
    return bool(is_receipt or row["check"] == Code.INVOICE_WITHHOLDING)


def _unpaid(data: bytes) -> Collection[tuple[str, str]]:
    """Account and number of the invoices that the revision has as open."""
    listed = archived_summary.read_listed(data)
    numbers = {(each.account, each.invoice): each.number for each in archived_summary.read(data).invoices}
    return {
        (account, numbers.get((account, invoice), invoice))
        for (account, invoice), row in listed.items()
        if row.get("status") == InvoiceStatus.OPEN
    }


def _exported(months: Iterable[AccountMonth], config: Config, run: RunRecord) -> dict[str, object]:
    """What the exports follow from besides the ledgers' lines: settings, and the booked invoices' own facts; nothing
    that a payment changes."""
    known = list(months)
    entries = {entry.id: entry for entry in config.accounts}
    return {
        "timezone": config.timezone_name,
        "journal": {**asdict(config.journal), "format": [_format_name(each) for each in config.journal.format]},
        "publish": {"language": config.publish.language, "focus": config.publish.focus},
        "profiles": dict(run.profiles),
        "vendor": asdict(config.vendor),
        "accounts": [_account_facts(month, entries.get(month.account)) for month in known],
        "invoices": [_invoice_facts(invoice) for month in known for invoice in month.booked],
    }


def _format_name(entry: str | Path) -> str:
    """A profile's file name: a configuration that is kept with a revision lies elsewhere than the one in use."""
    return entry.name if isinstance(entry, Path) else entry


def _account_facts(month: AccountMonth, entry: AccountEntry | None) -> list[str]:
    return [month.account, entry.company if entry else "", (entry.vat if entry else None) or "", month.facts.kind]


def _invoice_facts(invoice: Invoice) -> list[object]:
    texts = (invoice.account, invoice.id, invoice.label, invoice.currency, invoice.tax_id, invoice.buyer)
    amounts = (invoice.subtotal_minor, invoice.tax_minor, invoice.total_minor)
    instants = (invoice.start, invoice.end, invoice.issued_at)
    return [
        *texts,
        *amounts,
        *(instant.isoformat() if instant else "" for instant in instants),
        str(invoice.tax_rate),
        [_line_facts(line) for line in invoice.lines],
    ]


def _line_facts(line: LineItem) -> list[str]:
    return [line.sku or "", line.unit or "", str(line.quantity), str(line.unit_price)]


def _units(row: Mapping[str, Any]) -> tuple[str, ...]:
    digits = minor_digits(row["currency"])
    return tuple("" if row[name] is None else str(to_minor(Decimal(row[name]), digits)) for name in _AMOUNTS)


def _sha256(*parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        for chunk in part:
            digest.update(chunk)
    return digest.hexdigest()


def differing_checks(books: Books, latest: Revision) -> list[CheckKey]:
    """Check, account, invoice and subject of those that came out otherwise than in the revision, in order."""
    archived = latest.interpret(archived_checks.PATH, _archived)
    present = _by_key(check_row(check) for check in books.checks)
    return [
        key
        for key in sorted({*archived, *present})
        if _differ(archived.get(key, Counter()), present.get(key, Counter()))
    ]


def _archived(data: bytes) -> dict[CheckKey, Counter[CheckValue]]:
    return _by_key(check.to_row() for check in read_checks(data).checks)


def _differ(archived: Counter[CheckValue], present: Counter[CheckValue]) -> bool:
    """Whether the values of one key differ by more than passes that only one side has."""
    gone, new = archived - present, present - archived
    return bool(gone and new) or not _all_pass(gone + new)


def _by_key(rows: Iterable[dict[str, Any]]) -> dict[CheckKey, Counter[CheckValue]]:
    found: dict[CheckKey, Counter[CheckValue]] = defaultdict(Counter)
    for row in rows:
        if row["check"] != Code.HISTORY:
            found[row["check"], row["account"], row["invoice"], row["subject"]][_value(row)] += 1
    return found


def _value(row: dict[str, Any]) -> CheckValue:
    outcome = Outcome.PASS if row["outcome"] == Outcome.NOTICE else row["outcome"]
    digits = minor_digits(row["currency"])
    amounts = (row[name] for name in _AMOUNTS)
    return (str(outcome), *("" if amount is None else str(to_minor(Decimal(amount), digits)) for amount in amounts))


def _all_pass(values: Iterable[CheckValue]) -> bool:
    return all(value[0] == Outcome.PASS for value in values)
