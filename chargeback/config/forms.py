"""Kinds of values that the configuration has beside texts, numbers and months: each with its rules and its words.

A URL of ``[notify]`` names what is secret as ``${NAME}``: the configuration is kept with every revision, so that what
stands in it is archived for years.
"""

from __future__ import annotations

import difflib
import re
import zoneinfo
from pathlib import Path
from typing import Annotated

from chargeback.config.address import Cluster, Place, address_of, is_address
from chargeback.config.endpoint import endpoint_fault
from chargeback.config.key_path import (
    CREDENTIAL_REMEDY,
    KeyPath,
    did_you_mean,
    kind_of,
    listed,
    looks_random,
    names_secret,
    shown,
)
from chargeback.config.reading import Key, KeyForm, each, location, text, whole
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import zone
from chargeback.model.bookkeeping import RESERVED_TEAMS
from chargeback.model.check import Code
from chargeback.model.erp_profile import NAME
from chargeback.model.text import normalized

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", re.ASCII)
"""How a URL names the environment variable that holds a part of it."""
ALL = "all"
"""``ledgers/all.csv`` has every team's lines, so no team may be called that."""
EVERY_REPORT_CHECK = "report-*"
"""In ``[[accepted]]``: any of the checks that compare with the report."""
PROFILES = ("odoo", "erpnext", "xero")
"""The formats that come with the program; any other one is the path of a profile."""
MOST_WORKERS = 64

_NAME_REMEDY = "write ${NAME} in its place, and set the variable NAME where the job runs"
_PLAIN_SCHEMES = frozenset(
    {"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms", "mqtt", "mqtts", "syslog", "dbus"}
)
_HOOK = re.compile(
    r"hooks?[./]|/(?:services|bot[^/]*|messages)/|webhook|discord(?:app)?\.com/api", re.IGNORECASE | re.ASCII
)
_PATH_OR_QUERY = re.compile(r"[/?#]")
_PARTS = re.compile(r"[/@:?&=.#]")
_VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_TEAM_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_CLUSTER = re.compile(
    r"dask://(?:(?P<host>[\w-]+(?:\.[\w-]+)*)|\[(?P<numbers>[0-9a-fA-F:.]+)\]):(?P<port>\d{1,5})", re.ASCII
)
_MOST_PORT = 65_535
_DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]", re.ASCII)


def identifier(place: KeyPath, value: object) -> str:
    """A text without surrounding space: an id as the platform has it."""
    checked = text(place, value)
    if checked != checked.strip():
        raise place.error(f"{shown(checked)} begins or ends with a space", "remove the space")
    return checked


def pattern(place: KeyPath, value: object) -> str:
    """A sid or glob: no space in it; in the normal form in which it is compared."""
    checked = normalized(identifier(place, value))
    if any(character.isspace() or character == "," for character in checked):
        raise place.error(
            f"{shown(checked)} is not a sid or glob", 'write one sid or glob a string: ["acme-web", "acme-web-*"]'
        )
    return checked


def sha256(place: KeyPath, value: object) -> str:
    """A SHA-256 in lower-case hex, as ``sha256sum`` prints it."""
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise place.error("this is not a SHA-256", "write the 64 lower-case hex digits that sha256sum prints")
    return value


def variable(place: KeyPath, value: object) -> str:
    """The name of an environment variable; what looks like the secret itself is refused and not shown."""
    checked = text(place, value)
    if looks_random(checked):
        raise place.error("this looks like a secret, not like the name of a variable", CREDENTIAL_REMEDY)
    if not _VARIABLE_NAME.fullmatch(checked):
        raise place.error(
            "this is not the name of an environment variable",
            'write a name of letters, digits and _, such as "ACME_TOKEN"',
        )
    return checked


