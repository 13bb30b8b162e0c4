"""``chargeback verify``: proves an archive, a month or a revision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    chosen_workers,
    config_option,
    log_format_option,
    output_option,
    places_argument,
    verbose_option,
    workers_option,
)
from chargeback.cli.outcome import ending

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("verify")
@click.argument("paths", nargs=-1, type=click.Path(), callback=places_argument, metavar="[PATH]...")
@config_option
@archive_option
@click.option("--quick", is_flag=True, help="Checksums and the chain only.")
@click.option(
    "--head", "heads", multiple=True, metavar="SHA256", help="A head kept elsewhere: the archive must have it."
)
@click.option("--base", metavar="SHA256", help="The archive begins after this manifest: older years were moved away.")
@workers_option
@output_option("text", "json")
@verbose_option
@log_format_option
def command(
    paths: tuple[Place, ...],
    config_path: Path | None,
    archive_path: Place | None,
    quick: bool,
    heads: tuple[str, ...],
    base: str | None,
    workers: str | None,
    output: str,
    verbose: bool,
    log_format: str,
) -> None:
    """Prove an archive, a month of it, or a revision; without PATH the configured archive.

    Four layers: every file against its manifest; the chain of revisions; the control totals (ledgers foot to the
    invoices in evidence, every format says the same); and re-performance: the revision is made again from its evidence
    and compared byte for byte. Offline: no credential is read, no command run. Run it from a copy of the program that
    the archive's owner cannot change.

    \b
    0 proved; of another version: ledgers and checks are the same
    3 of another version, and its data come out otherwise: verify it with the
      version that is named
    7 damaged: each file is named, with what to do
    9 the archive cannot be read
    """
    with ending(json_output=output == "json", verbose=verbose, log_format=log_format) as set_code:
        from chargeback.cli.verify_output import places, verify_and_tell

        found, known, begins_after, configured = places(paths, config_path, archive_path)
        set_code(
            verify_and_tell(
                found,
                quick=quick,
                heads=(*heads, *known),
                base=base or begins_after,
                workers=chosen_workers(workers, configured),
                json_output=output == "json",
                verbose=verbose,
            )
        )
