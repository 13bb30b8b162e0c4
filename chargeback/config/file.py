"""Which file the configuration is, and its bytes: looked up, opened and read, with every way that this can fail.

A file that decides where credentials are sent and which command is run must be its owner's: for commands that use the
network, one that everybody may write and one that lies in an archive are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from chargeback.config.key_path import KeyPath
from chargeback.errors import ConfigurationError

VARIABLE = "CHARGEBACK_CONFIG"
DEFAULT_NAME = "config.toml"
ARCHIVED_BESIDE = "manifest.json"
LARGEST = 1024 * 1024
"""Bytes that a configuration may have."""


def find(option: Path | None, environ: Mapping[str, str], cwd: Path) -> Path:
    """The file in use: the option's, else the variable's, else ``config.toml`` in the working directory.

    Whether it is there is for ``load`` to see. A relative path starts at ``cwd``.
    """
    named = environ.get(VARIABLE, "")
    return cwd / (option or (Path(named) if named else Path(DEFAULT_NAME)))


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
    """Is this file, or what it leads to, a revision's own configuration?"""
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
