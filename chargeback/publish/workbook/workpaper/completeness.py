"""The lower half of *Cut-off and completeness*: every listed invoice is here or a draft; every document is kept."""

from __future__ import annotations

from chargeback.evidence import DocumentRecord
from chargeback.model.check import Check, Code, Outcome
from chargeback.model.invoice import Status
from chargeback.publish.workbook.sections import Column, Sections
from chargeback.publish.workbook.workpaper.invoices_sheet import INVOICES
from chargeback.publish.workbook.workpaper.plan import FIRST, AccountPlan, Plan
from chargeback.publish.workbook.workpaper.sheet import AGREES, DIFFERS
from chargeback.publish.xlsx.cells import Cells
from chargeback.publish.xlsx.styles import COUNT, INTEGER, Kind, look

COLUMNS = "ABCDEFGHIJKL"
OUTCOMES = {
    Outcome.PASS: Kind.GOOD,
    Outcome.EXCEPTION: Kind.BAD,
    Outcome.ACCEPTED: Kind.KNOWN,
    Outcome.NOTICE: Kind.QUIET,
}


def section_head(sections: Sections, heading: str, note: str, texts: dict[str, str], numbers: str = "A") -> None:
    """A section's heading, a sentence about it, and its columns; ``numbers`` are those that hold numbers."""
    sections.section(heading, COLUMNS, note)
    sections.header([Column(letters, texts.get(letters, ""), letters in numbers) for letters in COLUMNS], 30)


def account_cells(cells: Cells, account: AccountPlan) -> list[str]:
    """The account's number and id."""
    return [cells.number("A", str(account.number), look(Kind.QUIET, INTEGER)), cells.text("B", account.account, look())]


def add_completeness(sections: Sections, plan: Plan) -> None:
    """One row an account: the invoices listed for the month are on *Invoices*, or drafts."""
    headings = {
        "A": "No.", "B": "Account", "C": "Why it is ready", "D": "Listed for the month", "E": "Drafts, not fetched",
        "F": "On Invoices", "G": "of these void", "H": "of these booked", "I": "Missing", "K": "Complete",
        "L": "The account among the archive's accounts",
    }  # fmt: skip
    note = "Listed: rows of billing.listInvoices whose period lies mostly in the month."
    section_head(sections, "4 Completeness of the accounts' invoices", note, headings, "ADEFGHI")
    news = {check.account: check.message for check in plan.books.checks if check.code is Code.ACCOUNT_SET}
    for account in plan.accounts:
        _complete(sections, plan, account, news)
    if "" in news:
        sections.add([sections.cells.text("B", news[""], look(Kind.NOTE))])
    sections.gap()


def _complete(sections: Sections, plan: Plan, account: AccountPlan, news: dict[str, str]) -> None:
    cells, row, count = sections.cells, sections.next, look(Kind.PLAIN, COUNT)
    facts = account.posting.month.facts
    listed = sum(found.month == plan.books.period for found in facts.listed)
    here = len(account.invoices)
    void = sum(invoice.invoice.status is Status.VOID for invoice in account.invoices)
    numbers = INVOICES.range("A", FIRST, max(plan.last.get("invoices", FIRST), FIRST))
    missing = listed - facts.drafts - here
    sections.add(
        [
            *account_cells(cells, account),
            cells.text("C", account.posting.month.ground.value, look()),
            cells.number("D", str(listed), count),
            cells.number("E", str(facts.drafts), count),
            cells.formula("F", f"COUNTIF({numbers},A{row})", here, count),
            cells.number("G", str(void), count),
            cells.formula("H", f"F{row}-G{row}", here - void, count),
            cells.formula("I", f"D{row}-E{row}-F{row}", missing, count),
            cells.formula(
                "K", f'IF(I{row}=0,"{AGREES}","{DIFFERS}")', DIFFERS if missing else AGREES, look(Kind.VERDICT)
            ),
            cells.text("L", news.get(account.account, ""), look()),
        ]
    )


def add_documents(sections: Sections, plan: Plan) -> None:
    """One row a check of a document, with the file that is kept."""
    headings = {
        "A": "No.", "B": "Account", "C": "Invoice", "D": "Document", "E": "Names the number", "F": "Names the total",
        "G": "File", "K": "Outcome", "L": "What was found",
    }  # fmt: skip
    section_head(sections, "5 Documents", "Each booked invoice's PDF, and the receipt of a paid one.", headings)
    accounts = {account.account: account for account in plan.accounts}
    records = {
        (record.account, record.number or record.invoice, record.kind): record
        for record in plan.books.posting.run.documents
    }
    for check in plan.books.checks:
        if check.code is Code.INVOICE_PDF and check.account in accounts:
            record = records.get((check.account, check.invoice, check.subject_name or "invoice"))
            sections.add(_document(sections.cells, accounts[check.account], check, record))
    sections.gap()


def _document(cells: Cells, account: AccountPlan, check: Check, record: DocumentRecord | None) -> list[str]:
    named = ("", "") if record is None or record.outcome != "read" else (record.names_number, record.names_total)
    words = [{True: "yes", False: "no"}.get(bool(name), "") if name != "" else "" for name in named]
    texts = (check.invoice, check.subject_name or "invoice", *words, record.path or "none" if record else "none")
    return [
        *account_cells(cells, account),
        *(cells.text(letters, text, look()) for letters, text in zip("CDEFG", texts, strict=True)),
        cells.text("K", check.outcome.value, look(OUTCOMES[check.outcome])),
        cells.text("L", check.sentence, look()),
    ]
