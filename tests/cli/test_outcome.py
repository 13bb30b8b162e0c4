"""INTERFACE's exit codes: the classes' own, the precedence, and each code provoked once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chargeback import errors
from chargeback.archive.locked_archive import open_for_writing
from chargeback.cli import run_output
from chargeback.errors import ChargebackError, CombinedError, decisive_exit, each_error, error_exit
from chargeback.evidence.period import last_month, zone
from chargeback.sandbox import Credential
from tests.kit.workplace import CREDENTIALS, Workplace, listening

from .calling import Called, call

TABLE = {
    0: "nothing",
    1: "report it",
    2: "fix",
    3: "a person looks at the reconciliation",
    4: "run again later",
    5: "fix",
    6: "run again later",
    7: "look at once",
    8: "nothing",
    9: "fix, run again",
    130: "run again",
}
"""INTERFACE's rows: the code, and what cron should do."""
PRECEDENCE = [1, 7, 9, 2, 5, 6, 4, 3]
THIS_MONTH = last_month(datetime.now(UTC), zone("Asia/Bangkok")).plus(1)


def classes(base: type[ChargebackError] = ChargebackError) -> set[type[ChargebackError]]:
    return {base}.union(*(classes(each) for each in base.__subclasses__()))


def test_the_errors_classes_are_the_table() -> None:
    of_classes = {each.exit_code: each.action for each in classes() if each.__module__ == errors.__name__}
    assert of_classes == {code: action for code, action in TABLE.items() if code not in (0, 3)}
    assert (errors.RECONCILED, errors.EXCEPTIONS) == (0, 3)


def test_no_class_elsewhere_has_a_code_or_a_meaning_of_its_own() -> None:
    known = {(each.exit_code, each.meaning, each.action) for each in classes() if each.__module__ == errors.__name__}
    assert {(each.exit_code, each.meaning, each.action) for each in classes()} == known


def test_the_first_of_the_precedence_wins() -> None:
    assert list(errors.PRECEDENCE) == PRECEDENCE
    for place, code in enumerate(PRECEDENCE):
        assert decisive_exit([*reversed(PRECEDENCE[place:]), 0]) == code
    assert (decisive_exit([]), decisive_exit([0, 0]), decisive_exit([0, 8])) == (0, 0, 8)


def test_several_causes_are_one_error_with_the_code_that_wins() -> None:
    combined = CombinedError([errors.NotReadyError("a"), errors.AccessError("b\n  c"), errors.AnswerError("d")])
    assert (error_exit(combined), str(combined)) == (5, "a; b c; d")
    assert [error.message for error in each_error(combined)] == ["a", "b c", "d"]


def run(where: Workplace, *arguments: str) -> Called:
    environ: dict[str, Any] = dict.fromkeys(CREDENTIALS)
    return call("run", "-c", where.config_path, *arguments, **{**environ, **where.environ})


def spoil(where: Workplace) -> None:
    assert run(where).exit == 0
    path = next(where.archive.glob("*/r1/ledgers/all.csv"))
    path.chmod(0o640)
    path.write_bytes(b"changed")


def occupy(where: Workplace) -> None:
    where.archive.write_bytes(b"a file")


def forget(where: Workplace) -> None:
    where.server.platform.keyring.remove(where.server.platform.keyring.first)


@pytest.mark.parametrize(("exit_code", "scenario", "faults", "before", "arguments", "told"), [
    (0, "clean", "", None, ("--dry-run",), ""),
    (2, "clean", "", None, ("-p", "2026-5"), '"2026-5" is not a month -> write it as YYYY-MM'),
    (2, "clean", "", None, ("-p", ""), '"" is not a month'),
    (2, "clean", "", None, ("-p", "2999-01"), "2999-01 lies in the future -> the last month that is over is"),
    (2, "clean", "", None, ("-a", "1042"), "-a restricts a dry run: a revision holds all accounts -> add --dry-run"),
    (3, "pdf-missing", "", None, ("--dry-run",), "invoice-pdf"),
    (4, "clean", "", None, ("-p", str(THIS_MONTH)), "is not over in Asia/Bangkok -> run again from"),
    (4, "not-ready", "", None, ("--dry-run",), "invoice-issued"),
    (5, "clean", "", None, ("--dry-run", "-a", "nobody"), "account nobody: not among the accounts of"),
    (6, "clean", "billing.list:html200", None, ("--dry-run",), "billing.list: HTTP 200 with 105 bytes of text/html"),
    (7, "clean", "", spoil, ("--dry-run",), "ledgers/all.csv"),
    (9, "clean", "", occupy, (), "archive"),
])  # fmt: skip
def test_each_code_is_provoked_and_told_in_one_line_with_what_to_do(
    tmp_path: Path,
    exit_code: int,
    scenario: str,
    faults: str,
    before: Callable[[Workplace], None] | None,
    arguments: tuple[str, ...],
    told: str,
) -> None:
    with listening(tmp_path, scenario, faults) as where:
        if before:
            before(where)
        called = run(where, *arguments)
        assert called.exit == exit_code, called.err
        assert told in called.err
        assert where.server.token not in called.err + called.out
    if exit_code == 0:
        assert ("  reconciled  4 accounts  " in called.out, called.err) == (True, "")
    if exit_code not in (0, 3) and scenario == "clean":
        (line,) = called.err.splitlines()
        assert line.startswith("chargeback: ")
        assert " -> " in line


