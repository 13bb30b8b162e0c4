"""Sequences of invoice numbers: which numbers between the first and the last one of a prefix are not there.

A number from outside may be anything: a suffix of more digits than any sequence has is no number here, and gaps are
reckoned from what is there, never counted through.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

from msgspec import Struct

_NUMBERED = re.compile(r"(.*?)([0-9]{1,18})", re.ASCII | re.DOTALL)
MOST_GAPS = 12
"""Gaps that are named; the others are counted."""


class NumberSequence(Struct, frozen=True):
    """The numbers with one prefix: the first, the last, how many different ones are ``listed``, how many between them
    are ``missing``, and ``gaps`` in words, "" if there is none."""

    prefix: str
    first: str
    last: str
    listed: int
    missing: int
    gaps: str


def number_sequences(numbers: Iterable[str]) -> list[NumberSequence]:
    """The sequences that the numbers are of, in order of prefix; what ends in no digit is of none."""
    suffixes: dict[str, dict[int, str]] = defaultdict(dict)
    for number in numbers:
        matched = _NUMBERED.fullmatch(number)
        if matched:
            prefix, suffix = matched.groups()
            suffixes[prefix].setdefault(int(suffix), suffix)
    return [_sequence(prefix, found) for prefix, found in sorted(suffixes.items())]


def _sequence(prefix: str, suffixes: Mapping[int, str]) -> NumberSequence:
    ordered = sorted(suffixes)
    width = len(suffixes[ordered[0]])
    gaps = [(before + 1, after - 1) for before, after in pairwise(ordered) if after - before > 1]
    named = [_written(first, width) + (f"–{_written(last, width)}" if last > first else "")
             for first, last in gaps[:MOST_GAPS]]  # fmt: skip
    more = [f"{len(gaps) - MOST_GAPS} gaps more"] if len(gaps) > MOST_GAPS else []
    missing = sum(last - first + 1 for first, last in gaps)
    first_number, last_number = (f"{prefix}{suffixes[each]}" for each in (ordered[0], ordered[-1]))
    return NumberSequence(prefix, first_number, last_number, len(ordered), missing, ", ".join([*named, *more]))


def _written(number: int, width: int) -> str:
    return str(number).zfill(width)
