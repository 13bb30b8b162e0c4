"""The bytes of a ledger file (INTERFACE, ledgers; BOOKING 8)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

COLUMNS = [
    "period",
    "account",
    "account_name",
    "invoice",
    "invoice_status",
    "team",
    "cost_center",
    "gl_account",
    "project",
    "project_name",
    "environment",
    "resource",
    "usage",
    "share_percent",
    "net",
    "tax",
    "gross",
    "currency",
    "basis",
    "line",
    "invoice_line",
    "description",
]
FIGURES = {"usage", "share_percent", "net", "tax", "gross", "line", "invoice_line"}
FORMULA = set("=+-@＝＋－＠")
UNSEEN = {"Zs", "Zl", "Zp", "Cf", "Cc"}


def without_controls(value: str) -> str:
    """The text less control characters."""
    return "".join(character for character in value if unicodedata.category(character) != "Cc")


def safe(value: str) -> str:
    """The text less control characters, with a leading ``'`` where a spreadsheet would take it for a formula."""
    kept = without_controls(value)
    visible = [character for character in kept if unicodedata.category(character) not in UNSEEN]
    return f"'{kept}" if visible and visible[0] in FORMULA else kept


def quoted(value: str) -> str:
    """The cell by RFC 4180, and quoted too where half of the world's spreadsheets would split it."""
    return '"' + value.replace('"', '""') + '"' if any(character in value for character in ',"\r\n;\t|') else value


def csv_bytes(rows: Iterable[Sequence[str]]) -> bytes:
    """A file with its heading: UTF-8 with a byte order mark, CRLF."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        cells = zip(COLUMNS, row, strict=True)
        lines.append(",".join(quoted(value if name in FIGURES else safe(value)) for name, value in cells))
    return b"\xef\xbb\xbf" + "".join(f"{line}\r\n" for line in lines).encode()
