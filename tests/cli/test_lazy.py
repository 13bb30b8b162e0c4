"""What is mistyped is told in the one line of every error, with what was probably meant."""

from __future__ import annotations

import pytest

from chargeback.cli.lazy import COMMANDS
from tests.cli.calling import call


@pytest.mark.parametrize(("words", "told"), [
    (["verfiy"], "chargeback: there is no command 'verfiy' -> did you mean \"verify\"?"),
    (["nothing-like-it"], "there is no command 'nothing-like-it' -> `chargeback --help` says what can be written"),
    (["run", "--perod", "2026-05"], 'there is no option --perod of `chargeback run` -> did you mean "--period"?'),
    (["list", "--output", "jsn"], 'none of text, csv, json -> did you mean "json"?'),
    (["schedule", "kubernets"], 'none of cron, systemd, kubernetes, compose, deploys -> did you mean "kubernetes"?'),
    (["explain"], "chargeback: Missing argument 'PERIOD' -> `chargeback explain --help` says what can be written"),
    (["run", "-p"], "Option '-p' requires an argument -> `chargeback --help` says what can be written"),
    (["--nonsense"], "chargeback: there is no option --nonsense of `chargeback` -> "),
])  # fmt: skip
def test_a_mistake_is_one_line_and_exit_2(words: list[str], told: str) -> None:
    called = call(*words)
    assert (called.exit, called.out, called.err.count("\n")) == (2, "", 1)
    assert called.err.startswith("chargeback: ") and told in called.err


def test_it_is_one_document_where_that_is_asked_for() -> None:
    called = call("lst", "--output", "json")
    assert called.document == {
        "schema": 1,
        "status": "failed",
        "exit": 2,
        "errors": [{"account": "", "message": "there is no command 'lst'", "remedy": 'did you mean "list"?'}],
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_found_with_two_letters_the_wrong_way_round(command: str) -> None:
    mistyped = command[1] + command[0] + command[2:]
    assert f'"{command}"?' in call(mistyped).err or len(command) < 5


def test_no_command_is_answered_with_help() -> None:
    called = call()
    assert "Start here" in called.out + called.err and "->" not in called.err
