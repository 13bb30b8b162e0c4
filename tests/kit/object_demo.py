"""``make demo-object``: an S3 server on this machine, three months closed into it by the real job, and their proof."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from chargeback.cli.demonstration import demonstrate
from tests.kit.s3_server import MISSING, VERSIONED, s3_server, weed


def demo() -> int:
    """The exit code of ``chargeback verify``; 2 where there is no server to be had."""
    program = weed()
    if program is None:
        print(MISSING, file=sys.stderr)
        return 2
    with s3_server(program) as server, tempfile.TemporaryDirectory(prefix="chargeback-demo-") as folder:
        os.environ.update(server.environ)
        archive = f"s3://{VERSIONED}/acme"
        print(f"{archive} on a server at {server.environ['AWS_ENDPOINT_URL']}, with versions and Object Lock")
        code = 0
        for line in demonstrate(Path(folder) / "demo", archive):
            print(line, flush=True)
        for arguments in (["list"], ["verify"]):
            print(f"\n$ chargeback {' '.join(arguments)} --archive {archive}", flush=True)
            code = subprocess.run([sys.executable, "-m", "chargeback", *arguments, "--archive", archive]).returncode
    return code


if __name__ == "__main__":
    sys.exit(demo())
