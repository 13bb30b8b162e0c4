"""Control totals of payments: each settlement follows from the evidence of the month that books it, and stands in just
one month of the archive (BOOKING 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from chargeback.archive.file_checks import FileFinding, FileFindingKind
from chargeback.archive.revision import Revision
from chargeback.errors import ChargebackError, DamagedError
from chargeback.evidence import Evidence, SettlementRecord
from chargeback.evidence.period import Period
from chargeback.model.facts import read_detail
from chargeback.model.invoice import merge
from chargeback.model.settlement import Accrual, InvoiceKey, settlement_of

_LOOK = "find out who changed it; restore the revision's folder from a backup and run verify"
_STATED_ELSEWHERE = frozenset({"tax_pending", "detail"})
"""What a settlement has from the accrual's month, or says of itself."""


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
