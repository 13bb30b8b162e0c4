"""``chargeback config``: the configuration as it is understood, without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.lazy import WordChoice
from chargeback.cli.options import archive_option, config_option, load_config, output_option, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, write_json
from chargeback.model.wording import counted

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("config")
@click.argument("what", type=WordChoice(["check", "show"]))
@config_option
@archive_option
@output_option("text", "json")
@verbose_option
def command(what: str, config_path: Path | None, archive_path: Place | None, output: str, verbose: bool) -> None:
    """Check the configuration, or show every key with the value that holds.

    Reads the file alone: no variable, no archive, no network. What needs those is `chargeback doctor`'s. A mistake is
    exit 2, with the key, what was found and what would be right.

    \b
    check  one line: the file, and how many accounts, teams and acceptances it has
    show   every key, written or by default
    """
    with ending(json_output=output == "json", verbose=verbose):
        from chargeback.config.loader import understood, understood_lines

        config = load_config(config_path, archive_path, network=True)
        if output == "json":
            configuration = {"configuration": understood(config)} if what == "show" else {}
            write_json({"schema": 1, "status": "good", "path": str(config.path), **configuration})
        elif what == "show":
            for line in understood_lines(config):
                say(line)
        else:
            accounts = counted(len(config.accounts), "account") if config.accounts else "all accounts"
            teams, accepted = counted(len(config.teams), "team"), counted(len(config.accepted), "accepted exception")
            say(f"{config.path}: understood: {accounts}, {teams}, {accepted}, months of {config.timezone_name}")
