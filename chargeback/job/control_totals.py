"""The third layer of ``verify``: the ledgers foot to the invoices in evidence, and every format says the same.

Totals are taken from the archived files and compared with each other and with the invoices; nothing is booked again
here, that is the fourth layer's.

Each settlement follows from the evidence of the month that books it, and stands in just one month of the archive
(BOOKING 9).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cache, partial
from itertools import chain, groupby
from operator import add, itemgetter
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from chargeback.archive.boundary import interpreting
from chargeback.archive.file_checks import FileFinding, FileFindingKind
from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.revision import Revision
from chargeback.errors import ChargebackError, DamagedError
from chargeback.evidence import Evidence, SettlementRecord
from chargeback.evidence.period import Period
from chargeback.job.csv_rows import Row, column_name, first_difference, rows, shown
from chargeback.model.books import Books
from chargeback.model.facts import read_detail
from chargeback.model.invoice import merge
from chargeback.model.ledger_register import AMOUNTS, COLUMNS
from chargeback.model.money import EXACT, format_exact, format_minor, from_minor, minor_digits
from chargeback.model.settlement import Accrual, InvoiceKey, settlement_of
from chargeback.model.spreadsheet_text import guarded

ALL_PATH = "ledgers/all.csv"
JOURNAL_PATHS = ("exports/journal.csv", "exports/journal-change.csv")

_AMOUNT = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_PLACE = {name: COLUMNS.index(name) for name in COLUMNS}
_ROWS_TOGETHER, _CHARACTERS_TOGETHER = 500, 1_000_000
_LOOK = "find out who changed it; restore the revision's folder from a backup and run verify"
_STATED_ELSEWHERE = frozenset({"tax_pending", "detail"})
"""What a settlement has from the accrual's month, or says of itself."""


class LedgerSums(Struct):
    """``all.csv`` added up: [net, tax, gross] in minor units by (account, invoice) and by currency; by team how many
    lines, and the SHA-256 over those of the ``compared`` teams."""

    compared: frozenset[str]

    by_invoice: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    by_currency: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    lines_of: Counter[str] = field(default_factory=Counter)
    digest_of: dict[str, Any] = field(default_factory=lambda: defaultdict(hashlib.sha256))
    problems: list[str] = field(default_factory=list)

    def add(self, first: int, rows: Sequence[Row]) -> None:
        """Add lines that follow each other; the first of them is row ``first`` of the file."""
        for currency, run in groupby(rows, key=itemgetter(_PLACE["currency"])):
            columns = list(zip(*run, strict=True))
            invoices = zip(columns[_PLACE["account"]], columns[_PLACE["invoice"]], strict=True)
            amounts = _minors([columns[_PLACE[name]] for name in AMOUNTS], currency, first)
            for number, (invoice, net, tax, gross) in enumerate(zip(invoices, *amounts, strict=True), start=first):
                if net + tax != gross:
                    self.problems.append(f"row {number}: net {net} + tax {tax} is not gross {gross}")
                total = self.by_invoice[invoice]
                total[0] += net
                total[1] += tax
                total[2] += gross
            whole = self.by_currency[currency]
            whole[:] = map(add, whole, map(sum, amounts))
            self.lines_of.update(columns[_PLACE["team"]])
            first += len(amounts[0])
        for row in rows if self.compared else ():
            if row[_PLACE["team"]] in self.compared:
                self.digest_of[row[_PLACE["team"]]].update(repr(row).encode())


def _minors(columns: Sequence[Sequence[str]], currency: str, first: int) -> list[list[int]]:
    """The columns' amounts in minor units; ``ValueError`` names the first cell, row by row, that is no amount."""
    digits = minor_digits(currency)
    is_amount = _amounts_of(digits).fullmatch
    if not all(map(is_amount, chain.from_iterable(columns))):
        for number, texts in enumerate(zip(*columns, strict=True), start=first):
            for name, text in zip(AMOUNTS, texts, strict=True):
                if not is_amount(text):
                    raise ValueError(f"row {number}, {name}: {shown(text)} is not an amount with {digits} decimals")
    return [[int(text.replace(".", "")) for text in texts] for texts in columns]


