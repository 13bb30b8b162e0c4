"""``docs/configuration.md`` and ``docs/config.schema.json``: every key of ``config.toml``, from the code that reads it.

Keys come from the readers' tables, defaults and types from the dataclasses, bounds and which keys are needed from the
readers themselves. What stands here is what no code says: what a key is for. A key that the code has and this page does
not explain, or the other way round, is an error. ``make docs`` writes the page; a test compares it.
"""

from __future__ import annotations

import dataclasses
import json
import re
import textwrap
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from chargeback.collect.credentials import PASSWORD, TOKEN, USER
from chargeback.config import journal, loader, notify, ownership, platform, publish, settings, usage
from chargeback.config import reconciliation as reconciliation_keys
from chargeback.config.endpoint import ENDPOINT_VARIABLE
from chargeback.config.file import DEFAULT_NAME, VARIABLE
from chargeback.config.key_path import KeyPath
from chargeback.errors import ConfigurationError
from chargeback.model.catalogue import VARIANCE_CODES
from chargeback.model.check import Code

PAGE = Path(__file__).with_name("configuration.md")
SCHEMA = Path(__file__).with_name("config.schema.json")
COMMAND = "make docs"
WIDTH = 120

NEEDED, NONE = "needed", "none"
SID_OR_GLOB = "a sid or glob"

Read = Callable[[KeyPath, Any], object]


class Section(NamedTuple):
    """A table of the file: its keys, the dataclass that has the defaults, a reader, and an entry that it accepts."""

    title: str
    intro: str
    keys: tuple[str, ...]
    kind: type
    read: Read
    sample: Mapping[str, Any]
    fields: Mapping[str, str] = {}
    values: Mapping[str, str] = {}
    defaults: Mapping[str, str] = {}


class Row(NamedTuple):
    """A key as the page shows it."""

    key: str
    value: str
    default: str
    meaning: str


CLAIM_FIELDS = {"match": "pattern", "from": "since"}

