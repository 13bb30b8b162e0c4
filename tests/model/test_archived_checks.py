"""The checks of a revision read back: those of a large month some at a time, and they are the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chargeback.errors import AnswerError
from chargeback.model import archived_checks
from chargeback.model.archived_checks import ArchivedRows, read_checks
from chargeback.publish import reconciliation
from tests.kit.months import account, invoice, month, of


@pytest.fixture
def data() -> bytes:
    """The file of a month with an exception, whose name holds what a reader could take for the end of the checks."""
    bills = [invoice(f"INV-{number}", of("acme-web", 107), tax=7) for number in range(9)]
    wrong = invoice("INV-?", of('],\n  "findings": [', "107.00"), tax="7.00", subtotal="90.00")
    books = month(account(*bills, wrong)).books()
    return b"".join(dict(reconciliation.files(books))[archived_checks.PATH])


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is read is a large month's."""
    monkeypatch.setattr(archived_checks, "LARGE", 0)
    monkeypatch.setattr(archived_checks, "BYTES_AT_ONCE", 700)


def test_checks_that_are_decoded_some_at_a_time_are_those_of_the_file(
    data: bytes, request: pytest.FixtureRequest
) -> None:
    whole = read_checks(data)
    request.getfixturevalue("large")
    found = read_checks(data)
    assert isinstance(found.checks, ArchivedRows)
    assert len(whole.checks) == len(found.checks) > 20
    assert list(found.checks) == list(whole.checks) == list(found.checks)
    assert (found.checks[-1], found.checks[3:5]) == (whole.checks[-1], tuple(whole.checks[3:5]))
    assert (found.standing, found.findings) == (whole.standing, whole.findings)
    assert found.standing.exceptions > 0


WRONG: dict[str, Callable[[bytes], bytes]] = {
    "a check that is none": lambda data: data.replace(b'"outcome": "pass"', b'"outcome": "perhaps"', 1),
    "no check": lambda data: data.replace(b'\n    {"check"', b"\n    [], {", 1),
    "not UTF-8": lambda data: data.replace(b"INV-3", b"INV-\xff", 1),
    "a number for the checks": lambda data: data.replace(
        b'\n  ],\n  "findings"', b'\n  ],\n  "checks": 5,\n  "findings"'
    ),
    "a comma before nothing, where a piece ends": lambda data: data.replace(
        b'\n  ],\n  "findings"', b" " * 700 + b',\n\n  ],\n  "findings"'
    ),
    "endless": lambda data: data.replace(b'"outcome": "pass"', b'"more": ' + b"[" * 5_000, 1),
    "cut short": lambda data: data[:-4],
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_as_of_a_small_month(
    data: bytes, wrong: Callable[[bytes], bytes], request: pytest.FixtureRequest
) -> None:
    with pytest.raises(AnswerError) as small:
        read_checks(wrong(data))
    request.getfixturevalue("large")
    with pytest.raises(AnswerError) as same:
        read_checks(wrong(data))
    assert str(same.value) == str(small.value)


def test_the_last_of_two_lists_counts_wherever_it_stands(data: bytes, large: None) -> None:
    twice = data.replace(b"\n  ]\n}\n", b'\n  ],\n  "checks": []\n}\n')
    assert list(read_checks(twice).checks) == []
