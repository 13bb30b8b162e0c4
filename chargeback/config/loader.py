"""A configuration's bytes -> one frozen ``Config``; everything is checked here, so that a run need not ask again.

``load`` reads the file that is in use; ``parse`` is pure and also reads back the one that an archived revision holds.
A table that is added to the configuration is added to ``DOCUMENT_KEYS`` and to ``_config``.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
import zoneinfo
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from pathlib import Path

from chargeback.config import ownership, platform
from chargeback.config import publish as publishing
from chargeback.config import reconciliation as reconciliation_keys
from chargeback.config.address import Address, Place, address_of, is_address
from chargeback.config.file import is_archived, read_file
from chargeback.config.journal import formats, journal
from chargeback.config.key_path import KeyPath, shown
from chargeback.config.notify import notify
from chargeback.config.scalars import location, month, sha256, text, whole
from chargeback.config.settings import (
    Api,
    Config,
    Journal,
    Notify,
    Publish,
    Reconciliation,
    SharedProject,
    Team,
    Usage,
    Vendor,
)
from chargeback.config.table import Table, each
from chargeback.config.usage import usage
from chargeback.errors import ConfigurationError
from chargeback.model.period import zone

DOCUMENT_KEYS = (
    "archive",
    "head_file",
    "base_manifest",
    "timezone",
    "since",
    "workers",
    "format",
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
DEFAULT_ARCHIVE = "archive"
DEFAULT_TIMEZONE = "UTC"
DEFAULT_WORKERS = 0
MOST_WORKERS = 64
WORKERS_VARIABLE = "CHARGEBACK_WORKERS"

_YAML = re.compile(r"---|-\s|[\w-]+:(\s|$)")
_MOST_DOTS = 100
"""In one line that is no comment: dotted keys take time that grows with the square of their parts."""


def load(path: Path, *, network: bool) -> Config:
    """The configuration in that file, named in every error; ``ConfigurationError`` where it is missing or wrong.

    ``network`` says that the command will use the network with what the file says: an archived file, or one that
    everybody may write, is then refused.
    """
    return parse(read_file(path, network=network), path, archived=is_archived(path))


def parse(source: bytes, path: Place, *, archived: bool = False) -> Config:
    """The configuration in these bytes; reads nothing else. Relative paths start at the folder of ``path``.

    ``archived``: it is a revision's own. It was in use at another place, so where its relative paths lead from here
    is not held against it.
    """
    place = KeyPath(str(path), source=source)
    config = _config(Table.of(place, _document(place, source), DOCUMENT_KEYS), source, Path(str(path)))
    if not archived:
        _refuse_head_within_archive(place, config)
    return config


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


def workers(place: KeyPath, value: object) -> int:
    """How many processes close and publish; a cluster of them is another version's."""
    if isinstance(value, str) and value.startswith("dask://"):
        raise place.error(
            "this version runs on one machine: it does not have the extra cluster", "write a number of processes"
        )
    return whole(0, MOST_WORKERS)(place, value)


def workers_in_text(name: str, text: str) -> int:
    """The same, as an option or a variable of that name has it."""
    number = text.strip()
    return workers(KeyPath(name), int(number) if number.isascii() and number.isdigit() else text)


def archive_place(place: KeyPath, value: object) -> Place:
    """The archive's folder, or its address in object storage."""
    written = text(place, value)
    if not is_address(written):
        return location(place, value)
    try:
        return address_of(written)
    except ValueError as error:
        raise place.error(*error.args) from None


def _journal(document: Table) -> Journal:
    """The ``[journal]`` table; its ``format`` may also stand before the first table."""
    read = document.optional("journal", journal, Journal())
    if "format" not in document.values:
        return read
    if read.format:
        raise document.place.child("format").error("[journal] has a format too", "keep one of them")
    return replace(read, format=document.optional("format", formats, ()))


def _config(document: Table, source: bytes, path: Path) -> Config:
    teams: tuple[Team, ...] = document.optional("teams", ownership.teams, ())
    shared: tuple[SharedProject, ...] = document.optional("shared", ownership.shared(teams), ())
    ownership.refuse_competing(document.place, teams, shared)
    beside: Place = path.parent / DEFAULT_ARCHIVE
    return Config(
        source=source,
        path=path,
        archive=document.optional("archive", archive_place, beside),
        head_file=document.optional("head_file", location, None),
        base_manifest=document.optional("base_manifest", sha256, None),
        timezone_name=document.optional("timezone", timezone, DEFAULT_TIMEZONE),
        since=document.optional("since", month, None),
        workers=document.optional("workers", workers, DEFAULT_WORKERS),
        api=document.optional("api", platform.api, Api()),
        accounts=document.optional("accounts", platform.accounts, ()),
        teams=teams,
        shared=shared,
        environments=document.optional("environments", ownership.environments, ownership.NO_ENVIRONMENTS),
        reconciliation=document.optional("reconciliation", reconciliation_keys.reconciliation, Reconciliation()),
        accepted=document.optional("accepted", each(reconciliation_keys.accepted), ()),
        journal=_journal(document),
        notify=document.optional("notify", notify, Notify()),
        usage=document.optional("usage", usage, Usage()),
        publish=document.optional("publish", publishing.publish, Publish()),
        vendor=document.optional("vendor", publishing.vendor, Vendor()),
    )


def _refuse_head_within_archive(place: KeyPath, config: Config) -> None:
    """An archive that is put back whole to an earlier state takes a head within it along, so nothing would notice."""
    archive = config.archive
    if config.head_file is None or isinstance(archive, Address):
        return
    if _normal(config.head_file).is_relative_to(_normal(archive)):
        raise place.child("head_file").error(
            "this lies within the archive", "name a file outside of it, on other storage"
        )


def _normal(path: Path) -> Path:
    return Path(os.path.normpath(path))


def _document(place: KeyPath, source: bytes) -> object:
    written = _decoded(place, source)
    try:
        return tomllib.loads(written, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        if other := _other_language(written):
            remedy = 'write key = "value", a line each, and tables as [api]; see config.example.toml'
            raise place.error(f"this is {other}, and the configuration is TOML", remedy) from error
        raise place.error(f"not valid TOML: {error}", "texts need quotes; see config.example.toml") from error
    except InvalidOperation as error:
        raise place.error("a number has an exponent that is too large", "write it in digits") from error
    except (ValueError, RecursionError) as error:
        raise place.error("a number is too long, or tables are nested too deep", "see config.example.toml") from error


def _other_language(written: str) -> str:
    """JSON or YAML where the first line that says something is of one of these, else ""."""
    lines = (line.strip() for line in written.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    if first.startswith("{"):
        return "JSON"
    return "YAML" if _YAML.match(first) else ""


def _decoded(place: KeyPath, source: bytes) -> str:
    if b"\0" in source:
        raise place.error("this is not a text file: it holds a NUL byte", "name the configuration file")
    if any(line.count(b".") > _MOST_DOTS and not line.lstrip().startswith(b"#") for line in source.splitlines()):
        raise place.error(f"a line has more than {_MOST_DOTS} dots", "break the line")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = source.count(b"\n", 0, error.start) + 1
        raise place.error(f"line {line} is not valid UTF-8", "save the file as UTF-8") from error
