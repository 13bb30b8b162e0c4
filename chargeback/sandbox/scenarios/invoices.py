"""Invoices whose figures are wrong in themselves, or strange and right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chargeback.sandbox.records import Invoice, minor_digits, number
from chargeback.sandbox.scenario import OPEN, PARTS, PROJECT, SKU, TEN, TIE_OUT, Scenario, Setup, by_sku, editing, finds


def _list_row_differs(invoice: Invoice) -> Invoice:
    return replace(invoice, wrong_row={"total": number(invoice.total + TEN, minor_digits(invoice.currency))})


def _other_account_in_detail(setup: Setup) -> Setup:
    other = setup.account(PROJECT).id
    return setup.edited(OPEN, lambda invoice: replace(invoice, wrong_detail={"billingAccountId": other}))


def _subtotal_off(invoice: Invoice) -> Invoice:
    return replace(invoice, subtotal=invoice.subtotal + TEN)


def _fractional(invoice: Invoice) -> Invoice:
    """Half a satang and less besides: what rounds away in books is wrong on an invoice."""
    fields = {"subtotal": invoice.subtotal / 100 + 0.003, "taxAmount": invoice.tax / 100 - 0.003}
    return replace(invoice, wrong_row=fields, wrong_detail=fields)


def _noisy(invoice: Invoice) -> Invoice:
    """Amounts with the noise of float arithmetic, as `10.700000000000001`."""
    fields = {"total": invoice.total / 100 * (1 + 2**-52)}
    return replace(invoice, wrong_row=fields, wrong_detail=fields)


def _tax_off(invoice: Invoice) -> Invoice:
    return replace(invoice, subtotal=invoice.subtotal - TEN, tax=invoice.tax + TEN)


def _withholding_off(invoice: Invoice) -> Invoice:
    return replace(invoice, withholding=invoice.withholding + TEN)


def _header_above_lines(invoice: Invoice) -> Invoice:
    """A header of 10.70 more than the lines foot to, right in itself."""
    return replace(invoice, subtotal=invoice.subtotal + TEN, tax=invoice.tax + 70, total=invoice.total + TEN + 70)


def _quantity_off(invoice: Invoice) -> Invoice:
    first, *rest = invoice.lines
    return replace(invoice, lines=(replace(first, quantity=first.quantity + 10_000), *rest))


def _times_left_out(setup: Setup) -> Setup:
    """Each way of leaving out a time."""
    ways: tuple[dict[str, Any], ...] = (
        {"paidAt": "", "voidedAt": None},
        {"paidAt": None, "voidedAt": "", "receiptNumber": None},
        {"paidAt": "0001-01-01T00:00:00Z", "voidedAt": "0001-01-01T00:00:00Z"},
    )
    for position, fields in ((PROJECT, {"voidedAt": ""}), (SKU, ways[0]), (PARTS, {"voidedAt": None}), (OPEN, ways[1])):
        setup = setup.edited(position, lambda invoice, own=fields: replace(invoice, wrong_row=own, wrong_detail=own))  # type: ignore[misc]
    return setup


def _refused_detail(setup: Setup) -> Setup:
    ids = (setup.world.identity.invoice_id(OPEN, setup.month, slot) for slot in (0, 1))
    rules = (f"billing.getInvoice@{invoice_id}:error(api: internal error)" for invoice_id in ids)
    return replace(setup, faults=";".join(rules))


INVOICES: dict[str, Scenario] = {
    "invoice-identity": Scenario("the list shows another total than the invoice", editing(OPEN, _list_row_differs),
        finds("invoice-identity")),
    "invoice-of-another": Scenario("the invoice that comes back names another account", _other_account_in_detail,
        finds("invoice-identity", entails=("invoice-footing", "invoice-pdf", *TIE_OUT))),
    "invoice-refused": Scenario("the platform refuses the invoice's detail", _refused_detail,
        finds("invoice-identity", entails=("invoice-footing", *TIE_OUT))),
    "invoice-arithmetic": Scenario("subtotal and tax do not make the total", editing(OPEN, _subtotal_off),
        finds("invoice-arithmetic", "invoice-tax")),
    "fractional-amount": Scenario("amounts finer than the satang", editing(OPEN, _fractional),
        finds("invoice-arithmetic", entails=("invoice-tax",))),
    "float-noise": Scenario("amounts with the noise of floats", editing(OPEN, _noisy)),
    "invoice-tax": Scenario("tax is not 7 % of the subtotal", editing(OPEN, _tax_off), finds("invoice-tax")),
    "invoice-withholding": Scenario("more was withheld than 3 % of the subtotal", editing(PROJECT, _withholding_off),
        finds("invoice-withholding")),
    "invoice-footing": Scenario("the lines do not foot to the total", editing(OPEN, _header_above_lines),
        finds("invoice-footing")),
    "line-arithmetic": Scenario("quantity x price is not the line's amount",
        lambda setup: by_sku(setup).edited(SKU, _quantity_off), finds("line-arithmetic")),
    "missing-times": Scenario("times left out in every way", _times_left_out),
}  # fmt: skip
