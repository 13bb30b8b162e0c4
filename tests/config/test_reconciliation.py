"""``[reconciliation]`` and ``[[accepted]]``."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.config import AcceptedException, Reconciliation, Tolerance
from chargeback.evidence.period import Period
from chargeback.model.catalogue import VARIANCE_CODES
from chargeback.model.check import Code

from .conftest import Read, Refused

ENTRY = {
    "check": "'invoice-pdf'",
    "account": "'ba_123'",
    "until": "'2026-09'",
    "reason": "'ticket 4711'",
    "by": "'finance@acme.example'",
}


def entry(**changed: str | None) -> str:
    """An ``[[accepted]]`` entry with some keys changed, added or, where None, left out."""
    keys = {key: value for key, value in {**ENTRY, **changed}.items() if value is not None}
    return "[[accepted]]\n" + "\n".join(f"{key} = {value}" for key, value in keys.items()) + "\n"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("", Reconciliation(Tolerance(Decimal("0.05"), Decimal(0)), "gross", Decimal(30))),
        ("tolerance = {}", Reconciliation()),
        ("tolerance = { absolute = '1.50' }", Reconciliation(Tolerance(Decimal("1.50")))),
        ("tolerance = { percent = 0.1 }", Reconciliation(Tolerance(percent=Decimal("0.1")))),
        ("tolerance = { absolute = 0, percent = '-0' }", Reconciliation(Tolerance(Decimal(0)))),
        ("tolerance = { absolute = '5e-3' }", Reconciliation(Tolerance(Decimal("0.005")))),
        (
            "tax_basis = 'net'\nhistory_variance_percent = 12.5",
            Reconciliation(tax_basis="net", history_variance_percent=Decimal("12.5")),
        ),
    ],
)
def test_reconciliation_is_read_exactly(written: str, expected: Reconciliation, read: Read) -> None:
    assert read(f"[reconciliation]\n{written}").reconciliation == expected


@pytest.mark.parametrize(
    ("value", "fragment"),
    [
        ("'-0.01'", "-0.01 is negative"),
        ("-1", "-1 is negative"),
        ("'1,50'", '"1,50" is not a decimal number'),
        ("''", "is not a decimal number"),
        ("' 1'", "is not a decimal number"),
        ("'1_000'", "is not a decimal number"),
        ("'๑'", "is not a decimal number"),
        ("'0.05 THB'", "is not a decimal number"),
        ("'NaN'", "is not a decimal number"),
        ("'1e9999999999999999999'", "is not a decimal number"),
        (f"'{'1' * 101}'", "is not a decimal number"),
        ("nan", "not finite"),
        ("inf", "not finite"),
        ("'1e31'", "too many digits"),
        ("'1e-31'", "too many digits"),
        ("true", "true or false, not a number"),
        ("['1']", "a list, not a number"),
        ("2026-01-01", "a date or time, not a number"),
    ],
)
@pytest.mark.parametrize(
    ("key", "written"),
    [
        ("reconciliation.tolerance.absolute", "[reconciliation]\ntolerance = {{ absolute = {} }}"),
        ("reconciliation.tolerance.percent", "[reconciliation]\ntolerance = {{ percent = {} }}"),
        ("reconciliation.history_variance_percent", "[reconciliation]\nhistory_variance_percent = {}"),
        ("accepted[0].up_to", entry(up_to="{}")),
    ],
)
def test_wrong_amounts_are_errors(key: str, written: str, value: str, fragment: str, refused: Refused) -> None:
    refused(written.format(value), f"{key}: ", fragment)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("tax_basis = 'Gross'", ['reconciliation.tax_basis: "Gross" is not known here', 'did you mean "gross"?']),
        ("tax_basis = 'x'", ['write "gross" or "net"']),
        ("tax_basis = true", ["reconciliation.tax_basis: this is true or false"]),
        ("tolerance = '0.05'", ["reconciliation.tolerance: this is a text, not a table", "absolute, percent"]),
    ],
)
def test_wrong_reconciliation_is_an_error(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[reconciliation]\n{written}", *fragments)


def test_accepted_is_read(read: Read) -> None:
    written = entry(check="'report-*'", up_to="'12.50'", invoice="'INV-1'", subject="'CPU'")
    expected = AcceptedException(
        "report-*", "ba_123", Period(2026, 9), "ticket 4711", "finance@acme.example", "INV-1", "CPU", Decimal("12.50")
    )
    assert read(written).accepted == (expected,)


@pytest.mark.parametrize("code", [code for code in Code if code != Code.LEDGER_CONTROL])
def test_every_other_check_can_be_accepted(code: Code, read: Read) -> None:
    assert read(entry(check=f"'{code}'", up_to="0")).accepted[0].check == code


@pytest.mark.parametrize("check", [*sorted(VARIANCE_CODES), "report-*"])
def test_a_check_that_has_a_variance_needs_up_to(check: str, refused: Refused) -> None:
    refused(entry(check=f"'{check}'"), f"accepted[0]: {check} has a variance", '"up_to" is missing', "12.50")


@pytest.mark.parametrize("key", list(ENTRY))
def test_what_is_needed_of_an_acceptance(key: str, refused: Refused) -> None:
    refused(entry(**{key: None}), f'accepted[0]: the key "{key}" is missing')
    refused(entry() + entry(**{key: "''"}), f"accepted[1].{key}: ")
    refused(entry(**{key: "7"}), f"accepted[0].{key}: this is a number")


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        (entry(check="'ledger-control'"), ["accepted[0].check: ledger-control cannot be accepted", "remove the entry"]),
        (entry(check="'report-totals'"), ['there is no check "report-totals"', 'did you mean "report-total"?']),
        (entry(check="'*'"), ['there is no check "*"', "invoice-issued", "report-*"]),
        (entry(check="'invoice-*'"), ["accepted[0].check: there is no check"]),
        (entry(until="'September'"), ["accepted[0].until", "YYYY-MM"]),
        (entry(invoice="''"), ["accepted[0].invoice: the text is empty"]),
        (entry(subject="3"), ["accepted[0].subject: this is a number", '"3"']),
        (entry(reason='"a\\nb"'), ["accepted[0].reason", "line break"]),
    ],
)
def test_wrong_acceptances_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(written, *fragments)
