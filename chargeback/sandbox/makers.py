"""Worlds made from a seed: a small varied one for demo and tests, and large uniform ones for benchmarks."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from chargeback.sandbox.billing import ISSUE_DELAY
from chargeback.sandbox.months import Month, instant, newest_closed
from chargeback.sandbox.records import RESOURCES, Account, Identity, Project, Spelling
from chargeback.sandbox.world import BANGKOK, World

DEFAULT_NOW = instant("2026-06-05T02:00:00Z")
MONTHS = 6  # of history, the newest closed one included

# Facts of the small world's accounts; every way of being billed occurs once.
_ACCOUNTS: tuple[dict[str, object], ...] = (
    {"name": "Acme Billing", "tax_name": "Acme Company Limited", "tax_id": "0105561234567", "withholding_percent": 3,
     "tax_address": "99 Rama IV Road, Bangkok 10500", "pays_after": 1},
    {"name": "สยามคลาวด์", "tax_name": "บริษัท สยามคลาวด์ จำกัด", "tax_id": "0105559876543", "withholding_percent": 3,
     "tax_address": "123 ถนนสุขุมวิท แขวงคลองเตย เขตคลองเตย กรุงเทพมหานคร 10110", "shape": "changeover",
     "pays_after": 14},
    {"name": "สมชาย ใจดี", "type": "individual", "tax_name": "นายสมชาย ใจดี", "tax_id": "1103700012345", "parts": 2,
     "tax_address": "45/6 ถนนนิมมานเหมินท์ เชียงใหม่ 50200", "pays_after": 2},
    {"name": "Baan Suan", "tax_name": "Baan Suan Company Limited", "tax_id": "0505562223334", "replaced_every": 2,
     "tax_address": "7 Charoen Muang Road, Chiang Mai 50000", "pays_after": None},
)  # fmt: skip
_OTHER_CURRENCIES: tuple[dict[str, object], ...] = (
    {"name": "Acme Japan", "tax_name": "Acme KK", "tax_id": "T1234567890123", "currency": "JPY", "tax_percent": 10,
     "tax_address": "1-1 Marunouchi, Tokyo"},
    {"name": "Acme Kuwait", "tax_name": "Acme WLL", "tax_id": "KW-4711", "currency": "KWD", "tax_percent": 0,
     "tax_address": "Block 3, Kuwait City"},
)  # fmt: skip
# Account's place, sid, name, owner, size in percent.
_PROJECTS = (
    (0, "acme-web", "Acme Web", "web", 120),
    (0, "acme-web-staging", "Acme Web Staging", "web", 15),
    (0, "acme-shop", "Acme Shop", "shop", 90),
    (0, "acme-data", "Acme Data", "data", 150),
    (0, "acme-data-dev", "Acme Data Development", "data", 10),
    (0, "acme-platform", "Acme Platform", "shared", 60),
    (0, "legacy-batch", "Legacy Batch", "", 0),
    (1, "siam-cloud", "สยามคลาวด์", "siam", 110),
    (1, "siam-app", "แอปพลิเคชันสยาม", "siam", 70),
    (1, "siam-app-staging", "แอปพลิเคชันสยาม (ทดสอบ)", "siam", 12),
    (2, "somchai-blog", "บล็อกของสมชาย", "web", 20),
    (2, "somchai-photo", "Somchai Photo", "web", 35),
    (3, "baan-suan-shop", "ร้านบ้านสวน", "shop", 80),
    (3, "baan-suan-data", "Baan Suan Data", "data", 40),
    (4, "acme-tokyo", "Acme Tokyo", "data", 60),
    (4, "acme-osaka", "Acme Osaka", "data", 30),
    (5, "acme-kuwait", "Acme Kuwait", "data", 50),
)


def small_world(
    seed: int = 1,
    *,
    now: datetime = DEFAULT_NOW,
    spelling: Spelling = "numbers",
    zone: ZoneInfo = BANGKOK,
    months: int = MONTHS,
    currencies: bool = False,
) -> World:
    """Four accounts in THB, fourteen projects, one of them shared and one idle without an owner; for ever onwards.

    `months` counts those closed by `now`. With `currencies` there are an account in JPY and one in KWD besides.
    """
    identity = Identity(spelling)
    facts = _ACCOUNTS + (_OTHER_CURRENCIES if currencies else ())
    accounts = tuple(
        Account(id=identity.account_id(place), position=place, **fact)  # type: ignore[arg-type]
        for place, fact in enumerate(facts)
    )
    source = random.Random(f"sizes/{seed}")  # noqa: S311  (must repeat)
    projects = tuple(
        Project(identity.project_id(place), sid, name, accounts[owner].id, team, size * source.randint(85, 115) // 100)
        for place, (owner, sid, name, team, size) in enumerate(_PROJECTS)
        if owner < len(accounts)
    )
    newest = newest_closed(now, zone)
    hurry = _hurry(now, newest, zone)
    accounts = tuple(
        replace(account, pays_after=account.pays_after * hurry if account.pays_after else None) for account in accounts
    )
    return World(
        accounts, projects, newest.plus(1 - months), seed=seed, identity=identity, zone=zone,
        issue_delay=ISSUE_DELAY * hurry,
    )  # fmt: skip


def scale_world(
    accounts: int = 1000,
    projects: int = 60,
    resources: int = 5,
    months: int = 1,
    *,
    seed: int = 1,
    now: datetime = DEFAULT_NOW,
    spelling: Spelling = "numbers",
    zone: ZoneInfo = BANGKOK,
    teams: int = 20,
) -> World:
    """A large uniform world: so many accounts, projects an account, resources a project, closed months."""
    identity = Identity(spelling, accounts)
    newest = newest_closed(now, zone)
    hurry = _hurry(now, newest, zone)
    made = tuple(
        Account(
            id=identity.account_id(place), position=place, name=f"Account {place + 1:04d}",
            tax_name=f"Company {place + 1:04d} Limited", tax_id=f"{105_560_000_000 + place:013d}",
            tax_address="Bangkok", withholding_percent=3, pays_after=hurry,
        )
        for place in range(accounts)
    )  # fmt: skip
    rows = tuple(
        Project(
            identity.project_id(place * projects + number),
            f"p{place + 1:04d}-{number + 1:02d}",
            f"Project {place + 1:04d}-{number + 1:02d}",
            made[place].id,
            f"team-{(place + number) % teams + 1:02d}",
            10 + (place * 7 + number * 13) % 140,
        )
        for place in range(accounts)
        for number in range(projects)
    )
    return World(
        made, rows, newest.plus(1 - months), newest, seed, identity, zone, RESOURCES[: min(resources, len(RESOURCES))],
        issue_delay=ISSUE_DELAY * hurry,
    )  # fmt: skip


def _hurry(now: datetime, newest: Month, zone: ZoneInfo) -> float:
    """What is left of every delay: early in a month there is less time, and the newest one is billed and paid by `now`
    nevertheless."""
    return min(1.0, (now - newest.end(zone)) / timedelta(days=4))
