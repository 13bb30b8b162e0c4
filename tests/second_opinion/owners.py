"""Whose a project is, its name and its environment, from the configuration and project.list (BOOKING 5)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction
from functools import cached_property
from typing import Any

from .answers import Reply, StopError, first_text, items, text

UNASSIGNED, ADJUSTMENTS = "unassigned", "adjustments"
PRODUCTION = "production"
EXACT = 10**9
"""Stronger than any glob."""


@dataclass(frozen=True)
class Claim:
    """A sid or glob; ``owner`` is a team's id, an environment's name or, of a shared project, its split."""

    pattern: str
    owner: Any
    since: str = ""
    until: str = "9999-12"

    def strength_for(self, sid: str) -> int:
        """How strongly it claims the project: an exact sid beats a glob, then literal characters count; 0 for not."""
        if not set(self.pattern) & set("*?["):
            return EXACT if self.pattern == sid else 0
        literal = re.sub(r"\[.[^]]*\]|[*?]", "", self.pattern)
        return len(literal) + 1 if fnmatchcase(sid, self.pattern) else 0


@dataclass(frozen=True)
class Directory:
    """project.list, by id and by sid."""

    reply: Reply

    @cached_property
    def names(self) -> Mapping[str, str]:
        """Sid -> name."""
        return {first_text(item, "project", "id"): text(item.get("name")) for item in items(self.reply.result)}

    @cached_property
    def sids(self) -> Mapping[str, str]:
        """Id -> sid."""
        return {text(item.get("id")): first_text(item, "project", "id") for item in items(self.reply.result)}

    def sid(self, *named: str) -> str:
        """The sid of a project that is named by sid or by id; the first name that is known, else the first."""
        said = [name for name in named if name]
        for name in said:
            if name in self.names:
                return name
            if name in self.sids:
                return self.sids[name]
        return said[0] if said else ""


@dataclass(frozen=True)
class Rules:
    """The configuration, for one month."""

    period: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, period: str, config: str) -> Rules:
        """The rules that the configuration's text gives for the month."""
        return cls(period, tomllib.loads(config, parse_float=Decimal))

    @property
    def zone(self) -> str:
        """Whose calendar months."""
        return str(self.document.get("timezone", "UTC"))

    @cached_property
    def teams(self) -> Mapping[str, Mapping[str, Any]]:
        """The teams by id, in configuration order."""
        return {team["id"]: team for team in self.document.get("teams", ())}

    @property
    def accepted(self) -> list[Mapping[str, Any]]:
        """The accepted exceptions that still hold in the month."""
        return [entry for entry in self.document.get("accepted", ()) if entry["until"] >= self.period]

    @property
    def report_is_gross(self) -> bool:
        """Whether the report's values include tax."""
        return bool(self.document.get("reconciliation", {}).get("tax_basis", "gross") == "gross")

    def is_within(self, entry: Mapping[str, Any], variance: Fraction | None) -> bool:
        """Whether an acceptance reaches that far; it reaches whatever has no variance."""
        return variance is None or ("up_to" in entry and abs(variance) <= Fraction(entry["up_to"]))

    def tolerance(self, expected: Fraction) -> Fraction:
        """What a report may differ by: the larger of an amount and a percentage."""
        given = self.document.get("reconciliation", {}).get("tolerance", {})
        absolute, percent = Fraction(given.get("absolute", "0.05")), Fraction(given.get("percent", "0"))
        return max(absolute, abs(expected) * percent / 100)

    def account_name(self, account: str, platform: str) -> str:
        """The configured name, else the platform's."""
        for entry in self.document.get("accounts", ()):
            if entry["id"] == account and entry.get("name"):
                return str(entry["name"])
        return platform

    def claims(self) -> Iterator[Claim]:
        """Every claim of teams and shared projects."""
        for team in self.teams.values():
            for entry in team.get("projects", ()):
                yield claim(entry, team["id"])
        for shared in self.document.get("shared", ()):
            limits = {key: shared[key] for key in ("from", "until") if key in shared}
            yield claim({"match": shared["project"], **limits}, shared)

    def owner(self, sid: str) -> Any:
        """The id of the team that owns the project, the ``[[shared]]`` table that it falls under, or None."""
        return strongest((each for each in self.claims() if each.since <= self.period <= each.until), sid)

    def environment(self, sid: str) -> str:
        """The project's environment; "" without a project."""
        if not sid:
            return ""
        claims = [
            Claim(pattern, name)
            for name, patterns in self.document.get("environments", {}).items()
            for pattern in ([patterns] if isinstance(patterns, str) else patterns)
        ]
        return strongest(claims, sid) or PRODUCTION


def claim(entry: Any, owner: Any) -> Claim:
    """A claim as it stands in the configuration: a pattern, or a table with months."""
    if isinstance(entry, str):
        return Claim(entry, owner)
    return Claim(entry["match"], owner, entry.get("from", ""), entry.get("until", "9999-12"))


def strongest(claims: Iterable[Claim], sid: str) -> Any:
    """Whose the project is by the strongest claim; None where nobody claims it; exit 2 where two are equal."""
    ranked = sorted(((each.strength_for(sid), each.owner) for each in claims), key=lambda pair: -pair[0])
    if not ranked or not ranked[0][0]:
        return None
    if any(strength == ranked[0][0] and owner != ranked[0][1] for strength, owner in ranked):
        raise StopError(2, f"{sid!r} is claimed twice alike")
    return ranked[0][1]
