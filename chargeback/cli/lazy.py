"""A group of commands of which each is imported when it is called; its one line of help stands here. And what was
mistyped, in the product's one line: what is wrong, and what was probably meant.

A module of its own: within the package, the modules ``open`` and ``list`` take the names of Python's functions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import click

from chargeback.process import Ended, asks_for_json

if TYPE_CHECKING:
    from chargeback.errors import ConfigurationError

    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # no generic before click 8.2


COMPLETE = "_CHARGEBACK_COMPLETE"
"""The variable by which a shell asks for completions."""
_HELP_IS_MEANT: tuple[type[click.ClickException], ...] = tuple(
    kind for kind in [getattr(click.exceptions, "NoArgsIsHelpError", None)] if kind is not None
)
"""A group without a command is answered with its help; click has the class from 8.2 on."""

WIDEST_HELP = 100
"""Columns."""
_USUAL_WIDTH = 80

COMMANDS = {
    "init": ("chargeback.cli.init", "Ask the platform and write a commented config.toml to start from."),
    "config": ("chargeback.cli.config", "Check the configuration, or show every key as it is understood."),
    "doctor": ("chargeback.cli.doctor", "Check all that a run needs; one line each, with the remedy."),
    "run": ("chargeback.cli.run", "The monthly job: collect, reconcile, allocate, archive."),
    "demo": ("chargeback.cli.demo", "The real job on an embedded platform, with an archive to look at."),
    "sandbox": ("chargeback.cli.sandbox", "Serve the simulated platform until interrupted."),
    "usage": ("chargeback.cli.usage", "Daily: snapshot of usage, estimated cost, runaway costs (exit 3)."),
    "schedule": ("chargeback.cli.schedule", "Print a ready schedule: cron, systemd, kubernetes, compose, deploys."),
    "list": ("chargeback.cli.list", "Months and revisions with status, totals, head and signatures."),
    "open": ("chargeback.cli.open", "A month's page, or the archive's, in the browser."),
    "show": ("chargeback.cli.show", "An archived month's figures, by team, project, resource, account."),
    "explain": ("chargeback.cli.explain", "How an amount came about, step by step, down to the evidence."),
    "diff": ("chargeback.cli.diff", "What changed between two revisions of a month, and why."),
    "plan": ("chargeback.cli.plan", "What another configuration would have done to an archived month."),
    "findings": ("chargeback.cli.findings", "A month's findings, the largest first; record what was decided."),
    "sign": ("chargeback.cli.sign", "Sign a month's latest revision as its preparer or reviewer."),
    "verify": ("chargeback.cli.verify", "Prove an archive or a revision, offline, down to its evidence."),
    "rebuild": ("chargeback.cli.rebuild", "Write a revision again from its own evidence, byte for byte."),
}


class UnknownCommandError(click.UsageError):
    """There is no command of that name; ``known`` are those that there are."""

    def __init__(self, name: str, known: list[str], context: click.Context) -> None:
        super().__init__(f"there is no command {name!a}", context)
        self.name, self.known = name, known


class UnknownChoiceError(click.BadParameter):
    """A value that is none of those that can be chosen."""

    def __init__(self, value: str, known: list[str], context: click.Context | None, parameter: Any) -> None:
        super().__init__(f"{value!a} is none of {', '.join(known)}", context, parameter)
        self.value, self.known = value, known


class WordChoice(_Choice):
    """One of a few words; another one is refused with the word that was probably meant."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word; ``UnknownChoiceError`` where it is none of them."""
        if value not in self.choices:
            raise UnknownChoiceError(str(value), [str(word) for word in self.choices], ctx, param)
        return str(value)


def mistake(error: click.UsageError) -> ConfigurationError:
    """The error as every other one is reported: message and remedy."""
    from chargeback.config.key_path import did_you_mean  # brings in what a command's help can do without
    from chargeback.errors import ConfigurationError

    command = error.ctx.command_path if error.ctx is not None else "chargeback"
    otherwise = f"`{command} --help` says what can be written"
    if isinstance(error, (UnknownCommandError, UnknownChoiceError)):
        mistyped = error.name if isinstance(error, UnknownCommandError) else error.value
        return ConfigurationError(error.format_message(), remedy=did_you_mean(mistyped, error.known, otherwise))
    if isinstance(error, click.NoSuchOption):
        known = [word for each in _options(error.ctx) for word in each.opts if word.startswith("--")]
        message = f"there is no option {error.option_name} of `{command}`"
        return ConfigurationError(message, remedy=did_you_mean(error.option_name, known, otherwise))
    return ConfigurationError(error.format_message().rstrip("."), remedy=otherwise)


def _options(context: click.Context | None) -> list[click.Parameter]:
    return [] if context is None else context.command.get_params(context)


def _tell_mistake(error: click.UsageError, *, json_output: bool) -> None:
    from chargeback.cli.outcome import error_lines, failure
    from chargeback.cli.printing import tell, write_json

    cause = mistake(error)
    for line in error_lines((cause,)):
        tell(line)
    if json_output:
        write_json(failure((cause,), cause.exit_code))


def _help_width() -> int:
    """The width of help screens, as click would find it by shutil, whose import takes a twentieth of ``--help``."""
    columns = os.environ.get("COLUMNS", "")
    if not columns.isdecimal() or not int(columns):
        try:
            columns = str(os.get_terminal_size(sys.__stdout__.fileno()).columns)  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = "0"
    return max(min(int(columns) or _USUAL_WIDTH, WIDEST_HELP) - 2, 50)


class LazyGroup(click.Group):
    """Knows its commands by name, and loads one at a time."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> Any:  # type: ignore[override]
        """As click does it, but for two things: Ctrl-C passes through to the outermost layer, and a usage error is
        reported in the one line of every error, and in JSON too where that is asked for (INTERFACE, JSON)."""
        if not extra.get("standalone_mode", True) or COMPLETE in os.environ:
            return super().main(args, prog_name, **extra)
        given = sys.argv[1:] if args is None else list(args)
        try:
            name, width = prog_name or "chargeback", click.formatting.FORCED_WIDTH or _help_width()
            with self.make_context(name, list(given), obj=extra.get("obj"), terminal_width=width) as context:
                self.invoke(context)
        except click.exceptions.Exit as ended:
            raise Ended(ended.exit_code) from None
        except click.ClickException as error:
            if isinstance(error, click.UsageError) and not isinstance(error, _HELP_IS_MEANT):
                _tell_mistake(error, json_output=asks_for_json(given))
            else:
                error.show()
            raise Ended(error.exit_code) from None
        raise Ended(0)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first word names; ``UnknownCommandError`` if there is none of that name."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise UnknownCommandError(args[0], list(COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported now; None if there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)  # noqa: S101 (a module of ours)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table's lines, without importing any command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_line) for name, (_, help_line) in COMMANDS.items()])
