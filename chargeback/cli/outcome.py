"""How a command ends: one line an error on stderr, JSON where asked, the exit code of INTERFACE's table."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import click

from chargeback.cli.printing import masked_text, tell, write_json
from chargeback.errors import ChargebackError, each_cause_once, each_error, error_exit
from chargeback.process import Ended, meaning


@contextmanager
def ending(
    *,
    json_output: bool,
    verbose: bool,
    accepted: frozenset[int] = frozenset(),
    leaves_work: bool = False,
    log_format: str = "text",
) -> Iterator[Callable[[int], None]]:
    """Run a command's body; what it yields sets the exit code. Each error that is raised is reported in one line.

    ``leaves_work``: the command is called for what it leaves behind, such as a revision, and not for its output alone.
    With ``verbose``, or as JSON, its log is written to stderr meanwhile.
    """
    with _log(log_format, verbose=verbose) as end:
        code = yield from _run(json_output=json_output, verbose=verbose)
        end(code)
    raise Ended(code, stands=leaves_work, accepted=accepted)


def _log(log_format: str, *, verbose: bool) -> AbstractContextManager[Callable[[int], None]]:
    """The log on stderr where somebody asked for it; only then is its machinery loaded."""
    if log_format == "text" and not verbose:
        return nullcontext(lambda code: None)
    from chargeback.cli.log import logging_to_stderr

    return logging_to_stderr(log_format, verbose=verbose)


def _run(*, json_output: bool, verbose: bool) -> Generator[Callable[[int], None], None, int]:
    """The command's body; its exit code once whatever was raised has been reported."""
    code = [0]

    def set_code(value: int) -> None:
        code[0] = value

    try:
        yield set_code
    except click.Abort:
        code[0] = _reported(meaning(KeyboardInterrupt()), json_output=json_output)
    except click.ClickException:
        raise
    except (KeyboardInterrupt, Exception) as error:
        cause = meaning(error)
        if verbose and error_exit(cause) == 1:
            sys.stderr.write(masked_text(traceback.format_exc()))
        code[0] = _reported(cause, json_output=json_output)
    return code[0]


def _reported(error: ChargebackError, *, json_output: bool) -> int:
    code = error_exit(error)
    causes = each_error(error)
    for line in error_lines(causes):
        tell(line, error=True)
    if json_output:
        write_json(failure(causes, code))
    return code


def error_lines(errors: Iterable[ChargebackError]) -> list[str]:
    """What, where, what to do: one line an error, and one for several accounts that have the same."""
    return [
        f"chargeback: {message} -> {remedy}" if remedy else f"chargeback: {message}"
        for message, remedy in each_cause_once(errors)
    ]


def failure(causes: tuple[ChargebackError, ...], code: int) -> dict[str, Any]:
    """INTERFACE's JSON of a failed command."""
    errors = [{"account": cause.account, "message": cause.message, "remedy": cause.remedy} for cause in causes]
    return {"schema": 1, "status": "failed", "exit": code, "errors": errors}
