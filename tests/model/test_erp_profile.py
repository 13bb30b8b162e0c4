"""A profile of a file for an ERP: what it says is read, and what is wrong with it is named."""

from __future__ import annotations

import re

import pytest

from chargeback.errors import ConfigurationError
from chargeback.model.erp_profile import read_profile

SMALL = """
title = "Ours"
date = "DD.MM.YYYY"
decimal = ","
delimiter = ";"
most_lines = 7
[[columns]]
name = "Beleg"
value = "$entry"
most = 45
[[columns]]
name = "Tag"
value = "$posting_date"
[[columns]]
name = "Konto"
value = "$gl_account"
replace = { "6420" = "64200" }
[[columns]]
name = "Betrag"
value = "$amount"
[[columns]]
name = "Text"
value = "$memo"
most = 10
cut = true
"""


def test_a_profile_says_what_its_file_carries() -> None:
    profile = read_profile("ours", SMALL.encode(), "ours.toml")
    assert profile.carried == {"entry", "posting_date", "gl_account", "amount", "memo"}
    assert [column.name for column in profile.columns] == ["Beleg", "Tag", "Konto", "Betrag", "Text"]
    assert (profile.decimal, profile.delimiter, profile.most_lines) == (",", ";", 7)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("$gl_account", "$account"), "would have no accounts"),
        (("$amount", "$debit"), "would have no amounts"),
        (("$posting_date", "$postingdate"), "$postingdate is nothing that the journal has"),
        (("$memo", "5$"), 'a "$" stands for a name'),
        (("DD.MM.YYYY", "D.M.Y"), "write it with YYYY, MM and DD"),
        (('name = "Tag"', 'name = "Konto"'), "a name of its own"),
        (("cut = true", "colour = 1"), "unknown field `colour`"),
        (("cut = true", 'legs = ["costs"]'), '"costs" is no leg'),
        (('title = "Ours"', "title = "), "Invalid value"),
        (("most = 45", "most = -1"), "a length below zero"),
        (("[[columns]]", "[[column]]"), "unknown field `column`"),
    ],
)
def test_a_profile_that_is_wrong_is_refused_with_what_is_wrong(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(problem)) as refused:
        read_profile("ours", SMALL.replace(*change).encode(), "ours.toml")
    assert "profiles of your own" in str(refused.value.remedy)
    assert refused.value.message.startswith("ours.toml: ")
