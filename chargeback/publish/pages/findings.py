"""Exceptions, accepted exceptions and notices as a page shows them: by check, counted in full, listed up to a limit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from chargeback.model.books import Books
from chargeback.model.catalogue import REMEDIES, TITLES
from chargeback.model.check import HOLDS_WHEN, Check, Code, Outcome
from chargeback.model.money import EXACT
from chargeback.model.wording import money_list
from chargeback.publish.pages.wording import amount

MOST_FINDINGS = 40
"""Findings of one check that are listed; the others are counted and added up."""
FIRST_FINDINGS = 5
"""So many of them are seen at once, the others are folded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check; ``figures`` are its amounts by name, none where the check has none."""

    account: str
    account_name: str
    invoice: str
    subject: str
    message: str
    figures: tuple[tuple[str, str], ...]
    currency: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """A check's findings of one outcome; ``count`` is of all, ``more`` of those not listed, ``more_amount`` theirs."""

    code: str
    anchor: str
    title: str
    holds_when: str
    remedy: str
    count: int
    findings: tuple[Finding, ...]
    more: int
    more_amount: str

    @property
    def first(self) -> tuple[Finding, ...]:
        """Those that are seen at once; a single one more is not worth folding."""
        return self.findings[:FIRST_FINDINGS] if self.folded else self.findings

    @property
    def folded(self) -> tuple[Finding, ...]:
        """Those that are listed, but folded."""
        return self.findings[FIRST_FINDINGS:] if len(self.findings) > FIRST_FINDINGS + 1 else ()


def finding_groups(books: Books, outcome: Outcome) -> tuple[FindingGroup, ...]:
    """All findings of an outcome, in the order of the checks."""
    names = {account.account: account.name for account in books.accounts}
    by_code: dict[Code, list[Check]] = {}
    for check in books.having(outcome):
        by_code.setdefault(check.code, []).append(check)
    return tuple(_group(code, by_code[code], outcome, names) for code in Code if code in by_code)


def _group(code: Code, checks: list[Check], outcome: Outcome, names: Mapping[str, str]) -> FindingGroup:
    shown, left = _cut(checks)
    return FindingGroup(
        code=code.value,
        anchor=f"{outcome.value}-{code.value}",
        title=TITLES[code],
        holds_when=HOLDS_WHEN[code],
        remedy=REMEDIES[code],
        count=len(checks),
        findings=tuple(_finding(check, names) for check in shown),
        more=len(left),
        more_amount=_variances(left),
    )


def _cut(checks: list[Check]) -> tuple[list[Check], list[Check]]:
    """The findings to list, those with the largest variance first where not all can be, and the others."""
    if len(checks) <= MOST_FINDINGS + 1:
        return checks, []
    ranked = sorted(checks, key=lambda check: abs(check.variance or Decimal(0)), reverse=True)
    return ranked[:MOST_FINDINGS], ranked[MOST_FINDINGS:]


def _variances(checks: Iterable[Check]) -> str:
    """The absolute variances added up by currency: "12.50 THB", "" where there are none."""
    sums: dict[str, Decimal] = {}
    for check in checks:
        if check.variance is not None:
            sums[check.currency] = EXACT.add(sums.get(check.currency, Decimal(0)), abs(check.variance))
    return money_list((amount(value), currency) for currency, value in sorted(sums.items()))


def _finding(check: Check, names: Mapping[str, str]) -> Finding:
    return Finding(
        account=check.account,
        account_name=names.get(check.account, ""),
        invoice=check.invoice,
        subject=check.subject_name,
        message=check.sentence,
        figures=_figures(check),
        currency=check.currency,
    )


def _figures(check: Check) -> tuple[tuple[str, str], ...]:
    named = (
        ("Expected", check.expected),
        ("Actual", check.actual),
        ("Variance", check.variance),
        ("Tolerance", check.tolerance),
    )
    return tuple((name, amount(value)) for name, value in named if value is not None)
