"""A profile: how the journal is written as a file that an ERP imports, as data (docs/journal.md).

A small TOML file says columns, dates, decimals, lengths, and what goes where; ``publish.exports.erp`` writes by it.
Three come with the program, the user's own are kept in the evidence of each revision that they shaped.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from string import Template
from typing import Literal

import msgspec
from msgspec import Struct

from chargeback.errors import ConfigurationError
from chargeback.model.bookkeeping import JOURNAL_COLUMNS

LARGEST = 64 * 1024
"""Bytes that a profile may have."""
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LEGS = ("cost", "input_vat_pending", "input_vat", "payable", "withholding", "clearing")
PLACEHOLDERS = (*(name for name in JOURNAL_COLUMNS if name != "bookable"), "amount")
"""What a column's value may name: the journal's columns, and ``amount``: the debit, or minus the credit."""
_DATE = re.compile(r"(?=.*YYYY)(?=.*MM)(?=.*DD)[YMD./ -]+")


class ProfileColumn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A column: its heading and its value, a text with ``$name`` for what the journal's row says.

    ``once``: only on the first row of an entry; ``legs``: only on rows of these legs; ``most``: the characters that the
    ERP takes (0: any), where a longer value is cut if ``cut``, else its entry is left out and named; ``replace``: what
    the ERP calls a value. ``kind`` "analytic" makes Odoo's distribution of the value, all of it on that account.
    """

    name: str
    value: str = ""
    kind: Literal["text", "analytic"] = "text"
    once: bool = False
    legs: tuple[str, ...] = ()
    most: int = 0
    cut: bool = False
    replace: Mapping[str, str] = msgspec.field(default_factory=dict)


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    title: str
    columns: tuple[ProfileColumn, ...]
    source: str = ""
    date: str = "YYYY-MM-DD"
    decimal: Literal[".", ","] = "."
    delimiter: Literal[",", ";", "\t"] = ","
    byte_order_mark: bool = False
    most_lines: int = 0
    split: tuple[Literal["company", "currency"], ...] = ()
    remarks: tuple[str, ...] = ()


class ErpProfile(Struct, frozen=True):
    """A profile by its name, which names its files: ``exports/journal-<name>.csv``.

    ``most_lines``: of one file, its heading aside (0: any); ``split``: what all entries of a file have in common.
    """

    name: str
    title: str
    source: str
    columns: tuple[ProfileColumn, ...]
    date: str
    decimal: str
    delimiter: str
    byte_order_mark: bool
    most_lines: int
    split: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def carried(self) -> frozenset[str]:
        """What of a journal's row the file holds."""
        return frozenset(name for column in self.columns for name in Template(column.value).get_identifiers())


def read_profile(name: str, data: bytes, where: str) -> ErpProfile:
    """The profile in these bytes; ``ConfigurationError`` names ``where`` and what is wrong."""
    try:
        document = msgspec.convert(tomllib.loads(data.decode()), _Document)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise _wrong(where, str(error)) from error
    problem = _problem(document)
    if problem:
        raise _wrong(where, problem)
    return ErpProfile(
        name,
        document.title,
        document.source,
        document.columns,
        document.date,
        document.decimal,
        document.delimiter,
        document.byte_order_mark,
        document.most_lines,
        document.split,
        document.remarks,
    )


def _wrong(where: str, problem: str) -> ConfigurationError:
    return ConfigurationError(f"{where}: {problem}", remedy="see docs/journal.md, profiles of your own")


def _problem(document: _Document) -> str:
    """What is wrong with it beyond its shape, "" where nothing is."""
    if not document.columns:
        return "a profile needs [[columns]]"
    if not _DATE.fullmatch(document.date):
        return f'date "{document.date[:20]}": write it with YYYY, MM and DD'
    if document.most_lines < 0 or any(column.most < 0 for column in document.columns):
        return "a length below zero"
    names = [column.name for column in document.columns]
    if len(set(names)) != len(names) or not all(names):
        return "every column has a name of its own"
    found = set[str]()
    for column in document.columns:
        if problem := _column_problem(column):
            return f'column "{column.name[:40]}": {problem}'
        if not column.once:
            found |= set(Template(column.value).get_identifiers())
    if "amount" not in found and not {"debit", "credit"} <= found:
        return "a column with $amount is missing, or two with $debit and $credit: the file would have no amounts"
    if "gl_account" not in found:
        return "a column with $gl_account is missing: the file would have no accounts"
    return ""


def _column_problem(column: ProfileColumn) -> str:
    template = Template(column.value)
    if not template.is_valid():
        return 'a "$" stands for a name of the journal; write $$ for the character'
    unknown = sorted(set(template.get_identifiers()) - set(PLACEHOLDERS))
    if unknown:
        return f"${unknown[0]} is nothing that the journal has; it has ${', $'.join(PLACEHOLDERS)}"
    legs = sorted(set(column.legs) - set(LEGS))
    if legs:
        return f'"{legs[0][:40]}" is no leg; legs are {", ".join(LEGS)}'
    return ""
