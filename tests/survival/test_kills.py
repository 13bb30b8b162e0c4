"""A run that is killed at any moment leaves whole revisions or none; one clean run puts everything right."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from chargeback.archive.head_file import read_head_file
from chargeback.process import Signals
from chargeback.sandbox import prepared, running
from chargeback.sandbox.makers import instant
from tests.kit.workplace import NOW, Workplace, leftovers

LATENCY = 0.03
SHARED = ("even", "weights", "proportional")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Workplace]:
    """A platform that answers slowly."""
    platform = prepared("clean", now=instant(NOW))
    with running(platform, latency=LATENCY) as server:
        yield Workplace(tmp_path, platform, server)


def started(office: Workplace) -> int:
    """The process id of a run of its own; everything is imported already, so that kills hit the run."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        Signals().take()
        run = office.run("2026-05")
        if run.exit not in (0, 130):
            os.write(2, run.err.encode())
        code = run.exit
    except KeyboardInterrupt:  # it arrived when the run had ended already
        code = 130
    finally:
        os._exit(code)


def killed_after(office: Workplace, seconds: float, number: int) -> int | str:
    """How a run ended that was sent a signal after so many seconds: its exit code, or the signal's name."""
    child = started(office)
    time.sleep(seconds)
    os.kill(child, number)
    _, status = os.waitpid(child, 0)
    return signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def seconds_of_a_run(office: Workplace) -> float:
    before = time.monotonic()
    _, status = os.waitpid(started(office), 0)
    assert os.WEXITSTATUS(status) == 0
    return time.monotonic() - before


@pytest.mark.usefixtures("shape")
def test_random_kills_leave_an_archive_that_verifies_and_one_run_puts_it_right(
    office: Workplace, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills = 200 if request.config.getoption("--nightly") else 20
    whole, moment = seconds_of_a_run(office), random.Random(7)
    ended: Counter[int | str] = Counter()
    for number in range(kills):
        office.configure(shared=SHARED[number % 3])  # so that every run has a revision to write
        sent = signal.SIGKILL if number % 2 else signal.SIGTERM
        ended[killed_after(office, moment.uniform(0, whole), sent)] += 1
        assert office.verify(quick=True).exit == 0
    assert set(ended) <= {"SIGKILL", "SIGTERM", 0, 130}, ended
    assert ended["SIGKILL"] + ended[130] >= kills // 3, ended
    office.configure(shared="proportional")
    assert office.run("2026-05").exit == 0
    assert leftovers(office.archive) == []
    assert office.verify().exit == 0
    assert last_ledger(office) == fresh_ledger(office)
    with capsys.disabled():
        print(f"[{kills} kills survived: {dict(ended)}, {len(office.revisions())} revisions]", end="")


def last_ledger(office: Workplace) -> bytes:
    return (office.archive / office.revisions()[-1] / "ledgers/all.csv").read_bytes()


def fresh_ledger(office: Workplace) -> bytes:
    """What a run gives that nobody disturbed."""
    (office.root / "fresh").mkdir()
    fresh = Workplace(office.root / "fresh", office.platform, office.server)
    assert fresh.run("2026-05").exit == 0
    return last_ledger(fresh)


def command(office: Workplace, *arguments: str) -> subprocess.Popen[str]:
    """The command as a shell starts it; the month before last is over in real time too."""
    return subprocess.Popen(
        [sys.executable, "-m", "chargeback", *arguments, "-c", str(office.config_path)],
        env={**os.environ, **office.environ},
        cwd=office.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_says_what_was_kept_and_exits_130(office: Workplace, number: signal.Signals) -> None:
    assert office.server is not None
    office.server.latency = 20
    process = command(office, "run", "-p", "2026-05", "-v")
    wait_for_a_call(office, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert out == ""
    *stages, last = err.splitlines()  # -v tells the stages before
    assert "interrupted: " in last
    assert "every existing revision is unchanged" in last
    assert "Traceback" not in err and not [line for line in stages if " stage " not in line]
    assert office.revisions() == []
    assert leftovers(office.archive) == []


def wait_for_a_call(office: Workplace, process: subprocess.Popen[str]) -> None:
    assert office.server is not None
    for _ in range(600):
        if office.server.recorder.documents() or process.poll() is not None:
            return
        time.sleep(0.05)


def test_two_runs_at_once_the_second_is_told_by_whom_and_exits_8(office: Workplace) -> None:
    assert office.server is not None
    office.server.latency = 20
    child = started(office)
    for _ in range(600):
        if office.server.recorder.documents():
            break
        time.sleep(0.02)
    second = office.run("2026-05")
    assert second.exit == 8, second.err
    assert f"process {child}" in second.err
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    office.server.latency = 0
    assert office.run("2026-05").exit == 0, "a dead process holds no lock"


def test_a_lock_file_that_lies_about_blocks_nothing(office: Workplace) -> None:
    office.archive.mkdir()
    (office.archive / ".lock").write_text('{"host": "elsewhere", "pid": 1, "started": "2020-01-01T00:00:00Z"}')
    assert office.run("2026-05").exit == 0


def test_a_hung_platform_ends_at_the_deadline_with_exit_6(office: Workplace) -> None:
    assert office.server is not None
    office.server.latency = 60
    office.configure(api="deadline = 2\ntimeout = 30\n")
    before = time.monotonic()
    told = office.run("2026-05")
    assert (told.exit, office.revisions()) == (6, [])
    assert time.monotonic() - before < 15
    assert told.err.count("\n") == 1


def test_a_dead_run_between_revision_and_head_file_is_made_good_by_the_next(office: Workplace) -> None:
    head_file = office.root / "head"
    text = office.config_path.read_text(encoding="utf-8")
    office.config_path.write_text(f'head_file = "{head_file}"\n{text}', encoding="utf-8")
    assert office.run("2026-05").exit == 0
    head_file.unlink()
    assert office.run("2026-05").exit == 0
    assert read_head_file(head_file) == office.verify(quick=True).head
