"""Who owns a project, who shares it, and what may be declared of that: ``[[teams]]``, ``[[shared]]``,
``[environments]`` (BOOKING 5).

Decided here is what can be seen without the platform: the same sid or glob claimed twice, weights of teams that there
are. Which of several different claims wins for a project is decided where the projects are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Struct
from msgspec.structs import force_setattr, replace

from chargeback.config.forms import ServiceUrl, SidOrGlob, TeamId, pattern
from chargeback.config.key_path import Fault, KeyPath, did_you_mean, kind_of, listed, shown
from chargeback.config.reading import Key, KeyForm, KeyTable, amount, by_name, choice, each, number, read_table, text
from chargeback.evidence.period import Period
from chargeback.model.money import known_digits


def contradiction_of_months(since: Period | None, until: Period | None) -> Fault | None:
    """What is wrong with two months, both included, that are not in order of time."""
    if since is None or until is None or since <= until:
        return None
    return Fault(f"from {since} is later than until {until}", "write the earlier month as from")


def within(period: Period, since: Period | None, until: Period | None) -> bool:
    """Whether the month lies between two months, both inclusive, None for no bound."""
    return (since is None or since <= period) and (until is None or period <= until)


class ProjectClaim(KeyTable, frozen=True):
    """A sid or glob that claims projects, in the months from ``since`` to ``until``, both inclusive."""

    pattern: Annotated[SidOrGlob, Key("match")]
    """`*` any characters, `?` one, `[ab]` one of these."""
    since: Annotated[Period | None, Key("from")] = None
    """The first month."""
    until: Period | None = None
    """The last month."""

    def contradiction(self) -> Fault | None:
        """Months that are not in order of time."""
        return contradiction_of_months(self.since, self.until)

    @property
    def is_glob(self) -> bool:
        """Whether the pattern has a wildcard (``*``, ``?`` or ``[…]``)."""
        return any(character in self.pattern for character in "*?[")

    @property
    def literal_characters(self) -> int:
        """How many characters of the pattern stand for themselves: the more, the stronger the claim."""
        count, position = 0, 0
        while position < len(self.pattern):
            closing = self.pattern.find("]", position + 2) if self.pattern[position] == "[" else -1
            if closing > 0:
                position = closing
            elif self.pattern[position] not in "*?":
                count += 1
            position += 1
        return count

    def active_in(self, period: Period) -> bool:
        """Whether the claim holds in that month."""
        return within(period, self.since, self.until)

    def matches(self, sid: str) -> bool:
        """Whether the claim covers the project of that sid."""
        return fnmatchcase(sid, self.pattern) if self.is_glob else sid == self.pattern

    def overlaps(self, other: ProjectClaim) -> bool:
        """Whether there is a month in which both claims hold."""
        return _has_begun(self, other) and _has_begun(other, self)


class Budget(Struct, frozen=True):
    """What a team may cost in a month, net; months in other currencies are not compared with it."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


def claim(place: KeyPath, value: object) -> ProjectClaim:
    """A sid or glob, or a table of one with the months it holds for."""
    return read_table(ProjectClaim, place, value) if isinstance(value, dict) else ProjectClaim(pattern(place, value))


def claims(place: KeyPath, value: object) -> tuple[ProjectClaim, ...]:
    """One sid or glob, or a list of them."""
    one = each(pattern)(place, value) if isinstance(value, list) else (pattern(place, value),)
    return tuple(map(ProjectClaim, one))


def budget(place: KeyPath, value: object) -> Budget:
    """What a team may cost in a month: an amount and its currency, as in ``"12000.00 THB"``."""
    remedy = 'write an amount and a currency of ISO 4217, such as "12000.00 THB"'
    written, separator, currency = text(place, value).partition(" ")
    if not separator or known_digits(currency) is None:
        raise place.error(f"{shown(value)} is not an amount with its currency", remedy)
    return Budget(amount(place, written), currency)


def split(place: KeyPath, value: object) -> Literal["even", "proportional"] | Mapping[str, Decimal]:
    """How a project is shared: a word, or a table of weights; whose they are is seen with all teams."""
    if isinstance(value, dict):
        return by_name(number)(place, value)
    if not isinstance(value, str):
        raise place.error(
            f"this is {kind_of(value)}, not a split", 'write "even", "proportional" or { team = weight, … }'
        )
    return "even" if choice("even", "proportional")(place, value) == "even" else "proportional"


Claim = Annotated[ProjectClaim, KeyForm("a sid or glob", claim, "sids, globs and tables (below)", ("string", "object"))]
Claims = Annotated[
    tuple[ProjectClaim, ...], KeyForm("a sid or glob, or a list of them", claims, toml=("string", "array"))
]
MonthlyBudget = Annotated[Budget, KeyForm('an amount and its currency: `"12000.00 THB"`', budget, toml=("string",))]
Weight = Annotated[Decimal, KeyForm("a number", number, toml=("number",))]
Split = Annotated[
    Literal["even", "proportional"] | Mapping[str, Weight],
    KeyForm('`"even"`, `"proportional"`, or weights: `{ web = 60, data = 40 }`', split),
]


