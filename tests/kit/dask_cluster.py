"""A Dask cluster on loopback for the tests of ``workers = "dask://…"``: a scheduler and workers, a process each.

Where ``distributed`` is missing (``pip install 'chargeback[cluster]'``) the tests that need it are skipped, and say so.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

MISSING = "no Dask: pip install 'chargeback[cluster]'"
PROMPT = {
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s",
    "DASK_DISTRIBUTED__SCHEDULER__NO_WORKERS_TIMEOUT": "3s",
}
"""Variables with which a command gives up soon."""
PATIENT = dict.fromkeys(PROMPT, "60s")
"""With which it waits for a machine that has much else to do."""
SLOW = """
import time
from chargeback.job.sent_month import SentMonth
file = SentMonth.file
def slowly(self, path, fetch):
    print("makes", path, flush=True)
    time.sleep(0.05)
    return file(self, path, fetch)
SentMonth.file = slowly
"""
"""A worker that takes its time over each file, and says which, so that there is something to interrupt."""
OTHER_VERSION = """
from chargeback.model import versions
known = versions._version
versions._version = lambda library: "3.1.2" if library == "openpyxl" else known(library)
"""

_ROOT = Path(__file__).parents[2]
_PATIENCE = 180.0
_SCHEDULER, _WORKER = "distributed.cli.dask_scheduler", "distributed.cli.dask_worker"


def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("distributed") is not None


@dataclass
class DaskCluster:
    """A scheduler and workers of one thread each; ``log`` is what all of them say."""

    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        """What ``workers`` names."""
        return f"dask://127.0.0.1:{self.port}"

    @property
    def scheduler(self) -> subprocess.Popen[bytes]:
        """The scheduler's process."""
        return self.processes[0]

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        """The workers' processes that are at work."""
        return [process for process in self.processes[1:] if process.poll() is None]

    def start_scheduler(self, first: str = "") -> None:
        """Start the scheduler, which executes ``first`` before it begins."""
        self._start(_SCHEDULER, first, "--host", "127.0.0.1", "--port", "0", "--no-show")
        self.port = int(self._said(0, "Scheduler at:").rpartition(":")[2])

    def add_worker(self, first: str = "") -> None:
        """Start one more worker, and wait until the scheduler knows it."""
        number = len(self.processes)
        self._start(
            _WORKER, first, f"tcp://127.0.0.1:{self.port}", "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny",
            "--local-directory", str(self.folder / f"worker-{number}"),
        )  # fmt: skip
        self._said(number, "Starting established connection")

    @property
    def made(self) -> int:
        """How many files the workers have begun."""
        return sum(self.text(number).count("makes ") for number in range(1, len(self.processes)))

    def text(self, number: int) -> str:
        """What a process has said."""
        return (self.folder / f"{number}.log").read_text()

    def _start(self, module: str, first: str, *arguments: str) -> None:
        code = f"import runpy, sys\nif __name__ == '__main__':\n    sys.argv[0] = {module!r}\n"
        code += "".join(f"    {line}\n" for line in first.strip().splitlines())
        code += f"    runpy.run_module({module!r}, run_name='__main__', alter_sys=True)\n"
        environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
        with (self.folder / f"{len(self.processes)}.log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-c", code, *arguments, "--no-dashboard"], stdout=log, stderr=log, env=environ
                )
            )

    def _said(self, number: int, words: str) -> str:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.processes[number].poll() is None:
            for line in self.text(number).splitlines():
                if words in line:
                    return line
            time.sleep(0.05)
        raise RuntimeError(f"the cluster did not start:\n{self.text(number)}")


@contextmanager
def dask_cluster(workers: int = 2, first: str = "") -> Iterator[DaskCluster]:
    """A cluster of so many workers, gone with all that it holds at the end; each worker executes ``first``."""
    with tempfile.TemporaryDirectory(prefix="dask-", ignore_cleanup_errors=True) as folder:
        cluster = DaskCluster(Path(folder))
        try:
            cluster.start_scheduler()
            for _ in range(workers):
                cluster.add_worker(first)
            yield cluster
        finally:
            for process in cluster.processes:
                process.kill()
                process.wait()
