"""A plan as text: what each team would bear, which projects would move, which exceptions would come or go."""

from __future__ import annotations

from collections.abc import Iterator

from chargeback.model.money import minor_digits
from chargeback.model.wording import counted
from chargeback.publish.pages.wording import minor
from chargeback.review.change_text import change_lines
from chargeback.review.difference_text import check_text
from chargeback.review.plan import MovedProject, Plan, Shares
from chargeback.review.revision_choice import standing, title
from chargeback.review.terminal import Terminal
from chargeback.review.text_table import Column, TextRow, readable, table_lines, wrapped

_MOST_TEAMS = 3


def plan_lines(found: Plan, terminal: Terminal) -> Iterator[str]:
    """The plan; the last line says that nothing was written."""
    states = f"{standing(found.overview)} -> {found.standing_after}"
    heading = f"{title(found.revision)} with {readable(str(found.config.path or 'this configuration'))}"
    yield from wrapped(f"{heading}  {states}", terminal, strong=True)
    yield ""
    yield from change_lines(found.teams, ("team",), terminal)
    yield from _moved_lines(found, terminal)
    told = [f"check {check_text(change)}" for change in found.checks] + [f"note: {note}" for note in found.notes]
    yield from [""] if told else []
    for text in told:
        yield from wrapped(readable(text), terminal)
    yield ""
    count = counted(len(found.lines), "ledger line")
    yield f"{count} would differ; nothing was written" if found.lines else "nothing would change"


def _moved_lines(found: Plan, terminal: Terminal) -> Iterator[str]:
    if not found.moved:
        return
    yield from ("", terminal.strong("projects that would be borne otherwise"))
    columns = [Column("project", shrinks=True), Column("gross", right=True)]
    columns += [Column("before", shrinks=True), Column("after", shrinks=True)]
    yield from table_lines(columns, [_moved_row(each) for each in found.moved], terminal)


def _moved_row(moved: MovedProject) -> TextRow:
    digits = minor_digits(moved.currency)
    gross = sum((moved.after or moved.before).values())
    amount = f"{minor(gross, digits)} {readable(moved.currency)}"
    return TextRow(
        (readable(moved.project) or "(none)", amount, _teams(moved.before, digits), _teams(moved.after, digits))
    )


def _teams(shares: Shares, digits: int) -> str:
    """The team, or each team with its part, the largest first."""
    if len(shares) < 2:
        return next(iter(shares), "-")
    ordered = sorted(shares.items(), key=lambda share: (-share[1], share[0]))
    shown = ", ".join(f"{team} {minor(units, digits)}" for team, units in ordered[:_MOST_TEAMS])
    return shown + (f", {len(ordered) - _MOST_TEAMS} more" if len(ordered) > _MOST_TEAMS else "")
