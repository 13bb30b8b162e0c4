"""``docs/configuration.md`` and ``docs/config.schema.json``: every key of ``config.toml``, from its declaration.

Keys, types, bounds, defaults and meanings are those of ``chargeback.config``'s records: what a key is for stands below
its field. Only what no field can say stands here. ``make docs`` writes both files; a test compares them.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin

from msgspec import NODEFAULT, Struct

from chargeback.collect.credentials import PASSWORD, TOKEN, USER
from chargeback.config import AcceptedException, Config, ProjectClaim
from chargeback.config.forms import EVERY_REPORT_CHECK
from chargeback.config.loader import VARIABLE, WORKERS_VARIABLE
from chargeback.config.reading import Declared, Key, KeyForm, keys_of
from chargeback.config.settings import ENDPOINT_VARIABLE, Tolerance
from chargeback.evidence.period import Period
from chargeback.model.catalogue import VARIANCE_CODES
from chargeback.model.check import Code

PAGE = Path(__file__).with_name("configuration.md")
SCHEMA = Path(__file__).with_name("config.schema.json")
COMMAND = "make docs"
WIDTH = 120

NEEDED, NONE = "**needed**", ""
FORMAT = "format"
"""The one key of ``[journal]`` that may also stand before the first table."""

DEFAULTS: Mapping[str, str] = {
    "Config.archive": '`"archive"`',
    "AccountEntry.name": "the platform's",
    "AccountEntry.company": "its tax id's",
    "Config.since": "the first archived month",
    "AccountEntry.vat": '`"cost"` of an individual',
    "Team.name": "its `id`",
    "Reconciliation.tolerance": "as below",
    "AcceptedException.invoice": "any",
    "AcceptedException.subject": "any",
    "AcceptedException.up_to": "needed where the check has a variance",
    "Journal.unassigned": "`expense`",
    "Journal.adjustments": "`expense`",
    "Journal.input_vat_pending": "`input_vat`",
    "Notify.on": "all of them",
    "Usage.prices": "the platform's list",
}
"""What holds without the key, where that is no value."""


class Section(NamedTuple):
    """A table of the file as the page shows it: title, text above its keys, record, text below."""

    title: str
    intro: str
    table: type
    below: str = ""


class Row(NamedTuple):
    """A key as the page shows it."""

    key: str
    value: str
    default: str
    meaning: str


HEAD = f"""\
# Configuration reference

<!-- Written by docs/reference.py from the code: change it there, then `{COMMAND}`. -->

[config.example.toml](../config.example.toml) shows every key at work; where the file is looked up, and what is refused,
is in [rules 3.1 to 3.4](rules/interface.md#3-configuration). `chargeback config check` checks it.

Behind each key stands its value, and after the last semicolon what holds without the key. An *amount* is a decimal text
such as `"12.50"`, or a number, never negative. A *month* is written `"2026-05"`; `from` and `until` are both included.

Editors complete keys by [config.schema.json](config.schema.json): name it for taplo in a first line `#:schema`.
"""

VARIABLES = f"""\
## Environment variables

- `{VARIABLE}`: the configuration, unless `-c` names one
- `{WORKERS_VARIABLE}`: wins over `workers`, and `--workers` over it
- `{ENDPOINT_VARIABLE}`: wins over `[api] endpoint`
- what `token_env` names: an account's own token; wins over all below
- `{USER}`, `{PASSWORD}`: a service account and its key, used if both are set
- `{TOKEN}`: a token; without it `[api] token_command` or `token_file`
- `SSL_CERT_FILE`, `SSL_CERT_DIR`: certificate authorities in place of the built-in ones
- `HTTPS_PROXY`, else `ALL_PROXY`: the proxy, `http://host:port`, user and password before the host if needed
- `NO_PROXY`: hosts, domains, addresses and networks asked without it, or `*`; this machine always is
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *map(_section, sections()), VARIABLES])


def sections() -> Iterator[Section]:
    """A section a table, in the file's order; ``projects`` and ``tolerance`` below the table that they stand in."""
    yield Section("Before the first table", "", Config)
    for key in keys_of(Config):
        if is_table(key):
            brackets = f"[[{key.name}]]" if get_origin(_bare(key.kind)) is tuple else f"[{key.name}]"
            table = _table_of(key.kind)
            yield Section(f"`{brackets}`", meaning(Config, key), table, _below(table))
        if key.name == "teams":
            yield Section(
                "An entry of `projects` as a table",
                'For a project that moved between teams: `{ match = "acme-shop", from = "2026-04" }`. Which claim wins:'
                " [rule 5.1](rules/booking.md#5-ownership).",
                ProjectClaim,
            )
        if key.name == "reconciliation":
            yield Section("`tolerance` in `[reconciliation]`", "The larger of the two holds.", Tolerance)


def rows(section: Section) -> list[Row]:
    """A row a key, in the code's order."""
    made = [
        _row(section.table, key) for key in keys_of(section.table) if section.table is not Config or not is_table(key)
    ]
    if section.table is Config:
        made.append(
            Row(
                FORMAT,
                "as in [`[journal]`](#journal)",
                NONE,
                "here or there",
            )
        )
    return made