def team_id(place: KeyPath, value: object) -> str:
    """A team's id, which names its files on every file system."""
    checked = text(place, value)
    if not _TEAM_ID.fullmatch(checked):
        raise place.error(f"{shown(checked)} is not a team id", "write at most 64 of a-z, 0-9 and -, no - first")
    if checked == ALL or checked in RESERVED_TEAMS:
        raise place.error(f"{shown(checked)} is the name of another ledger", "choose another id")
    if _DEVICE.fullmatch(checked):
        raise place.error(f"{shown(checked)} is the name of a device on Windows", "choose another id")
    return checked


def check_code(place: KeyPath, value: object) -> str:
    """A check's code, or ``report-*``; the ledgers' own control can never be accepted (BOOKING 6)."""
    checked, codes = text(place, value), [*Code, EVERY_REPORT_CHECK]
    if checked not in codes:
        raise place.error(
            f"there is no check {shown(checked)}", did_you_mean(checked, codes, f"checks are: {listed(codes)}")
        )
    if checked == Code.LEDGER_CONTROL:
        raise place.error(f"{checked} cannot be accepted: ledgers that do not add up are wrong", "remove the entry")
    return checked


def timezone(place: KeyPath, value: object) -> str:
    """The name of a time zone that the tzdata package has."""
    name = text(place, value)
    try:
        zone(name)
    except ConfigurationError as error:
        close = difflib.get_close_matches(name[:60], sorted(zoneinfo.available_timezones()), n=1)
        raise place.error(
            f"{shown(name)} is not a time zone", f'write one such as "{(*close, "Asia/Bangkok")[0]}"'
        ) from error
    return name


def workers(place: KeyPath, value: object) -> int | Cluster:
    """How many processes close and publish, or the cluster that does."""
    if not isinstance(value, str) or not is_address(value):
        return whole(0, MOST_WORKERS)(place, value)
    match = _CLUSTER.fullmatch(value.strip())
    if match is None or not 0 < int(match["port"]) <= _MOST_PORT:
        raise place.error("this is not the address of a cluster", 'write "dask://host:port", or a number of processes')
    return Cluster(match["host"] or match["numbers"], int(match["port"]))


def archive_place(place: KeyPath, value: object) -> Place:
    """The archive's folder, or its address in object storage."""
    written = text(place, value)
    if not is_address(written):
        return location(place, value)
    try:
        return address_of(written)
    except ValueError as error:
        raise place.error(*error.args) from None


def endpoint(place: KeyPath, value: object) -> str:
    """The endpoint's URL as written; ``ConfigurationError`` where it is none that a credential may be sent to."""
    written = text(place, value).strip()
    fault = endpoint_fault(written)
    if fault:
        raise place.error(*fault)
    return written


def command(place: KeyPath, value: object) -> tuple[str, ...]:
    """A command and its arguments; no shell reads them."""
    remedy = 'write a list, a word each: ["deploys", "auth", "token"]'
    if not isinstance(value, list):
        raise place.error(f"this is {kind_of(value)}, not a list", remedy)
    if not value:
        raise place.error("the command is empty", remedy)
    return each(text)(place, value)


def formats(place: KeyPath, value: object) -> tuple[str | Path, ...]:
    """The further files for an ERP, none of them twice: a profile's file name names what it makes."""
    read = each(_one_format)(place, value)
    names = [entry if isinstance(entry, str) else entry.stem for entry in read]
    if len(set(names)) != len(names):
        raise place.error("a format is there twice", "list each once; two profiles need two names")
    return read


def _one_format(place: KeyPath, value: object) -> str | Path:
    """A profile that comes with the program, or the path of one: that has a folder or an extension."""
    name = text(place, value)
    if name in PROFILES:
        return name
    if "/" not in name and "." not in name:
        raise place.error(
            f"{shown(name)} is not a format that comes with the program",
            f'write {listed(PROFILES)}, or the path of a profile, such as "profiles/{name[:20]}.toml"',
        )
    path = location(place, name)
    if not NAME.fullmatch(path.stem) or path.stem.startswith("change") or path.stem in PROFILES:
        raise place.error(
            f"{shown(path.name)}: a profile's file name names the files that it makes",
            'write it in small letters, digits and -, not "change…" nor a name of the program\'s own',
        )
    return path


