"""The archives, made once a session, and sockets and commands that nobody may use."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

from tests.kit.reviewed import Reviewed, make_hostile, make_reviewed, once


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder that all test processes of the session have in common."""
    base = factory.getbasetemp()
    return (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    """The archive of three months; only to be read: ``own_office`` is a copy."""
    folder = shared_folder(tmp_path_factory, "review-office")
    with once(folder) as fresh:
        if fresh:
            make_reviewed(folder)
    return Reviewed(folder / "archive", folder / "config.toml", folder / "changed.toml")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive of one month in which every name is hostile."""
    folder = shared_folder(tmp_path_factory, "review-hostile")
    with once(folder) as fresh:
        if fresh:
            make_hostile(folder)
    return folder / "archive"


@pytest.fixture
def own_office(office: Reviewed, tmp_path: Path) -> Reviewed:
    """A copy of the archive, to be written to."""
    return office.copy(tmp_path)


@pytest.fixture
def offline(office: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on no socket opens and no command runs; the archives are there already."""

    def refuse(*args: object, **options: object) -> NoReturn:
        raise AssertionError("a command that reads an archive reached outside")

    for owner, name in ((socket, "socket"), (socket, "create_connection"), (subprocess, "Popen"), (os, "system")):
        monkeypatch.setattr(owner, name, refuse)
