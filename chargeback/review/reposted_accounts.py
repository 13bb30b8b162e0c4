"""Accounts of an archived month posted again from the revision's own evidence and configuration, and held to its
ledger.

What is explained must be what is archived: an account whose lines come out otherwise is not explained. All accounts are
read, since each of them may say which id and sid are one project's; only those concerned are posted, and all of them
where a project is split in proportion to the teams' direct cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

from chargeback.allocate.ownership import Ownership
from chargeback.allocate.posting import Context, direct_costs, post
from chargeback.archive.boundary import damaged
from chargeback.archive.revision import Revision
from chargeback.config.splits import DirectCosts, Splits
from chargeback.errors import ConfigurationError
from chargeback.evidence import Answer
from chargeback.job.sealing import archived_config
from chargeback.model.booking import AccountMonth
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.facts import answers_by_account
from chargeback.model.ledger import LedgerLine
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.spreadsheet_text import guarded
from chargeback.model.versions import versions
from chargeback.month_end import read_month
from chargeback.review.ledger_rows import PATH


class _WhenAsked(Mapping[tuple[str, str], int]):
    """Direct costs, reckoned once somebody asks: all accounts must be read for them."""

    def __init__(self, reckon: Callable[[], DirectCosts]) -> None:
        self._reckon = reckon

    @cached_property
    def _costs(self) -> DirectCosts:
        return self._reckon()

    def __getitem__(self, key: tuple[str, str]) -> int:
        return self._costs[key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._costs)

    def __len__(self) -> int:
        return len(self._costs)


class RepostedAccounts:
    """The revision's evidence and configuration, ready to post any of its accounts again."""

    def __init__(self, revision: Revision) -> None:
        self.revision = revision
        self.evidence = revision.evidence()
        self.config = archived_config(revision)
        period = revision.name.period
        self._months, self.projects = read_month(self.evidence, self.config, period)
        teams = {
            team.id: LedgerTeam(team.id, team.name, team.cost_center, team.gl_account) for team in self.config.teams
        }
        splits = Splits(self.config, _WhenAsked(self._direct))
        self.context = Context(Ownership.of(self.config, period), self.projects, splits, teams)

    @cached_property
    def answers(self) -> dict[str, list[Answer]]:
        """The answers of each account."""
        return answers_by_account(self.evidence)

    def months(self, accounts: tuple[str, ...]) -> list[AccountMonth]:
        """What the evidence says of these accounts, decided."""
        return [month for month in self._months if month.account in accounts]

    def lines(self, month: AccountMonth, rows: list[LedgerRow]) -> list[LedgerLine]:
        """The account's ledger lines in the ledger's order, each equal to the archived row in its place.

        ``ConfigurationError`` where another version made them otherwise; ``DamagedError`` where this one did.
        """
        _, columns = post(month, self.context)
        lines = list(columns)
        if list(map(_of_line, lines)) != list(map(_of_row, rows)):
            self._refuse(month.account)
        return lines

    def _direct(self) -> DirectCosts:
        return direct_costs(self._months, self.context.ownership, self.projects)

    def _refuse(self, account: str) -> None:
        made_by = self.evidence.run.versions
        if dict(made_by) != versions():
            raise ConfigurationError(
                f"{self.revision.name}: account {account[:80]} has another result with this version",
                remedy=f"explain it with chargeback {made_by.get('chargeback', self.revision.manifest.version)}",
            )
        raise damaged(self.revision.root / PATH, f"account {account[:80]} does not follow from the evidence")


def _of_line(line: LedgerLine) -> tuple[object, ...]:
    texts = (line.label.invoice, line.team.id, line.project, line.resource)
    return (*map(guarded, texts), line.net, line.tax, line.gross, line.invoice_line, line.basis.value)


def _of_row(row: LedgerRow) -> tuple[object, ...]:
    texts = (row.invoice, row.team, row.project, row.resource)
    return (*map(guarded, texts), row.net, row.tax, row.gross, row.invoice_line, row.basis)
