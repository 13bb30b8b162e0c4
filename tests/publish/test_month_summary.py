"""A month's summary: what later months learn of it, and how the month stands."""

from __future__ import annotations

import pytest

from chargeback.evidence import EarlierTotal
from chargeback.model import archived_checks, archived_summary
from chargeback.publish import month_summary, reconciliation
from tests.kit.months import TEAMS, account, exceptions, invoice, month, of


def test_later_months_learn_the_teams_net_too() -> None:
    bill = invoice("INV-1", of("acme-web", "107.00"), tax="7.00")
    summary = month(account(bill)).books()
    assert month_summary.team_totals(summary) == [EarlierTotal("web", "THB", 10700, 10000)]


ACCEPTED = """
[[accepted]]
check = "invoice-arithmetic"
account = "1042"
up_to = "100"
until = "2026-09"
reason = "ticket 4711"
by = "finance@acme.example"
"""


@pytest.mark.parametrize(("config", "accepted"), [(TEAMS, 0), (TEAMS + ACCEPTED, 1)])
def test_it_says_how_the_month_stands_as_the_reconciliation_counts_it(config: str, accepted: int) -> None:
    wrong = invoice("INV-1", of("acme-web", "107.00"), tax="7.00", subtotal="90.00")
    unowned = invoice("INV-2", of("nobodys", "10.70"), tax="0.70")
    made = month(account(wrong, unowned), config=config)
    books = made.books()
    files = dict([*month_summary.files(books, made.settings), *reconciliation.files(books)])
    standing = archived_summary.read_figures(b"".join(files[archived_summary.PATH])).standing
    assert standing == archived_checks.read_checks(b"".join(files[archived_checks.PATH])).standing
    assert standing is not None
    assert (standing.accepted, standing.exceptions) == (accepted, len(exceptions(books)))
    assert len(standing.accepted_amounts) == accepted
