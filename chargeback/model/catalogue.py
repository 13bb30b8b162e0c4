"""The catalogue of checks: all that people read of one, in one entry, from which all that names checks is made.

A new check is an entry here, its function in ``reconcile`` and its line in the register there.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from msgspec import Struct

from chargeback.model.check import Code

_ASK = "Ask the platform's support, with the invoice number and the figures given here"
_ACCEPT = "if the difference is known and right, have it recorded who answers for it"
_RUN_AGAIN = "Run the month again: what was corrected meanwhile is fetched."


class Family(StrEnum):
    """What a check is about, in the words by which findings are chosen."""

    TIE_OUT = "report and invoices"
    INVOICE = "the invoices themselves"
    CUT_OFF = "months and accounts"
    OWNERSHIP = "teams and owners"
    PAYMENT = "payments and journal"
    DOCUMENT = "documents"

    @property
    def key(self) -> str:
        """Its name in the page and the style sheet."""
        return self.name.lower().replace("_", "-")


class CatalogueEntry(Struct, frozen=True):
    """What people read of a check.

    ``title``: what an exception of it means, as a heading. ``family``: what it is about. ``holds_when``: when it
    passes. ``remedy``: what a person of finance does next. ``operator``: what the operator of the job does, in the
    words of configuration and commands. ``look_at``: where an auditor looks, sheets of the workpaper first.
    ``has_variance``: it has one, be it only the amount that it leaves untied, so an acceptance needs ``up_to``.
    ``is_accepted``: an exception of it can be.
    """

    title: str
    family: Family
    holds_when: str
    remedy: str
    look_at: str
    operator: str = ""
    has_variance: bool = False
    is_accepted: bool = True


CATALOGUE: Mapping[Code, CatalogueEntry] = MappingProxyType(
    {
        Code.INVOICE_ISSUED: CatalogueEntry(
            title="Invoice not issued as expected",
            family=Family.CUT_OFF,
            holds_when="the account is ready, and nothing speaks against it",
            remedy=f"Find out why there is no invoice, or why there is one; {_ACCEPT}.",
            operator=_RUN_AGAIN,
            look_at="Cut-off and completeness, section Completeness",
            has_variance=True,
        ),
        Code.INVOICE_IDENTITY: CatalogueEntry(
            title="Invoice and its listing disagree",
            family=Family.INVOICE,
            holds_when="what came back is the invoice asked for, of this account; list row and detail agree",
            remedy=f"{_ASK}, which of the two is right; until then the detail counts, else the list row.",
            look_at="Invoices, last column; both answers in Evidence",
            has_variance=True,
        ),
        Code.INVOICE_ARITHMETIC: CatalogueEntry(
            title="Invoice does not add up",
            family=Family.INVOICE,
            holds_when="subtotal + tax = total, in minor units",
            remedy=f"{_ASK}, and for a corrected invoice; total and tax are what is booked.",
            look_at="Invoices, columns Subtotal to Arithmetic",
            has_variance=True,
        ),
        Code.INVOICE_TAX: CatalogueEntry(
            title="Tax does not follow from the rate",
            family=Family.INVOICE,
            holds_when="subtotal × rate rounds to tax, or total ÷ (1 + rate) to subtotal",
            remedy=(
                "Check the tax rate on the invoice's PDF before claiming the input tax; ask for a corrected "
                "invoice where it is wrong."
            ),
            look_at="Invoices, columns Tax rate to Tax",
            has_variance=True,
        ),
        Code.INVOICE_WITHHOLDING: CatalogueEntry(
            title="Withholding tax does not follow from the rate",
            family=Family.PAYMENT,
            holds_when="withheld is 0 or subtotal × withholding rate, rounded",
            remedy="Compare with the withholding certificate; correct the payment or the certificate.",
            look_at="Invoices, columns Withholding",
            has_variance=True,
        ),
        Code.INVOICE_FOOTING: CatalogueEntry(
            title="Invoice lines do not foot to the invoice",
            family=Family.INVOICE,
            holds_when="the lines foot to total (by project) or subtotal (by SKU)",
            remedy=(
                "Compare the lines with the invoice's PDF; what the lines do not explain stands in the ledger "
                "adjustments until a corrected invoice comes."
            ),
            look_at="Invoices, columns Lines to Footing; Invoice lines",
            has_variance=True,
        ),
        Code.LINE_ARITHMETIC: CatalogueEntry(
            title="Invoice line does not multiply out",
            family=Family.INVOICE,
            holds_when="quantity × unit price = amount (by SKU)",
            remedy=f"{_ASK}, for the line's quantity and unit price; the amount is what is booked.",
            look_at="Invoice lines, columns Quantity to Price check",
            has_variance=True,
        ),
        Code.INVOICE_CUTOFF: CatalogueEntry(
            title="Invoice period does not fit the month",
            family=Family.CUT_OFF,
            holds_when="the invoice lies within the month; issued invoices cover it without gap or overlap",
            remedy=(
                "Ask the platform for the invoice of days that none covers; check whether the neighbouring month "
                f"holds the rest; accrue or defer by hand what belongs to another month; {_ACCEPT}."
            ),
            look_at="Cut-off and completeness, sections Invoices and Coverage",
            has_variance=True,
        ),
        Code.INVOICE_DUPLICATE: CatalogueEntry(
            title="Billed twice",
            family=Family.INVOICE,
            holds_when="no number twice; no project billed twice for the same days",
            remedy=(
                "Do not pay both before the platform has confirmed which one stands; ask for the other to be voided."
            ),
            look_at="Invoices, columns Period; Invoice lines, by project",
        ),
        Code.ACCOUNT_SET: CatalogueEntry(
            title="Set of accounts changed",
            family=Family.CUT_OFF,
            holds_when="no account of the archive's newest revision is missing unless its from or until says so",
            remedy="Find out whether the account has ended; if it has not, have the access to it restored.",
            operator="Give the credential access to the account again, or end it in config.toml with until.",
            look_at="the configuration's accounts, on Configuration",
        ),
        Code.PRIOR_PERIODS: CatalogueEntry(
            title="An earlier month's invoices changed",
            family=Family.CUT_OFF,
            holds_when="every invoice listed for an earlier archived month stands in that month's latest revision",
            remedy="Have the earlier month run again, so that its change is restated there.",
            operator="Run chargeback run --catch-up, or -p with the earlier month.",
            look_at="that month's latest revision; the invoice list in Evidence files",
        ),
        Code.REPORT_PERIOD: CatalogueEntry(
            title="Report does not prove its month",
            family=Family.TIE_OUT,
            holds_when="the report's answer provably covers the month asked for",
            remedy=(
                "Nothing could be compared with the report: compare the invoices with the platform's console by "
                f"hand; {_ACCEPT}."
            ),
            operator="Run in the first days of a month, while the platform can still prove the report.",
            look_at="Cut-off and completeness, section Usage reports",
            has_variance=True,
        ),
        Code.REPORT_CHART: CatalogueEntry(
            title="Report's daily chart does not foot",
            family=Family.TIE_OUT,
            holds_when="the report's daily chart foots to its own rows",
            remedy=f"Compare the days with the platform's console; {_ACCEPT}.",
            look_at="Cut-off and completeness, section Usage reports",
            has_variance=True,
        ),
        Code.REPORT_TOTAL: CatalogueEntry(
            title="Report and invoice differ in total",
            family=Family.TIE_OUT,
            holds_when="report total = invoice line total",
            remedy=f"Look at the projects or resources that differ below; {_ACCEPT}.",
            look_at="Lead; Tie-out, all rows of the account",
            has_variance=True,
        ),
        Code.REPORT_PROJECT: CatalogueEntry(
            title="Report and invoice differ for a project",
            family=Family.TIE_OUT,
            holds_when="report = invoice lines, project by project",
            remedy=f"Compare the project's usage in the platform's console with its invoice line; {_ACCEPT}.",
            look_at="Tie-out, the project's row",
            has_variance=True,
        ),
        Code.REPORT_RESOURCE: CatalogueEntry(
            title="Report and invoice differ for a resource",
            family=Family.TIE_OUT,
            holds_when="report = invoice lines, resource by resource",
            remedy=f"Compare the resource's usage in the console with the invoice line; {_ACCEPT}.",
            look_at="Tie-out, the resource's row",
            has_variance=True,
        ),
        Code.SETTLEMENT: CatalogueEntry(
            title="A paid invoice changed afterwards",
            family=Family.PAYMENT,
            holds_when="no invoice that was settled is void, open or of another tax or amount now",
            remedy=(
                "Ask the platform for a refund or a credit note; until then what was paid stands as a debit "
                f"balance of payable; {_ACCEPT}."
            ),
            look_at="Invoices, column Status; exports/journal.csv of the month that booked the payment",
            has_variance=True,
        ),
        Code.JOURNAL_ACCOUNTS: CatalogueEntry(
            title="A leg of the journal has no account",
            family=Family.PAYMENT,
            holds_when="every leg of the journal has an account",
            remedy="Say which account of the chart of accounts it is; until then the entry cannot be booked.",
            operator="Name the account under journal in config.toml and run the month again.",
            look_at="exports/journal.csv, column gl_account",
            is_accepted=False,
        ),
        Code.CURRENCY: CatalogueEntry(
            title="Currency",
            family=Family.INVOICE,
            holds_when="one currency per account and period, and one that ISO 4217 knows",
            remedy="Ask the platform which currency the account is billed in; book and pay each by itself.",
            look_at="Invoices, column Currency",
        ),
        Code.OWNERSHIP: CatalogueEntry(
            title="Project without an owner",
            family=Family.OWNERSHIP,
            holds_when="every project with cost has an owner",
            remedy="Decide which team bears each project; until then its cost stands in the ledger unassigned.",
            operator=(
                "Give each project to a team, under teams or shared in config.toml, and run the month again; "
                "chargeback plan shows what would change."
            ),
            look_at="ledgers/unassigned.csv; the configuration's teams, on Configuration",
        ),
        Code.LEDGER_CONTROL: CatalogueEntry(
            title="Ledgers do not add up to the invoices",
            family=Family.INVOICE,
            holds_when="the ledgers add up to the invoices, exactly",
            remedy="This is a fault of the program, not of the bill: do not book this month; report it.",
            operator="Nothing was written: report it with the evidence.",
            look_at="Ledger control and Ledger parts",
            is_accepted=False,
        ),
        Code.INVOICE_PDF: CatalogueEntry(
            title="Invoice document missing or different",
            family=Family.DOCUMENT,
            holds_when="each issued invoice's PDF is there, is a PDF, and names its number and its total",
            remedy="Download the document from the platform's console and compare number and total.",
            operator=_RUN_AGAIN,
            look_at="Cut-off and completeness, section Documents",
        ),
        Code.HISTORY: CatalogueEntry(
            title="Large change since the month before",
            family=Family.OWNERSHIP,
            holds_when="each team is within the configured variance of its previous month",
            remedy="Ask the team whether the change is meant.",
            operator="Nothing: it holds nothing up.",
            look_at="the team's Summary; the previous month's ledgers",
            is_accepted=False,
        ),
    }
)
VARIANCE_CODES = frozenset(code for code, entry in CATALOGUE.items() if entry.has_variance)
"""Checks that have a variance: an acceptance of one needs ``up_to``."""


def operator_remedy(code: Code) -> str:
    """What the operator of the job does next."""
    entry = f'Where somebody answers for it: an entry under accepted in config.toml, check = "{code}", and run again.'
    said = CATALOGUE[code]
    return " ".join(part for part in (said.operator, entry if said.is_accepted else "") if part)
