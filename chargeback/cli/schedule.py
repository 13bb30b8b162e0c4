"""``chargeback schedule``: a schedule to paste."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from chargeback import __version__
from chargeback.cli.ending import ending
from chargeback.cli.options import archive_option, config_option, load_config, verbose_option

SCHEDULERS = ("cron", "systemd", "kubernetes", "deploys")


@click.command("schedule")
@click.argument("scheduler", type=click.Choice(SCHEDULERS))
@config_option
@archive_option
@click.option(
    "--image", default=f"chargeback:{__version__}", show_default=True, metavar="NAME", help="The containers' image."
)
@click.option("--project", default="PROJECT", metavar="SID", help="deploys: the project to run in.")
@click.option("--location", default="gke.cluster-rcf2", show_default=True, metavar="ID", help="deploys: where.")
@verbose_option
def command(
    scheduler: str,
    config_path: Path | None,
    archive_path: Path | None,
    image: str,
    project: str,
    location: str,
    verbose: bool,
) -> None:
    """Print a schedule for this configuration, ready to paste.

    The monthly job runs daily from the 3rd (`run --catch-up`): a month that is not ready, or a platform that is away,
    is tried again the next day. Right for the configured time zone whatever zone the scheduler reckons in. Secrets are
    named, never printed.

    \b
    cron         lines for `crontab -e`
    systemd      services and timers: with a time limit, caught up after a reboot
    kubernetes   ConfigMap, volume claim and CronJobs for `kubectl apply -f -`
    deploys      CronJob deployments on deploys.app itself
    """
    with ending(json_output=False, verbose=verbose):
        from chargeback.config import find
        from chargeback.operate.deploy import FORMS, plan

        path = find(config_path, os.environ, Path.cwd()).absolute()
        config = load_config(config_path, archive_path, network=True)
        made = plan(config, path, os.environ, _executable(), image, project, location)
        click.echo(FORMS[scheduler](made), nl=False)


def _executable() -> str:
    """This program, by the path that a scheduler finds it under."""
    return str(Path(sys.executable).parent / "chargeback")
