"""Whether an altered month ended as it must; where not, a story that reads: seed, kind, what is lost, and the smallest
month in which it happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .answers import Month, encoded
from .changes import Altered, Wanted, altered
from .judging import Named, Verdict, closed
from .right_months import Limits, right_month

SILENT = "it passes in silence"
SMALLEST = (Limits(1, 2, 2, plain=True), Limits(1, 2, 2), Limits(2, 3, 3), Limits())
SEEDS_TO_SHRINK = 40


def problem(change: Altered, verdict: Verdict) -> str:
    """What is wrong with how it ended, "" where it ended as it must."""
    if verdict.exit == 0:
        return SILENT
    if verdict.exit not in change.exits:
        return f"it ends with {verdict.exit}, not {' or '.join(map(str, change.exits))}"
    if not any(is_named(each, wanted) for each in verdict.named for wanted in change.wanted):
        return f"nothing names it: {' or '.join(map(str, change.wanted))}"
    return ""


def is_named(named: Named, wanted: Wanted) -> bool:
    """Whether what was told is what was wanted."""
    return named.code in wanted.codes and named.account in (wanted.account, "") and wanted.text in named.text


def story(kind: str, seed: int, change: Altered, verdict: Verdict) -> str:
    """What somebody who mends it needs to know."""
    told = f'"{kind}", seed {seed}: {problem(change, verdict)}. Lost: {change.lost}\n{verdict}'
    small = smallest(lambda limits, other: _failing(kind, limits, other))
    return f"{told}\n{small}"


def _failing(kind: str, limits: Limits, seed: int) -> tuple[Month, str] | None:
    change = altered(kind, right_month(seed, limits), seed)
    if change is None or change.alone:
        return None
    verdict = closed(change.month)
    found = problem(change, verdict)
    return (change.month, f"{found}. Lost: {change.lost}\n{verdict}") if found else None


def smallest(failing: Callable[[Limits, int], tuple[Month, str] | None]) -> str:
    """The smallest month that fails in the same way, written out."""
    for limits in SMALLEST:
        for seed in range(SEEDS_TO_SHRINK):
            found = failing(limits, seed)
            if found:
                month, told = found
                return f"smallest, seed {seed} within {limits}: {told}\n" + "\n".join(described(month))
    return "no smaller month fails so"


def described(month: Month) -> Iterator[str]:
    """The month's answers, line by line."""
    yield f"{month.period} in {month.zone}, closed {month.run_at}"
    yield month.config()
    yield f"project.list {encoded(month.projects)}"
    for account in month.accounts:
        yield f"{account.id} report {encoded(account.report)}"
        yield f"{account.id} list {encoded(account.rows)}"
        for invoice, detail in account.details.items():
            yield f"{account.id} {invoice} {encoded(detail)}"
        if account.archived:
            yield f"{account.id} archived {account.archived}"