SECTIONS = (
    Section(
        "The file itself",
        "Keys before the first table.",
        loader.DOCUMENT_KEYS,
        settings.Config,
        lambda place, value: loader.parse(b"", Path("config.toml")),
        {},
        fields={"timezone": "timezone_name"},
        values={
            "timezone": "a name of the IANA time zone database",
            "workers": f"a whole number from 0 to {loader.MOST_WORKERS}",
            "format": "as in [`[journal]`](#journal)",
        },
        defaults={"archive": f'`"{loader.DEFAULT_ARCHIVE}"`', "format": NONE},
    ),
    Section(
        "`[api]`",
        "How the platform is reached. The whole table is optional. Of `token_command` and `token_file` only one.",
        platform.API_KEYS,
        settings.Api,
        platform.api,
        {},
        values={"endpoint": "an https address; plain http only to loopback", "token_command": "a list, a word each"},
    ),
    Section(
        "`[[accounts]]`",
        "Whose bills, a block for each billing account. None at all: every account that the platform lists.",
        platform.ACCOUNT_KEYS,
        settings.AccountEntry,
        platform.account,
        {"id": "ba_123"},
        fields={"from": "since"},
        values={"token_env": "the name of a variable"},
        defaults={"name": "the platform's", "company": "its tax id's", "vat": "by the kind of buyer"},
    ),
    Section(
        "`[[teams]]`",
        "Who pays, a block for each team. Projects that nobody claims are booked to `unassigned`, and reported.",
        ownership.TEAM_KEYS,
        settings.Team,
        ownership.team,
        {"id": "web"},
        values={
            "id": "a-z, 0-9 and -, no - first, at most 64",
            "projects": "a list of sids, globs and tables (below)",
            "notify": "a list of URLs as apprise writes them",
            "budget": 'an amount and its currency: `"12000.00 THB"`',
        },
        defaults={"name": "its `id`", "cost_center": NONE, "gl_account": NONE},
    ),
    Section(
        "An entry of `projects` as a table",
        'For a project that moved between teams: `{ match = "acme-shop", from = "2026-04" }`. An exact sid beats a'
        " glob, and of two globs the one with more literal characters. The same one twice in one month is an error.",
        ownership.CLAIM_KEYS,
        settings.ProjectClaim,
        ownership.claim,
        {"match": "acme-web"},
        fields=CLAIM_FIELDS,
        values={"match": SID_OR_GLOB},
    ),
    Section(
        "`[[shared]]`",
        "Projects whose cost several teams share. The same sid or glob in a team and here, for one month, is an error.",
        ownership.SHARED_KEYS,
        settings.SharedProject,
        lambda place, value: ownership.shared((settings.Team("web", "Web"),))(place, [value]),
        {"project": "acme-docs", "split": "even"},
        fields={"from": "claim", "until": "claim", "project": "claim"},
        values={
            "project": SID_OR_GLOB,
            "split": '`"even"`, `"proportional"`, or weights: `{ web = 60, data = 40 }`',
            "from": "a month",
            "until": "a month",
        },
        defaults={"from": NONE, "until": NONE},
    ),
    Section(
        "`[reconciliation]`",
        "How exactly the platform's report and its invoices must agree.",
        reconciliation_keys.RECONCILIATION_KEYS,
        settings.Reconciliation,
        reconciliation_keys.reconciliation,
        {},
        fields={"tolerance": "tolerance_absolute"},
        values={"tolerance": "a table (below)"},
        defaults={"tolerance": "as below"},
    ),
    Section(
        "`tolerance` in `[reconciliation]`",
        "The larger of the two holds.",
        reconciliation_keys.TOLERANCE_KEYS,
        settings.Reconciliation,
        reconciliation_keys.tolerance,
        {},
        fields={"absolute": "tolerance_absolute", "percent": "tolerance_percent"},
    ),
    Section(
        "`[[accepted]]`",
        "Exceptions that are known and that somebody answers for: listed as accepted, they no longer make exit 3."
        f" `{Code.LEDGER_CONTROL}` cannot be accepted.",
        reconciliation_keys.ACCEPTED_KEYS,
        settings.AcceptedException,
        reconciliation_keys.accepted,
        {"check": "ownership", "account": "ba_123", "until": "2026-09", "reason": "known", "by": "finance"},
        values={"check": "a check's code ([all of them](checks.md)), or `report-*`"},
        defaults={"invoice": "any", "subject": "any", "up_to": "needed where the check has a variance"},
    ),
    Section(
        "`[journal]`",
        "Accounts of the [journal](journal.md), by your chart of accounts. Where one is missing, its cell stays empty.",
        journal.JOURNAL_KEYS,
        settings.Journal,
        journal.journal,
        {},
        values={
            **dict.fromkeys(journal.LEG_KEYS, "an account"),
            "format": "a list of names and paths of profiles: " + ", ".join(f'`"{name}"`' for name in journal.PROFILES),
        },
        defaults={"unassigned": "`expense`", "adjustments": "`expense`", "input_vat_pending": "`input_vat`"},
    ),
    Section(
        "`[notify]`",
        "Who is told, and where monitoring finds the job ([operations](operations.md)). What is secret in a URL is"
        " named as `${NAME}` and read from the environment.",
        notify.NOTIFY_KEYS,
        settings.Notify,
        notify.notify,
        {},
        values={
            "urls": "a list of URLs as apprise writes them",
            "on": f"a list of {', '.join(f'`{event}`' for event in settings.EVENTS)}",
            "healthcheck_url": "an http or https address",
        },
        defaults={"on": "all of them"},
    ),
    Section(
        "`[usage]`",
        "When `chargeback usage` finds a day's cost out of the ordinary.",
        usage.USAGE_KEYS,
        settings.Usage,
        usage.usage,
        {},
        values={"prices": "a table of prices by resource"},
        defaults={"prices": "the platform's list"},
    ),
    Section(
        "`[publish]`",
        "How the files of a month are written. What is left out makes no new revision.",
        publish.PUBLISH_KEYS,
        settings.Publish,
        publish.publish,
        {},
        values={
            "language": '`"en"`, `"th"` or `"both"`',
            "focus": '`"1.2"` or `"1.4"`',
            "leave_out": 'a list of `"xlsx"` or nothing',
        },
    ),
    Section(
        "`[vendor]`",
        "Who issues the invoices, for tax lists and exports. Without the table the seller's columns are empty.",
        publish.VENDOR_KEYS,
        settings.Vendor,
        publish.vendor,
        {"name": "Moon Rhythm Co., Ltd.", "tax_id": "0105500000000"},
    ),
)

TABLES = (
    "api",
    "accounts",
    "teams",
    "shared",
    "environments",
    "reconciliation",
    "accepted",
    "journal",
    "notify",
    "usage",
    "publish",
    "vendor",
)
"""Keys of the file that are tables of their own, and have a section."""

_MONTHS = {"from": "the first month", "until": "the last month"}

