"""``show --by open-items``: every invoice of the archive until a month's end, what is owed of it, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.job.sealing import archived_config
from chargeback.model.money import minor_digits
from chargeback.model.settlement import AGES, OpenItem, open_items
from chargeback.model.spreadsheet_text import csv_table
from chargeback.publish.pages.wording import minor
from chargeback.review.ledger_rows import written
from chargeback.review.revision_choice import chosen_revision, identity, title
from chargeback.review.terminal import Terminal, TerminalColumn, TextRow, readable, table_lines, wrapped

_COLUMNS = ("month", "account", "invoice", "document_date", "age", "age_group", "state", "accrued", "settled",
            "outstanding", "currency")  # fmt: skip

_TEXT_COLUMNS = (
    TerminalColumn("invoice", shrinks=True),
    TerminalColumn("account", shrinks=True),
    TerminalColumn("month"),
    TerminalColumn("state"),
    TerminalColumn("age", right=True),
    TerminalColumn("accrued", right=True),
    TerminalColumn("outstanding", right=True),
)


class ShownItems(Struct, frozen=True):
    """The items at the end of the revision's month; ``totals`` are the outstanding sums by currency and age group."""

    revision: Revision
    items: Sequence[OpenItem]

    @property
    def totals(self) -> Mapping[str, Mapping[str, int]]:
        """By currency, what is outstanding in each group of ages, in minor units."""
        found: dict[str, dict[str, int]] = {}
        for item in sorted(self.items, key=lambda item: item.currency):
            groups = found.setdefault(item.currency, dict.fromkeys(AGES, 0))
            groups[item.age_group] += item.outstanding
        return found

    def to_json(self) -> dict[str, Any]:
        """The items for machines: amounts as text with the currency's digits."""
        return {
            "schema": 1,
            **identity(self.revision),
            "by": "open-items",
            "rows": [dict(zip(_COLUMNS, _cells(item), strict=True)) | {"age": item.age} for item in self.items],
            "totals": [
                {
                    "currency": currency,
                    "outstanding": written(sum(groups.values()), currency),
                    "ages": {group: written(units, currency) for group, units in groups.items()},
                }
                for currency, groups in self.totals.items()
            ],
        }


def shown_items(root: Place, period: str | None) -> ShownItems:
    """The items at the end of a month, by default the latest, as the archive's latest revisions have them."""
    archive = Archive(root)
    revision = chosen_revision(archive, period)
    until = revision.name.period
    latest = {month: each for month, each in archive.latest_of_each().items() if month < until}
    months = [each.summary() for each in (*latest.values(), revision)]
    return ShownItems(revision, open_items(months, until, archived_config(revision).timezone))


def open_items_csv(shown: ShownItems) -> str:
    """The items, written as the ledgers are (INTERFACE)."""
    return csv_table(_COLUMNS, map(_cells, shown.items), ("age", "accrued", "settled", "outstanding"))


def open_items_lines(shown: ShownItems, terminal: Terminal) -> Iterator[str]:
    """A table a currency: the items that are not just settled, then what is owed by age."""
    until = shown.revision.name.period.last_day.isoformat()
    yield from wrapped(f"{title(shown.revision)}  open items on {until}", terminal, strong=True)
    for currency, groups in shown.totals.items():
        digits = minor_digits(currency)
        mine = [item for item in shown.items if item.currency == currency]
        rows = [TextRow(_shown_cells(item, digits)) for item in mine]
        last = TextRow((f"payable {readable(currency)}", *[""] * 5, minor(sum(groups.values()), digits)), strong=True)
        yield ""
        yield from table_lines(_TEXT_COLUMNS, [*rows, last], terminal)
        ages = "   ".join(f"{group} days {minor(units, digits)}" for group, units in groups.items() if units)
        yield from wrapped(ages or "nothing is owed", terminal)
    if not shown.items:
        yield ""
        yield "no invoice was accrued"


def _shown_cells(item: OpenItem, digits: int) -> tuple[str, ...]:
    names = (readable(item.invoice), readable(item.account), str(item.concerns), item.state.value, f"{item.age}")
    return (*names, minor(item.accrued, digits), minor(item.outstanding, digits))


def _cells(item: OpenItem) -> tuple[str, ...]:
    amounts = (written(units, item.currency) for units in (item.accrued, item.settled, item.outstanding))
    named = (str(item.concerns), item.account, item.invoice, item.document_date, f"{item.age}", item.age_group)
    return (*named, item.state.value, *amounts, item.currency)
