"""What was mistyped on the command line, in the product's one line: what is wrong, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from chargeback.errors import ConfigurationError

    _Choice = click.Choice[str]
else:
    _Choice = click.Choice  # no generic before click 8.2


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
