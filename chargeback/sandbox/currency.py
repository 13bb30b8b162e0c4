"""Money of the simulated platform: integers, rounding, and how amounts are printed.

Amounts on invoices are integer minor units (satang for THB). Report values are integer micros: a millionth of the
currency unit, finer than any currency's minor unit.
"""

from __future__ import annotations

from collections.abc import Iterable

MICRO_DIGITS = 6
MINOR_DIGITS = {"THB": 2, "USD": 2, "EUR": 2, "JPY": 0, "KWD": 3}

# List prices are in THB; other currencies use a coarse rate, in percent, as the sandbox sells the same goods.
PRICE_PERCENT = {"THB": 100, "USD": 3, "EUR": 3, "JPY": 400, "KWD": 2}


def minor_digits(currency: str) -> int:
    """How many decimals a currency's minor unit has; 2 for one that does not exist (used by a scenario)."""
    return MINOR_DIGITS.get(currency, 2)


def divide_rounded(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero, exactly."""
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return quotient if numerator >= 0 else -quotient


def minor_from_micros(micros: int, currency: str) -> int:
    """An amount of micros, rounded to the currency's minor unit."""
    return divide_rounded(micros, 10 ** (MICRO_DIGITS - minor_digits(currency)))


def number(units: int, digits: int) -> int | float:
    """The JSON number of an amount: the 64-bit float in its shortest form, without `.0` where it is whole."""
    return numbers((units,), digits)[0]


def numbers(amounts: Iterable[int], digits: int) -> list[int | float]:
    """The JSON numbers of many amounts."""
    scale: int = 10**digits
    return [units / scale if units % scale else units // scale for units in amounts]


def printed(minor: int, currency: str) -> str:
    """An amount as an invoice prints it: `1,155.60`."""
    digits = minor_digits(currency)
    whole, fraction = divmod(abs(minor), 10**digits)
    text = f"{whole:,}" + (f".{fraction:0{digits}d}" if digits else "")
    return f"-{text}" if minor < 0 else text
