"""Does a PDF's text name a number and a total? Tolerant in how they are written, strict in what they are.

Text comes out of a PDF with spaces and line breaks where letters were set apart, and a total may be written in many
ways: 1,155.60 or 1.155,60 or 1 155.60, in Thai or full-width digits. What must never count is a part of something
longer: 11,155.60 does not name 1,155.60, nor INV-2026-00091 the invoice INV-2026-0009.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from chargeback.model.money import format_minor, known_digits

_DASHES = "‐‑‒–—―−﹣－"
_APOSTROPHES = "’‘ʼ＇´`"
_MARKS = {"٫": ".", "٬": ",", "．": ".", "，": ",", "。": "."}
_CURRENCY = r"(?:[A-Z]{3}|[^\W\d_]{1,3}\.?|[^\w\s.,'()+-]{1,2})?"
_GAP = r"\s{0,3}"
_DOLLARS = ("AUD", "CAD", "HKD", "MXN", "NZD", "SGD", "TWD", "USD")
_SIGNS = {"$": _DOLLARS, "¥": ("CNY", "JPY"), "￥": ("CNY", "JPY"), "฿": ("THB",), "€": ("EUR",), "£": ("GBP",)}
"""What a sign may mean (BOOKING 6, currency)."""
_MARK_BEFORE = re.compile(rf"(?:(?<!\w)[A-Z]{{3}}|[{''.join(_SIGNS)}])$")
_MARK_AFTER = re.compile(rf"[A-Z]{{3}}(?!\w)|[{''.join(_SIGNS)}]")
_JOINED_BEFORE = re.compile(r"[^\W_][-/_]?\Z")
_JOINED_AFTER = re.compile(r"[-/_]?[^\W_]")
"""What makes a number a part of a longer one: a letter or digit, or one beyond a dash, a slash or a low line."""
_SET_APART = re.compile(r"(?<!\d)\d\s(?:[,.']\s)?[\d.,]", re.ASCII)
"""Without it in the text no amount is written with every character set apart."""
_DIGITS = re.compile(r"\d(?:[\s,.']{0,3}+\d)*+", re.ASCII)
"""Digits that may be those of one amount: in no spelling are two of them further apart, or parted by anything else."""
_NO_DIGITS = dict.fromkeys(map(ord, " \t\n\r\f\v,.'"))
_POINT = r"\."
_GROUPED_ALIKE = 5
"""Up to so many digits are grouped in India as elsewhere."""
_NEAR = 200
"""Characters on either side of a total in which its currency is looked for."""


def names_number(text: str, number: str) -> bool:
    """Whether the text names the number as a whole; white space within it, and letter case, do not matter."""
    wanted = "".join(_folded(number).split()).casefold()
    if not wanted:
        return False
    folded = _folded(text).casefold()
    if _stands_alone(folded, wanted):  # as nearly every document writes it: no expression is compiled for the number
        return True
    spelled = _GAP.join(re.escape(character) for character in wanted)
    pattern = rf"(?<![^\W_])(?<![^\W_][-/_]){spelled}(?![^\W_])(?![-/_][^\W_])"
    return re.search(pattern, folded) is not None


def _stands_alone(text: str, wanted: str) -> bool:
    """Whether the text holds the number exactly so, and as a whole."""
    start = text.find(wanted)
    while start >= 0:
        end = start + len(wanted)
        if not _JOINED_BEFORE.search(text, max(0, start - 2), start) and not _JOINED_AFTER.match(text, end):
            return True
        start = text.find(wanted, start + 1)
    return False


def names_total(text: str, total: int, digits: int) -> bool:
    """Whether the text names the total, in minor units of so many digits; a negative one with its sign."""
    folded = _folded(text)
    return any(_bears_sign(match, total) for match in _amounts(folded, total, digits))


def currencies_beside(text: str, total: int, digits: int) -> tuple[str, ...]:
    """The currencies that codes or signs directly before or after the total may mean, in order; none where nothing
    stands there (BOOKING 6, currency)."""
    folded = _folded(text)
    found: set[str] = set()
    for match in _amounts(folded, total, digits):
        if _bears_sign(match, total):
            before = folded[max(0, match.start() - _NEAR) : match.start()].rstrip()
            after = folded[match.end() : match.end() + _NEAR].lstrip()
            # The sign of the amount, or a parenthesis around it, belongs to the amount.
            marks = (
                _MARK_BEFORE.search(before.removesuffix("-").removesuffix("(").rstrip()),
                _MARK_AFTER.match(after.removeprefix("-").removeprefix(")").lstrip()),
            )
            found.update(*(_meant(mark[0]) for mark in marks if mark))
    return tuple(sorted(found))


def _meant(mark: str) -> tuple[str, ...]:
    return _SIGNS.get(mark) or ((mark,) if known_digits(mark) is not None else ())


def _folded(text: str) -> str:
    """One spelling for digits, dashes, apostrophes and spaces; marks that show nothing are left out."""
    return text if text.isascii() else text.translate({ord(character): _plain(character) for character in set(text)})


def _plain(character: str) -> str:
    if character.isascii():
        return character
    if character in _DASHES:
        return "-"
    if character in _APOSTROPHES:
        return "'"
    return _MARKS.get(character) or _by_category(character)


def _by_category(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Nd":
        return str(unicodedata.decimal(character))
    if category == "Zs":
        return " "
    if category == "Cf":
        return ""
    full_width = 0xFF01 <= ord(character) <= 0xFF5E
    return chr(ord(character) - 0xFEE0) if full_width else character


def _amounts(folded: str, total: int, digits: int) -> Iterable[re.Match[str]]:
    """Where the text has the amount without its sign, in any spelling, not within a longer number."""
    whole, _, fraction = format_minor(abs(total), digits).partition(".")
    set_apart = len(whole + fraction) == 1 or _SET_APART.search(folded) is not None
    needed = whole + fraction.rstrip("0")
    candidates = [each for each in _DIGITS.finditer(folded) if needed in each[0].translate(_NO_DIGITS)]
    point = "." if fraction else ""
    plain = {f"{whole}{point}{fraction}", f"{','.join(_groups(whole, 3))}{point}{fraction}"}
    if not set_apart and all(each[0] in plain for each in candidates):
        return candidates  # as nearly every document has them: no expression is compiled for the amount
    return re.finditer(_expression(whole, fraction, set_apart=set_apart), folded, re.ASCII)


def _expression(whole: str, fraction: str, *, set_apart: bool) -> str:
    """The amount in any spelling, with every character set apart only where the text may have it so."""
    spellings = [_spelling(whole, fraction, group, mark) for group, mark in ((r"[,' ]", _POINT), (r"[.' ]", ","))]
    if set_apart:
        spellings.append(_letter_spaced(whole, fraction))
    return rf"(?:{'|'.join(spellings)})(?!\d)(?![.,']\d)"


def _spelling(whole: str, fraction: str, group: str, mark: str) -> str:
    """Digits in a row, in groups of three, or as in India (``1,23,456.70``); the mark; the minor digits, or ``-`` where
    they are zero."""
    groups = _groups(whole, 3)
    written = [whole, _joined(groups, group)]
    if len(whole) > _GROUPED_ALIKE and mark == _POINT:
        written.append(_joined([*_groups(whole[:-3], 2), whole[-3:]], ","))
    digits_of_whole = rf"(?:{'|'.join(written)})"
    # A space before a first group of three digits may belong to a longer number: 2 155.60 does not name 155.60.
    alone = r"(?<!\d[ ,.'])" if len(groups[0]) == 3 else r"(?<!\d[,.'])"
    return rf"(?<!\d){alone}{digits_of_whole}{_fraction(fraction, mark)}"


def _groups(digits: str, size: int) -> list[str]:
    """The digits in groups of a size, counted from the right."""
    first = len(digits) % size or size
    return [digits[:first], *(digits[start : start + size] for start in range(first, len(digits), size))]


def _joined(groups: list[str], group: str) -> str:
    return rf"\s?{group}\s?".join(groups) if len(groups) > 1 else groups[0]


def _fraction(fraction: str, mark: str) -> str:
    if not fraction:
        return rf"(?:\s?{mark}\s?0{{1,2}})?"
    zeros = len(fraction) - len(fraction.rstrip("0"))
    kept = max(1, len(fraction) - zeros)
    ending = rf"{fraction[:kept]}(?:0{{0,{len(fraction) - kept}}})"
    return rf"\s?{mark}\s?(?:{ending}|-)" if zeros == len(fraction) else rf"\s?{mark}\s?{ending}"


def _letter_spaced(whole: str, fraction: str) -> str:
    """Every character set apart: ``1 , 1 5 5 . 6 0``."""
    characters = [*whole, *(["[.,]"] if fraction else []), *fraction]
    grouped = r"\s(?:[,.']\s)?".join(characters)
    return rf"(?<!\d)(?<!\d\s)(?<![.,']\s){grouped}(?!\s\d)"


def _bears_sign(match: re.Match[str], total: int) -> bool:
    """Whether the amount is written with the total's sign; a zero may have either."""
    before, after = (
        match.string[max(0, match.start() - 12) : match.start()],
        match.string[match.end() : match.end() + 3],
    )
    negative = _is_negative(before, after)
    return total == 0 or negative == (total < 0) or (total < 0 and _is_negative(before, after, loose=True))


def _is_negative(before: str, after: str, *, loose: bool = False) -> bool:
    """A minus next to the amount or its currency, at either end, or parentheses around it."""
    gap = r"\s?" if loose else ""
    leading = re.search(rf"-{gap}{_CURRENCY}{gap}$", before) is not None
    enclosed = re.search(rf"\(\s?-?{_CURRENCY}\s?$", before) is not None and re.match(r"\s?\)", after) is not None
    trailing = re.match(rf"{gap}-(?![\w.,])", after) is not None
    return leading or enclosed or trailing
