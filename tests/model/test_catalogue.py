"""What people read of a check: an entry for each, and a way to accept it only where that is possible."""

from __future__ import annotations

import pytest

from chargeback.model.catalogue import CATALOGUE, operator_remedy
from chargeback.model.check import Code


@pytest.mark.parametrize("code", Code)
def test_every_check_says_what_it_means_where_to_look_and_what_to_do(code: Code) -> None:
    entry = CATALOGUE[code]
    texts = (entry.title, entry.holds_when, entry.remedy, entry.operator, entry.look_at)
    assert [text for text in texts if text != text.strip() or "\n" in text] == []
    assert entry.title[0].isupper()
    assert entry.remedy.endswith((".", "?"))


def test_titles_tell_checks_apart() -> None:
    titles = [entry.title for entry in CATALOGUE.values()]
    assert len(set(titles)) == len(titles)


def test_an_operator_is_sent_to_the_configuration_only_for_what_can_be_accepted() -> None:
    assert 'check = "invoice-tax"' in operator_remedy(Code.INVOICE_TAX)
    assert "config.toml" not in operator_remedy(Code.LEDGER_CONTROL)
