"""``exports/journal.beancount``: the entries of ``journal.csv`` as a ledger that ``bean-check`` proves.

With a tolerance of zero a leg that is half a minor unit off fails. There are no ``open`` directives: the files of
several months and revisions can be included in one ledger, where no account may be opened twice; a plugin of beancount
opens them. Accounts and currencies are called as ``beancount_names`` says; metadata has the original texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from chargeback.model.journal import Event, JournalRow
from chargeback.model.spreadsheet_text import guarded
from chargeback.publish.exports.beancount_names import account_name, currency_name

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
