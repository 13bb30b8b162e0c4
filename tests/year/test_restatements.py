"""Whoever books the first journal of a month and then every change has the latest revision's balances: by beancount."""

from __future__ import annotations

import pytest

from chargeback.sandbox import Month, instant
from chargeback.sandbox.timeline import credit_note, paying, voiding

from . import beans, ledgers
from .conftest import Opening

MAY = Month(2026, 5)


@pytest.mark.skipif(not beans.INSTALLED, reason="beancount is not installed: pip install beancount")
def test_the_first_journal_and_every_change_are_the_latest_journal(opening: Opening) -> None:
    office = opening(
        paying("1045", MAY, instant("2026-06-08T00:00:00Z")),
        voiding("1043", MAY, instant("2026-07-02T00:00:00Z"), instant("2026-07-04T00:00:00Z")),
        credit_note("1044", MAY, instant("2026-07-03T00:00:00Z"), 10_700),
    )
    for moment in ("2026-06-05", "2026-06-09", "2026-07-03", "2026-07-05"):
        office.run_at(f"{moment}T03:00:00Z")
    office.shared = "even"
    office.run_at("2026-07-06T03:00:00Z", catch_up=False)
    revisions = ledgers.months(office.archive)
    assert {month: len(found) for month, found in revisions.items()} == {"2026-05": 3, "2026-06": 2}
    for found in revisions.values():
        assert beans.replayed(found) == beans.latest(found)
        assert len(found) > 1
        assert all(ledgers.journal(each / "exports/journal-change.csv") for each in found[1:])


def test_a_revision_that_moves_no_money_changes_no_journal(opening: Opening) -> None:
    office = opening()
    office.run_at("2026-06-05T03:00:00Z")
    office.changes = {"[environments]\n": '[environments]\nplayground = "acme-data-*"\n'}
    ended = office.run_at("2026-06-06T03:00:00Z")
    assert (ended.results[0].written, ended.results[0].changes) == (True, ())
    assert list(ledgers.rows(office.archive / "2026-05/r2/exports/journal-change.csv")) == []
