"""The job's ledgers and checks against the second opinion, byte for byte, over arbitrary months."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from chargeback.errors import ChargebackError, error_exit

from . import worlds
from .answers import Month, StopError
from .booking import Booking
from .first_opinion import books_of, ledgers_of


def compare(month: Month) -> None:
    try:
        expected, code = Booking(month).files(), 0
    except StopError as error:
        expected, code = {}, error.code
    try:
        actual, exit_code = ledgers_of(books_of(month)), 0
    except ChargebackError as error:
        actual, exit_code = {}, error_exit(error)
    assert exit_code == code
    assert actual == expected


@settings(max_examples=200, derandomize=True, suppress_health_check=list(HealthCheck), deadline=None)
@given(worlds.months())
def test_ledgers(month: Month) -> None:
    compare(month)
