"""Calls a command in this process, as the command line does: exit code, stdout and stderr."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from chargeback.cli import main


@dataclass(frozen=True)
class Called:
    """How a command ended."""

    exit: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of the one table of CSV on stdout."""
        return list(csv.DictReader(io.StringIO(self.out.removeprefix("\ufeff"), newline="")))


def call(*arguments: str | Path, context: Any = None, **environ: str) -> Called:
    """Run ``chargeback`` with these arguments; ``context`` is click's context object, such as a clock."""
    result = CliRunner().invoke(
        main, [str(each) for each in arguments], obj=context, env=environ, prog_name="chargeback"
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Called(result.exit_code, result.stdout, result.stderr)
