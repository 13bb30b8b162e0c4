"""``chargeback rebuild``: a revision again from its own evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    chosen_workers,
    complete_revisions,
    config_option,
    log_format_option,
    output_option,
    verbose_option,
    workers_option,
)
from chargeback.cli.outcome import ending

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("rebuild")
@click.argument("revision", metavar="REVISION", shell_complete=complete_revisions)
@click.option(
    "-o",
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Becomes the revision; absent or empty until then.",
)
@config_option
@archive_option
@workers_option
@output_option("text", "json")
@verbose_option
@log_format_option
def command(
    revision: str,
    folder: Path | None,
    config_path: Path | None,
    archive_path: Place | None,
    workers: str | None,
    output: str,
    verbose: bool,
    log_format: str,
) -> None:
    """Write a revision again from its own evidence and configuration, byte for byte.

    REVISION is 2026-05/r1, 2026-05 (its latest) or the path of a revision. Offline: no credential is read, no command
    run. By default it is written into a new folder in the working directory, such as 2026-05-r1.

    \b
    0 the same bytes; of another version: the same ledgers and checks, and what
      else differs is named
    3 of another version, and its ledgers or checks come out otherwise
    7 the evidence is damaged, or gives another revision than the archive's
    9 the folder holds something, or cannot be written
    """
    with ending(json_output=output == "json", verbose=verbose, log_format=log_format, leaves_work=True) as set_code:
        from chargeback.cli.rebuild_output import chosen, rebuild_and_tell

        original, count = chosen(revision, config_path, archive_path), chosen_workers(workers)
        set_code(rebuild_and_tell(original, folder, json_output=output == "json", workers=count))
