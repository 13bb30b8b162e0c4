"""What the log says that a stage took."""

from __future__ import annotations

import subprocess
import sys

import pytest

SAYS_ITS_PEAK = """
from chargeback.collect.clock import SystemClock
from chargeback.job.stages import Spending

print(Spending(SystemClock()).facts()["peak_mb"])
"""
STARTS_ANOTHER = """
import subprocess, sys

large = bytearray(b"." * 300_000_000)
subprocess.run([sys.executable, "-c", sys.argv[1]], check=True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system counts otherwise")
def test_the_peak_is_not_that_of_the_process_that_started_this_one() -> None:
    command = [sys.executable, "-c", STARTS_ANOTHER, SAYS_ITS_PEAK]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 10 < int(told.stdout) < 200
