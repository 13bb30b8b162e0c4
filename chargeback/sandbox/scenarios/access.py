"""Documents, accounts and credentials that are not there, not yet, or no longer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from chargeback.sandbox.credentials import TOKEN, Credential, Projects
from chargeback.sandbox.makers import small_world
from chargeback.sandbox.months import Month
from chargeback.sandbox.records import Account, Row
from chargeback.sandbox.scenario import OPEN, PARTS, Scenario, Setup, ends, finds
from chargeback.sandbox.world import Absent, Away, DocumentsAway, Event, Inactive


def _document(position: int, state: str) -> Callable[[Setup], Setup]:
    return lambda setup: setup.edited(position, lambda invoice: replace(invoice, document=state))


def _happening(make: Callable[[Setup], Event]) -> Callable[[Setup], Setup]:
    return lambda setup: replace(setup, world=setup.world.happening(make(setup)))


def _credential(**fields: object) -> Callable[[Setup], Setup]:
    credential = Credential(**{"token": TOKEN, "role": "accountant", **fields})  # type: ignore[arg-type]
    return lambda setup: replace(setup, credentials=(credential,))


def _projects(shown: Projects) -> Callable[[Setup], Setup]:
    return _credential(projects=shown)


def _faulty(spec: str) -> Callable[[Setup], Setup]:
    return lambda setup: replace(setup, faults=spec)


def _new_account(setup: Setup) -> Setup:
    """Account 3 is there since the month began and used nothing before."""
    start = setup.month.start(setup.world.zone)

    def change(account: Account, month: Month, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        return () if account.position == OPEN and month < setup.month else rows

    event = Absent(start - timedelta(days=3650), start, account=setup.account(OPEN).id)
    return replace(setup.metered(change), world=setup.metered(change).world.happening(event))


def _gone(setup: Setup, message: str = "api: billing account not found") -> Event:
    return Absent(setup.month.end(setup.world.zone), account=setup.account(OPEN).id, message=message)


def _always(setup: Setup) -> Event:
    return Away(setup.month.end(setup.world.zone))


def _inactive(invoices_refused: bool) -> Callable[[Setup], Setup]:
    def make(setup: Setup) -> Event:
        return Inactive(
            setup.month.end(setup.world.zone), account=setup.account(OPEN).id, invoices_refused=invoices_refused
        )

    return _happening(make)


def _one_left_out(setup: Setup) -> Setup:
    visible = frozenset(account.id for account in setup.world.accounts if account.position != OPEN)
    return _credential(accounts=visible)(setup)


def _currencies(setup: Setup) -> Setup:
    world = small_world(
        setup.world.seed, now=setup.now, spelling=setup.world.identity.spelling, zone=setup.world.zone, currencies=True
    )
    return replace(setup, world=world)


ACCESS: dict[str, Scenario] = {
    "clean": Scenario("everything is right", lambda setup: setup),
    "several-currencies": Scenario("accounts in THB, JPY and KWD", _currencies),
    "pdf-missing": Scenario("an invoice's PDF cannot be had", _document(OPEN, "missing"), finds("invoice-pdf")),
    "pdf-other": Scenario("the PDF is of another invoice", _document(OPEN, "other"), finds("invoice-pdf")),
    "pdf-unreadable": Scenario("the PDF is a page of HTML", _document(OPEN, "unreadable"), finds("invoice-pdf")),
    "pdf-scanned": Scenario("the PDF has no text", _document(OPEN, "scanned")),
    "pdf-wrong-total": Scenario("the PDF shows another total", _document(OPEN, "wrong-total"), finds("invoice-pdf")),
    "receipt-missing": Scenario("a paid invoice's receipt cannot be had", _document(PARTS, "receipt-missing"),
        finds("invoice-pdf")),
    "documents-away": Scenario("no PDF can be had",
        _happening(lambda setup: DocumentsAway(setup.month.end(setup.world.zone))), finds("invoice-pdf")),
    "account-missing": Scenario("an account disappears", _happening(_gone), ends(5), runs=2),
    "account-forbidden": Scenario("an account is listed no longer, and refused",
        _happening(lambda setup: _gone(setup, "api: forbidden")), ends(5), runs=2),
    "account-new": Scenario("an account appears", _new_account, runs=2),
    "account-invisible": Scenario("the credential does not see an account that is configured", _one_left_out, ends(5)),
    "inactive-account": Scenario("an account that was billed before is inactive and refused", _inactive(True),
        finds("invoice-issued"), runs=2),
    "inactive-with-invoices": Scenario("an inactive account whose invoices are still listed", _inactive(False),
        finds("report-period")),
    "no-permission": Scenario("a role that may not read billing", _credential(role="viewer"), ends(5)),
    "expired-token": Scenario("a token that has expired",
        lambda setup: _credential(valid_until=setup.now - timedelta(hours=1))(setup), ends(5)),
    "few-projects": Scenario("an accountant sees only some projects", _projects("few")),
    "no-projects": Scenario("an accountant sees no projects", _projects("none")),
    "refused-projects": Scenario("project.list is refused", _projects("refused")),
    "platform-away": Scenario("the platform answers 503 all the time", _happening(_always), ends(6)),
    "page-token": Scenario("the list of invoices says that there is more",
        _faulty("billing.listInvoices:page-token"), ends(6)),
    "html-answers": Scenario("reports come as HTML", _faulty("billing.report:html200"), ends(6)),
    "restless": Scenario("now and then a 503, a 429 or a cut connection, all of it repaired by trying again",
        _faulty("billing.report:503*2;billing.getInvoice:429(retry-after=0)*2;billing.listInvoices:reset*1;pdf:500*2")),
}  # fmt: skip
