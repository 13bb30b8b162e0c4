"""A difference as text: totals and teams, then invoices and lines that changed, then why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chargeback.model.wording import counted
from chargeback.review.causes import CheckChange
from chargeback.review.change_text import change_lines, total_lines
from chargeback.review.changes import Change
from chargeback.review.difference import Difference
from chargeback.review.revision_choice import standing
from chargeback.review.terminal import Terminal
from chargeback.review.text_table import readable, wrapped

_MOST_CAUSES = 10
_LINE_COLUMNS = ("invoice", "line", "project", "resource", "team")


def difference_lines(found: Difference, terminal: Terminal) -> Iterator[str]:
    """Everything that changed; a table that has no rows says so."""
    yield from _heading(found, terminal)
    teams = [change for change in found.teams if any(change.difference)]
    reasons = [found.causes.reason(change.key[0], change.currency) for change in teams]
    yield from _section("teams", teams, ("team",), terminal, reasons)
    yield from _section("invoices", found.invoices, ("account", "invoice"), terminal)
    lines = [
        Change(change.key[1:], change.currency, change.before, change.after, change.note) for change in found.lines
    ]
    yield from _section("lines", lines, _LINE_COLUMNS, terminal)
    yield from _why(found, terminal)


def _heading(found: Difference, terminal: Terminal) -> Iterator[str]:
    old, new = found.overviews
    names = f"{found.before.name.period} r{found.before.name.number} -> r{found.after.name.number}"
    yield from wrapped(f"{names}  {standing(old)} -> {standing(new)}", terminal, strong=True)
    yield ""
    yield from total_lines(found.totals, terminal)


def _section(
    title: str, changes: Sequence[Change], names: Sequence[str], terminal: Terminal, reasons: Sequence[str] = ()
) -> Iterator[str]:
    yield ""
    if not changes:
        yield f"{title}: none changed"
        return
    yield terminal.strong(f"{title}: {counted(len(changes), 'change')}")
    yield from change_lines(changes, names, terminal, reasons)


def _why(found: Difference, terminal: Terminal) -> Iterator[str]:
    causes = found.causes
    yield ""
    yield terminal.strong(f"why: {', '.join(causes.differing) or 'nothing that the result follows from differs'}")
    yield from _listed("evidence", (*causes.answers, *causes.documents), terminal)
    if any(causes.configuration):
        added, removed = causes.configuration
        yield f"  configuration  config.toml: {counted(added, 'line')} added, {removed:,} removed"
    yield from _listed("version", [f"{name} {old} -> {new}" for name, (old, new) in causes.versions.items()], terminal)
    yield from _listed("check", [check_text(each) for each in causes.checks], terminal)


def _listed(name: str, texts: Sequence[str], terminal: Terminal) -> Iterator[str]:
    for text in texts[:_MOST_CAUSES]:
        yield from wrapped(readable(text), terminal, indent=f"  {name:<13}  ")
    if len(texts) > _MOST_CAUSES:
        yield f"  {name:<13}  and {len(texts) - _MOST_CAUSES:,} more: --output json has all"


def check_text(change: CheckChange) -> str:
    """A check's change: "invoice-pdf 1042 INV-2026-0009: exception -> pass"."""
    where = " ".join(part for part in change.key if part)
    return f"{where}: {change.before or 'none'} -> {change.after or 'none'}"
