"""Names that beancount accepts, for accounts and currencies from outside: readable, always the same, never two as one.

An account of the company's chart ("6420") becomes a component below the root of its kind (``Expenses:6420``). One that
is a whole legal account already (``Expenses:Cloud:Web``) is taken as it is. Text that beancount does not allow keeps
its letters and digits and gets ``-x`` and the first digits of its SHA-256; a name that ends like that gets it too.
"""

from __future__ import annotations

import hashlib
import re

from chargeback.model.bookkeeping import Leg
from chargeback.model.journal import JournalRow

UNMAPPED = "Unmapped"
"""Stands in the account of a leg that neither a team nor ``[journal]`` gives an account to."""

_ROOTS = {
    Leg.COST: "Expenses",
    Leg.TAX_PENDING: "Assets",
    Leg.INPUT_VAT: "Assets",
    Leg.PAYABLE: "Liabilities",
    Leg.WITHHOLDING: "Liabilities",
    Leg.CLEARING: "Assets",
}
_UNMAPPED_LEAVES = {
    Leg.TAX_PENDING: "InputVatNotDue",
    Leg.INPUT_VAT: "InputVat",
    Leg.PAYABLE: "Payable",
    Leg.WITHHOLDING: "WithholdingTax",
    Leg.CLEARING: "Clearing",
}
_HASH_DIGITS = 12
_WHOLE_ACCOUNT = re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+", re.ASCII)
_COMPONENT = re.compile(r"[A-Z0-9][A-Za-z0-9-]*", re.ASCII)
_CURRENCY = re.compile(r"[A-Z][A-Z0-9'._-]{0,22}[A-Z0-9]", re.ASCII)
_HASHED = re.compile(rf"-x[0-9a-f]{{{_HASH_DIGITS}}}$", re.ASCII | re.IGNORECASE)
_WORDS = frozenset({"TRUE", "FALSE", "NULL"})
"""Of the shape of a currency, but beancount reads them as values."""


def account_name(row: JournalRow) -> str:
    """The row's account: the one of its ``gl_account``, else one below ``Unmapped`` that says what it is for."""
    if _WHOLE_ACCOUNT.fullmatch(row.gl_account) and not _HASHED.search(row.gl_account):
        return row.gl_account
    root = _ROOTS[row.leg]
    if row.gl_account:
        return f"{root}:{_component(row.gl_account)}"
    return f"{root}:{UNMAPPED}:{_UNMAPPED_LEAVES.get(row.leg) or f'Team-{row.team}'}"


def currency_name(currency: str) -> str:
    """The commodity of a currency; its code where that is legal, as every code of ISO 4217 is."""
    if _CURRENCY.fullmatch(currency) and currency not in _WORDS and not _HASHED.search(currency):
        return currency
    readable = re.sub(r"[^A-Z0-9]+", "-", currency.upper(), flags=re.ASCII).strip("-")[:8]
    return f"X{readable}-X{_hash(currency).upper()}"


def _component(text: str) -> str:
    if _COMPONENT.fullmatch(text) and text != UNMAPPED and not _HASHED.search(text):
        return text
    readable = re.sub(r"[^A-Za-z0-9]+", "-", text, flags=re.ASCII).strip("-")[:32]
    return f"{readable[:1].upper() or 'X'}{readable[1:]}-x{_hash(text)}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_DIGITS]
