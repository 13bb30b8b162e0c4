"""The findings of an archived month, the largest first, with what was decided about each until now: for ``findings``
and ``show``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

from chargeback.archive.reading import Archive
from chargeback.archive.registers import read_signatures
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.evidence.period import Period
from chargeback.job.dispositions import decided_findings
from chargeback.model import archived_checks
from chargeback.model.archive_overview import RevisionOverview, Signature
from chargeback.model.archived_checks import ArchivedCheck, ArchivedFinding, DecidedFinding, read_checks
from chargeback.model.money import exact_sum, format_exact
from chargeback.model.spreadsheet_text import csv_table
from chargeback.model.wording import counted, grouped, money_list
from chargeback.review.revision_choice import (
    chosen_revision,
    earlier_json,
    identity,
    overview_of,
    signatures_json,
    signed_earlier,
    signed_text,
    standing,
    standing_json,
    title,
)
from chargeback.review.terminal import Terminal, readable, wrapped

_INDENT = "    "
_MOST_LARGEST = 5
_COLUMNS = ("period", "revision", "finding", "check", "title", "account", "invoice", "subject_kind", "subject",
            "amount", "currency", "checks", "exceptions", "message", "remedy", "disposition", "disposed_by",
            "disposed_at")  # fmt: skip


class Following(Struct, frozen=True):
    """The checks of one code that follow from a finding: how many, and Σ |variance|, None where none has one."""

    check: str
    count: int
    amount: Decimal | None


class MonthFinding(DecidedFinding, frozen=True):
    """A finding with what was decided about it until now, and what follows from it."""

    follows: tuple[Following, ...]

    @property
    def is_open(self) -> bool:
        """Whether it has exceptions, and nobody has decided about it."""
        return self.exceptions > 0 and self.disposed is None

    @property
    def amount_text(self) -> str:
        """The amount with its currency, "" where it has none."""
        found = self.archived
        return "" if found.amount is None else f"{grouped(found.amount)} {found.currency}".rstrip()

    @property
    def where(self) -> str:
        """Account, invoice and subject as far as all its checks have the same."""
        found = self.archived
        parts = (
            ("account", found.account),
            ("invoice", found.invoice),
            (found.subject.kind, found.subject.name),
        )
        return ", ".join(f"{kind} {readable(name)}" for kind, name in parts if name)

    def to_json(self) -> dict[str, Any]:
        """The finding as ``reconciliation.json`` has it, with its title, what follows from it, and the disposition."""
        text, by, moment = self.disposed or (None, None, None)
        record = self.disposition
        return {
            **self.archived.to_row(),
            "title": self.heading,
            "exceptions": self.exceptions,
            "disposition": text,
            "disposed_by": by,
            "disposed_at": moment,
            "disposed_in": f"{record.period}/r{record.revision}" if record else None,
            "follows": [
                {
                    "check": each.check,
                    "count": each.count,
                    "amount": None if each.amount is None else format_exact(each.amount),
                }
                for each in self.follows
            ],
        }


class MonthFindings(Struct, frozen=True):
    """An archived month's findings, the largest first."""

    revision: Revision
    overview: RevisionOverview
    signed_earlier: tuple[Signature, ...]
    findings: tuple[MonthFinding, ...]

    @property
    def open(self) -> tuple[MonthFinding, ...]:
        """Those with exceptions about which nobody has decided."""
        return tuple(each for each in self.findings if each.is_open)

    def to_json(self) -> dict[str, Any]:
        """The findings for machines."""
        return {
            "schema": 1,
            **identity(self.revision),
            **standing_json(self.overview),
            "findings": [each.to_json() for each in self.findings],
            "open": len(self.open),
            "signatures": signatures_json(self.overview),
            "signed_earlier": earlier_json(self.signed_earlier),
        }


def month_findings(root: Place, period: str | None) -> MonthFindings:
    """The findings of a month, by default the latest, or of the revision that is named.

    ``StorageError`` where there is no archive; ``ConfigurationError`` for a month that it does not have.
    """
    archive = Archive(root)
    revision = chosen_revision(archive, period)
    return MonthFindings(
        revision=revision,
        overview=overview_of(archive, revision),
        signed_earlier=signed_earlier(revision, read_signatures(archive.root)),
        findings=tuple(findings_of(archive, revision)),
    )


