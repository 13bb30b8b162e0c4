"""Is a result the same as the latest revision's? Then nothing is written (BOOKING 7)."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.model import archived_checks
from chargeback.model.archived_checks import read_checks
from chargeback.model.books import Books
from chargeback.model.check import Code, Outcome
from chargeback.model.money import minor_digits, to_minor
from chargeback.publish import exports, ledger_csv
from chargeback.publish.reconciliation import check_row

_COMPARED_EXPORTS = ("exports/journal.csv", "exports/focus.csv")
"""The others are the same figures in another format."""
_AMOUNTS = ("expected", "actual", "variance")

CheckKey = tuple[str, str, str, str]
CheckValue = tuple[str, ...]


def numbered(books: Books, revision: int) -> Books:
    """The books as if they were that revision."""
    return replace(books, posting=replace(books.posting, run=replace(books.posting.run, revision=revision)))


def is_same_result(books: Books, config: Config, latest: Revision) -> bool:
    """Whether ledgers, documents by number, exports and checks equal the latest revision's; new times, messages, PDF
    bytes, ``history``, or a pass that only one has, are no new result."""
    return (
        _same_documents(books, latest)
        and _same_checks(books, latest)
        and _same_files(ledger_csv.files(books), latest, "ledgers/", ".csv")
        and _same_exports(numbered(books, latest.name.number), config, latest)
    )


def _same_documents(books: Books, latest: Revision) -> bool:
    present = {record.path for record in books.posting.run.documents if record.path}
    return present == {path for path in latest.records if path.startswith("invoices/")}


def _same_files(files: Iterable[tuple[str, Iterable[bytes]]], latest: Revision, folder: str, suffix: str) -> bool:
    rendered = {path: _sha256(chunks) for path, chunks in files}
    archived = {
        path: record.sha256
        for path, record in latest.records.items()
        if path.startswith(folder) and path.endswith(suffix)
    }
    return rendered == archived


def _same_exports(books: Books, config: Config, latest: Revision) -> bool:
    for path, chunks in exports.files(books, config, None):
        if path not in _COMPARED_EXPORTS:
            continue
        record = latest.records.get(path)
        if record is None or record.sha256 != _sha256(chunks):
            return False
    return True


def _sha256(chunks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def _same_checks(books: Books, latest: Revision) -> bool:
    return not differing_checks(books, latest)


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