def test_a_refused_credential_is_exit_5(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        secret = where.server.token
        where.server.platform.keyring.add(Credential(token="another", role="owner"))
        forget(where)
        environ: dict[str, Any] = dict.fromkeys(CREDENTIALS)
        called = call("run", "-c", where.config_path, "--dry-run", **{**environ, "DEPLOYS_TOKEN": secret})
    assert (called.exit, called.out) == (5, "")
    assert called.err.startswith("chargeback: billing.list: the platform refused the credential")
    assert secret not in called.err


def test_a_bug_is_exit_1_one_line_and_a_traceback_only_with_v(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug\nof two lines")

    monkeypatch.setattr(run_output, "run", broken)
    with listening(tmp_path) as where:
        quiet, loud = run(where), run(where, "-v")
    assert (quiet.exit, loud.exit) == (1, 1)
    (line,) = quiet.err.splitlines()
    assert line.startswith("chargeback: unexpected KeyError")
    assert line.endswith("-> report it; -v shows where")
    assert "Traceback (most recent call last)" in loud.err
    assert loud.err.endswith(quiet.err)


def test_an_expected_error_has_no_traceback_with_v_either(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        called = run(where, "-v", "-p", "soon")
    assert called.exit == 2
    assert len(called.err.splitlines()) == 1


def test_a_lock_held_by_another_run_is_exit_8_and_ok_makes_it_0(tmp_path: Path) -> None:
    with listening(tmp_path) as where, open_for_writing(where.archive, started="2026-06-20T03:00:00Z"):
        assert [run(where).exit, run(where, "--ok", "4,8").exit, run(where, "--ok", "4").exit] == [8, 0, 8]


@pytest.mark.parametrize(("scenario", "codes", "exit_code"), [("pdf-missing", "3", 0), ("pdf-missing", "4,8", 3)])
def test_ok_makes_0_of_the_codes_it_names_alone(tmp_path: Path, scenario: str, codes: str, exit_code: int) -> None:
    with listening(tmp_path, scenario) as where:
        called = run(where, "--dry-run", "--ok", codes)
    assert called.exit == exit_code
    assert "invoice-pdf" in called.err


@pytest.mark.parametrize("codes", ["x", "4;8", "-1", "999", "4,"])
def test_ok_takes_exit_codes_alone(tmp_path: Path, codes: str) -> None:
    called = call("run", "-c", tmp_path / "none.toml", "--ok", codes)
    assert called.exit == 2
    assert "exit codes separated by commas were expected" in called.err


@pytest.mark.parametrize("arguments", [
    ("--no-such-option",), ("-p",), ("stray",), ("--output", "xml"),
])  # fmt: skip
def test_a_wrong_command_line_is_exit_2(arguments: tuple[str, ...]) -> None:
    assert call("run", *arguments).exit == 2


def test_no_configuration_is_exit_2_and_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    called = call("run", CHARGEBACK_CONFIG="")
    assert called.exit == 2
    assert "config.toml: there is no such file" in called.err
    assert "chargeback init writes one" in called.err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interrupted_run_is_exit_130_in_one_line_and_leaves_no_revision(
    tmp_path: Path, number: signal.Signals
) -> None:
    with listening(tmp_path, latency=30) as where:
        process = where.process("run", "--output", "json")
        deadline = time.monotonic() + 30
        while not where.server.recorder.received and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(process.pid, number)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("chargeback: interrupted")
    assert json.loads(out) | {"errors": None} == {"schema": 1, "status": "failed", "exit": 130, "errors": None}
    assert not list(where.archive.glob("*/r1"))


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        assert run(where).exit == 0
        shell = subprocess.run(
            ["sh", "-c", f"{sys.executable} -m chargeback list --archive {where.archive} | true"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert shell.stderr == ""
