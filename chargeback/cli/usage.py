"""``chargeback usage``: the daily look."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    config_option,
    load_config,
    log_format_option,
    output_option,
    verbose_option,
)
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say_document, tell, write_json, write_text

if TYPE_CHECKING:
    from chargeback.config.address import Place


@click.command("usage")
@config_option
@archive_option
@output_option("text", "csv", "json", "prometheus")
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there instead of stdout, in one step.",
)
@click.option("--quiet", is_flag=True, help="Say nothing unless there is a new alert (text only).")
@verbose_option
@log_format_option
def command(
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
    target: Path | None,
    quiet: bool,
    verbose: bool,
    log_format: str,
) -> None:
    """Look at this month's usage so far: once a day.

    Appends a snapshot to <archive>/usage/YYYY-MM.csv (a second one on the same day takes its place), estimates the
    month's cost by project and team at list prices before tax, and alerts where a day's cost leaves the band of the
    trailing days, naming project, resource and deployment. An alert that goes on is shown, but is new only on the day
    it begins or grows. What is out of the ordinary is set in [usage].

    \b
    0 nothing new       3 a cost runs away: look at the alert
    5 no access         6 platform: again tomorrow
    """
    with ending(json_output=output == "json", verbose=verbose, log_format=log_format, leaves_work=True) as set_code:
        config = load_config(config_path, archive_path, network=True)
        from chargeback.collect.clock import SystemClock
        from chargeback.model.text import json_text
        from chargeback.operate.metrics import exposition, write_textfile
        from chargeback.operate.notify import Watcher, watched_look
        from chargeback.operate.usage import report as daily_report

        report = watched_look(Watcher(config, os.environ, SystemClock(), tell))
        set_code(report.exit)
        for problem in report.problems:
            tell(f"not read: {problem}")
        for resource in () if quiet else report.unpriced:
            tell(f"no list price for {resource}: left out of the estimate; [usage] prices can name one")
        if output == "text" and quiet and not report.exit:
            return
        if output == "json" and target is None:
            write_json(daily_report.to_json(report))
            return
        document = {
            "text": lambda: "".join(f"{line}\n" for line in daily_report.text_lines(report)),
            "csv": lambda: daily_report.csv_text(report),
            "json": lambda: json_text(daily_report.to_json(report), indent=2) + "\n",
            "prometheus": lambda: exposition(daily_report.families(report)),
        }[output]()
        if target is not None:
            write_textfile(target, document)
        elif output == "csv":
            write_text(document)
        else:
            say_document(document)
