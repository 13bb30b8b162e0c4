"""``chargeback demo``: the real job against the embedded platform, over HTTP, for three months."""

from __future__ import annotations

from pathlib import Path

import click

from chargeback.cli.options import verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, tell

FOLDER = "chargeback-demo"


@click.command("demo")
@click.argument("folder", type=click.Path(path_type=Path), default=FOLDER, metavar="[DIR]")
@verbose_option
def command(folder: Path, verbose: bool) -> None:
    """Run the real job on an embedded platform and leave a full archive in DIR.

    Starts the sandbox on loopback, closes three months against it over HTTP (one of them has exceptions, so that you
    see what the reconciliation catches), and says what to open. Takes seconds; needs no account and no network. DIR
    (default ./chargeback-demo) must be absent, empty, or a demo's: that one is made anew.
    """
    with ending(json_output=False, verbose=verbose, leaves_work=True):
        from chargeback.cli.demonstration import demonstrate, lines_to_open

        for line in demonstrate(folder.absolute()):
            tell(line)
        for line in lines_to_open(folder):
            say(line)