MEANING: Mapping[str, Mapping[str, str]] = {
    "The file itself": {
        "archive": "the folder in which every month is kept, or its address in object storage: `s3://bucket/prefix`, `gs://…`,"
        " `az://…` (the extra `object`)",
        "head_file": "a file outside the archive that always names its newest head; a run stops (exit 7) when the"
        " archive lacks it: missing, not mounted, rolled back",
        "base_manifest": "older revisions were moved away: the SHA-256 of the `manifest.json` after which the archive"
        " begins; without it, and where it is another one, `run`, `list`, `doctor` and `verify` are exit 7",
        "timezone": "whose calendar months the invoices are booked in; `chargeback doctor` tells a wrong one",
        "since": "`run --catch-up` looks at no month before it; without it, at none before the first archived one",
        "workers": "processes that close and publish a month; 0: as many as there are processors",
        "format": "further files for an ERP; here or in `[journal]`, not in both",
    },
    "`[api]`": {
        "endpoint": f"the platform; `{ENDPOINT_VARIABLE}` wins over it",
        "concurrency": "requests at the same time",
        "timeout": "for one attempt; a call that fails is tried again for 2 minutes",
        "deadline": "for a whole run, which then ends with exit 6; documents leave at least a quarter of it for closing"
        ", those not there by then are `invoice-pdf` exceptions",
        "token_command": "prints a token; run without a shell when one is needed, for 60 seconds at most",
        "token_file": "holds a token; readable by the job alone",
    },
    "`[[accounts]]`": {
        "id": "the billing account as the platform shows it, in quotes",
        "name": "how reports call it",
        "company": "whose books the account belongs to",
        "vat": "whether its buyer may reclaim input tax, or bears it as cost; an individual bears it",
        "token_env": "the variable that holds this account's own token",
        "from": "the first month in which the account is yours",
        "until": "the last one; without it a missing account stops the run (exit 5)",
    },
    "`[[teams]]`": {
        "id": "names the team's files; not `all`, `unassigned`, `adjustments` or a device name of Windows",
        "name": "how reports call the team",
        "cost_center": "in every line of the team's ledger",
        "gl_account": "the expense account of its lines in the journal",
        "company": "whose team it is",
        "notify": "gets the team's statement and workbook, and nothing of another team's",
        "budget": "what it may cost in a month, net; other currencies are not compared",
        "projects": "what the team owns",
    },
    "An entry of `projects` as a table": {"match": "`*` any characters, `?` one, `[ab]` one of these", **_MONTHS},
    "`[[shared]]`": {
        "project": "what is shared",
        **_MONTHS,
        "split": "the same for every team; by what each team's own projects cost in that month; by weights, which need"
        " not add up to 100",
    },
    "`[reconciliation]`": {
        "tolerance": "what the report may differ from the invoices by",
        "tax_basis": "whether the report's values include tax (`gross`) or not (`net`)",
        "history_variance_percent": "a team whose month differs more from the one before is pointed out; a notice",
    },
    "`tolerance` in `[reconciliation]`": {
        "absolute": "in the invoice's currency",
        "percent": "of the invoices' amount",
    },
    "`[[accepted]]`": {
        "check": "which check; `report-*`: all that compare with the report",
        "account": "the billing account",
        "invoice": "this invoice alone",
        "subject": "this project, resource, line, team or document alone",
        "up_to": "a larger difference is an exception again",
        "until": "the last month it holds for",
        "reason": "why, listed in every reconciliation",
        "by": "who answers for it",
    },
    "`[journal]`": {
        "expense": "lines whose team has no `gl_account`",
        "unassigned": "projects that nobody owns",
        "adjustments": "what an invoice holds beyond its lines",
        "input_vat": "tax that can be claimed",
        "input_vat_pending": "the same while the invoice is unpaid",
        "payable": "what is owed to the platform",
        "withholding": "tax withheld when paying",
        "clearing": "what is paid, until the bank's own entry meets it",
        "corrections": "where a restatement posts: on the day of its run, or on the last day of the month it concerns",
        "format": "further files for an ERP",
    },
    "`[notify]`": {
        "urls": "where to; needs the extra `notify`: `pip install '.[notify]'` in the checkout",
        "on": "on what; the same state is told once, then weekly",
        "close_by": "the day of the month from which last month without a revision is overdue, and told daily",
        "healthcheck_url": "pinged when a run starts (`/start`), succeeds, fails (`/fail`)",
        "metrics": "a folder of Prometheus' textfile collector; `run` and `usage` each leave a file there",
    },
    "`[usage]`": {
        "floor": "more than usual by at least this much a day, in the platform's currency",
        "band": "and by so many robust deviations (1.4826 × MAD) above the median",
        "days": "of so many trailing days",
        "prices": "prices of your own for the estimate",
    },
    "`[publish]`": {
        "language": "of statements and tax lists",
        "focus": "the version of FOCUS of `exports/focus.csv`",
        "leave_out": "the workbooks of teams and of all lines are not written; the workpaper always is",
    },
    "`[vendor]`": {
        "name": "the seller",
        "tax_id": "its tax id",
        "branch": "its branch",
    },
}

