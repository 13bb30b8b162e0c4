"""What a new revision changes against the one before it, team by team, and why (BOOKING 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chargeback.archive.boundary import interpreting
from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.errors import ChargebackError
from chargeback.evidence import RestatedTotal
from chargeback.job.sealing import archived_config
from chargeback.model.books import Books
from chargeback.model.money import format_minor, minor_digits
from chargeback.month_end import close_month
from chargeback.publish import month_summary

Totals = Counter[tuple[str, str]]


def change_row(change: RestatedTotal) -> dict[str, str]:
    """The change as INTERFACE's JSON has it: amounts as text with the minor digits."""
    digits = minor_digits(change.currency)
    return {
        "team": change.team,
        "currency": change.currency,
        "before": format_minor(change.before, digits),
        "after": format_minor(change.after, digits),
        "difference": format_minor(change.after - change.before, digits),
        "reason": change.reason,
    }


def changes(books: Books, config: Config, latest: Revision) -> tuple[RestatedTotal, ...]:
    """Each team and currency whose gross differs from the latest revision's; none where only other things do."""
    summary = latest.interpret(month_summary.PATH, month_summary.read)
    before: Totals = Counter({(total.team, total.currency): total.gross for total in summary.totals})
    after = _totals(books)
    differing = [key for key in sorted({*before, *after}) if before[key] != after[key]]
    if not differing:
        return ()
    steps = _steps(before, after, config, latest)
    return tuple(
        RestatedTotal(team, currency, before[team, currency], after[team, currency], _reason((team, currency), steps))
        for team, currency in differing
    )


def _totals(books: Books) -> Totals:
    return Counter({(total.team, total.currency): total.gross for total in month_summary.team_totals(books)})


def _steps(before: Totals, after: Totals, config: Config, latest: Revision) -> list[tuple[str, Totals, Totals]]:
    """(reason, totals before it, totals after it): the old evidence with this version, then with this configuration.

    Where this version cannot read the old configuration any more, all three are named: none can be ruled out.
    """
    evidence = latest.evidence()
    try:
        with interpreting(latest.root):
            by_version = _totals(close_month(evidence, archived_config(latest)))
            by_configuration = _totals(close_month(evidence, config))
    except ChargebackError:
        return [("evidence, configuration, version", before, after)]
    return [
        ("version", before, by_version),
        ("configuration", by_version, by_configuration),
        ("evidence", by_configuration, after),
    ]


def _reason(key: tuple[str, str], steps: Iterable[tuple[str, Totals, Totals]]) -> str:
    found = [reason for reason, before, after in steps if before[key] != after[key]]
    return ", ".join(reversed(found))
