"""The configuration's file -> one frozen ``Config``; everything is checked here, so that a run need not ask again.

``load`` looks up, opens and reads the file in use, with every way that this can fail. A file that decides where
credentials are sent and which command is run must be its owner's: for commands that use the network, one that everybody
may write and one that lies in an archive are refused. ``parse`` is pure and also reads back the configuration that an
archived revision holds.

``understood`` is the way back: every key with the value that holds, written or by default. It is made from the
declarations, so that no key is left out; it shows no variable's value and no secret.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from chargeback.config.address import Address, Cluster, Place
from chargeback.config.endpoint import endpoint_fault
from chargeback.config.forms import formats, workers
from chargeback.config.key_path import KeyPath
from chargeback.config.ownership import (
    Budget,
    ProjectClaim,
    refuse_competing,
    refuse_repeated,
    refuse_shared_pattern,
    settled,
)
from chargeback.config.reading import keys_of, read_table
from chargeback.config.settings import DEFAULT_ARCHIVE, ENDPOINT_VARIABLE, Config
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.erp_profile import LARGEST as LARGEST_PROFILE
from chargeback.model.erp_profile import read_profile

VARIABLE = "CHARGEBACK_CONFIG"
WORKERS_VARIABLE = "CHARGEBACK_WORKERS"
DEFAULT_NAME = "config.toml"
ARCHIVED_BESIDE = "manifest.json"
LARGEST = 1024 * 1024
"""Bytes that a configuration may have."""

_YAML = re.compile(r"---|-\s|[\w-]+:(\s|$)")
_MOST_DOTS = 100
"""In one line that is no comment: dotted keys take time that grows with the square of their parts."""


class Endpoint(NamedTuple):
    """The base of every call, with ``/`` at its end, and where it was written, for error messages."""

    url: str
    source: str


def find(option: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The file in use: the option's, else the variable's, else ``config.toml`` in the working directory.

    Whether it is there is for ``load`` to see. A relative path starts at ``cwd``.
    """
    named = environ.get(VARIABLE, "")
    return cwd / (option or (Path(named) if named else Path(DEFAULT_NAME)))


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
    document = {"archive": DEFAULT_ARCHIVE} | _document(place, source)
    read = read_table(Config, place, document, elsewhere=("format",))
    if "format" in document:  # [journal]'s, which may also stand before the first table
        if read.journal.format:
            raise place.child("format").error("[journal] has a format too", "keep one of them")
        read = replace(read, journal=replace(read.journal, format=formats(place.child("format"), document["format"])))
    refuse_repeated(place.child("accounts"), (entry.id for entry in read.accounts), "account")
    refuse_repeated(place.child("teams"), (team.id for team in read.teams), "team")
    refuse_shared_pattern(place.child("environments"), read.environments)
    shared = tuple(settled(place.child("shared"), read.shared, read.teams))
    refuse_competing(place, read.teams, shared)
    if not archived:
        _refuse_head_within_archive(place, read)
    return replace(read, source=source, path=Path(str(path)), shared=shared)


def endpoint_of(config: Config, environ: Mapping[str, str]) -> Endpoint:
    """Where the platform is: ``$DEPLOYS_ENDPOINT`` where that is set, else the configuration's endpoint.

    ``ConfigurationError`` says which of the two is wrong, and never shows a user, password or query within it.
    """
    given = environ.get(ENDPOINT_VARIABLE, "").strip()
    file = str(config.path or "config.toml")
    place = KeyPath(f"${ENDPOINT_VARIABLE}") if given else KeyPath(file, "api.endpoint")
    written = given or config.api.endpoint
    fault = endpoint_fault(written)
    if fault:
        raise place.error(*fault)
    return Endpoint(written.rstrip("/") + "/", place.file if given else f"[api] endpoint in {file}")


def workers_in_text(name: str, text: str) -> int | Cluster:
    """The same, as an option or a variable of that name has it."""
    number = text.strip()
    return workers(KeyPath(name), int(number) if number.isascii() and number.isdigit() else text)