def findings_of(archive: Archive, revision: Revision) -> Iterator[MonthFinding]:
    """The revision's findings, the largest first."""
    checks = revision.interpret(archived_checks.PATH, read_checks).checks
    follows = _follows(checks)
    for each in decided_findings(archive, revision, checks):
        yield MonthFinding(each.archived, each.exceptions, each.disposition, tuple(follows.get(each.archived.id, ())))


def _follows(checks: Iterable[ArchivedCheck]) -> dict[str, list[Following]]:
    """By finding, the checks that belong to it, by code in the file's order."""
    counts: dict[str, Counter[str]] = {}
    variances: dict[tuple[str, str], list[Decimal]] = {}
    for check in checks:
        if check.finding is not None:
            counts.setdefault(check.finding, Counter())[check.check] += 1
            if check.variance is not None:
                variances.setdefault((check.finding, check.check), []).append(Decimal(check.variance).copy_abs())
    return {
        finding: [
            Following(code, count, exact_sum(variances[finding, code]) if (finding, code) in variances else None)
            for code, count in codes.items()
        ]
        for finding, codes in counts.items()
    }


def finding_lines(found: MonthFindings, terminal: Terminal) -> Iterator[str]:
    """The month's state, then each finding: what, where, how much, what follows, what to do, who decided what."""
    yield from wrapped(f"{title(found.revision)}  {standing(found.overview)}", terminal, strong=True)
    yield from wrapped(signed_text(found.overview.signatures, found.signed_earlier) or "not signed", terminal)
    if not found.findings:
        yield "no findings"
        return
    yield from wrapped(f"{counted(len(found.findings), 'finding')}, {len(found.open)} open", terminal)
    for each in found.findings:
        yield ""
        yield from _lines(each, terminal)


def findings_csv(found: MonthFindings) -> str:
    """The findings as CSV, a row each; ``checks`` and ``exceptions`` count those that follow from it."""
    return csv_table(_COLUMNS, (_cells(each, found.revision) for each in found.findings), ("amount",))


def _cells(each: MonthFinding, revision: Revision) -> list[str]:
    found, subject = each.archived, each.archived.subject
    what = [found.id, found.check, each.heading, found.account, found.invoice, subject.kind, subject.name]
    how_much = [found.amount or "", found.currency, str(found.checks), str(each.exceptions)]
    said = [found.message, found.remedy, *(each.disposed or ("", "", ""))]
    return [str(revision.name.period), str(revision.name.number), *what, *how_much, *said]


def largest_lines(findings: Sequence[MonthFinding], period: Period, terminal: Terminal) -> Iterator[str]:
    """The largest findings that are open, a line each, beneath a month's state; nothing where none is open."""
    left = [each for each in findings if each.is_open]
    if not left:
        return
    yield from wrapped(
        f"{counted(len(left), 'open finding')}, the largest first: chargeback findings {period}", terminal
    )
    for each in left[:_MOST_LARGEST]:
        parts = (each.archived.id, each.amount_text, each.heading, each.where)
        yield from wrapped("  ".join(part for part in parts if part), terminal, indent="  ")


def _lines(each: MonthFinding, terminal: Terminal) -> Iterator[str]:
    found = each.archived
    heading = "  ".join(part for part in (found.id, each.amount_text, each.heading) if part)
    yield from wrapped(heading, terminal, strong=True)
    for name, text in _details(each):
        yield from wrapped(f"{name:9} {text}", terminal, indent=_INDENT)


def _details(each: MonthFinding) -> Iterator[tuple[str, str]]:
    found = each.archived
    if each.where:
        yield "where", each.where
    yield "what", readable(found.message)
    yield "follows", _following_text(each.follows, found)
    yield "to do", found.remedy
    if found.operator_remedy:
        yield "operator", found.operator_remedy
    if each.disposed is None:
        yield "decided", "by nobody yet" if each.exceptions else "accepted in the configuration"
    else:
        text, by, moment = each.disposed
        since = f", in {each.disposition.period} r{each.disposition.revision}" if each.disposition else ""
        yield "decided", f"{readable(text)} ({readable(by)}, {moment[:10]}{since})"


def _following_text(follows: Iterable[Following], found: ArchivedFinding) -> str:
    parts = [f"{each.count:,} {each.check}{_sum_text(each.amount, found.currency)}" for each in follows]
    return f"{counted(found.checks, 'check')}: {', '.join(parts)}" if parts else counted(found.checks, "check")


def _sum_text(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f" ({money_list([(grouped(format_exact(amount)), currency)])})"
