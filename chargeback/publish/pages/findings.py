"""What is wrong as a page shows it: findings, the largest first, with the checks that follow from each folded beneath.

Accepted exceptions and notices stand by check. All are counted in full, and listed up to a limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from chargeback.model.books import Books
from chargeback.model.catalogue import CATALOGUE, Family, operator_remedy
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.finding import Finding as ModelFinding
from chargeback.model.money import EXACT
from chargeback.model.wording import counted, decided_text, money_list
from chargeback.publish.pages.wording import amount

MOST_FINDINGS = 40
"""Findings of one check that are listed; the others are counted and added up."""
FIRST_FINDINGS = 5
"""So many of them are seen at once, the others are folded."""
FIRST_CARDS = 10
"""So many of the month's findings are seen at once."""


class Filter(Struct, frozen=True):
    """A choice of findings, and how many it leaves."""

    key: str
    text: str
    count: int


class Finding(Struct, frozen=True):
    """One result of a check; ``figures`` are its amounts by name, none where the check has none; ``subject_name`` is
    what the team or project is called that it is about."""

    account: str
    account_name: str
    invoice: str
    subject: str
    subject_name: str
    message: str
    figures: tuple[tuple[str, str], ...]
    currency: str


class FindingGroup(Struct, frozen=True):
    """A check's findings of one outcome; ``count`` is of all, ``more`` of those not listed, ``more_amount`` theirs."""

    code: str
    anchor: str
    title: str
    holds_when: str
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


class FindingCard(Struct, frozen=True):
    """One finding for a controller: what, where, how much, what to do, who decided what, what follows.

    ``amount`` and ``follows`` are "" where there is none; ``groups`` its exceptions by check, none where a single one
    makes it: then ``figures`` are that one's.
    """

    anchor: str
    code: str
    family: str
    title: str
    amount: str
    account: str
    account_name: str
    invoice: str
    subject: str
    subject_name: str
    message: str
    remedy: str
    operator: str
    decided: str
    follows: str
    figures: tuple[tuple[str, str], ...]
    currency: str
    groups: tuple[FindingGroup, ...]


class FindingCards(Struct, frozen=True):
    """The month's open findings, the largest first; ``more`` those beyond the limit, ``more_amount`` theirs."""

    first: tuple[FindingCard, ...] = ()
    folded: tuple[FindingCard, ...] = ()
    more: int = 0
    more_amount: str = ""

    @property
    def count(self) -> int:
        """Of all."""
        return len(self.first) + len(self.folded) + self.more

    @property
    def filters(self) -> tuple[Filter, ...]:
        """Of what the listed findings are, in the order of the families; none where all are of one."""
        counts = Counter(card.family for card in (*self.first, *self.folded))
        found = (Filter(each.key, each.value, counts[each.key]) for each in Family if counts[each.key])
        return tuple(found) if len(counts) > 1 else ()


class _Names:
    """What accounts, teams and projects of the month are called."""

    def __init__(self, books: Books) -> None:
        self.accounts = {account.account: account.name for account in books.accounts}
        self._teams = {team.id: team.name for team in books.ledger.teams}
        self._projects = books.posting.projects

    def of(self, subject: Subject | None) -> str:
        """The name of a team or project, "" where it has none, and of every other kind of subject."""
        if subject is not None and subject.kind is SubjectKind.TEAM:
            return self._teams.get(subject.name, "")
        if subject is not None and subject.kind is SubjectKind.PROJECT:
            return self._projects.name_of(subject.name)
        return ""


def finding_cards(books: Books) -> FindingCards:
    """The findings with an exception that nobody has accepted."""
    names = _Names(books)
    exceptions: dict[str, list[Check]] = {}
    for check in books.having(Outcome.EXCEPTION):
        exceptions.setdefault(check.finding, []).append(check)
    found = books.open_findings
    cards = tuple(_card(finding, exceptions[finding.id], names) for finding in found[:MOST_FINDINGS])
    left = found[MOST_FINDINGS:]
    amounts = _added((finding.amount, finding.currency) for finding in left)
    return FindingCards(cards[:FIRST_CARDS], cards[FIRST_CARDS:], len(left), amounts)


def _card(finding: ModelFinding, checks: list[Check], names: _Names) -> FindingCard:
    alone = len(checks) == 1
    return FindingCard(
        anchor=finding.id,
        code=finding.code.value,
        family=CATALOGUE[finding.code].family.key,
        title=CATALOGUE[finding.code].title,
        amount=_added([(finding.amount, finding.currency)]),
        account=finding.account,
        account_name=names.accounts.get(finding.account, ""),
        invoice=finding.invoice,
        subject=finding.subject.name if finding.subject else "",
        subject_name=names.of(finding.subject),
        message=finding.message,
        remedy=finding.remedy,
        operator=operator_remedy(finding.code),
        decided=decided_text(finding),
        follows="" if alone else _follows(finding, checks),
        figures=_figures(checks[0]) if alone else (),
        currency=checks[0].currency,
        groups=() if alone else _groups(checks, finding.id, names),
    )


def _follows(finding: ModelFinding, checks: Sequence[Check]) -> str:
    """What follows in one line: "12 exceptions, 1,234.00 THB in all, 2 more accepted"."""
    sums, accepted = _variances(checks), finding.checks - len(checks)
    parts = [counted(len(checks), "exception"), f"{sums} in all" if sums else ""]
    return ", ".join(part for part in (*parts, f"{accepted:,} more accepted" if accepted else "") if part)


def finding_groups(books: Books, outcome: Outcome) -> tuple[FindingGroup, ...]:
    """All findings of an outcome, in the order of the checks."""
    names = _Names(books)
    return _groups(books.having(outcome), outcome.value, names)


def _groups(checks: Iterable[Check], anchor: str, names: _Names) -> tuple[FindingGroup, ...]:
    by_code: dict[Code, list[Check]] = {}
    for check in checks:
        by_code.setdefault(check.code, []).append(check)
    return tuple(_group(code, by_code[code], anchor, names) for code in Code if code in by_code)


def _group(code: Code, checks: list[Check], anchor: str, names: _Names) -> FindingGroup:
    shown, left = _cut(checks)
    return FindingGroup(
        code=code.value,
        anchor=f"{anchor}-{code.value}",
        title=CATALOGUE[code].title,
        holds_when=CATALOGUE[code].holds_when,
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
    return _added((check.variance, check.currency) for check in checks)


def _added(amounts: Iterable[tuple[Decimal | None, str]]) -> str:
    sums: dict[str, Decimal] = {}
    for value, currency in amounts:
        if value is not None:
            sums[currency] = EXACT.add(sums.get(currency, Decimal(0)), value.copy_abs())
    return money_list((amount(value), currency) for currency, value in sorted(sums.items()))


def _finding(check: Check, names: _Names) -> Finding:
    return Finding(
        account=check.account,
        account_name=names.accounts.get(check.account, ""),
        invoice=check.invoice,
        subject=check.subject_name,
        subject_name=names.of(check.subject),
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
