"""What a new revision changes against the one before it, team by team, and why (BOOKING 7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import attrgetter

from chargeback.archive.boundary import interpreting
from chargeback.archive.revision import Revision
from chargeback.config import Config
from chargeback.errors import ChargebackError
from chargeback.evidence import EarlierTotal, RestatedTotal
from chargeback.evidence.records import REASONS, Reason
from chargeback.job.reperformed_revision import NEED_EARLIER
from chargeback.job.restatement_events import Restated, configuration_events, invoice_events, split_events
from chargeback.job.sealing import archived_config
from chargeback.model.books import Books
from chargeback.model.check import Check, Code
from chargeback.model.ledger import by_team
from chargeback.model.money import format_minor, minor_digits
from chargeback.model.totals import gross_by
from chargeback.month_end import close_month
from chargeback.publish import month_summary

_UNNEEDED: dict[Code, tuple[Check, ...]] = dict.fromkeys(NEED_EARLIER, ())
"""Checks that look at earlier months: here the totals count alone, and nobody reads those months."""

Totals = Counter[tuple[str, str]]
Step = tuple[tuple[Reason, ...], Totals, Totals]
"""What may have changed between two sets of totals, and both of them."""


def change_row(change: RestatedTotal) -> dict[str, str]:
    """The change as INTERFACE's JSON has it: amounts as text with the minor digits."""
    digits = minor_digits(change.currency)
    return {
        "team": change.team,
        "currency": change.currency,
        "before": format_minor(change.before, digits),
        "after": format_minor(change.after, digits),
        "difference": format_minor(change.after - change.before, digits),
        "reason": ", ".join(change.why),
    }


def restated(books: Books, config: Config, latest: Revision | None) -> Restated:
    """Each team and currency whose gross differs from the latest revision's, and the events that explain it."""
    if latest is None:
        return Restated()
    summary = latest.summary()
    before: Totals = gross_by(summary.totals, attrgetter("team", "currency"))
    after, net = _totals(books), _nets(summary.totals, month_summary.team_totals(books))
    happened = invoice_events(books, latest, config.timezone)
    differing = [key for key in sorted({*before, *after}) if before[key] != after[key]]
    if not differing:
        return Restated((), tuple(happened))
    between = _between(config, latest)
    steps = _steps(before, after, between)
    changes = tuple(
        RestatedTotal(*key, before[key], after[key], _reasons(key, steps), "", *net.get(key, (None, None)))
        for key in differing
    )
    if between is not None:
        by_version, by_configuration = between
        happened += configuration_events(by_version, by_configuration)
        happened += split_events(by_configuration, books, happened)
    return Restated(changes, tuple(happened))


def _between(config: Config, latest: Revision) -> tuple[Books, Books] | None:
    """The old evidence closed by this version, with the old configuration and with this one; None where this version
    cannot read the old configuration any more."""
    evidence = latest.evidence()
    try:
        with interpreting(latest.root):
            configured = archived_config(latest)
            return close_month(evidence, configured, _UNNEEDED), close_month(evidence, config, _UNNEEDED)
    except ChargebackError:
        return None


def _nets(
    before: Iterable[EarlierTotal], after: Iterable[EarlierTotal]
) -> Mapping[tuple[str, str], tuple[int | None, int | None]]:
    """By team and currency the net on both sides, 0 where a side lacks it; none where the one before has no nets."""
    sides = [{(total.team, total.currency): total.net for total in side} for side in (before, after)]
    if None in sides[0].values():
        return {}
    return {key: (sides[0].get(key, 0), sides[1].get(key, 0)) for key in {**sides[0], **sides[1]}}


def _totals(books: Books) -> Totals:
    return gross_by(books.ledger.every_part(), by_team)


def _steps(before: Totals, after: Totals, between: tuple[Books, Books] | None) -> list[Step]:
    """(reasons, totals before it, totals after it): the old evidence with this version, then with this configuration.

    Where that could not be closed, all three are named: none can be ruled out.
    """
    if between is None:
        return [(REASONS, before, after)]
    by_version, by_configuration = map(_totals, between)
    return [
        (("version",), before, by_version),
        (("configuration",), by_version, by_configuration),
        (("evidence",), by_configuration, after),
    ]


def _reasons(key: tuple[str, str], steps: Iterable[Step]) -> tuple[Reason, ...]:
    found = {reason for reasons, before, after in steps if before[key] != after[key] for reason in reasons}
    return tuple(reason for reason in REASONS if reason in found)