def read_profiles(config: Config) -> dict[str, str]:
    """By name, the text of each profile that ``[journal] format`` names by its path; ``ConfigurationError`` where one
    cannot be read or is none."""
    return {entry.stem: _profile(entry) for entry in config.journal.format if isinstance(entry, Path)}


def read_file(path: Path, *, network: bool) -> bytes:
    """The file's bytes; ``ConfigurationError`` where they cannot be had, or may not be used with the network."""
    place = KeyPath(str(path))
    descriptor = _opened(place, path)
    try:
        status = os.fstat(descriptor)
        _refuse_irregular(place, status)
        if network:
            _refuse_untrusted(place, path, status)
        return _content(place, descriptor)
    finally:
        os.close(descriptor)


def is_archived(path: Path) -> bool:
    """Whether this file, or what it leads to, is a revision's own configuration."""
    folders = (path.parent, Path(os.path.realpath(path)).parent)
    return any(os.path.lexists(folder / ARCHIVED_BESIDE) for folder in folders)


def _opened(place: KeyPath, path: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe without a writer must not hang it
    except FileNotFoundError as error:
        raise place.error(
            "there is no such file", f"chargeback init writes one; or name it with -c or ${VARIABLE}"
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(place, error) from error


def _refuse_irregular(place: KeyPath, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise place.error("this is a folder", f"name the file in it, such as {DEFAULT_NAME}")
    if not stat.S_ISREG(status.st_mode):
        raise place.error("this is not a regular file", "name a file: a pipe or device cannot be kept as it was read")


def _refuse_untrusted(place: KeyPath, path: Path, status: os.stat_result) -> None:
    if status.st_mode & stat.S_IWOTH:
        raise place.error("everybody may write this file", f"run chmod o-w {path}")
    if is_archived(path):
        raise place.error(
            f"this is an archived configuration, beside a {ARCHIVED_BESIDE}",
            "name the one in use; to start from this one, copy it",
        )


def _content(place: KeyPath, descriptor: int) -> bytes:
    try:
        with open(descriptor, "rb", closefd=False) as stream:
            content = stream.read(LARGEST + 1)
    except OSError as error:
        raise _unreadable(place, error) from error
    if len(content) > LARGEST:
        raise place.error(f"the file is larger than {LARGEST} bytes", "name the configuration file")
    return content


def _unreadable(place: KeyPath, error: Exception) -> ConfigurationError:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return place.error(f"the file cannot be read: {reason}", "check its name and who may read it")


def _profile(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_PROFILE + 1)
    except (OSError, ValueError) as error:
        remedy = "correct the path in [journal] format"
        raise ConfigurationError(f"{path}: the profile cannot be read: {error}", remedy=remedy) from error
    if len(data) > LARGEST_PROFILE:
        raise ConfigurationError(f"{path}: more than {LARGEST_PROFILE} bytes", remedy="a profile is a small TOML file")
    read_profile(path.stem, data, str(path))
    return data.decode()


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


def _document(place: KeyPath, source: bytes) -> dict[str, object]:
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


def understood(config: Config) -> dict[str, Any]:
    """Every key with its value as JSON has it: amounts as texts, months as YYYY-MM, paths whole, None where there is
    none."""
    return {key.name: _plain(getattr(config, key.field)) for key in keys_of(Config)}


def understood_lines(config: Config) -> Iterator[str]:
    """The same in lines, ``table.key = value``; a list of tables by number."""
    for key, value in understood(config).items():
        yield from _lines(key, value)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, (Path, Address, Period, Budget)):
        return str(value)
    keys = {key.name: _plain(getattr(value, key.field)) for key in keys_of(type(value))}
    if type(value) is ProjectClaim:
        given = {name: inner for name, inner in keys.items() if inner is not None}
        return given if len(given) > 1 else value.pattern
    return keys or value


def _lines(key: str, value: Any) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for inner_key, inner in value.items():
            yield from _lines(f"{key}.{inner_key}", inner)
    elif isinstance(value, list) and any(isinstance(entry, dict) for entry in value):
        for number, entry in enumerate(value, start=1):
            yield from _lines(f"{key}[{number}]", entry)
    else:
        yield f"{key} = {_as_text(value)}"


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_text, value)) or "(none)"
    return "(none)" if value in (None, "", {}) else str(value)
