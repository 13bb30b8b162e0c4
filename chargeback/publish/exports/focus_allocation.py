"""How a shared project's cost was split among teams, in the words of FOCUS 1.4: the ``Allocated…`` columns.

An origin charge is what an invoice line bills of one project's resource; the ledger lines of its teams are the
allocated charges. Each tells the team's part of the origin charge in units of 10^-12, by largest remainder, so that the
ratios add up to 1 exactly. Only lines that exist count: where an amount is too small for every team to get a unit, the
ratios are those of the teams that got one.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from chargeback.config import Config, SharedProject
from chargeback.config.splits import Splits
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.ledger import Basis, LedgerLine
from chargeback.model.money import format_minor, format_plain, from_minor, largest_remainder
from chargeback.model.text import cleaned
from chargeback.model.totals import gross_by
from chargeback.publish.exports.focus_cells import cells, decimal_text, name_text

COLUMNS = (
    "AllocatedMethodId",
    "AllocatedMethodDetails",
    "AllocatedResourceId",
    "AllocatedResourceName",
    "AllocatedTags",
)
NONE = "," * len(COLUMNS)
"""The cells of a charge that was not split."""
EVEN, PROPORTIONAL, WEIGHTS = "shared-even", "shared-proportional", "shared-weights"
"""``AllocatedMethodId``: docs/focus.md describes each method under its id."""
RATIO_DIGITS = 12
_WHOLE = 10**RATIO_DIGITS

Measure = tuple[str, str]
"""``UsageUnit`` and ``UsageQuantity`` of a team: what its weight was measured by; both "" where nothing was."""


class Allocations:
    """By ledger line of one account, the ``Allocated…`` cells of its charge, and those of its tax."""

    def __init__(self, books: Books, config: Config) -> None:
        self.period, self.config = books.period, config
        lines = books.ledger.lines
        self.direct = _direct_costs(lines)
        self.splits = Splits(config, self.direct)
        self.entries: dict[str, SharedProject] = {}
        self.weights: dict[tuple[str, str], dict[str, int]] = {}
        self.teams: dict[LedgerTeam, str] = {}
        self.charges: dict[int, str] = {}
        self.taxes: dict[int, str] = {}
        self._accounts = groupby(lines, lambda line: line.label.account)

    def next_account(self) -> None:
        """Go on to the ledger's next account; those before it are forgotten."""
        self.charges.clear()
        self.taxes.clear()
        _, lines = next(self._accounts)
        for origin in _origins(lines):
            self.charges.update(self._allocated(origin))
            self.taxes.update(self._allocated([line for line in origin if line.tax]))

    def _allocated(self, origin: Sequence[LedgerLine]) -> Iterator[tuple[int, str]]:
        """Line number and cells of each allocated charge of one origin charge."""
        if not origin:
            return
        project, currency = origin[0].project, origin[0].label.currency
        weights = self._weights(project, currency)
        entry = self.entries[project]
        method = {"even": EVEN, "proportional": PROPORTIONAL}.get(str(entry.split), WEIGHTS)
        ratios = largest_remainder(_WHOLE, [weights[line.team.id] for line in origin])
        for line, ratio in zip(origin, ratios, strict=True):
            measure = self._measure(entry, line.team.id, currency, line.label.digits)
            yield line.line, f"{_method(method, ratio, measure)}{self._team(line.team)}"

    def _weights(self, project: str, currency: str) -> dict[str, int]:
        key = (project, currency)
        if key not in self.weights:
            entry = self.config.shared_entry(project, self.period)
            if entry is None:
                raise LookupError(f"no [[shared]] entry splits {project}, which the ledger has as split")
            self.entries[project] = entry
            self.weights[key] = {share.team.id: share.weight for share in self.splits.of(entry, currency)}
        return self.weights[key]

    def _measure(self, entry: SharedProject, team: str, currency: str, digits: int) -> Measure:
        if isinstance(entry.split, str):
            cost = self.direct[currency, team]
            is_by_cost = entry.split == "proportional" and cost > 0
            return (currency, format_minor(cost, digits)) if is_by_cost else ("", "")
        return "Weights", format_plain(entry.split[team])

    def _team(self, team: LedgerTeam) -> str:
        if team not in self.teams:
            tags = {"team": cleaned(team.id), "cost_center": cleaned(team.cost_center)}
            written = json.dumps({key: value for key, value in tags.items() if value}, ensure_ascii=False)
            self.teams[team] = cells(team.id, name_text(team.name, team.id), written)
        return self.teams[team]


@lru_cache(1 << 14)
def _method(method: str, ratio: int, measure: Measure) -> str:
    """``AllocatedMethodId`` and ``AllocatedMethodDetails``; JSON written by hand, as its numbers are exact decimals."""
    unit, quantity = measure
    element = f'"AllocatedRatio":{decimal_text(format_plain(from_minor(ratio, RATIO_DIGITS)))}'
    if unit:
        element += f',"UsageUnit":{json.dumps(unit)},"UsageQuantity":{decimal_text(quantity)}'
    return cells(method, f'{{"Elements":[{{{element}}}]}}')


def _direct_costs(lines: Iterable[LedgerLine]) -> Counter[tuple[str, str]]:
    """(currency, team id) -> gross of what the team owns alone, the weights of proportional splits (BOOKING 4.6)."""
    own = (line for line in lines if line.basis is not Basis.SHARED_SPLIT)
    return gross_by(own, lambda line: (line.label.currency, line.team.id))


def _origins(lines: Iterable[LedgerLine]) -> Iterable[list[LedgerLine]]:
    """The lines that are parts of the same charge, each time in the ledger's order: teams by code point."""
    origins: dict[tuple[str, str, int, str, str], list[LedgerLine]] = defaultdict(list)
    for line in lines:
        if line.basis is Basis.SHARED_SPLIT:
            label = line.label
            key = (label.account, label.invoice_id, line.invoice_line, line.project, line.resource)
            origins[key].append(line)
    return origins.values()
