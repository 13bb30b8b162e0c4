"""``chargeback show`` as it is called."""

from __future__ import annotations

import csv
import io
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len

from tests.cli.calling import call
from tests.kit.reviewed import APRIL, MAY, Reviewed, spoil

pytestmark = pytest.mark.usefixtures("offline")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def test_the_latest_month_by_team(office: Reviewed) -> None:
    shown = call("show", "--archive", office.root)
    assert shown.exit == 0
    assert shown.out.splitlines()[0] == f"{MAY} r3  2 exceptions"
    assert "not to be booked: it has exceptions that nobody has accepted" in shown.out.splitlines()
    document = call("show", "--output", "json", "--archive", office.root).document
    largest = document["findings"][0]
    assert largest["exceptions"] > 0
    assert f"  {largest['id']}  " in shown.out
    assert shown.out.index(largest["id"]) < shown.out.index("total THB")
    assert "total THB" in shown.out and "#" in shown.out


def test_the_configuration_leads_to_the_archive(office: Reviewed) -> None:
    assert call("show", APRIL, "-c", office.config).out == call("show", APRIL, "--archive", office.root).out


def test_json_is_one_document(office: Reviewed) -> None:
    shown = call("show", APRIL, "--team", "web", "--by", "resource", "--output", "json", "--archive", office.root)
    document = shown.document
    assert (document["schema"], document["period"], document["team"], document["by"]) == (1, APRIL, "web", "resource")
    assert shown.err == ""


def test_csv_is_written_as_the_ledgers_are(office: Reviewed) -> None:
    out = call("show", APRIL, "--by", "account", "--output", "csv", "--archive", office.root).out
    rows = list(csv.DictReader(io.StringIO(out.removeprefix("\ufeff"), newline="")))
    assert out.startswith("\ufeff")
    assert {row["currency"] for row in rows} == {"JPY", "KWD", "THB"}


def test_an_absent_archive_is_exit_9(tmp_path: Path) -> None:
    shown = call("show", "--archive", tmp_path / "nowhere", "--output", "json")
    assert shown.exit == 9
    assert len(shown.err.splitlines()) == 1
    assert shown.document["status"] == "failed" and shown.document["exit"] == 9


@pytest.mark.parametrize(
    "arguments", [("2025-01",), ("May",), ("--team", "nobody"), ("--by", "colour"), ("--output", "xml"), (APRIL, "x")]
)
def test_what_is_not_there_is_exit_2(office: Reviewed, arguments: tuple[str, ...]) -> None:
    assert call("show", *arguments, "--archive", office.root).exit == 2


def test_a_damaged_ledger_is_exit_7(own_office: Reviewed) -> None:
    path = own_office.root / APRIL / "r1/ledgers/all.csv"
    spoil(path, lambda data: data[:-2])
    assert call("show", APRIL, "--archive", own_office.root).exit == 7


def on_terminal(arguments: list[str], columns: int, **environ: str) -> str:
    """What a command writes to a terminal of that width."""
    leader, follower = pty.openpty()
    size = {"COLUMNS": str(columns), "LINES": "50", "PYTHONUTF8": "1", "TERM": "xterm", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "chargeback", *arguments]
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env={**size, **environ}) as child:
        os.close(follower)
        chunks = []
        while True:
            try:
                chunk = os.read(leader, 65536)
            except OSError:
                break
            if not chunk:
                break
            chunks.append(chunk)
        assert child.wait() == 0
    os.close(leader)
    return b"".join(chunks).decode()


class TestOnATerminal:
    """In a process of its own, which is why sockets and commands cannot be forbidden here."""

    @pytest.fixture(autouse=True)
    def commands_may_run(self, offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.undo()

    @pytest.mark.parametrize("columns", [80, 120])
    def test_bars_are_blocks_and_lines_fit(self, office: Reviewed, columns: int) -> None:
        shown = on_terminal(["show", APRIL, "--by", "account", "--archive", str(office.root)], columns)
        plain = _ANSI.sub("", shown)
        assert "█" in plain and "\x1b[1m" in shown
        assert max(cell_len(line) for line in plain.splitlines()) <= columns

    def test_no_color_leaves_colour_out(self, office: Reviewed) -> None:
        shown = on_terminal(["show", APRIL, "--archive", str(office.root)], 80, NO_COLOR="1")
        assert "\x1b" not in shown and "█" in shown
