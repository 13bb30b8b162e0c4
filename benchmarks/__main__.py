"""``make bench``: ratios of the real job to its floors, all measured in one run on one machine.

20 accounts and 1,000 accounts of 60 projects and 5 resources at 20 ms; 500 accounts, for linearity; ``--help``. Then,
of 20 accounts, what each command costs in CPU seconds and memory, and as a ratio to the first run. It ends with exit 1
where a ratio leaves its budget. ``python -m benchmarks small`` leaves the large ones out.

CPU seconds and the peak of memory are those of the process and all that it started, a shared page counted once; the
modules are compiled beforehand, as they are where the program is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import floors
from benchmarks.memory import Used, waited_for
from benchmarks.platform import LATENCY, platform

TEAMS = 60
CONCURRENCY = 16
BUDGETS = {
    "unchanged rerun / first run": 0.35,
    "verify / first run": 0.95,
    "list / first run": 0.11,
    "refused argument / first run": 0.08,
}
"""What a command may cost at most, of 20 accounts; a change that costs more is to be noticed here, not by a user."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of the job: wall and floor in seconds, what all its processes used."""

    accounts: int
    wall: float
    floor: float
    parts: str
    used: Used
    lines: int

    def __str__(self) -> str:
        return (
            f"run, {self.accounts:>5} accounts, {self.lines:>7,} lines: {self.wall:7.2f} s = "
            f"{self.wall / self.floor:.2f} x floor {self.floor:.2f} s ({self.parts}), {self.used.seconds:.2f} CPU s, "
            f"peak {self.used.memory:.0f} MB"
        )


def main() -> None:
    """Measure and print, one line a figure."""
    large = "small" not in sys.argv[1:]
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(_help())
    print(_run(20))
    within = _commands(20)
    if large:
        half, whole = _run(500), _run(1000)
        print(half, whole, sep="\n")
        print(f"linear in accounts: 1,000 take {whole.wall / half.wall:.2f} x the time of 500")
    sys.exit(0 if within else 1)


def _commands(accounts: int) -> bool:
    """Print what each command costs; whether all ratios are within their budgets."""
    with tempfile.TemporaryDirectory() as folder, platform(accounts) as served:
        root = Path(folder)
        (root / "config.toml").write_text(_configuration(served.endpoint))
        environ = _environment(root, served.token)
        for command in ("run", "verify"):
            _cost(root, environ, command, "--archive", str(root / "warm"))  # compiles every module
        costs = {
            "first run": _cost(root, environ, "run"),
            "unchanged rerun": _cost(root, environ, "run"),
            "verify": _cost(root, environ, "verify"),
            "list": _cost(root, environ, "list"),
            "refused argument": _cost(root, environ, "run", "-p", "2026-13"),
        }
    for name, (seconds, memory) in costs.items():
        print(f"{name + ',':<17} {accounts} accounts: {seconds:6.2f} CPU s, peak {memory:.0f} MB")
    ratios = {name: costs[name.split(" / ")[0]].seconds / costs["first run"].seconds for name in BUDGETS}
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.2f}, budget {BUDGETS[name]:.2f}{'' if ratio <= BUDGETS[name] else ': EXCEEDED'}")
    return all(ratio <= BUDGETS[name] for name, ratio in ratios.items())


def _cost(root: Path, environ: dict[str, str], *arguments: str) -> Used:
    """What a command and all that it started used."""
    command = [sys.executable, "-m", "chargeback", *arguments, "-c", str(root / "config.toml")]
    with (root / "output").open("wb") as output:
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
        used = waited_for(process)
    if process.returncode not in (0, 2, 3):
        sys.exit((root / "output").read_text())
    return used


def _environment(root: Path, token: str) -> dict[str, str]:
    """The environment of a command whose modules are compiled once, whatever this one's says of that."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(root / "compiled"), "DEPLOYS_TOKEN": token}


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
        wall, used = _timed(root, served.token)
        requests = served.requests() - before
        ledgers = next((root / "archive").glob("*/r1")) / "ledgers"
        lines = sum(1 for _ in (ledgers / "all.csv").open("rb")) - 1
        network = floors.network(requests, LATENCY / 1000, CONCURRENCY)
        (joined, streamed), imported = floors.ledgers(ledgers), floors.imports()
    parts = f"network {network:.2f}, CSV {joined:.2f}, XLSX {streamed:.2f}, imports {imported:.2f}"
    return Measured(accounts, wall, network + joined + streamed + imported, parts, used, lines)


def _configuration(endpoint: str) -> str:
    teams = (f'[[teams]]\nid = "team-{team:02d}"\nprojects = ["*-{team:02d}"]\n' for team in range(1, TEAMS + 1))
    return f'archive = "archive"\ntimezone = "Asia/Bangkok"\n[api]\nendpoint = "{endpoint}"\n' + "".join(teams)


def _timed(root: Path, token: str) -> tuple[float, Used]:
    command = [sys.executable, "-m", "chargeback", "run", "-c", str(root / "config.toml")]
    environ = {**os.environ, "DEPLOYS_TOKEN": token}
    with (root / "output").open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, env=environ, stdout=output, stderr=output)
        used = waited_for(process)
        wall = time.perf_counter() - started
    if process.returncode not in (0, 3):
        sys.exit((root / "output").read_text())
    return wall, used


if __name__ == "__main__":
    main()