def is_table(key: Declared) -> bool:
    """Whether a key of the file has a section of its own."""
    return bool(keys_of(_table_of(key.kind))) or get_origin(_bare(key.kind)) is Mapping


def meaning(table: type, key: Declared) -> str:
    """What a key is for: the text below its field; ``ValueError`` where there is none."""
    owner = next((each for each in table.__mro__ if key.field in meanings(each)), None)
    if owner is None:
        raise ValueError(f"{table.__name__}.{key.field}: write below the field what it is for")
    return meanings(owner)[key.field]


@cache
def meanings(table: type) -> Mapping[str, str]:
    """By field, the text below it, in one line."""
    if not issubclass(table, Struct) or table is Struct:
        return {}
    (parsed,) = ast.parse(textwrap.dedent(inspect.getsource(table))).body
    assert isinstance(parsed, ast.ClassDef)  # noqa: S101  # for mypy: the source of a class is one
    pairs = zip(parsed.body, parsed.body[1:], strict=False)
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairs
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    }


def schema() -> dict[str, Any]:
    """A JSON schema of the file, for editors: the same keys, values and meanings; what only the reader can tell, such
    as which claims compete, is left to ``chargeback config check``."""
    made = _table_schema(Config)
    of_journal = made["properties"]["journal"]["properties"][FORMAT]
    properties = {**made["properties"], FORMAT: of_journal}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.toml of chargeback",
        **made,
        "properties": properties,
    }


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _table_schema(table: type) -> dict[str, Any]:
    needed = [row.key for row in map(partial(_row, table), keys_of(table)) if row.default == NEEDED]
    properties = {
        key.name: {**_schema(key.kind), "description": re.sub(r"`|\[([^\]]+)\]\([^)]+\)", r"\1", meaning(table, key))}
        for key in keys_of(table)
    }
    made = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": needed} if needed else made


def _schema(kind: object) -> dict[str, Any]:
    """What a type says may stand at a key, as a schema says it."""
    bare = _bare(kind)
    extras = get_args(kind)[1:] if get_origin(kind) is Annotated else ()
    form = next((each for each in extras if isinstance(each, KeyForm)), None)
    about = next((each for each in extras if isinstance(each, Key)), Key())
    arguments = [each for each in get_args(bare) if each is not type(None)]
    if form and form.toml:
        plain = [name for name in form.toml if name != "object"]
        texts = {"type": plain if len(plain) > 1 else plain[0]}
        return {"anyOf": [texts, _table_schema(_table_of(bare))]} if "object" in form.toml else texts
    if get_origin(bare) is Literal:
        return {"enum": arguments}
    if get_origin(bare) is tuple:
        return {"type": "array", "items": _schema(arguments[0])}
    if get_origin(bare) is Mapping:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    if arguments:  # of a union
        each = [_schema(argument) for argument in arguments]
        return each[0] if len(each) == 1 else {"anyOf": each}
    if bare is int:
        return {"type": "integer", "minimum": about.least, "maximum": about.most}
    if bare is float:
        return {"type": "number", "exclusiveMinimum": 0, "maximum": about.most}
    if bare is Decimal:
        return {"type": ["string", "number"]}
    if bare is Period:
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    assert isinstance(bare, type)  # noqa: S101  # for mypy: all others were seen above
    return _table_schema(bare) if keys_of(bare) else {"type": "string"}


def _bare(kind: object) -> object:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _table_of(kind: object) -> type:
    """The record of a table, or of a list of them; ``str`` where it is neither."""
    bare = _bare(kind)
    inner = _bare(get_args(bare)[0]) if get_origin(bare) is tuple else bare
    return inner if isinstance(inner, type) else str


def _below(table: type) -> str:
    return _checks_with_variance() if table is AcceptedException else ""


def _row(table: type, key: Declared) -> Row:
    told = meaning(table, key).removesuffix(".")
    default = DEFAULTS.get(f"{table.__name__}.{key.field}") or _default(key.default)
    return Row(key.name, key.form.words, default, told[0].lower() + told[1:])


def _default(default: object) -> str:
    """A default as it would stand in the file."""
    if default is NODEFAULT:
        return NEEDED
    if default is None or default in ("", ()):
        return NONE
    return f'`"{default}"`' if isinstance(default, str | Decimal) else f"`{default}`"


def _section(section: Section) -> str:
    lines = [f"## {section.title}", "", *([_filled(section.intro)] if section.intro else [])]
    if keys_of(section.table):
        lines += [f"- `{row.key}` ({_value(row)}): {row.meaning}" for row in rows(section)]
        lines += ["", section.below] if section.below else [""]
    return "\n".join(lines)


def _value(row: Row) -> str:
    """What may stand at the key, without its article, and what holds without it."""
    value = re.sub(r"^an? ", "", row.value)
    return f"{value}; {row.default}" if row.default else value


def _checks_with_variance() -> str:
    codes = ", ".join(f"`{code}`" for code in Code if code in VARIANCE_CODES)
    return _filled(f"Checks with a variance: {codes}, `{EVERY_REPORT_CHECK}`.")


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
