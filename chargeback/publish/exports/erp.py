"""``exports/journal-<profile>.csv``: the journal as an ERP imports it, by a profile; one writer for all of them.

The files hold what may be booked: whole entries, never part of one, each in one file. ``journal-<profile>.txt`` beside
them says what each file holds, which entries were left out and why, and what the format does not carry.
"""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files as resources
from io import StringIO
from itertools import groupby
from pathlib import Path
from string import Template

from msgspec import Struct, field

from chargeback.config import Config
from chargeback.model.bookkeeping import JOURNAL_COLUMNS, Leg, key_of
from chargeback.model.erp_profile import PLACEHOLDERS, ErpProfile, ProfileColumn, read_profile
from chargeback.model.journal import JournalRow
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row
from chargeback.publish.exports import journal_csv

_AMOUNTS = ("debit", "credit", "amount", "tax_base")
_DATES = ("posting_date", "document_date")
Entry = Sequence[JournalRow]


def profiles(config: Config, own: Mapping[str, str]) -> Iterator[ErpProfile]:
    """The profiles that ``[journal] format`` names; ``own`` are the user's by name, as the evidence keeps them."""
    for entry in config.journal.format:
        if isinstance(entry, Path):
            yield read_profile(entry.stem, own[entry.stem].encode(), entry.name)
        else:
            data = (resources("chargeback.publish.exports") / "profiles" / f"{entry}.toml").read_bytes()
            yield read_profile(entry, data, f"{entry}.toml")


def files(profile: ErpProfile, stem: str, rows: Iterable[JournalRow]) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The files of one profile; ``stem`` is "journal" or "journal-change"."""
    name = f"{stem}-{profile.name}"
    taken = _Taken(profile)
    for _, entry in groupby(rows, key=lambda row: (row.entry, row.concerns)):
        taken.take(list(entry))
    parts = taken.parts() or [((), [])]
    texts = []
    for number, (group, entries) in enumerate(parts, start=1):
        path = f"exports/{name}.csv" if number == 1 else f"exports/{name}-{number}.csv"
        texts.append(_about(path, group, entries))
        yield path, [_csv(profile, entries)]
    yield f"exports/{name}.txt", ["".join(f"{line}\n" for line in _note(profile, texts, taken.left_out)).encode()]


class _Taken(Struct):
    """The entries that the files hold, by what those of one file have in common, and those that they cannot."""

    profile: ErpProfile
    groups: dict[tuple[str, ...], list[Entry]] = field(default_factory=lambda: defaultdict(list))
    left_out: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def take(self, entry: Entry) -> None:
        reason = self._reason(entry)
        if reason:
            self.left_out[reason].append(entry[0].entry)
        else:
            self.groups[tuple(getattr(entry[0], name) for name in self.profile.split)].append(entry)

    def _reason(self, entry: Entry) -> str:
        """Why the entry cannot be in a file, "" where it can."""
        if not all(row.bookable for row in entry):
            return "not to be booked, see the column bookable of journal.csv"
        most = self.profile.most_lines
        if most and len(entry) > most:
            return f"longer than the {most} lines of a file"
        for column in self.profile.columns:
            if column.most and not column.cut and self._longest(column, entry) > column.most:
                return f"{column.name} takes {column.most} characters"
        return ""

    def _longest(self, column: ProfileColumn, entry: Entry) -> int:
        return max(len(_value(self.profile, column, row, first=not place)) for place, row in enumerate(entry))

    def parts(self) -> list[tuple[tuple[str, ...], list[Entry]]]:
        """The files: groups in order, each in as many as its lines need."""
        found: list[tuple[tuple[str, ...], list[Entry]]] = []
        most = self.profile.most_lines
        for group, entries in sorted(self.groups.items()):
            lines = most + 1
            for entry in entries:
                if not found or found[-1][0] != group or (most and lines + len(entry) > most):
                    found.append((group, []))
                    lines = 0
                found[-1][1].append(entry)
                lines += len(entry)
        return found


def _csv(profile: ErpProfile, entries: Iterable[Entry]) -> bytes:
    written = [[column.name for column in profile.columns]]
    for entry in entries:
        for number, row in enumerate(entry):
            written.append([_value(profile, column, row, first=not number) for column in profile.columns])
    text = "".join(map(csv_row, written)) if profile.delimiter == "," else _separated(written, profile.delimiter)
    return ((BYTE_ORDER_MARK if profile.byte_order_mark else "") + text).encode()


def _separated(written: Iterable[Sequence[str]], delimiter: str) -> str:
    """The rows with another separator; every field is quoted, so that none can be taken for two."""
    buffer = StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_ALL).writerows(written)
    return buffer.getvalue()


def _value(profile: ErpProfile, column: ProfileColumn, row: JournalRow, *, first: bool) -> str:
    """A cell of the row."""
    if (column.once and not first) or (column.legs and _leg(row) not in column.legs):
        return ""
    said = _said(profile, row)
    text = Template(column.value).substitute({name: column.replace.get(value, value) for name, value in said.items()})
    if column.kind == "analytic":
        return json.dumps({text: 100}, ensure_ascii=False) if text else ""
    return f"{text[: column.most - 1]}…" if column.cut and 0 < column.most < len(text) else text


def _leg(row: JournalRow) -> str:
    return "cost" if row.leg is Leg.COST else key_of(row.leg)


def _said(profile: ErpProfile, row: JournalRow) -> dict[str, str]:
    """What the row says under each name, dates and amounts as the ERP writes them."""
    said = dict(zip(JOURNAL_COLUMNS, journal_csv.cells(row), strict=True))
    said["amount"] = f"{row.amount:f}"
    for name in _AMOUNTS:
        said[name] = said[name].replace(".", profile.decimal)
    for name in _DATES:
        said[name] = _day(profile.date, said[name])
    return said


def _day(pattern: str, text: str) -> str:
    if not text:
        return ""
    year, month, day = text.split("-")
    return pattern.replace("YYYY", year).replace("MM", month).replace("DD", day)


def _about(path: str, group: tuple[str, ...], entries: Sequence[Entry]) -> str:
    lines = sum(map(len, entries))
    of = f" of {', '.join(group)}" if group else ""
    return f"{path}: {len(entries)} entries, {lines} lines{of}"


def _note(profile: ErpProfile, texts: Iterable[str], left_out: Mapping[str, Sequence[str]]) -> Iterator[str]:
    yield profile.title
    if profile.source:
        yield f"columns after {profile.source}"
    yield from texts
    for reason, entries in left_out.items():
        yield f"left out, {reason}: {', '.join(entries)}"
    missing = [name for name in PLACEHOLDERS if name not in profile.carried | {"debit", "credit", "amount"}]
    if missing:
        yield f"not carried: {', '.join(missing)}"
    yield from profile.remarks
