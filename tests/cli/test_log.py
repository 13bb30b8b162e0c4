"""``-v`` and ``--log-format json``: what a run does, without a secret; progress on a terminal alone."""

from __future__ import annotations

import json
import logging
import os
import pty
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chargeback.cli.log import FACTS, LONGEST_TEXT, JsonLines, TextLines
from chargeback.evidence import gate
from chargeback.evidence.run_log import LOGGER
from tests.kit.some import some
from tests.kit.workplace import CREDENTIALS, Workplace, listening

from .calling import Called, call


def run(where: Workplace, *arguments: str, **more: str) -> Called:
    environ: dict[str, Any] = dict.fromkeys((*CREDENTIALS, "CHARGEBACK_LOG_FORMAT"))
    return call("run", "-c", where.config_path, *arguments, **{**environ, **where.environ, **more})


def records(called: Called) -> list[dict[str, Any]]:
    return some(json.loads(line) for line in called.err.splitlines())


def test_verbose_run_tells_stages_calls_and_times(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        told = run(where, "-v")
    assert told.exit == 0
    for line in some(told.err.splitlines()):
        assert re.match(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [a-z]+", line), line
    stages = re.findall(r"stage ends stage=(\w+) period=\S+ seconds=[\d.]+ cpu=[\d.]+ peak_mb=\d+", told.err)
    assert stages == ["collect", "close", "write"]
    assert re.search(r"call function=billing\.report account=\S+ status=200 bytes=\d+ seconds=[\d.]+", told.err)
    assert re.search(r"month period=\S+ status=reconciled exit=0 revision=r1 written=True head=", told.err)


def test_run_without_either_says_nothing_while_it_runs(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        assert run(where).err == ""


def test_verbose_run_tells_each_retry_and_why(tmp_path: Path) -> None:
    with listening(tmp_path, faults="billing.report:503*1") as where:
        told = run(where, "-v")
    assert re.search(r'retry of="[^"]*billing\.report" attempt=1 wait=[\d.]+ error="HTTP 503"', told.err), told.err


def test_json_log_is_one_object_a_line_of_one_run(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        told = run(where, "--log-format", "json")
    found = records(told)
    assert len({record["run"] for record in found}) == 1
    events = [record["event"] for record in found]
    assert (events[0], events[-1]) == ("begin", "end")
    assert "call" not in events  # details are for -v
    (month,) = [record for record in found if record["event"] == "month"]
    assert (month["status"], month["exit"], month["revision"], month["written"]) == ("reconciled", 0, "r1", True)
    assert list(found[0]) == ["time", "level", "run", "event", "version"]


def test_variable_asks_for_json_too_and_verbose_adds_the_details(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        told = run(where, "-v", CHARGEBACK_LOG_FORMAT="json")
    assert "call" in {record["event"] for record in records(told)}


def test_errors_are_records_with_their_remedy_and_stdout_stays_the_document(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        told = run(where, "--log-format", "json", "--output", "json", DEPLOYS_TOKEN="refused")
    assert told.exit == 5
    assert told.document["exit"] == 5
    errors = [record for record in records(told) if record["level"] == "error"]
    assert [record["event"] for record in errors] == ["message"]
    assert " -> " in errors[0]["text"]
    assert records(told)[-1] == {**records(told)[-1], "event": "end", "exit": 5}


def test_log_of_a_command_ends_with_it(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        run(where, "-v")
        level, handlers = LOGGER.level, list(LOGGER.handlers)
    assert (level, handlers, LOGGER.propagate) == (logging.NOTSET, [], True)


def test_verify_tells_its_layers(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        run(where)
        told = call("verify", where.archive, "--log-format", "json")
    begun, ended = ([each for each in records(told) if each["event"] == f"stage {way}"] for way in ("begins", "ends"))
    stages = [record["stage"] for record in begun]
    assert stages == [record["stage"] for record in ended]
    assert all(record["cpu"] >= 0 and record["peak_mb"] > 10 for record in some(ended))
    assert stages[:2] == ["files", "chain"] and {*stages[2:]} == {"re-performance", "control totals"}


def line(formatter: logging.Formatter, **facts: object) -> str:
    record = LOGGER.makeRecord(LOGGER.name, logging.DEBUG, "", 0, "call", (), None, extra={FACTS: facts})
    return formatter.format(record)


HOSTILE = [
    "plain-Tok.en_7f83b1657ff1",
    'quo"te\\back-slash-secret',
    "per%20cent+plus=and&amp",
    "ลับสุดยอดของบริษัท",
    "12345678",
    "new\nline-secret-in-two",
]


@pytest.mark.parametrize("secret", HOSTILE)
@pytest.mark.parametrize("formatter", [TextLines(), JsonLines("run-of-test")], ids=["text", "json"])
def test_no_secret_is_written_however_a_fact_spells_it(secret: str, formatter: logging.Formatter) -> None:
    one = gate.begin()
    one.learn(secret)
    spelled = (secret, json.dumps(secret)[1:-1], f"before{secret}after", f"Bearer {secret}")
    try:
        for text in spelled:
            written = line(formatter, error=text, seconds=0.1)
            assert not one.holds_secret(written.encode())
            assert secret not in written and json.dumps(secret)[1:-1] not in written
        if secret.isdecimal():
            assert not one.holds_secret(line(formatter, bytes=int(secret)).encode())
    finally:
        gate.begin()


def test_secret_that_only_the_whole_line_spells_is_withheld() -> None:
    one = gate.begin()
    one.learn('half", "error": "other')
    try:
        written = json.loads(line(JsonLines("run-of-test"), of="half", error="other"))
    finally:
        gate.begin()
    assert (written["event"], "error" in written) == ("withheld", False)


@pytest.mark.parametrize("formatter", [TextLines(), JsonLines("run-of-test")], ids=["text", "json"])
def test_text_from_outside_stays_one_short_line_and_steers_no_terminal(formatter: logging.Formatter) -> None:
    written = line(formatter, error="\x1b[2J\r\nfake line \u202e" + "x" * 10_000)
    assert len(written.splitlines()) == 1
    assert "\x1b" not in written and "\u202e" not in written
    assert len(written) < 2 * LONGEST_TEXT


def on_a_terminal(where: Workplace, *arguments: str, **environ: str) -> str:
    """What the command writes to a terminal that is its stderr."""
    ours, theirs = pty.openpty()
    environment = {**where.environment(), "TERM": "xterm-256color", **environ}
    process = subprocess.Popen(
        [sys.executable, "-m", "chargeback", *arguments],
        cwd=where.root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while select.select([ours], [], [], 60)[0]:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # Linux' way to say that nobody holds the other end any more
            break
        if not piece:
            break
        written += piece
    assert process.wait(60) == 0
    os.close(ours)
    return written.decode()


COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def test_terminal_shows_asking_closing_and_writing_and_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    with listening(tmp_path, latency=0.05) as where:
        shown = on_a_terminal(where, "run", "-c", "config.toml", NO_COLOR="1")
        verified = on_a_terminal(where, "verify", "archive")
        logged = on_a_terminal(where, "verify", "archive", "--log-format", "json")
    assert "asks the platform" in shown and "writes files" in shown
    assert not [code for code in COLOUR.findall(shown) if re.search(r"[\[;](3\d|4\d|9\d)(;|m)", code)]
    assert "re-performance" in verified and COLOUR.search(verified)
    assert [json.loads(each)["event"] for each in logged.splitlines()][-1] == "end"


def test_dumb_terminal_gets_no_progress(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        assert on_a_terminal(where, "run", "-c", "config.toml", TERM="dumb") == ""