HEAD = f"""\
# Configuration reference

<!-- Written by docs/reference.py from the code: change it there, then `{COMMAND}`. -->

Every key of `config.toml`. [config.example.toml](../config.example.toml) shows them at work; `chargeback init` writes
a file to start from, `chargeback doctor` checks one.

The file is looked up in this order: `-c`, `${VARIABLE}`, `./{DEFAULT_NAME}`. Relative paths start at its folder.
Unknown keys are errors (exit 2), and so is a value that looks like a secret: none is ever read from the file, which is
archived with every month. A file that everybody may write, or that lies beside a `manifest.json`, is refused by
commands that use the network.

An *amount* is a decimal text such as `"12.50"`, or a number, and never negative. A *month* is written `"2026-05"`;
`from` and `until` are both included, and each may be left out where it is not needed.

This page is written from the code by `{COMMAND}`; a test holds it to the code. So is
[config.schema.json](config.schema.json), by which editors complete keys: taplo and its plug-ins take it from a first
line `#:schema` with its path.
"""

ENVIRONMENTS = f"""\
## `[environments]`

What a project is for, seen from its sid. Keys are names of your choice, values {SID_OR_GLOB} or a list of them; nothing
matched: `production`. The same sid or glob twice is an error.

```toml
[environments]
staging = "*-staging"
development = ["*-dev", "sandbox-*"]
```
"""

VARIABLES = f"""\
## Environment variables

| variable | meaning |
|---|---|
| `{VARIABLE}` | the configuration, where `-c` does not name one |
| `{loader.WORKERS_VARIABLE}` | processes that close and publish; wins over `workers`, and `--workers` over it |
| `{ENDPOINT_VARIABLE}` | the platform; wins over `[api] endpoint` |
| `{USER}`, `{PASSWORD}` | a service account and its key, the credential that lasts; used where both are set |
| `{TOKEN}` | a token, where those are not set |
| what `token_env` names | an account's own token; wins over all others for that account |
| what `${{NAME}}` in `[notify]` names | a part of a URL |
| `SSL_CERT_FILE`, `SSL_CERT_DIR` | certificate authorities in place of the built-in ones |
| `HTTPS_PROXY`, else `ALL_PROXY` | the proxy, as `http://host:port`, user and password before the host if needed |
| `NO_PROXY` | hosts, domains, addresses and networks that are asked without it, or `*`; this machine always is |

Where none of them gives a credential, `[api] token_command` or `token_file` does.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section in SECTIONS:
        if section.kind is settings.Reconciliation and section.keys is reconciliation_keys.RECONCILIATION_KEYS:
            parts.append(ENVIRONMENTS)
        parts.append(_section(section))
        if section.kind is settings.AcceptedException:
            parts.append(_checks_with_variance())
    return "\n".join([*parts, VARIABLES])


def rows(section: Section) -> list[Row]:
    """A row a key, in the code's order; ``KeyError`` or ``ValueError`` where code and page know different keys."""
    keys = [key for key in section.keys if section.kind is not settings.Config or key not in TABLES]
    meanings = MEANING[section.title]
    if set(meanings) != set(keys):
        raise ValueError(f"{section.title}: {sorted(set(meanings) ^ set(keys))} are in the code or in MEANING alone")
    return [Row(key, _value(section, key), _default(section, key), meanings[key]) for key in keys]


def schema() -> dict[str, Any]:
    """A JSON schema of the file, for editors: the same keys, values and meanings; what only the readers can tell, such
    as which claims compete, is left to ``chargeback config check``."""
    whole, *sections = SECTIONS
    tables = {section.title.strip("`[]"): section for section in sections}
    claim = _object(tables["An entry of `projects` as a table"])
    properties = _object(whole)["properties"]
    for name in TABLES:
        if name == "environments":
            patterns = {"type": ["string", "array"], "items": {"type": "string"}}
            properties[name] = {"type": "object", "additionalProperties": patterns}
            continue
        made = _object(tables[name])
        if name == "teams":
            made["properties"]["projects"]["items"] = {"anyOf": [{"type": "string"}, claim]}
        if name == "reconciliation":
            made["properties"]["tolerance"] = _object(tables["tolerance` in `[reconciliation"])
        is_list = f"[[{name}]]" in tables[name].title
        properties[name] = {"type": "array", "items": made} if is_list else made
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "config.toml of chargeback",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _object(section: Section) -> dict[str, Any]:
    made = rows(section)
    needed = [row.key for row in made if row.default == f"**{NEEDED}**"]
    return {
        "type": "object",
        "properties": {row.key: {**_kind(row.value), "description": row.meaning.replace("`", "")} for row in made},
        "additionalProperties": False,
        **({"required": needed} if needed else {}),
    }


