"""A year in which something happens every month, for tests that let months pass.

By month from the first one (0), each about one account of the small world (0 paid at once with withholding, 1 by SKU
until June 2026, 2 two invoices a month, 3 open). Days are counted from that month's end:

    0   nothing                                            6   account 3 is issued three months late
    1   account 3 is void on day 20, replaced on day 25    7   no PDF can be had until day 7
    2   account 1 is issued on the 12th                    8   account 1's withholding is recorded 30 days after payment
    3   the platform is away on days 0 to 4                9   account 2 gets one more invoice for month 7, on day 3
    4   account 2 is gone on days 0 to 40, then back       10  account 1 is inactive on days 0 to 10
    5   account 0 gets a credit note of 107.00 on day 3    11  nothing
"""

from __future__ import annotations

from datetime import datetime

from chargeback.sandbox.events import Absent, Away, DocumentsAway, Event, Inactive
from chargeback.sandbox.months import Month, days_after
from chargeback.sandbox.timeline import credit_note, extra, issued, voiding, withholding
from chargeback.sandbox.world import World

CREDIT = 10_700  # minor units, gross
NO_PDF_NOW = "api: could not generate the invoice pdf, please try again"


def eventful_year(world: World, first: Month) -> World:
    """The world with that year's events, from the first month on."""

    def moment(month: int, days: float) -> datetime:
        return days_after(first.plus(month).end(world.zone), days)

    paid_first, by_sku, parts, open_ = (account.id for account in world.accounts[:4])
    changed = world.changed(
        voiding(open_, first.plus(1), moment(1, 20), moment(1, 25)),
        issued(by_sku, first.plus(2), moment(2, 11.25)),
        credit_note(paid_first, first.plus(5), moment(5, 3), CREDIT),
        issued(open_, first.plus(6), moment(9, 1.25)),
        withholding(by_sku, first.plus(8), moment(8, 46)),
        extra(parts, first.plus(7), moment(9, 3), CREDIT),
    )
    happenings: tuple[Event, ...] = (
        Away(moment(3, 0), moment(3, 4)),
        Absent(moment(4, 0), moment(4, 40), account=parts),
        DocumentsAway(moment(7, 0), moment(7, 7), message=NO_PDF_NOW),
        Inactive(moment(10, 0), moment(10, 10), account=by_sku),
    )
    return changed.happening(*happenings)
