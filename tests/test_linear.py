"""A month's cost grows with its accounts and no faster: nothing is quadratic. Measured in CPU time, without HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chargeback.config import Config, parse
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal, Evidence
from chargeback.evidence.period import Period
from chargeback.month_end import close_month
from chargeback.publish import month_summary
from tests.kit import months as small

FEW, TIMES = 250, 4
MOST = 2.8**2
"""Four times the accounts cost some 4.2 times as much, and 16 times where a step goes through all for each: the bound
lies between, far enough from both for a machine with other work. ``make bench`` holds the sharper figure."""
CONFIGURATION = """
timezone = "Asia/Bangkok"
[[teams]]
id = "web"
projects = ["web-*", "not-there"]
[[teams]]
id = "data"
projects = ["data-*"]
"""


def month(accounts: int) -> tuple[Evidence, Config]:
    """A month of so many accounts, each with projects of its own, after a month in which each was billed; both teams
    cost more than the month before, so that a cause is looked for in every account."""
    names = [f"a{number:06d}" for number in range(accounts)]
    made = []
    for name in names:
        web, data = f"web-{name}", f"data-{name}"
        rows = (web, "CPU", 1, 10), (data, "CPU", 1, 5)
        half = small.invoice(f"I-{name}", small.of(web, 10), small.of(data, 5), periodEnd=small.MIDDLE)
        made.append(small.account(half, id=name, name=name, report=small.report(*rows, day="2026-05-20")))
    billed = (EarlierInvoice(name, f"e-{name}", f"E-{name}", "THB", 1000, void=False) for name in names)
    totals = (EarlierTotal("data", "THB", 100), EarlierTotal("web", "THB", 100))
    before = EarlierMonth(Period(2026, 4), 1, tuple(names), tuple(billed), totals)
    claims = "".join(f'[[teams]]\nid = "own-{name}"\nprojects = ["own-{name}"]\n' for name in names)
    settings = parse((CONFIGURATION + claims).encode(), Path("/config.toml"))
    return small.month(*made, earlier=(before,)).evidence(), settings


def close(evidence: Evidence, config: Config) -> None:
    """The month's books and its summary."""
    b"".join(chunk for _, chunks in month_summary.files(close_month(evidence, config), config) for chunk in chunks)


def seconds(action: Callable[[Evidence, Config], None], accounts: int) -> float:
    """The least CPU time of three goes."""
    given, found = month(accounts), []
    for _ in range(3):
        started = time.process_time()
        action(*given)
        found.append(time.process_time() - started)
    return min(found)


@pytest.mark.parametrize("action", [close])
def test_four_times_the_accounts_cost_little_more_than_four_times_as_much(
    action: Callable[[Evidence, Config], None],
) -> None:
    few, many = seconds(action, FEW), seconds(action, FEW * TIMES)
    assert many / few <= MOST, f"{FEW} accounts: {few:.2f} s, {FEW * TIMES}: {many:.2f} s"
