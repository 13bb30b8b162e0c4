"""What a process and all that it started hold of the machine's memory, at the most, while it runs."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

_BETWEEN_LOOKS = 0.25
"""Seconds: a look goes through the pages of every process, and takes some milliseconds a hundred MB."""
_PROPORTIONAL = "Pss:"


class Used(NamedTuple):
    """CPU seconds of a process and of what it started and waited for; the peak of all their memory together, in MB."""

    seconds: float
    memory: float


def waited_for(process: subprocess.Popen[bytes]) -> Used:
    """Wait for the process to end, and say what it and its children used.

    The memory is their proportional set size: a page that several processes share counts once. Where the system does
    not tell it, the peak of the process alone.
    """
    peak, ended = [0], threading.Event()
    watcher = threading.Thread(target=_watch, args=(process.pid, ended, peak), daemon=True)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watcher.join()
    return Used(usage.ru_utime + usage.ru_stime, (peak[0] or _own_peak(usage)) / 1024)


def _watch(process: int, ended: threading.Event, peak: list[int]) -> None:
    while not ended.wait(_BETWEEN_LOOKS):
        peak[0] = max(peak[0], sum(map(_proportional, [process, *_descendants(process)])))


def _descendants(process: int) -> list[int]:
    found = []
    for listed in Path(f"/proc/{process}/task").glob("*/children"):
        for child in _read(listed).split():
            found += [int(child), *_descendants(int(child))]
    return found


def _proportional(process: int) -> int:
    """The process's share of the pages that it uses, in kB; 0 where it has ended or the system does not say."""
    lines = _read(Path(f"/proc/{process}/smaps_rollup")).splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith(_PROPORTIONAL)), 0)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def _own_peak(usage: resource.struct_rusage) -> int:
    return usage.ru_maxrss
