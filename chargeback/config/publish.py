"""``[publish]`` and ``[vendor]``: how a revision's files are written, and who issued the invoices."""

from __future__ import annotations

from typing import Literal, cast

from chargeback.config.key_path import KeyPath
from chargeback.config.scalars import choice, identifier, text
from chargeback.config.settings import Publish, Vendor
from chargeback.config.table import Table, each

PUBLISH_KEYS = ("language", "focus", "leave_out")
VENDOR_KEYS = ("name", "tax_id", "branch")


def publish(place: KeyPath, value: object) -> Publish:
    """The ``[publish]`` table."""
    table, default = Table.of(place, value, PUBLISH_KEYS), Publish()
    return Publish(
        language=table.optional("language", language, default.language),
        focus=table.optional("focus", focus, default.focus),
        leave_out=table.optional("leave_out", each(choice("xlsx")), default.leave_out),
    )


def language(place: KeyPath, value: object) -> Literal["en", "th", "both"]:
    """The language of statements and tax lists."""
    return cast(Literal["en", "th", "both"], choice("en", "th", "both")(place, value))


def focus(place: KeyPath, value: object) -> Literal["1.2", "1.4"]:
    """The version of FOCUS that the exports follow."""
    return cast(Literal["1.2", "1.4"], choice("1.2", "1.4")(place, value))


def vendor(place: KeyPath, value: object) -> Vendor:
    """The ``[vendor]`` table."""
    table = Table.of(place, value, VENDOR_KEYS)
    return Vendor(
        name=table.required("name", text),
        tax_id=table.required("tax_id", identifier),
        branch=table.optional("branch", identifier, ""),
    )
