"""``chargeback sign``: the preparer or reviewer of a month answers for its latest revision."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chargeback.cli.lazy import WordChoice
from chargeback.cli.options import (
    archive_option,
    chosen_archive,
    complete_revisions,
    config_option,
    output_option,
    verbose_option,
)
from chargeback.cli.outcome import ending
from chargeback.cli.printing import say, tell, write_json

if TYPE_CHECKING:
    from chargeback.collect.clock import Clock
    from chargeback.config.address import Place


@click.command("sign")
@click.argument("period", metavar="PERIOD", shell_complete=complete_revisions)
@click.option("--by", required=True, metavar="NAME", help="Who signs.")
@click.option(
    "--role", type=WordChoice(["preparer", "reviewer"]), default="preparer", show_default=True, help="As what."
)
@click.option("--conclusion", default="", metavar="TEXT", help="Kept as the note; a terminal is asked for it.")
@click.option("--note", default="", metavar="TEXT", help="Kept with the signature, behind the conclusion.")
@config_option
@archive_option
@output_option("text", "json")
@verbose_option
@click.pass_context
def command(
    context: click.Context,
    period: str,
    by: str,
    role: str,
    conclusion: str,
    note: str,
    config_path: Path | None,
    archive_path: Place | None,
    output: str,
    verbose: bool,
) -> None:
    """Sign the latest revision of PERIOD (2026-05): who, when, which revision, its head.

    Appends a line to the archive's signatures.csv. The revision must be intact. Its reviewer is another person than its
    preparer; a restated month needs new signatures. The findings that are still open are listed, the largest first. The
    cover page beside the revision, 2026-05/cover-r1.html, is to be printed: it says who concluded what.
    """
    with ending(json_output=output == "json", verbose=verbose, leaves_work=True):
        from chargeback.archive.chain import Base
        from chargeback.archive.reading import Archive, cover_path
        from chargeback.cli.printing import print_lines
        from chargeback.evidence.period import Period
        from chargeback.review.month_findings import findings_of, largest_lines
        from chargeback.review.signing import SignRequest, sign, signed_line

        chosen = chosen_archive(config_path, archive_path)
        root, base = chosen.root, Base(chosen.base)
        if not conclusion and not note and output == "text":
            conclusion = _asked()
        request = SignRequest(
            Period.parse(period), by, role, " · ".join(part for part in (conclusion, note) if part.strip())
        )
        signed = sign(root, request, _now(context), head_file=chosen.head_file, base=base)
        findings = tuple(findings_of(Archive(root, base), signed.revision))
        if output == "json":
            left = [finding.to_json() for finding in findings if finding.is_open]
            write_json({**signed.to_json(), "open_findings": left})
        else:
            tell(f"appended to {root / 'signatures.csv'}; to be printed: {root / cover_path(signed.revision.name)}")
            say(signed_line(signed))
            print_lines(lambda terminal: largest_lines(findings, signed.signature.period, terminal))


def _asked() -> str:
    """The conclusion as a person at a terminal writes it, "" for none; nobody else is asked."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return ""
    return str(click.prompt("Your conclusion (Enter for none)", default="", show_default=False, err=True))


def _now(context: click.Context) -> datetime:
    """The time: the machine's, unless the caller's context object is a clock."""
    clock: Clock | None = context.obj
    return clock.now() if clock is not None else datetime.now(UTC)
