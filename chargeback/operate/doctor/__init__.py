"""``doctor``: all that a month's run will need, looked at before it needs it; a finding a line, never raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from chargeback.collect.clock import Clock
from chargeback.collect.session import open_session
from chargeback.config import Config, load
from chargeback.config.address import Address, Place
from chargeback.errors import ConfigurationError
from chargeback.evidence import MemoryStore
from chargeback.model.wording import counted
from chargeback.operate.doctor import archive, machine, platform
from chargeback.operate.doctor.lines import DoctorLine, Mark, document, exit_of, good, guarded, notice, of_error
from chargeback.operate.doctor.platform import credential_at_hand

__all__ = ["DoctorLine", "Examination", "Mark", "document", "examine", "exit_of", "understood_configuration"]

PATIENCE = 45.0
"""Seconds for all questions together: a person waits."""


class Examination(Struct, frozen=True):
    """What is looked at: the configuration file, and the archive where an option names another one; ``offline``: not
    the platform; ``clean``: remove what dead runs left in object storage."""

    path: Path
    archive: Place | None
    environ: Mapping[str, str]
    clock: Clock
    offline: bool = False
    clean: bool = False


def examine(given: Examination) -> Iterator[DoctorLine]:
    """Every finding, in the order in which they are looked at; nothing is raised but an interruption.

    Without a configuration what can be checked by its defaults is; with a broken one the platform is not asked, because
    it would say where.
    """
    config, findings = _configuration(given)
    yield from guarded("python", machine.python)
    yield from guarded("packages", lambda: machine.packages(config or Config(archive=Path("archive"))))
    yield from findings
    if config is None:
        return
    if given.offline:
        yield from guarded("credential", lambda: credential_at_hand(config, given.environ))
    else:
        yield from _platform(given, config)
    if given.offline and isinstance(config.archive, Address):
        yield notice("archive", f"{config.archive} was not looked at: it is not on this machine", "run doctor online")
    else:
        yield from guarded("archive", lambda: archive.archive(config, given.clock.now(), clean=given.clean))
    yield from guarded("journal", lambda: machine.journal(config))
    yield from guarded("metrics", lambda: machine.metrics(config))
    yield from guarded("notify", lambda: machine.notification(config, given.environ))
    yield from guarded("statements", lambda: machine.deliveries(config, given.environ))
    yield from guarded("schedule", lambda: machine.schedule(given.environ))


def _configuration(given: Examination) -> tuple[Config | None, list[DoctorLine]]:
    """The configuration in use, or its defaults if there is none; None where it is wrong."""
    try:
        config = load(given.path, network=True)
    except ConfigurationError as error:
        return _without(given), list(of_error("configuration", error))
    if given.archive is not None:
        config = replace(config, archive=given.archive)
    accounts = counted(len(config.accounts), "account") if config.accounts else "all accounts"
    teams = counted(len(config.teams), "team")
    return config, [good("configuration", f"{given.path}: {accounts}, {teams}")]


def understood_configuration(given: Examination) -> Config | None:
    """The configuration in use, or its defaults if there is none; None where it is wrong."""
    return _configuration(given)[0]


def _without(given: Examination) -> Config | None:
    if given.path.exists():
        return None
    return Config(archive=given.archive or given.path.parent / "archive")


def _platform(given: Examination, config: Config) -> Iterator[DoctorLine]:
    """The platform's checks, within a time that a person waits."""
    hurried = replace(config, api=replace(config.api, deadline=min(config.api.deadline, PATIENCE)))
    try:
        with open_session(hurried, given.environ, MemoryStore(), clock=given.clock) as session:
            yield from platform.PlatformChecks(hurried, given.environ, session, given.clock).all()
    except ConfigurationError as error:
        yield from of_error("platform", error)
