"""Who bears a project's cost in the estimate: a team, several by their weights, or nobody."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from chargeback.allocate.ownership import Ownership
from chargeback.config import Config
from chargeback.config.splits import Splits
from chargeback.model.ledger import UNASSIGNED
from chargeback.model.money import EXACT, minor_digits, to_minor
from chargeback.operate.usage.snapshot import CURRENCY

SHARED = "shared"
"""What stands in place of a team where a project is split among several."""


def owner_of(claims: Ownership, sid: str) -> str:
    """The team's id, ``shared``, or "" for nobody; ``ConfigurationError`` where claims are equal."""
    owner = claims.owner(sid)
    if owner.is_nobody:
        return ""
    return owner.team.id if owner.team else SHARED


def shares(config: Config, claims: Ownership, costs: Mapping[str, Decimal]) -> dict[str, dict[str, Decimal]]:
    """By sid, which part of its cost each team bears (they sum to 1); ``costs`` are the month's, for "proportional"."""
    direct: dict[tuple[str, str], int] = {}
    for sid, cost in costs.items():
        owner = claims.owner(sid)
        if owner.team:
            key = (CURRENCY, owner.team.id)
            direct[key] = direct.get(key, 0) + to_minor(cost, minor_digits(CURRENCY))
    splits = Splits(config, direct)
    return {sid: _of(claims, splits, sid) for sid in costs}


def _of(claims: Ownership, splits: Splits, sid: str) -> dict[str, Decimal]:
    owner = claims.owner(sid)
    if owner.team:
        return {owner.team.id: Decimal(1)}
    if owner.shared is None:
        return {UNASSIGNED: Decimal(1)}
    parts = splits.of(owner.shared, CURRENCY)
    total = sum(part.weight for part in parts)
    context = EXACT.copy()
    context.prec = 28
    return {part.team.id: context.divide(Decimal(part.weight), Decimal(total)) for part in parts}
