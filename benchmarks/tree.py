"""``python -m benchmarks.tree [FILES]``: a revision of so many files (40,000) with one manifest, and as a tree.

For each: what sealing takes, the manifest's bytes, and as a process of its own the reading of one account's file and
``verify --quick`` by one and by two processes: processor seconds, wall time, memory of all processes together. Evidence
is generated, a file of 4 kB at a time; nothing is asked for over a network.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.processes import compiled, cost, least
from chargeback.archive.file_system import FileSystem
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import MANIFEST_PATH, Manifest
from chargeback.archive.reading import Archive
from chargeback.archive.staging import Staging
from chargeback.evidence import Evidence, MemoryStore, RunRecord
from chargeback.evidence.period import Period

FILES, AN_ACCOUNT, BYTES = 40_000, 8, 4_096
MOMENT, ENDPOINT = "2026-06-03T01:00:00Z", "https://api.deploys.app/"
TIMES = 3
READ_ONE = """
import sys
from pathlib import Path
from chargeback.archive.reading import Archive
(revision,) = Archive(Path(sys.argv[1])).revisions()
assert len(revision.read(sys.argv[2])) == int(sys.argv[3])
"""


class Unflushed(FileSystem):
    """Does not wait for the disk."""

    def sync(self, path: Path) -> None:
        """Nothing."""


def path_of(number: int) -> str:
    """The n-th file: of each account the first is a document."""
    folder = "evidence" if number % AN_ACCOUNT else "invoices"
    return f"{folder}/ba_{number // AN_ACCOUNT:06}/billing.getInvoice-{number:016x}.json"


def seal(root: Path, files: int) -> None:
    """Write the revision."""
    with open_for_writing(root, started=MOMENT, file_system=Unflushed()) as writer, writer.stage() as staging:
        for number in range(files):
            staging.add(path_of(number), f"{number:016x}".encode() * (BYTES // 16))
        run = RunRecord(Period(2026, 5), MOMENT, ENDPOINT, 1, None, ())
        staging.add("evidence/run.json", run.to_json())
        staging.add("evidence/index.json", Evidence((), run, MemoryStore()).index_json())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
        writer.seal(staging, Manifest(Period(2026, 5), 1, "reconciled", "0", MOMENT, ENDPOINT, None, ()))
        print(f"  sealing                 {resource.getrusage(resource.RUSAGE_SELF).ru_utime - before:6.2f} s")


def measure(folder: Path, files: int) -> None:
    """Seal, read and verify."""
    root, environ = folder / "archive", compiled(folder, os.environ)
    seal(root, files)
    (revision,) = Archive(root).revisions()
    parts = [part.size for part in revision.manifest.parts]
    size = (folder / "archive/2026-05/r1" / MANIFEST_PATH).stat().st_size
    print(f"  manifest.json           {size:,} bytes; {len(parts)} parts of {max(parts, default=0):,} at most")
    one = path_of(files // AN_ACCOUNT // 2 * AN_ACCOUNT + 1)
    commands = {"one account's file": ("-c", READ_ONE, str(root), one, str(BYTES))} | {
        f"verify --quick, {count} at work": ("-m", "chargeback", "verify", str(root), "--quick", f"--workers={count}")
        for count in (1, 2)
    }
    for name, command in commands.items():
        took = least([cost(environ, *command) for _ in range(TIMES)])
        print(f"  {name:24}{took.cpu:6.2f} s cpu {took.wall:6.2f} s wall {took.memory:6.0f} MB")


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else FILES
    for most in (asked + 2, Staging.files_a_manifest):
        Staging.files_a_manifest = most
        print(f"{asked:,} files, at most {most:,} a manifest")
        with tempfile.TemporaryDirectory() as scratch:
            measure(Path(scratch), asked)
