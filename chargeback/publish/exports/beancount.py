"""``exports/journal.beancount``: the entries of ``journal.csv`` as a ledger that ``bean-check`` proves.

With a tolerance of zero a leg that is half a minor unit off fails. There are no ``open`` directives: the files of
several months and revisions can be included in one ledger, where no account may be opened twice; a plugin of beancount
opens them. Metadata has the original texts of accounts and currencies.

Names that beancount accepts, for accounts and currencies from outside: readable, always the same, never two as one.

An account of the company's chart ("6420") becomes a component below the root of its kind (``Expenses:6420``). One that
is a whole legal account already (``Expenses:Cloud:Web``) is taken as it is. Text that beancount does not allow keeps
its letters and digits and gets ``-x`` and the first digits of its SHA-256; a name that ends like that gets it too.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby

from chargeback.model.bookkeeping import Leg
from chargeback.model.journal import Event, JournalRow
from chargeback.model.spreadsheet_text import guarded

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

_MOST_CURRENCIES = 1 << 8
_SUPPLIER = "deploys.app"
_NARRATIONS = {Event.ACCRUAL: "Accrual", Event.SETTLEMENT: "Payment", Event.CORRECTION: "Correction"}
_HEAD = """\
;; {title}
;; {note}
;; Debits are positive, credits negative. To join several months: a file with the plugin line below and one
;; include "…" a file; its own options count there, so give it the tolerance of zero too.
option "title" {quoted}
option "tolerance_multiplier" "0"
{currencies}plugin "beancount.plugins.auto_accounts"
"""


def account_name(row: JournalRow) -> str:
    """The row's account: the one of its ``gl_account``, else one below ``Unmapped`` that says what it is for."""
    if _WHOLE_ACCOUNT.fullmatch(row.gl_account) and not _HASHED.search(row.gl_account):
        return row.gl_account
    root = _ROOTS[row.leg]
    if row.gl_account:
        return f"{root}:{_component(row.gl_account)}"
    return f"{root}:{UNMAPPED}:{_UNMAPPED_LEAVES.get(row.leg) or f'Team-{row.team}'}"


@lru_cache(_MOST_CURRENCIES)
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


def chunks(rows: Iterable[JournalRow], currencies: Iterable[str], title: str, note: str) -> Iterator[bytes]:
    """The file's bytes: options, then one transaction an entry; ``title`` and ``note`` are one line of ours each."""
    options = "".join(f'option "operating_currency" "{currency_name(guarded(code))}"\n' for code in currencies)
    yield _HEAD.format(title=title, note=note, quoted=_string(title), currencies=options).encode()
    for _, entry in groupby(rows, key=lambda row: row.entry):
        yield "".join(_transaction(list(entry))).encode()


def _transaction(rows: list[JournalRow]) -> Iterator[str]:
    first = rows[0]
    yield f"\n{first.posting_date} * {_string(_SUPPLIER)} {_string(_narration(first))}\n"
    yield from _metadata("  ", ("entry", first.entry), ("account", first.account), ("invoice", first.invoice))
    yield from _metadata("  ", ("event", first.event), ("company", first.company), ("concerns", first.concerns))
    yield from _metadata("  ", ("receipt", first.receipt), ("tax_id", first.tax_id))
    if first.document_date:
        yield f"  document_date: {first.document_date}\n"
    for row in rows:
        yield f"  {account_name(row)}  {row.amount:f} {currency_name(row.currency)}\n"
        yield from _metadata("    ", ("team", row.team), ("cost_center", row.cost_center))
        yield from _metadata("    ", ("gl_account", row.gl_account), ("currency", _renamed(row.currency)))
        yield from _metadata("    ", ("memo", row.memo))


def _narration(row: JournalRow) -> str:
    return f"{_NARRATIONS[row.event]} of invoice {row.invoice} of {row.account}"


def _renamed(currency: str) -> str:
    """The currency where beancount needs another name for it, else ""."""
    return "" if currency_name(currency) == currency else currency


def _metadata(indent: str, *pairs: tuple[str, str]) -> Iterator[str]:
    return (f"{indent}{key}: {_string(value)}\n" for key, value in pairs if value)


def _string(text: str) -> str:
    """A quoted string; control characters are gone already, so that no text can end its line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