@cache
def _amounts_of(digits: int) -> re.Pattern[str]:
    """The amounts with so many decimals."""
    return re.compile(rf"-?(?:0|[1-9]\d*)\.\d{{{digits}}}" if digits else r"-?(?:0|[1-9]\d*)", re.ASCII)


def _plain(text: str) -> Decimal:
    """The amount of a journal's cell, zero where it is empty; no exponent, which could stand for any size."""
    if text and not _AMOUNT.fullmatch(text):
        raise ValueError(f"{shown(text)} is not an amount")
    return Decimal(text or 0)


def _told(totals: Mapping[str, Iterable[Decimal]]) -> str:
    return str({currency: [format_exact(amount) for amount in amounts] for currency, amounts in totals.items()})


class ControlTotals:
    """One revision's control totals; ``damaged`` are paths that the first layer has named, which are not read again.

    ``equal`` are files that re-performance made again, byte for byte: a team's CSV among them is not held against
    ``all.csv``, nor a workbook unpacked to prove that it says what its CSV does, as both were made from the same lines
    a moment ago. ``all.csv`` is always added up and held against the invoices.
    """

    def __init__(self, revision: Revision, damaged: frozenset[str], equal: frozenset[str] = frozenset()) -> None:
        self.revision = revision
        self.count = 0
        self.findings: list[FileFinding] = []
        self._damaged = damaged
        self._equal = equal

    def prove(self, books: Books | None) -> None:
        """Everything; ``books`` None where the evidence gives none, which is the fourth layer's finding."""
        sums = self._sums()
        if sums is not None:
            self._teams(sums)
            self._guarded(MANIFEST_PATH, lambda path: self._manifest_totals(sums))
            if books is not None:
                self._guarded(ALL_PATH, lambda path: self._invoices(sums, books))
        for path in JOURNAL_PATHS:
            if self._readable(path):
                self._guarded(path, self._journal)

    def _readable(self, path: str) -> bool:
        return path in self.revision.records and path not in self._damaged

    def _find(self, path: str, detail: str) -> None:
        self.findings.append(FileFinding(FileFindingKind.TOTAL, f"{self.revision.name}/{path}", detail, _LOOK))

    def _guarded(self, path: str, prove: Any) -> Any:
        """What ``prove`` gives; a finding and None where the file cannot be read as what it is."""
        where = self.revision.root / path
        try:
            with interpreting(where):
                return prove(path)
        except DamagedError as error:
            self._find(path, error.message.removeprefix(f"{where}: "))
        return None

    def _rows(self, path: str) -> Iterator[Row]:
        with self.revision.open(path) as file:
            yield from rows(file)

    def _sums(self) -> LedgerSums | None:
        if not self._readable(ALL_PATH):
            return None
        sums: LedgerSums | None = self._guarded(ALL_PATH, self._added_up)
        for problem in sums.problems[:10] if sums else ():
            self._find(ALL_PATH, problem)
        return sums

    def _added_up(self, path: str) -> LedgerSums:
        sums, lines, first = LedgerSums(frozenset(self._compared())), self._rows(path), 2
        if tuple(next(lines, ())) != COLUMNS:
            raise ValueError("row 1: not the ledger's columns")
        for some in _together(lines):
            sums.add(first, some)
            first += len(some)
        self.count += 1
        return sums

    def _invoices(self, sums: LedgerSums, books: Books) -> None:
        """Σ tax and Σ gross of every booked invoice are the header's in evidence, and nothing else is booked."""
        expected: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
        digits: dict[tuple[str, str], int] = {}
        for posting in books.posting.postings:
            for invoice in posting.month.booked:
                key = (guarded(invoice.account), guarded(invoice.label))
                digits[key] = invoice.digits
                for place, amount in enumerate((invoice.net_minor, invoice.tax_minor, invoice.total_minor)):
                    expected[key][place] += amount
        for key in sorted({*expected, *sums.by_invoice}):
            self._invoice(key, expected[key], sums.by_invoice[key], digits.get(key, 0))
        self.count += 2 * len(expected)

    def _invoice(self, key: tuple[str, str], expected: list[int], found: list[int], digits: int) -> None:
        for place, name in ((1, "taxAmount"), (2, "total")):
            if expected[place] != found[place]:
                have, want = format_minor(found[place], digits), format_minor(expected[place], digits)
                where = f"invoice {shown(key[1])} of account {shown(key[0])}"
                self._find(ALL_PATH, f"{where}: the lines add up to {have}, its {name} in evidence is {want}")

    def _manifest_totals(self, sums: LedgerSums) -> None:
        written: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for total in self.revision.manifest.totals:  # the manifest names currencies as they came, the ledgers guarded
            amounts = map(_plain, (total.net, total.tax, total.gross))
            sofar = written[guarded(total.currency)]
            sofar[:] = [EXACT.add(one, other) for one, other in zip(sofar, amounts, strict=True)]
        found = {
            currency: [from_minor(amount, minor_digits(currency)) for amount in amounts]
            for currency, amounts in sums.by_currency.items()
        }
        self.count += len(found)
        if written != found:
            self._find(MANIFEST_PATH, f"totals are {_told(written)}, the ledgers give {_told(found)}")

    def _team_names(self) -> list[str]:
        """The teams that have a file."""
        return sorted(
            path.removeprefix("ledgers/").removesuffix(".csv")
            for path in self.revision.records
            if path.startswith("ledgers/") and path.endswith(".csv") and path != ALL_PATH
        )

    def _compared(self) -> Iterator[str]:
        """The teams whose file is held against their lines of ``all.csv``."""
        for team in self._team_names():
            if not {ALL_PATH, f"ledgers/{team}.csv"} <= self._equal:
                yield team

    def _teams(self, sums: LedgerSums) -> None:
        """Every team's file is its lines of ``all.csv``, and every workbook says the same."""
        teams = self._team_names()
        for team in sorted(set(sums.lines_of) - set(teams)):
            self._find(ALL_PATH, f"has lines of team {shown(team)}, which has no file")
        for team in teams:
            if self._readable(f"ledgers/{team}.csv"):
                self._guarded(f"ledgers/{team}.csv", partial(self._team, team=team, sums=sums))
                self._workbook_of(team)
        self._workbook_of("all")

    def _workbook_of(self, ledger: str) -> None:
        """The ledger's workbook, where there is one, has the cells of its CSV."""
        if self._readable(f"ledgers/{ledger}.xlsx"):
            self._guarded(f"ledgers/{ledger}.xlsx", self._workbook)

    def _team(self, path: str, *, team: str, sums: LedgerSums) -> None:
        self.count += 1
        if team not in sums.compared:
            return
        lines, count, digest = self._rows(path), 0, hashlib.sha256()
        is_headed = tuple(next(lines, ())) == COLUMNS
        for row in lines:
            count += 1
            digest.update(repr(row).encode())
        if not is_headed or (count, digest.digest()) != (sums.lines_of[team], sums.digest_of[team].digest()):
            problem = first_difference(self._lines_of(team), self._rows(path), column_name)
            self._find(path, f"not the team's lines of all.csv: {problem}")

    def _lines_of(self, team: str) -> Iterator[Row]:
        lines = self._rows(ALL_PATH)
        yield next(lines)
        yield from (row for row in lines if row[_PLACE["team"]] == team)

    def _workbook(self, path: str) -> None:
        from chargeback.job.readback import workbook_difference

        self.count += 1
        beside = path.removesuffix(".xlsx") + ".csv"
        if {path, beside} <= self._equal:
            return
        with self.revision.open(path) as file:
            problem = workbook_difference(file, self.revision.records[beside].size, self._rows(beside))
        if problem:
            self._find(path, f"not the CSV's cells: {problem}")

    def _journal(self, path: str) -> None:
        """Debits equal credits in each entry."""
        lines = self._rows(path)
        header = next(lines, [])
        entry, debit, credit = (header.index(name) for name in ("entry", "debit", "credit"))
        balance: dict[str, Decimal] = defaultdict(Decimal)
        for row in lines:
            amount = EXACT.subtract(_plain(row[debit]), _plain(row[credit]))
            balance[row[entry]] = EXACT.add(balance[row[entry]], amount)
        self.count += len(balance)
        for name, amount in balance.items():
            if amount:
                self._find(path, f"entry {shown(name)}: debits less credits are {amount}, expected 0")


