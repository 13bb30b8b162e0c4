"""One team's month, as all sheets of its workbook show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.check import Check
from chargeback.model.ledger import LedgerLine, LedgerTeam
from chargeback.model.money import exact_sum, format_exact, minor_digits
from chargeback.publish.team_workbook.lines import SheetLines, held_by_labels
from chargeback.publish.team_workbook.totals import TeamTotals


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """The team's lines and their totals; ``checks`` are those of the whole month that did not simply pass."""

    books: Books
    config: Config
    team: LedgerTeam
    lines: Sequence[LedgerLine]
    totals: TeamTotals
    checks: Sequence[Check] = ()

    @property
    def sheet_lines(self) -> SheetLines:
        """The team's lines as the sheet *Lines* holds them."""
        totals = self.totals
        held = {
            **held_by_labels(totals.labels, (self.team,) if self.lines else ()),
            "project": totals.names,
            "project_name": totals.names.values(),
            "environment": {part.environment for part in totals.parts},
            "resource": totals.resources,
        }
        sums = totals.by(lambda part: part.currency)
        return SheetLines(str(self.books.period), self.footer, self.lines, totals.currencies, sums, held)

    @property
    def path(self) -> str:
        """Where the team's workbook lies in a revision."""
        return f"ledgers/{self.team.id}.xlsx"

    @property
    def footer(self) -> str:
        """What every page says below: file, month and revision."""
        return f"{self.path} · {self.books.period} revision {self.books.revision}"

    @property
    def title(self) -> str:
        """The team's name, or its id."""
        return self.team.name or self.team.id

    @property
    def previous_name(self) -> str:
        """The month before."""
        return str(self.books.period.plus(-1))

    @property
    def previous(self) -> Mapping[str, int] | None:
        """The team's gross of the month before by currency, in minor units; None where that month is not archived."""
        run = self.books.posting.run
        earlier = next((month for month in run.earlier if month.period == self.previous_name), None)
        if earlier is None:
            return None
        return {total.currency: total.gross for total in earlier.totals if total.team == self.team.id}

    @property
    def currencies(self) -> dict[str, int]:
        """Currencies of this month and of the one before, with their minor digits; of the books where there is none."""
        found = dict(self.totals.currencies)
        for currency in self.previous or {}:
            found.setdefault(currency, minor_digits(currency))
        if not found:
            found = {total.currency: total.digits for total in self.books.totals}
        return dict(sorted(found.items()))

    def split_in_words(self, project: str) -> str:
        """How the shared project was split, and this team's part; "" where the configuration does not say.

        It says the configuration's rule, and nothing of what others pay.
        """
        entry = self.config.shared_entry(project, self.books.period)
        if entry is None:
            return ""
        if entry.split == "even":
            return f"even: one part of {len(self.config.teams)}"
        if entry.split == "proportional":
            return "proportional: by what each team's own projects cost in the month"
        weight, whole = entry.split.get(self.team.id, Decimal(0)), exact_sum(entry.split.values())
        return f"by weights: {format_exact(weight)} of {format_exact(whole)}"