def _kind(value: str) -> dict[str, Any]:
    """What the page says may stand there, as a schema says it."""
    words = re.findall(r'`"([^"`]+)"`', value)
    bounds = re.match(r"a whole number from (\d+) to (\d+)", value)
    if bounds:
        return {"type": "integer", "minimum": int(bounds[1]), "maximum": int(bounds[2])}
    if value.startswith("a list"):
        return {"type": "array"}
    if value.startswith("a table"):
        return {"type": "object"}
    if value.startswith("seconds"):
        return {"type": "number", "exclusiveMinimum": 0}
    if value == "an amount":
        return {"type": ["string", "number"]}
    if value == "a month":
        return {"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"}
    if "weights" in value:
        return {"anyOf": [{"enum": words}, {"type": "object", "additionalProperties": {"type": "number"}}]}
    is_choice = not re.sub(r'`"[^"`]+"`|,|\bor\b|\s', "", value)
    return {"enum": words} if words and is_choice else {"type": ["string", "array"] if "as in" in value else "string"}


def _checks_with_variance() -> str:
    codes = ", ".join(f"`{code}`" for code in Code if code in VARIANCE_CODES)
    return _filled(
        f"Checks with a variance, which need `up_to`: {codes}, and `{reconciliation_keys.EVERY_REPORT_CHECK}`. Where"
        f" `{Code.INVOICE_ISSUED}` shows an amount (the report's), it is accepted only up to `up_to` too."
    )


def _filled(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_long_words=False, break_on_hyphens=False) + "\n"


def _section(section: Section) -> str:
    lines = [
        f"## {section.title}",
        "",
        _filled(section.intro),
        "| key | value | default | meaning |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{row.key}` | {row.value} | {row.default} | {row.meaning} |" for row in rows(section)]
    return "\n".join(lines) + "\n"


def _value(section: Section, key: str) -> str:
    """What may stand there: told by hand where only prose can, else by the field's type and the reader's bounds."""
    if key in section.values:
        return section.values[key]
    written = str(_field(section, key).type)
    if written.startswith("Literal"):
        return " or ".join(f'`"{word}"`' for word in re.findall(r"['\"](\w+)['\"]", written))
    plain = written.removesuffix(" | None")
    names = {"str": "a text", "Path": "a path", "Decimal": "an amount", "Period": "a month"}
    names["Place"] = "a path or an address"
    return names[plain] if plain in names else _bounds(section, key)


def _bounds(section: Section, key: str) -> str:
    """What the reader says of a number that is out of bounds: "a whole number from 1 to 64"."""
    try:
        section.read(KeyPath("config.toml", key), {**section.sample, key: 0})
    except ConfigurationError as error:
        told = re.search(r"a whole number from \d+ to \d+|seconds: a number above \d+, at most \d+", error.remedy)
        if told:
            return told[0].replace(": a number", "")
    raise ValueError(f"{section.title} {key}: neither type nor reader says what may stand there")


def _default(section: Section, key: str) -> str:
    if _is_needed(section, key):
        return f"**{NEEDED}**"
    if key in section.defaults:
        return section.defaults[key]
    field = _field(section, key)
    default = field.default if field.default is not dataclasses.MISSING else None
    return _shown(default)


def _is_needed(section: Section, key: str) -> bool:
    """Whether the reader misses the key in an entry that it accepts with it."""
    place = KeyPath("config.toml")
    section.read(place, section.sample)
    if key not in section.sample:
        return False
    try:
        section.read(place, {name: value for name, value in section.sample.items() if name != key})
    except ConfigurationError as error:
        return f'the key "{key}" is missing' in error.message
    return False


def _field(section: Section, key: str) -> dataclasses.Field[Any]:
    name = section.fields.get(key, key)
    return next(field for field in dataclasses.fields(section.kind) if field.name == name)


def _shown(default: object) -> str:
    """A default as it would stand in the file."""
    if default is None or default in ("", ()):
        return NONE
    return f'`"{default}"`' if isinstance(default, str | Decimal) else f"`{default}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    SCHEMA.write_text(schema_text(), encoding="utf-8")