def _together(lines: Iterator[Row]) -> Iterator[list[Row]]:
    """The ledger's lines, some hundreds at a time, of few characters together whatever was made of the file; those
    before a line that cannot be read come first."""
    rows: list[Row] = []
    held = 0
    try:
        for number, row in enumerate(lines, start=2):
            if len(row) != len(COLUMNS):
                raise ValueError(f"row {number}: {len(row)} cells, expected {len(COLUMNS)}")
            rows.append(row)
            held += sum(map(len, row))
            if len(rows) == _ROWS_TOGETHER or held > _CHARACTERS_TOGETHER:
                yield rows
                rows, held = [], 0
    except ValueError:
        yield rows
        raise
    yield rows


def settlement_findings(revision: Revision) -> Iterator[FileFinding]:
    """Where a settlement is not what its detail in the revision's own evidence shows."""
    evidence = revision.evidence()
    for record in evidence.run.settlements or ():
        differing = _differing(record, evidence)
        if differing:
            text = f"the settlement of {record.number} is not what {record.detail} shows: {differing}"
            yield FileFinding(FileFindingKind.TOTAL, f"{revision.name}/evidence/run.json", text, _LOOK)


def _differing(record: SettlementRecord, evidence: Evidence) -> str:
    """The names of the fields that differ, "" where none does; what the detail does not state is not compared."""
    try:
        answer = next(answer for answer in evidence.answers if answer.path == record.detail)
        detail = read_detail(evidence, answer)
        shown = settlement_of(merge(record.account, detail, detail, ""), Accrual(record.concerns), "")
    except (ChargebackError, StopIteration):
        return "it cannot be read there"
    names = [name for name in record.__struct_fields__ if name not in _STATED_ELSEWHERE]
    found = [name for name in names if getattr(shown, name) not in ("", getattr(record, name))]
    return ", ".join(found)


def double_findings(revisions: Iterable[Revision]) -> Iterator[FileFinding]:
    """Where an invoice is settled in two months, or a restatement added or dropped a settlement.

    ``revisions`` of the archive by month and number.
    """
    booked: dict[InvoiceKey, Revision] = {}
    before: dict[Period, frozenset[SettlementRecord]] = {}
    for revision in revisions:
        try:
            settlements = revision.run_record().settlements
        except DamagedError:
            continue  # the re-performance names it
        if settlements is None:
            continue
        now = frozenset(replace(record, detail="") for record in settlements)
        period = revision.name.period
        if before.setdefault(period, now) != now:
            text = "its settlements are not those of the month's revision before"
            yield FileFinding(FileFindingKind.TOTAL, f"{revision.name}/evidence/run.json", text, _LOOK)
        for record in settlements:
            first = booked.setdefault((record.account, record.invoice), revision)
            if first.name.period != period:
                text = f"{record.number} of {record.account} is settled in {first.name.period} too"
                yield FileFinding(FileFindingKind.TOTAL, f"{revision.name}/evidence/run.json", text, _LOOK)
