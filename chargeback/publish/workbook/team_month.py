"""One team's month, as all sheets of its workbook show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.model.ledger import LedgerTeam
from chargeback.model.money import minor_digits
from chargeback.publish.workbook.team_totals import TeamTotals


@dataclass(frozen=True, slots=True)
class TeamMonth:
    """The team's totals, its previous month's gross by currency (None where that month is not archived), and how many
    sheets its lines take."""

    books: Books
    config: Config
    team: LedgerTeam
    totals: TeamTotals
    previous: Mapping[str, int] | None
    previous_name: str
    sheets: int

    @property
    def currencies(self) -> dict[str, int]:
        """Currencies of this month and of the one before, with their minor digits; of the books where there is none."""
        known = dict(self.totals.currencies)
        for currency in self.previous or {}:
            known.setdefault(currency, minor_digits(currency))
        if not known:
            known = {total.currency: total.digits for total in self.books.totals}
        return dict(sorted(known.items()))

    @property
    def title(self) -> str:
        """The team's name, or its id."""
        return self.team.name or self.team.id


def previous_month(books: Books, team: str) -> tuple[Mapping[str, int] | None, str]:
    """The team's gross of the previous month by currency, None where that month is not archived; and that month."""
    name = str(books.period.plus(-1))
    earlier = next((month for month in books.posting.run.earlier if month.period == name), None)
    if earlier is None:
        return None, name
    return {total.currency: total.gross for total in earlier.totals if total.team == team}, name
