"""The command line: a file a command, imported when it is called, so that ``--help`` stays fast."""

from __future__ import annotations

import click

from chargeback import __version__
from chargeback.cli.lazy import WIDEST_HELP, LazyGroup

_EPILOGUE = """\b
Start here:
  chargeback demo      the whole job on an embedded platform, in seconds
  chargeback init      a config.toml for your own account
  chargeback doctor    will a run work?
  chargeback run       last month, as cron runs it

\b
Exit codes:
  0 reconciled      3 exceptions   6 platform          9 archive unwritable
  1 bug             4 not ready    7 archive damaged   130 interrupted
  2 configuration   5 no access    8 another run is at work
"""


@click.group(
    cls=LazyGroup,
    epilog=_EPILOGUE,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST_HELP},
)
@click.version_option(__version__, prog_name="chargeback")
def main() -> None:
    """Charge each team its share of the deploys.app bill, to the cent, and keep the proof.

    Once a month `chargeback run` pulls last month's usage report and every account's invoices, ties the one out to the
    other, and writes ledgers, PDFs and the reconciliation into an archive.
    """
