"""One team's month, as all sheets of its workbook show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import chain

from msgspec import Struct, field

from chargeback.config import Config
from chargeback.config.ownership import Budget
from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.check import Check, SubjectKind
from chargeback.model.ledger import Lines
from chargeback.model.money import exact_sum, format_exact, minor_digits
from chargeback.model.totals import Sums
from chargeback.publish.team_history import PastMonth, TeamHistory
from chargeback.publish.team_workbook.lines import SheetLines, held_by_labels
from chargeback.publish.team_workbook.totals import LineTotals


def path_of(team: str) -> str:
    """Where a team's workbook lies in a revision."""
    return f"ledgers/{team}.xlsx"


class ReportedChecks(Struct, frozen=True):
    """Checks in their order, and where those of an account and those about a team stand among them: so no team looks at
    the checks of all."""

    checks: Sequence[Check] = ()
    of_account: Mapping[str, Sequence[int]] = field(default_factory=dict)
    about_team: Mapping[str, Sequence[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, checks: Iterable[Check]) -> ReportedChecks:
        """These checks."""
        in_order = tuple(checks)
        of_account, about_team = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        for place, check in enumerate(in_order):
            of_account[check.account].append(place)
            if check.subject is not None and check.subject.kind is SubjectKind.TEAM:
                about_team[check.subject.name].append(place)
        return cls(in_order, of_account, about_team)

    def concerning(self, team: str, accounts: Iterable[str]) -> Iterator[Check]:
        """Those about the team, and those of the accounts."""
        of_accounts = chain.from_iterable(self.of_account.get(account, ()) for account in accounts)
        return map(self.checks.__getitem__, sorted({*self.about_team.get(team, ()), *of_accounts}))


class TeamMonth(Struct, frozen=True):
    """The team's lines and their totals; ``checks`` are those of the whole month that did not simply pass;
    ``borne_tax`` is what of the tax cannot be reclaimed, by currency in minor units, and so is cost (BOOKING 9);
    ``standing`` says how the whole month stands, without amounts, which are of other teams too."""

    books: Books
    config: Config
    team: LedgerTeam
    lines: Lines
    totals: LineTotals
    history: TeamHistory
    checks: ReportedChecks = ReportedChecks()
    borne_tax: Mapping[str, int] = field(default_factory=dict)
    standing: str = ""

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
        return SheetLines(self.books.period, self.footer, self.lines, totals.currencies, sums, held)

    @property
    def footer(self) -> str:
        """What every page says below: file, month and revision."""
        return f"{path_of(self.team.id)} · {self.books.period} revision {self.books.revision}"

    @property
    def title(self) -> str:
        """The team's name, or its id."""
        return self.team.name or self.team.id

    @property
    def previous(self) -> Period:
        """The month before."""
        return self.books.period.plus(-1)

    def sums(self, currency: str) -> Sums:
        """The team's sums in one currency."""
        return self.totals.by(lambda part: part.currency).get(currency, Sums())

    def basis(self, currency: str) -> str:
        """Which amount the cost centre bears: "net", or "gross" where none of the tax can be reclaimed."""
        borne = self.borne_tax.get(currency, 0)
        return "gross" if borne and borne == self.sums(currency).tax else "net"

    def budget(self, currency: str) -> Budget | None:
        """What the team may cost in a month, net, where the configuration says so in this currency."""
        budget = next((team.budget for team in self.config.teams if team.id == self.team.id), None)
        return budget if budget and budget.currency == currency else None

    def months(self, currency: str) -> list[PastMonth]:
        """The twelve months, the oldest first; this one is the last."""
        sums = self.sums(currency)
        return [*self.history.months(self.team.id, currency), PastMonth(self.books.period, sums.net, sums.gross)]

    @property
    def currencies(self) -> dict[str, int]:
        """Currencies of this month and of the one before, with their minor digits; of the books if there is none."""
        found = dict(self.totals.currencies)
        for currency in self.history.currencies(self.team.id, self.previous):
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
