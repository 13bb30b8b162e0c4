"""Options that commands share, the configuration that they lead to, and what a shell completes beside commands and
options: months, revisions, teams, findings.

What is completed is read from the archive and the configuration that the words so far lead to. Where those cannot be
read nothing is completed, and nothing is said: a person is in the middle of a word.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from chargeback.cli.lazy import WordChoice
from chargeback.errors import ChargebackError, ConfigurationError

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
    """The configuration that says where the archive is; if there is none, the remedy says how to do without it."""
    try:
        return load_config(config_path, None, network=False)
    except ConfigurationError as error:
        raise ConfigurationError(error.message, remedy=error.remedy or "or name the archive with --archive") from error


def complete_revisions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The archive's months, and the revisions of the month that is written already."""

    def names() -> Iterable[str]:
        from chargeback.archive.reading import Archive

        archive = Archive(_folder(context))
        return [*map(str, archive.periods()), *(map(str, archive.names()) if len(incomplete) > len("2026-0") else ())]

    return _beginning(incomplete, names)


def complete_teams(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The configured teams by id."""

    def names() -> Iterable[str]:
        return [team.id for team in load_config(context.params.get("config_path"), None, network=False).teams]

    return _beginning(incomplete, names)


def complete_findings(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The findings of the month that is named, else of the newest one, by id."""

    def names() -> Iterable[str]:
        from chargeback.review.month_findings import month_findings

        archive = _folder(context)
        # An option that lacks its value yet ends click's parsing before the arguments: then they are left over.
        period = context.params.get("period") or next(iter(context.args), None)
        return [each.archived.id for each in month_findings(archive, period).findings]

    return _beginning(incomplete, names)


def _folder(context: click.Context) -> Path:
    """The archive's folder; ``OSError`` for one in object storage, which may be slow, and is not asked for a word."""
    root = archive_root(context.params.get("config_path"), context.params.get("archive_path"))
    if not isinstance(root, Path):
        raise OSError(f"{root} is not on this machine")
    return root


def _beginning(incomplete: str, names: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return [name for name in names() if name.startswith(incomplete) and name.isprintable()]
    except (ChargebackError, OSError):
        return []
