"""``[api]`` and ``[[accounts]]``: how the platform is reached, and whose bills are read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from chargeback.config.endpoint import address
from chargeback.config.key_path import KeyPath, kind, shown
from chargeback.config.scalars import choice, identifier, location, month, seconds, text, variable, whole
from chargeback.config.settings import AccountEntry, Api
from chargeback.config.table import Table, each
from chargeback.model.period import Period

API_KEYS = ("endpoint", "concurrency", "timeout", "deadline", "token_command", "token_file")
ACCOUNT_KEYS = ("id", "name", "company", "vat", "token_env", "from", "until")

MOST_CONCURRENT = 64
LONGEST_TIMEOUT = 600
LONGEST_DEADLINE = 7 * 24 * 3600


def api(place: KeyPath, value: object) -> Api:
    """The ``[api]`` table; a token comes from a command or from a file, not from both."""
    table, default = Table.of(place, value, API_KEYS), Api()
    if "token_command" in table.values and "token_file" in table.values:
        raise place.error("token_command and token_file are both given", "keep one of them")
    return Api(
        endpoint=table.optional("endpoint", address, default.endpoint),
        concurrency=table.optional("concurrency", whole(1, MOST_CONCURRENT), default.concurrency),
        timeout=table.optional("timeout", seconds(LONGEST_TIMEOUT), default.timeout),
        deadline=table.optional("deadline", seconds(LONGEST_DEADLINE), default.deadline),
        token_command=table.optional("token_command", command, None),
        token_file=table.optional("token_file", location, None),
    )


def command(place: KeyPath, value: object) -> tuple[str, ...]:
    """A command and its arguments; no shell reads them."""
    remedy = 'write a list, a word each: ["deploys", "auth", "token"]'
    if not isinstance(value, list):
        raise place.error(f"this is {kind(value)}, not a list", remedy)
    if not value:
        raise place.error("the command is empty", remedy)
    return each(text)(place, value)


def accounts(place: KeyPath, value: object) -> tuple[AccountEntry, ...]:
    """The ``[[accounts]]`` entries in order, no id twice."""
    listed = each(account)(place, value)
    refuse_repeated(place, (entry.id for entry in listed), "account")
    return listed


def account(place: KeyPath, value: object) -> AccountEntry:
    """One ``[[accounts]]`` entry."""
    table = Table.of(place, value, ACCOUNT_KEYS)
    since, until = months(table)
    return AccountEntry(
        id=table.required("id", identifier),
        name=table.optional("name", text, ""),
        company=table.optional("company", text, ""),
        vat=table.optional("vat", vat, None),
        token_env=table.optional("token_env", variable, None),
        since=since,
        until=until,
    )


def vat(place: KeyPath, value: object) -> Literal["recoverable", "cost"]:
    """Whether the account's buyer may reclaim input tax, or bears it as cost."""
    return cast(Literal["recoverable", "cost"], choice("recoverable", "cost")(place, value))


def months(table: Table) -> tuple[Period | None, Period | None]:
    """The table's ``from`` and ``until``, both inclusive and optional, in order of time."""
    since, until = table.optional("from", month, None), table.optional("until", month, None)
    if since is not None and until is not None and until < since:
        raise table.place.error(f"from {since} is later than until {until}", "write the earlier month as from")
    return since, until


def refuse_repeated(place: KeyPath, ids: Iterable[str], noun: str) -> None:
    """``ConfigurationError`` at the entry of a list whose id an earlier entry has."""
    first: dict[str, int] = {}
    for index, name in enumerate(ids):
        if name in first:
            earlier = place.item(first[name]).key
            raise place.item(index).error(
                f"the {noun} {shown(name)} is there already, as {earlier}", f"list each {noun} once"
            )
        first[name] = index
