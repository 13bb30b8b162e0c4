"""The archived ledger as a pandas ``DataFrame``: for ``open_archive`` and for the pivots of ``show``.

One row a ledger line, in the ledger's order; the columns are INTERFACE's, and exact. What repeats is a category, so
that a month of a million lines fits into memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chargeback.model.ledger import REGISTER, ColumnKind, LedgerColumn
from chargeback.review.ledger_rows import LedgerRow

if TYPE_CHECKING:
    import pandas as pd

    Column = pd.Series[Any]


def ledger_frame(rows: Iterable[LedgerRow]) -> pd.DataFrame:
    """Ledger lines -> a frame with the columns of ``ledgers/*.csv`` and a default index.

    ``net``, ``tax`` and ``gross`` are in minor units of ``currency``: ``int64``, or Python's integers where a sum over
    the column would not fit into 64 bits. ``usage`` and ``share_percent`` are ``Decimal``, None where the line has
    none. ``line`` is ``int64``; ``invoice_line`` is ``Int64``, missing for an adjustment. All other columns are
    categories of texts as they came from the platform, without the guard that a spreadsheet needs; "" where there is
    none.
    """
    import pandas as pd

    columns = list(zip(*rows, strict=True)) or [()] * len(LedgerRow._fields)
    return pd.DataFrame({column.name: _kind(column)(columns[place]) for place, column in enumerate(REGISTER)})


def _kind(column: LedgerColumn) -> Callable[[Sequence[Any]], Column]:
    """How the values of a column become one."""
    if column.name == "line":
        return _counts
    made: dict[ColumnKind, Callable[[Sequence[Any]], Column]] = {
        ColumnKind.AMOUNT: _whole_numbers,
        ColumnKind.QUANTITY: _decimals,
        ColumnKind.NUMBER: _counts_or_missing,
    }
    return made.get(column.kind, _categories)


def _whole_numbers(values: Sequence[int]) -> Column:
    """Minor units: ``int64`` where no sum of the column can overflow, else Python's own integers."""
    import pandas as pd

    largest = max(map(abs, values), default=0)
    return pd.Series(values, dtype="int64" if largest * max(len(values), 1) < 2**63 else "object")


def _decimals(values: Sequence[str]) -> Column:
    import pandas as pd

    return pd.Series([Decimal(value) if value else None for value in values], dtype="object")


def _counts(values: Sequence[int]) -> Column:
    import pandas as pd

    return pd.Series(values, dtype="int64")


def _counts_or_missing(values: Sequence[int]) -> Column:
    import pandas as pd

    return pd.Series([value or None for value in values], dtype="Int64")


def _categories(values: Sequence[str]) -> Column:
    """Texts as categories in order of code point; of Python's own texts, so that no other library has to be there."""
    import pandas as pd

    categories = pd.Index(sorted(set(values)), dtype="object")
    return pd.Series(list(values), dtype=pd.CategoricalDtype(categories))
