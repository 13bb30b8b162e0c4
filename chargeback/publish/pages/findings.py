"""What is wrong as a page shows it: findings, the largest first, with the checks that follow from each folded beneath.

Accepted exceptions and notices stand by check. All are counted in full, and listed up to a limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal

from markupsafe import escape
from msgspec import Struct

from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.catalogue import CATALOGUE, Family, operator_remedy
from chargeback.model.check import Check, Code, Finding, Outcome, Subject, SubjectKind
from chargeback.model.money import EXACT
from chargeback.model.wording import counted, decided_text, money_list
from chargeback.publish.pages.elements import section
from chargeback.publish.pages.rendering import isolated, plain, sentence
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


class CheckResult(Struct, frozen=True):
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
    findings: tuple[CheckResult, ...]
    more: int
    more_amount: str

    @property
    def first(self) -> tuple[CheckResult, ...]:
        """Those that are seen at once; a single one more is not worth folding."""
        return self.findings[:FIRST_FINDINGS] if self.folded else self.findings

    @property
    def folded(self) -> tuple[CheckResult, ...]:
        """Those that are listed, but folded."""
        return self.findings[FIRST_FINDINGS:] if len(self.findings) > FIRST_FINDINGS + 1 else ()


class FindingCard(Struct, frozen=True):
    """One finding for a controller: what, where, how much, what to do, who decided what, what follows.

    ``amount`` and ``follows`` are "" if there is none; ``groups`` its exceptions by check, none where a single one
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


def _card(finding: Finding, checks: list[Check], names: _Names) -> FindingCard:
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


def _follows(finding: Finding, checks: Sequence[Check]) -> str:
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
    ranked = sorted(checks, key=lambda check: (check.variance or Decimal(0)).copy_abs(), reverse=True)
    return ranked[:MOST_FINDINGS], ranked[MOST_FINDINGS:]


def _variances(checks: Iterable[Check]) -> str:
    """The absolute variances added up by currency: "12.50 THB", "" if there are none."""
    return _added((check.variance, check.currency) for check in checks)


def _added(amounts: Iterable[tuple[Decimal | None, str]]) -> str:
    sums: dict[str, Decimal] = {}
    for value, currency in amounts:
        if value is not None:
            sums[currency] = EXACT.add(sums.get(currency, Decimal(0)), value.copy_abs())
    return money_list((amount(value), currency) for currency, value in sorted(sums.items()))


