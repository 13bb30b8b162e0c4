"""What a shell completes beside commands and options: months, revisions, teams, findings.

Read from the archive and the configuration that the words so far lead to. Where those cannot be read nothing is
completed, and nothing is said: a person is in the middle of a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from chargeback.errors import ChargebackError


def revisions(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The archive's months, and the revisions of the month that is written already."""

    def names() -> Iterable[str]:
        from chargeback.archive.reading import Archive

        archive = Archive(_folder(context))
        return [*map(str, archive.periods()), *(map(str, archive.names()) if len(incomplete) > len("2026-0") else ())]

    return _beginning(incomplete, names)


def teams(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """The configured teams by id."""

    def names() -> Iterable[str]:
        from chargeback.cli.options import load_config

        return [team.id for team in load_config(context.params.get("config_path"), None, network=False).teams]

    return _beginning(incomplete, names)


def findings(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
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
    from chargeback.cli.options import archive_root

    root = archive_root(context.params.get("config_path"), context.params.get("archive_path"))
    if not isinstance(root, Path):
        raise OSError(f"{root} is not on this machine")
    return root


def _beginning(incomplete: str, names: Callable[[], Iterable[str]]) -> list[str]:
    try:
        return [name for name in names() if name.startswith(incomplete) and name.isprintable()]
    except (ChargebackError, OSError):
        return []
