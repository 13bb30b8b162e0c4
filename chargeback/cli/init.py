"""``chargeback init``: a configuration to start from."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from chargeback.cli.options import configuration_path, output_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, tell, terminal_text, write_json


@click.command("init")
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The file to write; else $CHARGEBACK_CONFIG, else ./config.toml.",
)
@click.option(
    "--timezone", metavar="NAME", help="The time zone of the calendar months; else the one that the invoices show."
)
@click.option(
    "--archive", default=None, metavar="DIR", help="The archive; relative to FILE's folder.  [default: archive]"
)
@click.option("--non-interactive", is_flag=True, help="Ask no questions; use what was guessed.")
@output_option("text", "json")
@verbose_option
def command(
    config_path: Path | None,
    timezone: str | None,
    archive: str | None,
    non_interactive: bool,
    output: str,
    verbose: bool,
) -> None:
    """Ask the platform and write a commented config.toml to start from.

    Finds the billing accounts, your role in each, the projects and the time zone of the invoices, and proposes teams
    from the projects' names. Shows all that it guessed. Never overwrites a file, and writes no secret: the credential
    comes from DEPLOYS_AUTH_USER with DEPLOYS_AUTH_PASS, or DEPLOYS_TOKEN.
    """
    with ending(json_output=output == "json", verbose=verbose, leaves_work=True):
        from chargeback.collect.clock import SystemClock
        from chargeback.operate.init import draft, refuse_existing, survey, write

        path, clock = configuration_path(config_path), SystemClock()
        refuse_existing(path)
        found = survey(os.environ, clock)
        asked = not non_interactive and output == "text" and sys.stdin.isatty()
        if asked:
            timezone = timezone or click.prompt("Time zone", default=found.timezone or "Asia/Bangkok", err=True)
            archive = archive or click.prompt("Archive folder", default="archive", err=True)
        proposed = draft(found, path, clock.now(), archive=archive or "archive", timezone=timezone)
        if output == "json":
            write(path, proposed.text)
            write_json(proposed.to_json(path))
            return
        for line in proposed.lines():
            say(line)
        if asked and not click.confirm(terminal_text(f"Write {path}?"), default=True, err=True):
            tell("nothing written")
            return
        write(path, proposed.text)
        say(f"written    {path}: look the teams over, then run `chargeback doctor`")