class Team(KeyTable, frozen=True):
    """A team, in configuration order, called by its id where it has no name; ``cost_center``, ``gl_account`` and
    ``company`` are "" where none is given.

    ``notify``: where its statement and workbook are sent, as apprise writes it, with ``${NAME}`` for what the
    environment holds.
    """

    id: TeamId
    """Names its files; not `all`, `unassigned`, `adjustments` or a Windows device."""
    name: str = ""
    """How reports call it."""
    cost_center: str = ""
    """In every line of its ledger."""
    gl_account: str = ""
    """Its expense account in the journal."""
    projects: tuple[Claim, ...] = ()
    """What it owns."""
    company: str = ""
    """Whose team it is."""
    notify: tuple[ServiceUrl, ...] = ()
    """Gets its statement and workbook."""
    budget: MonthlyBudget | None = None
    """A month's net; other currencies are not compared."""

    def __post_init__(self) -> None:
        if not self.name:
            force_setattr(self, "name", self.id)


class SharedProject(ProjectClaim, frozen=True):
    """A claim of a project that several teams share: ``split`` is "even", "proportional" or weights by team id.

    Weights are in the order of the teams, none is negative, and at least one is above zero.
    """

    pattern: Annotated[SidOrGlob, Key("project")]
    """What is shared."""
    split: Annotated[Split, Key(needed=True)] = "even"
    """Alike; by what each team's own projects cost in the month; by weights of any sum."""


def settled(place: KeyPath, shared: Iterable[SharedProject], teams: Iterable[Team]) -> Iterator[SharedProject]:
    """The shared entries with their weights in the order of the teams; ``ConfigurationError`` where nobody shares."""
    ids = [team.id for team in teams]
    for index, entry in enumerate(shared):
        here = place.item(index).child("split")
        if isinstance(entry.split, Mapping):
            yield replace(entry, split=_in_order(here, entry.split, ids))
            continue
        if not ids:
            raise here.error(f'"{entry.split}" needs teams to share the cost, and there are none', "add [[teams]]")
        yield entry


def refuse_competing(file: KeyPath, teams: Iterable[Team], shared: Iterable[SharedProject]) -> None:
    """``ConfigurationError`` that names both where the same sid or glob is claimed twice for the same month."""
    owned = [
        (file.child("teams").item(t).child("projects").item(c), f'team "{owner.id}"', claimed)
        for t, owner in enumerate(teams)
        for c, claimed in enumerate(owner.projects)
    ]
    split_up = [(file.child("shared").item(s), "[[shared]]", entry) for s, entry in enumerate(shared)]
    earlier: dict[str, list[tuple[KeyPath, str, ProjectClaim]]] = {}
    for here, owner, claimed in (*owned, *split_up):
        same = earlier.setdefault(claimed.pattern, [])
        for there, other, before in same:
            if claimed.overlaps(before):
                problem = f"{shown(claimed.pattern)} of {owner} is claimed already by {other}, at {there.key}"
                raise here.error(problem, "keep one of them, or give them months that do not overlap (from, until)")
        same.append((here, owner, claimed))


def refuse_shared_pattern(place: KeyPath, environments: Mapping[str, tuple[ProjectClaim, ...]]) -> None:
    """``ConfigurationError`` where two environments, or one twice, have the same pattern."""
    seen: dict[str, str] = {}
    for name, patterns in environments.items():
        for each_claim in patterns:
            if each_claim.pattern in seen:
                problem = f"{shown(each_claim.pattern)} stands for {shown(seen[each_claim.pattern])} already"
                raise place.child(name).error(problem, "keep one of them")
            seen[each_claim.pattern] = name


def refuse_repeated(place: KeyPath, ids: Iterable[str], noun: str) -> None:
    """``ConfigurationError`` at the entry of a list whose id an earlier entry has."""
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if name in first:
            problem = f"the {noun} {shown(name)} is there already, as {place.item(first[name]).key}"
            raise place.item(index).error(problem, f"list each {noun} once")
        first[name] = index


def _has_begun(one: ProjectClaim, other: ProjectClaim) -> bool:
    """Whether the one has begun when the other ends."""
    return one.since is None or other.until is None or one.since <= other.until


def _in_order(place: KeyPath, weights: Mapping[str, Decimal], teams: list[str]) -> Mapping[str, Decimal]:
    for name in weights:
        if name not in teams:
            remedy = did_you_mean(name, teams, f"teams are: {listed(teams)}" if teams else "add [[teams]]")
            raise place.child(name).error("there is no such team", remedy)
    if not any(weights.values()):
        raise place.error("no team has a weight above zero", "give at least one, such as { web = 60, data = 40 }")
    return MappingProxyType({name: weights[name] for name in teams if name in weights})
