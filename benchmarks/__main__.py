"""``make bench``: ratios of the real job to its floors, all measured in one run on one machine.

20 accounts and 1,000 accounts of 60 projects and 5 resources at 20 ms; 500 accounts, for linearity; ``--help``.
``python -m benchmarks small`` leaves the large ones out.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floors
from benchmarks.platform import LATENCY, platform

TEAMS = 60
CONCURRENCY = 16


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the job: wall and floor in seconds, peak memory in MB of the job's own process."""

    accounts: int
    wall: float
    floor: float
    parts: str
    memory: float
    lines: int

    def __str__(self) -> str:
        return (
            f"run, {self.accounts:>5} accounts, {self.lines:>7,} lines: {self.wall:7.2f} s = "
            f"{self.wall / self.floor:.2f} x floor {self.floor:.2f} s ({self.parts}), peak {self.memory:.0f} MB"
        )


def main() -> None:
    """Measure and print, one line a figure."""
    large = "small" not in sys.argv[1:]
    print(_help())
    print(_run(20))
    if large:
        half, whole = _run(500), _run(1000)
        print(half, whole, sep="\n")
        print(f"linear in accounts: 1,000 take {whole.wall / half.wall:.2f} x the time of 500")


def _help() -> str:
    def started(*command: str) -> float:
        return min(
            floors.seconds(lambda: subprocess.run([sys.executable, *command], check=True, capture_output=True))
            for _ in range(10)
        )

    ours, click = started("-m", "chargeback", "--help"), started("-c", "import click")
    return f"chargeback --help: {ours * 1000:.0f} ms = {ours / click:.2f} x import click ({click * 1000:.0f} ms)"


def _run(accounts: int) -> Measured:
    with tempfile.TemporaryDirectory() as folder, platform(accounts) as served:
        root = Path(folder)
        (root / "config.toml").write_text(_configuration(served.endpoint))
        before = served.requests()
        wall, memory = _timed(root, served.token)
        requests = served.requests() - before
        ledgers = next((root / "archive").glob("*/r1")) / "ledgers"
        lines = sum(1 for _ in (ledgers / "all.csv").open("rb")) - 1
        network = floors.network(requests, LATENCY / 1000, CONCURRENCY)
        (joined, streamed), imported = floors.ledgers(ledgers), floors.imports()
    parts = f"network {network:.2f}, CSV {joined:.2f}, XLSX {streamed:.2f}, imports {imported:.2f}"
    return Measured(accounts, wall, network + joined + streamed + imported, parts, memory, lines)


def _configuration(endpoint: str) -> str:
    teams = (f'[[teams]]\nid = "team-{team:02d}"\nprojects = ["*-{team:02d}"]\n' for team in range(1, TEAMS + 1))
    return f'archive = "archive"\ntimezone = "Asia/Bangkok"\n[api]\nendpoint = "{endpoint}"\n' + "".join(teams)


def _timed(root: Path, token: str) -> tuple[float, float]:
    command = [sys.executable, "-m", "chargeback", "run", "-c", str(root / "config.toml")]
    environ = {**os.environ, "DEPLOYS_TOKEN": token}
    with (root / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
        wall = floors.seconds(lambda: _wait(process))
    if process.returncode not in (0, 3):
        sys.exit((root / "output").read_text())
    return wall, _usage.ru_maxrss / 1024


_usage = resource.getrusage(resource.RUSAGE_SELF)


def _wait(process: subprocess.Popen[bytes]) -> None:
    """Wait for the process itself, whose own peak memory the system tells then."""
    global _usage
    _, status, _usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    main()
