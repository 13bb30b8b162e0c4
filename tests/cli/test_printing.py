"""What a command writes can neither steer a terminal nor show a secret, and gets through any encoding."""

from __future__ import annotations

import io
import sys

import pytest

from chargeback.cli.printing import messages_as_records, print_lines, progress_on_terminal, tell, terminal_text


def test_a_name_cannot_steer_the_terminal() -> None:
    assert terminal_text("acme\x1b[2J\nweb\u202egro") == "acme[2J web[U+202E]gro"


def test_what_the_encoding_lacks_is_shown_as_an_escape() -> None:
    assert terminal_text("฿ 1.00", "ascii") == "\\u0e3f 1.00"


def test_lines_get_through_a_stdout_of_ascii(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii", write_through=True))
    print_lines(lambda terminal: ["total ฿ 1.00"])
    assert written.getvalue() == b"total \\u0e3f 1.00\n"


def test_what_is_said_while_stderr_is_a_log_becomes_its_records(capsys: pytest.CaptureFixture[str]) -> None:
    records: list[tuple[str, int]] = []
    with messages_as_records(lambda text, level: records.append((text, level))):
        tell("a notice")
        tell("an error", error=True)
    tell("and then a line")
    assert records == [("a notice", 30), ("an error", 40)]
    assert capsys.readouterr().err == "and then a line\n"


def test_no_progress_is_shown_to_cron(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_on_terminal({"write": "writes files"}) as show:
        show("write", 1, 2)
    assert capsys.readouterr() == ("", "")
