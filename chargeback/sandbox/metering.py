"""Daily usage and cost of every project, made from a seed.

Costs are exact: hundredths of a unit x hundredths of the price x (100 + tax percent) are micros, tax included.
"""

from __future__ import annotations

import random
from functools import lru_cache

from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Project, Resource, Row

SWING = 12  # percent that a day may lie above or below its project's average
POOL = 997  # prime, so that rows that start at different places never share a rhythm


@lru_cache(maxsize=8)
def _swings(seed: int) -> tuple[int, ...]:
    """Percentages around 100, drawn once a seed as drawing for each row is slow; the first 31 again at the end."""
    source = random.Random(f"swings/{seed}")  # noqa: S311  (must repeat)
    swings = tuple(100 + source.randint(-SWING, SWING) for _ in range(POOL))
    return swings + swings[:31]


def metered_rows(
    seed: int, account: Account, projects: tuple[Project, ...], resources: tuple[Resource, ...], month: Month
) -> tuple[Row, ...]:
    """One row a project and resource that cost anything in the month; idle projects have none."""
    rows = []
    for place, project in enumerate(projects):
        for resource in resources if project.size else ():
            start = (account.position * 131 + place * 37 + month.ordinal * 53 + len(resource.sku) * 17) % POOL
            rows.append(_row(seed, account, project, resource, len(month.days()), start))
    return tuple(rows)


def _row(seed: int, account: Account, project: Project, resource: Resource, days: int, start: int) -> Row:
    average = resource.daily * project.size
    usage = [average * swing // 10_000 for swing in _swings(seed)[start : start + days]]
    rate = resource.price_in(account.currency) * (100 + account.tax_percent)
    return Row(project, resource, tuple(usage), tuple([quantity * rate for quantity in usage]))
