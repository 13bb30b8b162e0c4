"""A workbook's texts: what may stand in a cell, and the table that every repeated text is kept in once.

Texts beyond the table's limit stand in their cells, so that memory stays bounded however many different texts there are
(ECMA-376 part 1, 18.4 and 22.9.2.19).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from chargeback.model.spreadsheet_text import guarded
from chargeback.model.text import cleaned

LONGEST_TEXT = 32_767
"""Characters that a cell holds, in UTF-16 units; a longer text makes Excel refuse the file."""
MOST_STRINGS = 1 << 15
"""Different texts kept in the table."""

_SHORT, _MOST_ELEMENTS = 200, 1 << 12
"""The workbooks of a month have most texts alike; of these many, that have no more characters, the XML is kept."""
_PLAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 .:,/()-]{0,150}[A-Za-z0-9.:,/()-])?").fullmatch
"""Nearly all texts: as they are, nothing of them would be made otherwise."""
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
)


def cell_text(text: str) -> str:
    """The text as a cell may show it: guarded (BOOKING 8), without what XML cannot hold, not longer than a cell."""
    return _cut(_NOT_XML.sub("", guarded(text)))


def property_text(text: str) -> str:
    """The text as a property of the workbook may have it: without what XML cannot hold."""
    return _NOT_XML.sub("", cleaned(text))


def _cut(text: str) -> str:
    if len(text) * 2 <= LONGEST_TEXT or len(text.encode("utf-16-le")) <= 2 * LONGEST_TEXT:
        return text
    kept = text.encode("utf-16-le")[: 2 * (LONGEST_TEXT - 1)]
    return kept.decode("utf-16-le", "ignore") + "…"


def escape(text: str) -> str:
    """The text as XML; ``xml.sax.saxutils`` would import all that HTTP takes."""
    return html.escape(text, quote=False)


def xml_text(text: str) -> str:
    """The text as XML, with ``_x0041_`` written so that it is read as these seven characters and not as "A"."""
    if "_x" in text:
        text = _ESCAPE.sub("_x005F_", text)
    return escape(text)


def text_element(text: str) -> str:
    """``<t>…</t>`` of a text from outside."""
    if _PLAIN(text):
        return f"<t>{text}</t>"
    return _short_element(text) if len(text) <= _SHORT else _element(text)


def _element(text: str) -> str:
    shown = cell_text(text)
    space = ' xml:space="preserve"' if shown != shown.strip() else ""
    return f"<t{space}>{xml_text(shown)}</t>"


_short_element = lru_cache(_MOST_ELEMENTS)(_element)


class SharedStrings:
    """The table: each text's ``<t>`` element and its place, in the order in which they came."""

    def __init__(self, most: int = MOST_STRINGS) -> None:
        self._places: dict[str, int] = {}
        self._elements: list[str] = []
        self._most = most

    def place(self, text: str) -> int | None:
        """Where the text stands in the table; None where the table is full and does not have it."""
        found = self._places.get(text)
        if found is None and len(self._elements) < self._most:
            found = self._places[text] = len(self._elements)
            self._elements.append(text_element(text))
        return found

    def xml(self) -> Iterator[bytes]:
        """The part ``xl/sharedStrings.xml``, in chunks."""
        yield _HEAD
        for start in range(0, len(self._elements), 4096):
            yield "".join(f"<si>{element}</si>" for element in self._elements[start : start + 4096]).encode()
        yield b"</sst>"
