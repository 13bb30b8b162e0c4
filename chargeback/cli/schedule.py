"""``chargeback schedule``: a schedule to paste."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback import __version__
from chargeback.cli.lazy import WordChoice
from chargeback.cli.options import archive_option, config_option, configuration_path, load_config, verbose_option
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say_document, tell

TARGETS = ("cron", "systemd", "kubernetes", "compose", "deploys")

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("schedule")
@click.argument("target", type=WordChoice(TARGETS))
@config_option
@archive_option
@click.option(
    "--image", default=f"chargeback:{__version__}", show_default=True, metavar="NAME", help="The containers' image."
)
@click.option("--user", metavar="NAME", help="Who runs it on this machine.  [default: the archive's owner]")
@click.option("--project", default="PROJECT", metavar="SID", help="deploys: the project to run in.")
@click.option("--location", default="gke.cluster-rcf2", show_default=True, metavar="ID", help="deploys: where.")
@verbose_option
def command(
    target: str,
    config_path: Path | None,
    archive_path: Place | None,
    image: str,
    user: str | None,
    project: str,
    location: str,
    verbose: bool,
) -> None:
    """Print a schedule for this configuration, ready to paste.

    The monthly job runs daily from the 3rd (`run --catch-up`): a month that is not ready, or a platform that is away,
    is tried again the next day. Right for the configured time zone whatever zone the scheduler reckons in. Secrets are
    named, never printed. stderr names what the target cannot give the job.

    \b
    cron         lines for `crontab -e`
    systemd      services and timers: with a time limit, caught up after a reboot
    kubernetes   ConfigMap, volume claims and CronJobs for `kubectl apply -f -`
    compose      a compose file, and the lines of a crontab that start it
    deploys      CronJob deployments on deploys.app itself
    """
    with ending(json_output=False, verbose=verbose):
        from chargeback.operate import deploy

        path = configuration_path(config_path).absolute()
        config = load_config(config_path, archive_path, network=True)
        made = deploy.deployment(
            config, path, os.environ, _executable(), image=image, user=user, project=project, location=location
        )
        chosen = deploy.TARGETS[target]
        text = chosen.text(made)
        for gap in chosen.gaps(made):
            tell(f"{target}: {gap}")
        say_document(text)


def _executable() -> Path:
    """This program, by the path that a scheduler finds it under."""
    return Path(sys.executable).parent / "chargeback"
