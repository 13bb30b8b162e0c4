"""The catalogue of checks: what an exception of each means, as a heading, and what a person does next."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from chargeback.model.check import Code

TITLES: Mapping[Code, str] = MappingProxyType(
    {
        Code.INVOICE_ISSUED: "Invoice not issued as expected",
        Code.INVOICE_IDENTITY: "Invoice and its listing disagree",
        Code.INVOICE_ARITHMETIC: "Invoice does not add up",
        Code.INVOICE_TAX: "Tax does not follow from the rate",
        Code.INVOICE_WITHHOLDING: "Withholding tax does not follow from the rate",
        Code.INVOICE_FOOTING: "Invoice lines do not foot to the invoice",
        Code.LINE_ARITHMETIC: "Invoice line does not multiply out",
        Code.INVOICE_CUTOFF: "Invoice period does not fit the month",
        Code.INVOICE_DUPLICATE: "Billed twice",
        Code.ACCOUNT_SET: "Set of accounts changed",
        Code.PRIOR_PERIODS: "An earlier month's invoices changed",
        Code.REPORT_PERIOD: "Report does not prove its month",
        Code.REPORT_CHART: "Report's daily chart does not foot",
        Code.REPORT_TOTAL: "Report and invoice differ in total",
        Code.REPORT_PROJECT: "Report and invoice differ for a project",
        Code.REPORT_RESOURCE: "Report and invoice differ for a resource",
        Code.SETTLEMENT: "A paid invoice changed afterwards",
        Code.JOURNAL_ACCOUNTS: "A leg of the journal has no account",
        Code.CURRENCY: "Currency",
        Code.OWNERSHIP: "Project without an owner",
        Code.LEDGER_CONTROL: "Ledgers do not add up to the invoices",
        Code.INVOICE_PDF: "Invoice document missing or different",
        Code.HISTORY: "Large change since the month before",
    }
)
"""What an exception of the check means, as a heading."""

_ASK = "Ask the platform's support, with the invoice number and the figures given here"
_ACCEPT = "if the difference is known and right, have it recorded who answers for it"

REMEDIES: Mapping[Code, str] = MappingProxyType(
    {
        Code.INVOICE_ISSUED: f"Find out why there is no invoice, or why there is one; {_ACCEPT}.",
        Code.INVOICE_IDENTITY: f"{_ASK}, which of the two is right; until then the detail counts, else the list row.",
        Code.INVOICE_ARITHMETIC: f"{_ASK}, and for a corrected invoice; total and tax are what is booked.",
        Code.INVOICE_TAX: "Check the tax rate on the invoice's PDF before claiming the input tax; ask for a corrected "
        "invoice where it is wrong.",
        Code.INVOICE_WITHHOLDING: "Compare with the withholding certificate; correct the payment or the certificate.",
        Code.INVOICE_FOOTING: "Compare the lines with the invoice's PDF; what the lines do not explain stands in the "
        "ledger adjustments until a corrected invoice comes.",
        Code.LINE_ARITHMETIC: f"{_ASK}, for the line's quantity and unit price; the amount is what is booked.",
        Code.INVOICE_CUTOFF: "Ask the platform for the invoice of days that none covers; check whether the "
        f"neighbouring month holds the rest; accrue or defer by hand what belongs to another month; {_ACCEPT}.",
        Code.INVOICE_DUPLICATE: "Do not pay both before the platform has confirmed which one stands; ask for the "
        "other to be voided.",
        Code.ACCOUNT_SET: "Find out whether the account has ended; if it has not, have the access to it restored.",
        Code.PRIOR_PERIODS: "Have the earlier month run again, so that its change is restated there.",
        Code.REPORT_PERIOD: "Nothing could be compared with the report: compare the invoices with the platform's "
        f"console by hand; {_ACCEPT}.",
        Code.REPORT_CHART: f"Compare the days with the platform's console; {_ACCEPT}.",
        Code.REPORT_TOTAL: f"Look at the projects or resources that differ below; {_ACCEPT}.",
        Code.REPORT_PROJECT: f"Compare the project's usage in the platform's console with its invoice line; {_ACCEPT}.",
        Code.REPORT_RESOURCE: f"Compare the resource's usage in the console with the invoice line; {_ACCEPT}.",
        Code.SETTLEMENT: "Ask the platform for a refund or a credit note; until then what was paid stands as a debit "
        f"balance of payable; {_ACCEPT}.",
        Code.JOURNAL_ACCOUNTS: "Say which account of the chart of accounts it is; until then the entry cannot be "
        "booked.",
        Code.CURRENCY: "Ask the platform which currency the account is billed in; book and pay each by itself.",
        Code.OWNERSHIP: "Decide which team bears each project; until then its cost stands in the ledger unassigned.",
        Code.LEDGER_CONTROL: "This is a fault of the program, not of the bill: do not book this month; report it.",
        Code.INVOICE_PDF: "Download the document from the platform's console and compare number and total.",
        Code.HISTORY: "Ask the team whether the change is meant.",
    }
)
"""What a person of finance does next."""

_RUN_AGAIN = "Run the month again: what was corrected meanwhile is fetched."
_OPERATOR: Mapping[Code, str] = MappingProxyType(
    {
        Code.ACCOUNT_SET: "Give the credential access to the account again, or end it in config.toml with until.",
        Code.PRIOR_PERIODS: "Run chargeback run --catch-up, or -p with the earlier month.",
        Code.REPORT_PERIOD: "Run in the first days of a month, while the platform can still prove the report.",
        Code.JOURNAL_ACCOUNTS: "Name the account under journal in config.toml and run the month again.",
        Code.OWNERSHIP: "Give each project to a team, under teams or shared in config.toml, and run the month again; "
        "chargeback plan shows what would change.",
        Code.LEDGER_CONTROL: "Nothing was written: report it with the evidence.",
        Code.HISTORY: "Nothing: it holds nothing up.",
        Code.INVOICE_PDF: _RUN_AGAIN,
        Code.INVOICE_ISSUED: _RUN_AGAIN,
    }
)
_NEVER_ACCEPTED = (Code.LEDGER_CONTROL, Code.JOURNAL_ACCOUNTS, Code.HISTORY)


def _operator_remedy(code: Code) -> str:
    entry = f'Where somebody answers for it: an entry under accepted in config.toml, check = "{code}", and run again.'
    return " ".join(part for part in (_OPERATOR.get(code, ""), "" if code in _NEVER_ACCEPTED else entry) if part)


OPERATOR_REMEDIES: Mapping[Code, str] = MappingProxyType({code: _operator_remedy(code) for code in Code})
"""What the operator of the job does next, in the words of configuration and commands."""
