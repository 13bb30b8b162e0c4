"""The rows of a report, kept in columns."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chargeback.model.answers import ReportRow
from chargeback.model.money import EXACT, exact_sum, format_exact
from chargeback.model.report import ReportRows

AMOUNTS = st.decimals(-(10**18), 10**18, places=8) | st.integers(-(10**30), 10**30)


@given(st.lists(AMOUNTS, min_size=1, max_size=8), st.data())
def test_values_in_columns_are_the_values_sent(sent: list[Decimal | int], data: st.DataObject) -> None:
    amounts = [EXACT.normalize(Decimal(value)) if data.draw(st.booleans()) else Decimal(value) for value in sent]
    rows = ReportRows.of(["p"] * len(amounts), [ReportRow(billing_value=amount) for amount in amounts])
    assert [row.value for row in rows] == amounts
    chosen = data.draw(st.lists(st.integers(0, len(amounts) - 1), unique=True))
    total = exact_sum(amounts[place] for place in chosen)
    assert format_exact(rows.sum_of(chosen)) == format_exact(total)
