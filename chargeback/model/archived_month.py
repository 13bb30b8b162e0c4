"""An earlier month as its latest revision has it, and how a listed invoice differs from that (INTERFACE,
``prior-periods``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from chargeback.evidence import EarlierInvoice, EarlierMonth
from chargeback.evidence.period import Period
from chargeback.model.facts import ListedInvoice
from chargeback.model.invoice import InvoiceStatus, listed_total
from chargeback.model.money import format_minor, minor_digits


class ArchivedMonth(Struct, frozen=True):
    """The latest revision's invoices, by account and then by id."""

    period: Period
    title: str
    invoices: Mapping[str, Mapping[str, EarlierInvoice]]

    @classmethod
    def of(cls, month: EarlierMonth) -> ArchivedMonth:
        """The month, ready for looking invoices up."""
        invoices: dict[str, dict[str, EarlierInvoice]] = {}
        for invoice in month.invoices:
            invoices.setdefault(invoice.account, {})[invoice.invoice] = invoice
        return cls(month.period, f"{month.period} r{month.revision}", invoices)

    def find(self, account: str, row: ListedInvoice) -> EarlierInvoice | None:
        """The invoice of the row as the revision has it, None where it does not."""
        return self.invoices.get(account, {}).get(row.id)

    def no_longer_listed(self, account: str, rows: Iterable[ListedInvoice]) -> Iterator[EarlierInvoice]:
        """The account's issued invoices that are none of the rows that its list shows in this month: moved to another
        one, or gone."""
        listed = {row.id for row in rows}
        for identifier, invoice in self.invoices.get(account, {}).items():
            if not invoice.void and identifier not in listed:
                yield invoice


def difference(account: str, row: ListedInvoice, month: ArchivedMonth) -> str:
    """How a listed invoice differs from what the month's latest revision has, "" where it stands there as listed.

    One that is void and never stood there as issued makes no difference: no revision could hold anything new. Nor does
    one of an unknown status: what it means nobody knows.
    """
    if row.unknown_status:
        return ""
    archived = month.find(account, row)
    void = row.status is InvoiceStatus.VOID
    if void and (archived is None or archived.void):
        return ""
    if archived is None:
        return f"{row.label} is not in {month.title}: run --catch-up books it"
    if archived.void != void:
        now = "void now, and issued" if void else "issued now, and void"
        return f"{row.label} is {now} in {month.title}: run --catch-up books it"
    total, currency = listed_total(row.row, archived.currency), row.row.currency or archived.currency
    if total is None or (total, currency) == (archived.total, archived.currency or currency):
        return ""
    before = format_minor(archived.total, minor_digits(archived.currency))
    return (
        f"{row.label} is {format_minor(total, minor_digits(currency))} {currency} now, "
        f"{before} {archived.currency} in {month.title}: run --catch-up books it"
    )
