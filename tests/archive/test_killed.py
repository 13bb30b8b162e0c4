"""A run that is killed while it writes leaves whole revisions or none, and the next one cleans up."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive, selected_revisions
from chargeback.archive.staging import Staging
from chargeback.archive.verification import verify_chain, verify_files
from tests.kit.archives import STARTED, hidden, seal

WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[2]]
from kit.archives import STARTED, QuickFileSystem, seal
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.staging import Staging
Staging.files_a_manifest = int(sys.argv[3])
print("ready", flush=True)
with open_for_writing(Path(sys.argv[1]), started=STARTED) as writer:
    for number in range(10_000):
        seal(writer, "2026-05", {f"ledgers/{name}.csv": b"x" * 10_000 for name in range(10)})
        writer.replace("index.html", str(number).encode())
"""


def kill_after(root: Path, seconds: float) -> None:
    """A writer in another process, killed after so many seconds."""
    tests = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", WRITER, str(root), tests, str(Staging.files_a_manifest)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()


def sealed_after_kills(root: Path, kills: int, seed: int) -> int:
    """How many revisions there are in the end; after each kill what is visible verifies."""
    moment = random.Random(seed)
    for _ in range(kills):
        kill_after(root, moment.uniform(0, 0.3))
        scope = selected_revisions(root) if root.exists() else None
        assert scope is None or (verify_files(scope).findings, verify_chain(scope).findings) == ((), ())
    with open_for_writing(root, started=STARTED) as writer:
        seal(writer)
    assert hidden(root) == []
    assert verify_chain(selected_revisions(root)).sound
    return len(Archive(root).names())


@pytest.mark.usefixtures("shape")
def test_a_dozen_kills(root: Path) -> None:
    assert sealed_after_kills(root, 12, seed=1) > 1


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(10))
def test_two_hundred_kills(root: Path, seed: int) -> None:
    assert sealed_after_kills(root, 20, seed) > 1