def service_url(place: KeyPath, value: object) -> str:
    """A URL as apprise takes it; one that holds a secret itself is refused, and never shown."""
    url = text(place, value)
    if any(looks_random(part.replace("-", "")) for part in _PARTS.split(VARIABLE.sub("", url))) or _has_password(url):
        raise place.error("this URL holds what looks like a secret, and none is ever read from this file", _NAME_REMEDY)
    if _is_a_secret(url):
        raise place.error(
            "a URL of this service is a secret itself, and none is ever read from this file", _NAME_REMEDY
        )
    if "://" not in url and not VARIABLE.fullmatch(url):
        raise place.error("this is not a URL", 'write one such as "mailtos://…", "slack://…", or "${NOTIFY_URL}"')
    return url


def web_url(place: KeyPath, value: object) -> str:
    """A URL that is asked for with HTTP: https, or http to this machine."""
    url = text(place, value)
    scheme, separator, _ = url.partition("://")
    if separator and scheme not in ("https", "http") and not VARIABLE.match(url):
        raise place.error(
            f"the scheme {shown(scheme)} is not http or https", 'write "https://…", or "${HEALTHCHECK_URL}"'
        )
    return service_url(place, value)


def _is_a_secret(url: str) -> bool:
    """Whether whoever knows the URL may post there, and no part of it is named as a variable.

    That holds for every service of apprise but mail and the plain protocols, and for the web hooks of chat services.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or VARIABLE.search(url):
        return False
    if scheme.lower() in ("http", "https"):
        return _HOOK.search(rest) is not None
    return scheme.lower() not in _PLAIN_SCHEMES


def _has_password(url: str) -> bool:
    """Whether a password stands in the URL itself, before its host or in its query."""
    named = VARIABLE.sub("$", url)
    user = _PATH_OR_QUERY.split(named.partition("://")[2])[0].rpartition("@")[0]
    pairs = [pair.partition("=") for pair in named.partition("?")[2].split("&")]
    passwords = [user.partition(":")[2], *(value for key, _, value in pairs if names_secret(key))]
    return any(password not in ("", "$") for password in passwords)


Identifier = Annotated[str, KeyForm("a text", identifier)]
LedgerAccount = Annotated[str, KeyForm("an account", identifier)]
SidOrGlob = Annotated[str, KeyForm("a sid or glob", pattern)]
Sha256 = Annotated[str, KeyForm("a SHA-256", sha256)]
VariableName = Annotated[str, KeyForm("the name of a variable", variable)]
TeamId = Annotated[str, KeyForm("a-z, 0-9 and -, no - first, at most 64", team_id)]
CheckCode = Annotated[str, KeyForm(f"a check's code ([all of them](checks.md)), or `{EVERY_REPORT_CHECK}`", check_code)]
TimeZone = Annotated[str, KeyForm("a name of the IANA time zone database", timezone)]
Workers = Annotated[
    Annotated[int, Key(most=MOST_WORKERS)] | Cluster,
    KeyForm(f'a whole number from 0 to {MOST_WORKERS}, or `"dask://host:port"`', workers),
]
ArchivePlace = Annotated[Place, KeyForm("a path or an address", archive_place, toml=("string",))]
EndpointUrl = Annotated[str, KeyForm("an https address; plain http only to loopback", endpoint)]
Command = Annotated[tuple[str, ...], KeyForm("a list, a word each", command)]
ErpFormats = Annotated[
    tuple[str | Path, ...],
    KeyForm(
        "a list of names and paths of profiles: " + ", ".join(f'`"{name}"`' for name in PROFILES),
        formats,
        toml=("array",),
    ),
]
ServiceUrl = Annotated[str, KeyForm("a URL as apprise writes it", service_url, "URLs as apprise writes them")]
WebUrl = Annotated[str, KeyForm("an http or https address", web_url)]
