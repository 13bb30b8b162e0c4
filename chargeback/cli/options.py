"""Options that commands share, and the configuration that they lead to."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from chargeback.cli.usage_errors import WordChoice
from chargeback.errors import ConfigurationError

if TYPE_CHECKING:
    from chargeback.config import Config
    from chargeback.config.address import Cluster, Place

Command = TypeVar("Command", bound=Callable[..., Any])

config_option = click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; else $CHARGEBACK_CONFIG, else ./config.toml.",
)


def place(text: str) -> Place:
    """The folder or the address that a person names; ``click.BadParameter`` where it is an address that is none."""
    from chargeback.config.address import place_of

    try:
        return place_of(text)
    except ConfigurationError as error:
        raise click.BadParameter(f"{error.message}: {error.remedy}") from None


def _archive_place(context: click.Context, parameter: click.Parameter, value: str | None) -> Place | None:
    return None if value is None else place(value)


def places_argument(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[Place, ...]:
    """The folders or addresses that a person names, for click."""
    return tuple(map(place, value))


archive_option = click.option(
    "--archive",
    "archive_path",
    type=click.Path(),
    callback=_archive_place,
    metavar="DIR",
    help="The archive, instead of the configuration's.",
)
workers_option = click.option(
    "--workers",
    metavar="N|URL",
    help="Processes at work, or dask://host:port; else $CHARGEBACK_WORKERS, else the configuration's.",
)
verbose_option = click.option(
    "-v", "--verbose", is_flag=True, help="Stages, calls, retries and times on stderr; a traceback if there is a bug."
)

log_format_option = click.option(
    "--log-format",
    type=WordChoice(("text", "json")),
    default="text",
    show_default=True,
    envvar="CHARGEBACK_LOG_FORMAT",
    show_envvar=True,
    help="stderr as lines for people, or as one JSON object a line.",
)


def output_option(*formats: str) -> Callable[[Command], Command]:
    """``--output``, the first format being the default."""
    return click.option(
        "--output", type=WordChoice(formats), default=formats[0], show_default=True, help="What stdout gets."
    )


def configuration_path(option: Path | None) -> Path:
    """The configuration's file; ``FileNotFoundError`` where a relative path starts at a working folder that is gone."""
    from chargeback.config import find

    try:
        return find(option, os.environ, Path.cwd())
    except FileNotFoundError:
        path = find(option, os.environ, Path())
        if not path.is_absolute():
            raise
        return path


def load_config(config_path: Path | None, archive_path: Place | None, *, network: bool) -> Config:
    """The configuration that the options lead to; ``ConfigurationError`` where it is missing or wrong."""
    from msgspec.structs import replace

    from chargeback.config import load
    from chargeback.config.address import Address
    from chargeback.config.loader import read_file

    path = configuration_path(config_path)
    config = load(path, network=network)
    if archive_path:
        return replace(config, archive=archive_path.absolute())
    if not network and isinstance(config.archive, Address):
        read_file(path, network=True)  # reading the archive is using the network with what the file says
    return config


def chosen_workers(option: str | None, configured: int | Cluster = 0) -> int | Cluster:
    """How many processes close and publish, or the cluster that does: as ``--workers`` says, else the environment, else
    the configuration."""
    from chargeback.config.loader import WORKERS_VARIABLE, workers_in_text

    for name, text in (("--workers", option), (f"${WORKERS_VARIABLE}", os.environ.get(WORKERS_VARIABLE))):
        if text:
            return workers_in_text(name, text)
    return configured


class ChosenArchive(NamedTuple):
    """An archive, and what the configuration knows of it from outside: the manifest that it begins after, its head;
    and how many processes are to work on it."""

    root: Place
    base: str | None = None
    head_file: Path | None = None
    workers: int = 0


def chosen_archive(config_path: Path | None, archive_path: Place | None) -> ChosenArchive:
    """The archive that the options lead to. Where ``--archive`` names it and no configuration is named, the one in
    use counts where it is that archive's; there need not be any."""
    if archive_path is None:
        config = _configured(config_path)
    elif config_path is None and not _is_configured(archive_path):
        return ChosenArchive(archive_path.absolute())
    else:
        config = load_config(config_path, archive_path, network=False)
    # Who proves an archive opens no connection that only a file in the working folder asks for (INTERFACE, commands).
    workers = config.workers if isinstance(config.workers, int) else 0
    return ChosenArchive(config.archive, config.base_manifest, config.head_file, workers)


def _is_configured(archive: Place) -> bool:
    try:
        configured = load_config(None, None, network=False).archive
    except ConfigurationError:
        return False
    if isinstance(configured, Path) and isinstance(archive, Path):
        return os.path.realpath(configured) == os.path.realpath(archive)
    return configured == archive


def archive_root(config_path: Path | None, archive_path: Place | None) -> Place:
    """Where the archive is, for commands that only read it; they need no configuration where ``--archive`` names it."""
    return _configured(config_path).archive if archive_path is None else archive_path.absolute()


def _configured(config_path: Path | None) -> Config:
    """The configuration that says where the archive is; where there is none, the remedy says how to do without it."""
    try:
        return load_config(config_path, None, network=False)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, remedy=error.remedy or "or name the archive with --archive") from error
