"""``chargeback run``: the monthly job."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    chosen_workers,
    config_option,
    load_config,
    log_format_option,
    output_option,
    verbose_option,
    workers_option,
)
from chargeback.cli.outcome import ending

EXIT_CODES = range(131)

if TYPE_CHECKING:
    from chargeback.config.address import Place


def _codes(context: click.Context, option: click.Parameter, value: str | None) -> frozenset[int]:
    try:
        codes = frozenset(int(part) for part in value.split(",")) if value else frozenset()
    except ValueError:
        codes = frozenset({-1})
    if not codes <= set(EXIT_CODES):
        raise click.BadParameter(f'"{value}": exit codes separated by commas were expected, such as 4,8')
    return codes


@click.command("run")
@config_option
@click.option("-p", "--period", metavar="YYYY-MM", help="The month; by default last month in the configured time zone.")
@click.option(
    "-a", "--account", "accounts", multiple=True, metavar="ACCOUNT", help="Only this account (with --dry-run)."
)
@archive_option
@click.option("--catch-up", is_flag=True, help="First do earlier months that are missing or have changed since.")
@click.option("--dry-run", is_flag=True, help="Fetch and reconcile, but write nothing and take no lock.")
@workers_option
@click.option("--ok", callback=_codes, metavar="CODES", help="Exit 0 for these codes too, for example 4,8.")
@output_option("text", "json")
@verbose_option
@log_format_option
def command(
    config_path: Path | None,
    period: str | None,
    accounts: tuple[str, ...],
    archive_path: Place | None,
    catch_up: bool,
    dry_run: bool,
    workers: str | None,
    ok: frozenset[int],
    output: str,
    verbose: bool,
    log_format: str,
) -> None:
    """Close a month: collect, reconcile, allocate, archive.

    Pulls the month's usage report and invoices of every billing account, ties the report out to the invoices' lines,
    and writes a revision: ledgers per team, PDFs, reconciliation, evidence. Safe to run again: the same result writes
    nothing. Unattended: progress on a terminal only, quiet when all is well.

    \b
    0 reconciled               5 fix the credential or the access
    2 fix the configuration    6 platform: again later
    3 exceptions: look         7 archive damaged: look at once
    4 not ready: again later   8 another run is at work   9 archive unwritable
    """
    as_json = output == "json"
    with ending(
        json_output=as_json, verbose=verbose, log_format=log_format, accepted=ok, leaves_work=not dry_run
    ) as set_code:
        from msgspec.structs import replace

        from chargeback.evidence.period import Period

        config = load_config(config_path, archive_path, network=True)
        config = replace(config, workers=chosen_workers(workers, config.workers))
        if period is not None:
            Period.parse(period)  # one that is none is refused before the job and its libraries are loaded
        from chargeback.cli.run_output import run_and_tell

        set_code(
            run_and_tell(
                config,
                period=period,
                only=accounts,
                dry_run=dry_run,
                catch_up=catch_up,
                json_output=as_json,
                verbose=verbose,
            )
        )
