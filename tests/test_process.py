"""The outermost layer: signals from the first instruction, streams that fail, and what an unforeseen error means."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chargeback.errors import ConfigurationError
from chargeback.process import Ended, StandardStream, meaning

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENDS_WITH = "from chargeback.process import guarded\nimport os, signal, sys, time\n"


def guarded(body: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A process whose command has this body."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"{ENDS_WITH}def command():\n{indented}sys.exit(guarded(command))\n"
    return subprocess.run(
        [sys.executable, "-c", source, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def us(number: signal.Signals) -> str:
    return f"os.kill(os.getpid(), {int(number)})"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_exit_130_in_one_line(number: signal.Signals) -> None:
    ended = guarded(f"{us(number)}\ntime.sleep(30)")
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.count("\n") == 1
    assert ended.stderr.startswith("chargeback: interrupted")


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_a_second_signal_ends_a_clean_up_that_takes_long(first: signal.Signals, second: signal.Signals) -> None:
    ended = guarded(f"try:\n    {us(first)}\n    time.sleep(30)\nfinally:\n    {us(second)}\n    time.sleep(30)")
    assert ended.returncode == 130
    assert ended.stderr.count("\n") == 1
    assert "Traceback" not in ended.stderr


def test_an_interruption_where_nothing_can_be_raised_is_not_lost() -> None:
    body = f"class Lost:\n    def __del__(self):\n        {us(signal.SIGTERM)}\n        time.sleep(0.1)\n"
    ended = guarded(f"{body}x = Lost()\ndel x\ntime.sleep(30)")
    assert ended.returncode == 130
    assert "Exception ignored" not in ended.stderr


def test_an_interruption_that_a_library_turns_into_another_error_is_still_one() -> None:
    body = f"try:\n    {us(signal.SIGINT)}\n    time.sleep(30)\nexcept BaseException:\n    raise ImportError('x')"
    ended = guarded(body)
    assert ended.returncode == 130
    assert "interrupted" in ended.stderr


def test_what_a_library_makes_of_an_interruption_is_told_by_a_command_as_one() -> None:
    """An operator who stops a run would be told to report a bug."""
    body = f"try:\n    {us(signal.SIGTERM)}\n    time.sleep(30)\nexcept BaseException:\n    raise ValueError('x')"
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    ending = "from chargeback.cli.outcome import ending\nwith ending(json_output=True, verbose=True):\n"
    ended = guarded(f"{ending}{indented}")
    assert ended.returncode == 130
    assert "unexpected" not in ended.stderr and "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("chargeback: interrupted")
    assert '"exit": 130' in ended.stdout


def test_a_signal_while_the_interpreter_ends_changes_nothing() -> None:
    ended = guarded(f"import atexit\natexit.register(lambda: ({us(signal.SIGINT)}, time.sleep(30)))\nsys.exit(3)")
    assert (ended.returncode, ended.stderr) == (3, "")


def test_a_signal_that_was_ignored_by_whoever_started_it_stays_ignored() -> None:
    source = f"{ENDS_WITH}sys.exit(guarded(lambda: {us(signal.SIGHUP)}))"
    ended = subprocess.run(
        ["nohup", sys.executable, "-c", source], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_a_signal_during_the_imports_of_a_command_is_exit_130(tmp_path: Path) -> None:
    """A module in place of click's that sends the signal while it is imported."""
    (tmp_path / "click.py").write_text(f"import os, time\n{us(signal.SIGTERM)}\ntime.sleep(30)\n")
    ended = subprocess.run(
        [sys.executable, "-m", "chargeback", "list", "--output", "json"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 130
    assert ended.stderr.startswith("chargeback: interrupted")
    assert '"exit": 130' in ended.stdout


def test_an_error_that_no_command_foresaw_is_exit_1_in_one_line_and_a_traceback_with_v() -> None:
    quiet, loud = guarded("raise KeyError('a\\nb')"), guarded("raise KeyError('a\\nb')", "-v")
    assert (quiet.returncode, loud.returncode) == (1, 1)
    assert quiet.stderr == "chargeback: unexpected KeyError: 'a\\nb' -> report it; -v shows where\n"
    assert "Traceback" in loud.stderr
    assert loud.stderr.endswith(quiet.stderr)


def test_a_stream_keeps_its_first_failure_and_takes_what_follows() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        stream = StandardStream(descriptor)
        assert stream.write(b"abc") == 3
        assert stream.failure is not None
        assert stream.failure.errno == errno.ENOSPC
        assert not stream.only_closed
        assert stream.write(b"more") == 4
    finally:
        os.close(descriptor)


def test_a_stream_that_does_not_block_is_waited_for() -> None:
    body = "os.set_blocking(1, False)\nsys.stdout.write('x' * 1_000_000)"
    source = f"{ENDS_WITH}def command():\n    " + body.replace("\n", "\n    ") + "\nsys.exit(guarded(command))\n"
    slow = "import sys, time; time.sleep(0.5); print(len(sys.stdin.read()))"
    shell = f"'{sys.executable}' -c \"$0\" | '{sys.executable}' -c '{slow}'"
    done = subprocess.run(["sh", "-c", shell, source], capture_output=True, text=True, timeout=60, check=False)
    assert (done.stdout, done.stderr) == ("1000000\n", "")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 9, "is short of memory"),
        (RuntimeError("can't start new thread"), 9, "is short of memory, threads"),
        (OSError(errno.EMFILE, "Too many open files"), 9, "threads or files"),
        (ImportError("x.so: failed to map segment from shared object"), 9, "is short of memory"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/x"), 9, "/srv/x: Permission denied"),
        (ConfigurationError("as it is"), 2, "as it is"),
        (RuntimeError("anything else"), 1, "unexpected RuntimeError: anything else"),
        (ImportError("No module named x"), 1, "unexpected ImportError"),
    ],
)
def test_what_an_error_means(error: BaseException, code: int, said: str) -> None:
    found = meaning(error)
    assert found.exit_code == code
    assert said in found.message


@pytest.mark.parametrize(("own", "accepted", "code"), [(3, {3}, 0), (3, set(), 3), (0, {9}, 0)])
def test_the_codes_that_ok_names_become_0(own: int, accepted: set[int], code: int) -> None:
    assert Ended(own, accepted=frozenset(accepted)).code == code


@pytest.mark.parametrize("arguments", [(), ("-v",), ("--output", "json")])
def test_the_last_words_hold_no_secret_of_the_run(arguments: tuple[str, ...]) -> None:
    learn = "from chargeback.evidence import gate\ngate.begin().learn('s3cret-of-the-run')\n"
    body = f"{learn}raise RuntimeError('s3cret-of-the-run')"
    ended = guarded(body, *arguments)
    assert ended.returncode == 1 and "unexpected RuntimeError" in ended.stderr
    assert "s3cret" not in ended.stdout + ended.stderr
