"""A command as a process: the processor seconds that it takes, its wall time, and the memory of all that it starts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.memory import waited_for

_ENDED_WELL = (0, 2, 3)


@dataclass(frozen=True, slots=True)
class Cost:
    """``cpu`` are the processor seconds of the process and of all that it started and waited for, ``wall`` the seconds
    until it ended, ``memory`` the most MB that all of them had together, memory that they share counted once."""

    cpu: float
    wall: float
    memory: float
    output: str


def cost(environ: Mapping[str, str], *arguments: str) -> Cost:
    """What ``python`` with these arguments costs; the bench ends where it fails."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen([sys.executable, *arguments], env=environ, stdout=subprocess.DEVNULL, stderr=told)
        used = waited_for(process)
        wall = time.perf_counter() - began
        told.seek(0)
        output = told.read()
    if process.returncode not in _ENDED_WELL:
        sys.exit(output)
    return Cost(used.seconds, wall, used.memory, output)


def stages(output: str) -> dict[str, dict[str, float]]:
    """By stage, what the log of a command says that it took: ``cpu`` and ``seconds``, added up, and ``peak_mb``."""
    found: dict[str, dict[str, float]] = {}
    for line in output.splitlines():
        record = json.loads(line)
        if record["event"] == "stage ends":
            sums = found.setdefault(record["stage"], {"cpu": 0.0, "seconds": 0.0, "peak_mb": 0.0})
            for name in ("cpu", "seconds"):
                sums[name] += record[name]
            sums["peak_mb"] = max(sums["peak_mb"], record["peak_mb"])
    return found


def compiled(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment in which modules are compiled once, whatever this one's says of that."""
    kept = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


FILES_READ = """
import os, runpy, sys
count = 0
def hook(event, details):
    global count
    if event == "open" and details[2] is not None and not details[2] & (os.O_DIRECTORY | os.O_ACCMODE):
        count += isinstance(details[0], str) and "." in details[0] and "/" not in details[0]
sys.addaudithook(hook)
try:
    runpy.run_module("chargeback", run_name="__main__", alter_sys=True)
finally:
    sys.stderr.write(f"{count}\\n")
"""
"""Runs the program and tells how many files it has read by their name within an archive, which is how it reads one."""


def least(costs: Sequence[Cost]) -> Cost:
    """The one of the same commands that was disturbed least."""
    return min(costs, key=lambda each: each.cpu)
