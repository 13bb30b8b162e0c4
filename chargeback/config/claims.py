"""The same sid or glob claimed twice: seen in the file, before any project is known (BOOKING 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from chargeback.config.key_path import KeyPath, shown
from chargeback.config.settings import ProjectClaim

Claimed = tuple[KeyPath, str, ProjectClaim]
"""Where the claim stands, whose it is, and the claim."""


def refuse_clashes(claims: Iterable[Claimed]) -> None:
    """``ConfigurationError`` that names both where two claims of one pattern hold in the same month."""
    earlier: dict[str, list[Claimed]] = {}
    for here, owner, claim in claims:
        same = earlier.setdefault(claim.pattern, [])
        for there, other, claimed in same:
            if overlap(claim, claimed):
                problem = f"{shown(claim.pattern)} of {owner} is claimed already by {other}, at {there.key}"
                raise here.error(problem, "keep one of them, or give them months that do not overlap (from, until)")
        same.append((here, owner, claim))


def refuse_shared_pattern(place: KeyPath, environments: Mapping[str, tuple[ProjectClaim, ...]]) -> None:
    """``ConfigurationError`` where two environments, or one twice, have the same pattern."""
    seen: dict[str, str] = {}
    for name, claims in environments.items():
        for claim in claims:
            if claim.pattern in seen:
                problem = f"{shown(claim.pattern)} stands for {shown(seen[claim.pattern])} already"
                raise place.child(name).error(problem, "keep one of them")
            seen[claim.pattern] = name


def overlap(one: ProjectClaim, other: ProjectClaim) -> bool:
    """Whether there is a month in which both claims hold."""
    return _reaches(one, other) and _reaches(other, one)


def _reaches(one: ProjectClaim, other: ProjectClaim) -> bool:
    """Whether the one has begun when the other ends."""
    return one.since is None or other.until is None or one.since <= other.until