def _finding(check: Check, names: _Names) -> CheckResult:
    return CheckResult(
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


def findings_section(found: FindingCards, period: Period) -> str:
    """The open findings, each with what follows from it folded beneath; "" if there are none."""
    if not found.count:
        return ""
    about = "The largest first. Each is one thing to look into; what follows from it is folded beneath."
    parts = [f'<p class="about">{about}</p>\n', _filters(found), *map(_card_html, found.first), "\n"]
    if found.folded:
        parts.append(f'<details class="paper folded">\n<summary>{len(found.folded)} smaller findings</summary>\n')
        parts += [*map(_card_html, found.folded), "\n</details>\n"]
    if found.more:
        amounts = f", {plain(found.more_amount)} in all" if found.more_amount else ""
        parts.append(
            f"<p><b>And {found.more:,} not listed here{amounts}</b>: every one stands in reconciliation.json, and "
            f"<code>chargeback findings {period}</code> shows it.</p>\n"
        )
    return section("findings", "Findings", *parts)


def findings_links(found: FindingCards) -> str:
    """The first findings as links, for the top of the page; "" if there are none."""
    if not found.count:
        return ""
    rows = [f'<li><a href="#{card.anchor}">{escape(card.title)}</a>{_of_card(card)}</li>\n' for card in found.first[:5]]
    if found.count > len(rows):
        rows.append(f'<li><a href="#findings">all {found.count:,} findings</a></li>\n')
    return f'<ul class="links">\n{"".join(rows)}</ul>\n'


def _of_card(card: FindingCard) -> str:
    account = f", {isolated(card.account_name or card.account)}" if card.account else ""
    return f"{account} ({isolated(card.amount)})" if card.amount else account


def groups_html(groups: Iterable[FindingGroup], level: int = 3, *, is_bad: bool = False) -> str:
    """Findings by check, below headings of that level; ``is_bad`` where they are exceptions that nobody accepted."""
    parts = []
    for group in groups:
        parts.append(
            f'<h{level} id="{group.anchor}">{escape(group.title)} '
            f'<span class="soft">({group.count:,})</span></h{level}>\n'
            f'<p class="about"><code>{group.code}</code> holds when {escape(group.holds_when)}.</p>\n'
        )
        parts += [_listed(group.first, is_bad), "\n"]
        if group.folded:
            beyond = " of the largest" if group.more else ""
            title = f'<span class="hidden">: {escape(group.title)}</span>'
            parts.append(f'<details class="paper">\n<summary>{len(group.folded)} more{beyond}{title}</summary>\n')
            parts += [_listed(group.folded, is_bad), "\n</details>\n"]
        if group.more:
            amounts = f", variances of {plain(group.more_amount)} in all" if group.more_amount else ""
            heading = f"<b>And {group.more:,} not listed here{amounts}</b>"
            parts.append(f"<p>{heading}: every one is a row of the reconciliation.</p>\n")
        parts.append("\n")
    return "".join(parts)


def _filters(found: FindingCards) -> str:
    if not found.filters:
        return ""
    rows = [("all", " checked", "everything", len(found.first) + len(found.folded))]
    rows += [(each.key, "", each.text, each.count) for each in found.filters]
    labels = "".join(
        f'<label><input type="radio" name="findings" id="only-{key}"{checked}> {escape(text)} ({count})</label>\n'
        for key, checked, text, count in rows
    )
    return f'<fieldset class="filters">\n<legend>Show findings of</legend>\n{labels}</fieldset>\n'


def _card_html(card: FindingCard) -> str:
    anchor = card.anchor
    amounts = f' <span class="amount">{isolated(card.amount)}</span>' if card.amount else ""
    decided = f"<p><b>Decided:</b> {sentence(card.decided)}</p>\n" if card.decided else ""
    follows = ""
    if card.groups:
        summary = f'What follows from it: {plain(card.follows)}<span class="hidden"> ({anchor})</span>'
        follows = f"<details>\n<summary>{summary}</summary>\n{groups_html(card.groups, 4, is_bad=True)}</details>\n"
    return (
        f'<article class="card {card.family}" aria-labelledby="{anchor}">\n'
        f'<h3 id="{anchor}">{escape(card.title)}{amounts}</h3>\n<p>{sentence(card.message)}</p>\n'
        f"{_where(card)}\n{_figures_html(card)}\n"
        f'<p class="remedy"><b>What to do:</b> {escape(card.remedy)}</p>\n'
        f'<p class="where"><b>Who runs the job:</b> {escape(card.operator)} '
        f'<span class="soft">({anchor}, <code>{card.code}</code>)</span></p>\n{decided}{follows}</article>\n'
    )


def _listed(findings: Iterable[CheckResult], is_bad: bool) -> str:
    rows = "".join(
        f"<li>\n<p>{sentence(each.message)}</p>\n{_where(each)}\n{_figures_html(each)}\n</li>\n" for each in findings
    )
    return f'<ul class="finding{" bad" if is_bad else ""}">\n{rows}</ul>\n'


def _where(found: CheckResult | FindingCard) -> str:
    """Which account, invoice and subject it is about, "" where none."""
    parts = []
    if found.account:
        parts.append(f"account {_with_code(found.account_name, found.account)}")
    if found.invoice:
        parts.append(f"invoice {isolated(found.invoice)}")
    if found.subject:
        name = "" if found.subject_name == found.subject else found.subject_name
        parts.append(f"concerns {_with_code(name, found.subject)}")
    text = ", ".join(parts)
    return f'<p class="where">{text[0].upper()}{text[1:]}</p>\n' if text else ""


def _with_code(name: str, code: str) -> str:
    return f"{isolated(name)} ({isolated(code)})" if name else str(isolated(code))


def _figures_html(found: CheckResult | FindingCard) -> str:
    currency = isolated(found.currency) if found.currency else ""
    rows = "".join(f"<div><dt>{name}</dt><dd>{value} {currency}</dd></div>\n" for name, value in found.figures)
    return f'<dl class="figures">\n{rows}</dl>\n' if rows else ""
