"""``chargeback findings``: a month's findings, and what was decided about them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.options import (
    archive_option,
    archive_root,
    chosen_archive,
    complete_findings,
    complete_revisions,
    config_option,
    output_option,
    verbose_option,
)
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, tell, write_as, write_json
from chargeback.errors import ConfigurationError

if TYPE_CHECKING:
    from chargeback.collect.clock import Clock
    from chargeback.config.address import Place


@click.command("findings")
@click.argument("period", required=False, metavar="[PERIOD]", shell_complete=complete_revisions)
@click.option(
    "--dispose",
    "finding",
    metavar="ID",
    shell_complete=complete_findings,
    help="Record what was decided about this finding.",
)
@click.option("--as", "text", metavar="TEXT", help="What was decided, with --dispose.")
@click.option("--by", metavar="NAME", help="Who decided it, with --dispose.")
@config_option
@archive_option
@output_option("text", "csv", "json")
@verbose_option
@click.pass_context
def command(
    context: click.Context,
    period: str | None,
    finding: str | None,
    text: str | None,
    by: str | None,
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
    verbose: bool,
) -> None:
    """The month's findings, the largest first: what, where, how much, what follows from it, what to do, who decided
    what.

    PERIOD is 2026-05 (its latest revision) or 2026-05/r1; by default the latest month. With --dispose, --as and --by a
    line is appended to the archive's dispositions.csv: it holds for later months too, as long as the finding's amount
    is not larger. Without them nothing but the archive is read. CSV has a row a finding.
    """
    with ending(json_output=output == "json", verbose=verbose, leaves_work=finding is not None):
        if finding is None and text is None and by is None:
            _show(archive_root(config_path, archive_path), period, output)
        else:
            if finding is None or text is None or by is None:
                raise ConfigurationError(
                    "--dispose, --as and --by belong together",
                    remedy='write --dispose F-0123456789 --as "credit note requested" --by "Ann Example"',
                )
            _dispose(context, (period, finding, text, by), config_path, archive_path, output)


def _show(root: Place, period: str | None, output: str) -> None:
    from chargeback.review.month_findings import finding_lines, findings_csv, month_findings

    found = month_findings(root, period)
    write_as(output, found, finding_lines, findings_csv)


def _dispose(
    context: click.Context,
    request: tuple[str | None, str, str, str],
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
) -> None:
    from msgspec.structs import asdict

    from chargeback.archive.chain import Base
    from chargeback.evidence.period import Period
    from chargeback.model.text import readable
    from chargeback.review.signing import DisposeRequest, dispose

    chosen = chosen_archive(config_path, archive_path)
    clock: Clock | None = context.obj
    now = clock.now() if clock is not None else datetime.now(UTC)
    month, finding, text, by = request
    wanted = DisposeRequest(Period.parse(month) if month is not None else None, finding, text, by)
    given = dispose(chosen.root, wanted, now, head_file=chosen.head_file, base=Base(chosen.base))
    if output == "json":
        write_json({"schema": 1, **asdict(given), "period": str(given.period)})
    else:
        tell(f"appended to {chosen.root / 'dispositions.csv'}")
        say(f"{given.period} r{given.revision} {given.finding}: {readable(given.disposition)} ({readable(given.by)})")
