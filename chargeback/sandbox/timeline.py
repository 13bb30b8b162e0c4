"""Changes to one account's month, to be given to `World.changed`: when invoices are issued, voided, paid, credited.

Each takes the account's id and the month it concerns and leaves every other month alone. `part` chooses the invoice
among those of the month that are not void, in order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from chargeback.sandbox.billing import DRAFT_AHEAD, header, paid, replaced
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Books, Invoice, Line
from chargeback.sandbox.world import BooksChange, World

REPLACEMENT_SLOT = 5
CREDIT_SLOT = 6
LATE_SLOT = 7


def in_month(account_id: str, month: Month, change: Callable[[World, Books], Books]) -> BooksChange:
    """The change, done to one account's month only."""

    def limited(world: World, books: Books) -> Books:
        return change(world, books) if (books.account.id, books.month) == (account_id, month) else books

    return limited


def edited(
    account_id: str, month: Month, edit: Callable[[Invoice], Invoice], part: int = 0, every: bool = False
) -> BooksChange:
    """One invoice of the month (or every one) replaced by what `edit` makes of it."""

    def change(world: World, books: Books) -> Books:
        standing = [invoice for invoice in books.invoices if invoice.voided_at is None]
        chosen = standing if every else standing[part : part + 1]
        invoices = (edit(invoice) if invoice in chosen else invoice for invoice in books.invoices)
        return replace(books, invoices=tuple(invoices))

    return in_month(account_id, month, change)


def issued(account_id: str, month: Month, moment: datetime, part: int = 0) -> BooksChange:
    """The invoice is issued at that instant; its payment moves along."""

    def edit(invoice: Invoice) -> Invoice:
        payment = invoice.paid_at - invoice.issued_at if invoice.paid_at else None
        moved = replace(invoice, issued_at=moment, created_at=min(invoice.created_at, moment - DRAFT_AHEAD))
        return paid(moved, moment + payment if payment is not None else None)

    return edited(account_id, month, edit, part)


def paying(account_id: str, month: Month, moment: datetime | None, part: int = 0) -> BooksChange:
    """The invoice is paid at that instant (None: never), its withholding recorded then."""
    return edited(account_id, month, lambda invoice: paid(invoice, moment), part)


def withholding(account_id: str, month: Month, moment: datetime | None, part: int = 0) -> BooksChange:
    """The withholding is recorded at that instant, whenever the invoice was paid."""
    return edited(account_id, month, lambda invoice: replace(invoice, withheld_at=moment), part)


def voiding(
    account_id: str, month: Month, voided_at: datetime, replaced_at: datetime | None = None, part: int = 0
) -> BooksChange:
    """The invoice is void from an instant, and, if so wished, replaced by an equal one issued at another."""

    def change(world: World, books: Books) -> Books:
        invoice = [invoice for invoice in books.invoices if invoice.voided_at is None][part]
        new: tuple[Invoice, ...] = (replace(paid(invoice, None), voided_at=voided_at),)
        if replaced_at is not None:
            new = replaced(invoice, voided_at, replaced_at, world.identity, REPLACEMENT_SLOT)
        return replace(books, invoices=(*(other for other in books.invoices if other is not invoice), *new))

    return in_month(account_id, month, change)


def voided_after_payment(account_id: str, month: Month, voided_at: datetime, part: int = 0) -> BooksChange:
    """The invoice is void from an instant, whether it was paid before or not."""
    return edited(account_id, month, lambda invoice: replace(invoice, voided_at=voided_at), part)


def extra(account_id: str, month: Month, moment: datetime, amount: int, slot: int = LATE_SLOT) -> BooksChange:
    """One more invoice for the month, over the gross amount (minor units) on its first project, issued at an instant.

    A negative amount makes a credit note.
    """

    def change(world: World, books: Books) -> Books:
        project = world.projects_of(account_id)[0]
        lines = (Line(project.name, amount, project_id=project.id, project=project.sid),)
        invoice = supplement(world, books, moment, lines, slot)
        return replace(books, invoices=(*books.invoices, invoice))

    return in_month(account_id, month, change)


def credit_note(account_id: str, month: Month, moment: datetime, amount: int) -> BooksChange:
    """A credit note for the month over a gross amount (minor units, positive), issued at an instant."""
    return extra(account_id, month, moment, -amount, CREDIT_SLOT)


def supplement(world: World, books: Books, moment: datetime, lines: tuple[Line, ...], slot: int) -> Invoice:
    """An open invoice for the whole month with these lines."""
    subtotal, tax, total = header(books.account, lines)
    position = books.account.position
    return Invoice(
        id=world.identity.invoice_id(position, books.month, slot),
        number=world.identity.invoice_number(position, books.month, slot),
        receipt_number=world.identity.receipt_number(position, books.month, slot),
        account=books.account, month=books.month,
        start=books.month.start(world.zone), end=books.month.end(world.zone),
        lines=lines, subtotal=subtotal, tax=tax, total=total, withholding=0,
        created_at=moment - DRAFT_AHEAD, issued_at=moment,
    )  # fmt: skip
