"""The floors: what the same requests, bytes and cells cost at the least on this machine, now."""

from __future__ import annotations

import csv
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from io import BytesIO, StringIO
from pathlib import Path
from xml.sax.saxutils import escape

IMPORTS = "import httpx, pandas, openpyxl, click, dateutil, msgspec, tenacity, arro3.io, nanoarrow, iso4217"
_TEXT_COLUMNS = {"period", "account", "account_name", "invoice", "invoice_status", "team", "cost_center", "gl_account"}
_TEXT_COLUMNS |= {"project", "project_name", "environment", "resource", "currency", "basis", "description"}


def seconds(action: Callable[[], object]) -> float:
    """The wall time of an action."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def imports() -> float:
    """A Python that imports the libraries and ends."""
    return min(seconds(lambda: subprocess.run([sys.executable, "-c", IMPORTS], check=True)) for _ in range(3))


def network(requests: int, latency: float, concurrency: int) -> float:
    """All requests answered at once after their latency, so many side by side."""
    return requests * latency / concurrency


def ledgers(folder: Path) -> tuple[float, float]:
    """Seconds for the same CSV bytes joined by hand, and for the same cells streamed as XLSX (STYLE, libraries)."""
    tables = [_cells(path) for path in sorted(folder.glob("*.csv"))]
    joined = seconds(lambda: [_joined(rows) for rows in tables])
    streamed = seconds(lambda: [_streamed(rows) for rows in tables[1:]])  # all.csv, the first, has no workbook
    return joined, streamed


def _cells(path: Path) -> list[list[str]]:
    return list(csv.reader(StringIO(path.read_text(encoding="utf-8-sig"), newline="")))


def _joined(rows: list[list[str]]) -> bytes:
    return "\r\n".join([",".join(row) for row in rows]).encode()


def _streamed(rows: list[list[str]]) -> bytes:
    """A package with one sheet of inline texts and numbers, nothing else."""
    names = rows[0]
    is_text = [name in _TEXT_COLUMNS for name in names]
    target = BytesIO()
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package,
        package.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet,
    ):
        for start in range(0, len(rows), 1000):
            sheet.write("".join(_row(row, is_text) for row in rows[start : start + 1000]).encode())
    return target.getvalue()


def _row(row: list[str], is_text: list[bool]) -> str:
    cells = [
        f'<c t="inlineStr"><is><t>{escape(cell)}</t></is></c>' if text else f"<c><v>{cell}</v></c>"
        for cell, text in zip(row, is_text, strict=True)
    ]
    return f"<row>{''.join(cells)}</row>"
