"""Invoices that are missing, void, drafts, late, credited, or over nothing, as time goes by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Books, Invoice, Line
from chargeback.sandbox.scenario import OPEN, PARTS, TEN, TIE_OUT, Scenario, Setup, editing, ends, finds, scaled
from chargeback.sandbox.timeline import LATE_SLOT, credit_note, edited, extra, in_month, issued, supplement, voiding
from chargeback.sandbox.world import World


def _missing(setup: Setup, month: Month) -> Setup:
    account = setup.account(OPEN).id
    return setup.changed(in_month(account, month, lambda world, books: replace(books, invoices=())))


def _all_void(setup: Setup, month: Month) -> Setup:
    moment = month.end(setup.world.zone) + (setup.now - setup.month.end(setup.world.zone)) / 2
    return setup.changed(voiding(setup.account(OPEN).id, month, moment))


def _draft_only(setup: Setup) -> Setup:
    return _issued_in(setup, 4)


def _issued_in(setup: Setup, days: int) -> Setup:
    return setup.changed(issued(setup.account(OPEN).id, setup.month, setup.now + timedelta(days=days)))


def _credited(setup: Setup) -> Setup:
    moment = setup.now - timedelta(minutes=5)
    return setup.changed(credit_note(setup.account(OPEN).id, setup.month, moment, 10 * TEN))


def _drafts_shown(setup: Setup) -> Setup:
    return replace(setup, world=replace(setup.world, drafts_shown=True))


def _draft_beside(setup: Setup) -> Setup:
    """A draft that is still changing beside the issued invoice."""
    moment = setup.now + timedelta(days=3)

    def older(invoice: Invoice) -> Invoice:
        return replace(invoice, created_at=setup.now - timedelta(hours=1)) if invoice.issued_at == moment else invoice

    account = setup.account(OPEN).id
    with_draft = setup.changed(extra(account, setup.month, moment, TEN))
    every = in_month(account, setup.month, lambda world, books: replace(books, invoices=_each(books, older)))
    return _drafts_shown(with_draft.changed(every))


def _disputed(invoice: Invoice) -> Invoice:
    fields = {"status": "disputed"}
    return replace(invoice, wrong_row=fields, wrong_detail=fields)


def _each(books: Books, change: Callable[[Invoice], Invoice]) -> tuple[Invoice, ...]:
    return tuple(change(invoice) for invoice in books.invoices)


def _zero(setup: Setup) -> Setup:
    def change(world: World, books: Books) -> Books:
        lines = tuple(
            Line(project.name, 0, project_id=project.id, project=project.sid)
            for project in world.projects_of(books.account.id)
        )
        moment = world.issue_delay + books.month.end(world.zone)
        return replace(books, invoices=(supplement(world, books, moment, lines, LATE_SLOT),))

    return setup.metered(scaled(setup, 0)).changed(in_month(setup.account(OPEN).id, setup.month, change))


def _voided_since(setup: Setup) -> Setup:
    moment = setup.month.end(setup.world.zone) + timedelta(minutes=30)
    return setup.changed(voiding(setup.account(OPEN).id, setup.month.plus(-1), moment))


def _late_for_last_month(setup: Setup) -> Setup:
    moment = setup.month.end(setup.world.zone) + timedelta(minutes=30)
    return setup.changed(extra(setup.account(OPEN).id, setup.month.plus(-1), moment, TEN))


LIFECYCLE: dict[str, Scenario] = {
    "zero-invoice": Scenario("a month without cost, and an invoice over nothing", _zero),
    "negative-invoice": Scenario("a month of refunds: report and invoice are negative",
        lambda setup: setup.metered(scaled(setup, -100)), finds("report-resource", entails=("invoice-cutoff",))),
    "credit-note": Scenario("a credit note for the month that the report does not know",
        _credited,
        finds("report-total", "report-project", entails=("invoice-cutoff",))),
    "history-doubles": Scenario("an account's cost doubles", lambda setup: setup.metered(scaled(setup, 200)), runs=2),
    "late-invoice": Scenario("an invoice for a month that was booked already", _late_for_last_month,
        finds("prior-periods"), runs=2),
    "voided-since": Scenario("an invoice booked last month is void now", _voided_since, finds("prior-periods"), runs=2),
    "missing-invoice": Scenario("an account without an invoice although it has cost",
        lambda setup: _missing(setup, setup.month), ends(4)),
    "missing-invoice-late": Scenario("no invoice for a month long over",
        lambda setup: _missing(setup, setup.month.plus(-1)),
        finds("report-period", "invoice-issued"), finds("invoice-issued"), months_back=1),
    "all-void": Scenario("every invoice of an account is void", lambda setup: _all_void(setup, setup.month), ends(4)),
    "all-void-late": Scenario("only void invoices for a month long over",
        lambda setup: _all_void(setup, setup.month.plus(-1)),
        finds("invoice-issued", "report-period"), finds("invoice-issued"), months_back=1),
    "not-ready": Scenario("only a draft, which the platform hides", _draft_only, ends(4)),
    "draft-only": Scenario("only a draft, which the platform shows",
        lambda setup: _drafts_shown(_draft_only(setup)), ends(4)),
    "draft-beside": Scenario("a draft beside an issued invoice", _draft_beside),
    "late-issue": Scenario("an invoice that is issued two months late",
        lambda setup: _issued_in(setup, 56), ends(4)),
    "unknown-status": Scenario("a status that nobody knows",
        editing(OPEN, _disputed),
        ends(6)),
    "unknown-status-before": Scenario("an invoice of the month before has a status that nobody knows",
        lambda setup: setup.changed(edited(setup.account(OPEN).id, setup.month.plus(-1), _disputed))),
    "void-in-detail": Scenario("open in the list, void in the detail",
        editing(PARTS, lambda invoice: replace(invoice, wrong_detail={"status": "void"}), 1),
        finds("invoice-identity", entails=("invoice-cutoff", *TIE_OUT))),
}  # fmt: skip
