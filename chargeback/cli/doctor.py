"""``chargeback doctor``: will next month's run work?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import archive_option, config_option, configuration_path, output_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, write_json

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("doctor")
@config_option
@archive_option
@click.option("--offline", is_flag=True, help="Only what needs no network, and the configuration as it is understood.")
@click.option("--clean", is_flag=True, help="Remove what dead runs left in object storage more than a week ago.")
@output_option("text", "json")
@verbose_option
def command(
    config_path: Path | None, archive_path: Place | None, offline: bool, clean: bool, output: str, verbose: bool
) -> None:
    """Look at everything that a month's run will need; one line each, with the remedy.

    Python and packages, configuration, credential and how long it lives, access and role per account, clock, time zone,
    projects without an owner, archive, notifications, schedule. Writes nothing that stays.

    \b
    ✓ good    ! worth a look    ✗ in the way of a run
    0 a run will work           2 configuration, machine or archive
    5 credential or access      6 the platform cannot be reached
    """
    with ending(json_output=output == "json", verbose=verbose) as set_code:
        from chargeback.collect.clock import SystemClock
        from chargeback.config.loader import understood_lines
        from chargeback.operate.doctor import Examination, document, examine, exit_of, understood_configuration

        path = configuration_path(config_path)
        archive = archive_path.absolute() if archive_path else None
        findings = []
        given = Examination(path, archive, os.environ, SystemClock(), offline, clean)
        for finding in examine(given):
            findings.append(finding)
            if output == "text":
                say(finding.line())
        code = exit_of(findings)
        config = understood_configuration(given) if offline else None
        if output == "json":
            write_json(document(findings, code, config))
        elif config is not None:
            for line in understood_lines(config):
                say(f"  {line}")
        set_code(code)
