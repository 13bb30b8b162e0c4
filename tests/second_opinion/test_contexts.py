"""No figure depends on the decimal context that happens to be in force: a caller's, or Python's own, which rounds to 28
digits without a word."""

from __future__ import annotations

from decimal import Context, Inexact, localcontext
from pathlib import Path

import pytest

from chargeback import config
from chargeback.errors import ChargebackError
from chargeback.month_end import close_month
from chargeback.publish import revision_files

from .answers import Month
from .first_opinion import evidence_of
from .worlds import random_month

UNFIT = Context(prec=1, traps=[Inexact])
"""Whatever computes in it instead of a context of its own raises, with any amount of two digits."""


def files_of(month: Month) -> dict[str, bytes] | str:
    """Every file that follows from the month's evidence; the error where there are no books."""
    settings, evidence = config.parse(month.config.encode(), Path("config.toml")), evidence_of(month)
    try:
        books = close_month(evidence, settings)
    except ChargebackError as error:
        return error.message
    return {path: b"".join(chunks) for path, chunks in revision_files.files(books, settings, evidence)}


@pytest.mark.parametrize("seed", range(12))
def test_a_month_is_the_same_to_the_byte_in_a_context_that_computes_nothing(seed: int) -> None:
    month = random_month(seed)
    expected = files_of(month)
    with localcontext(UNFIT):
        assert files_of(month) == expected
