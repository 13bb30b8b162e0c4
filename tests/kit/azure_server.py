"""Azure's blob storage on loopback for the tests of archives in object storage: Azurite, by npm.

Where it is missing (``npm install --prefix build/checkers azurite``) the tests that need it are skipped, and say so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path

import httpx

from tests.kit.s3_server import free_ports

CONTAINER = "books"
MISSING = "no Azurite: npm install --prefix build/checkers azurite"
_ACCOUNT = "devstoreaccount1"
_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The emulator's own, which its documentation publishes."""
_VERSION = "2021-12-02"
_PATIENCE = 60.0


def azurite() -> Path | None:
    """The server's program; None where it is not installed."""
    program = Path(__file__).parents[2] / "build/checkers/node_modules/.bin/azurite-blob"
    return program if program.exists() else None


@contextmanager
def azure_server(program: Path) -> Iterator[dict[str, str]]:
    """A server with one container, gone with all that it holds at the end: the variables that lead to it."""
    (port,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{port}/{_ACCOUNT}"
    with tempfile.TemporaryDirectory(prefix="azurite-", ignore_cleanup_errors=True) as folder:
        words = ["--blobPort", str(port), "--location", folder, "--skipApiVersionCheck", "--disableTelemetry"]
        process = subprocess.Popen([program, *words, "--silent"], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            _make_container(endpoint, process)
            yield {
                "AZURE_STORAGE_ACCOUNT_NAME": _ACCOUNT,
                "AZURE_STORAGE_ACCOUNT_KEY": _KEY,
                "AZURE_STORAGE_ENDPOINT": endpoint,
                "AZURE_ALLOW_HTTP": "true",
            }
        finally:
            process.kill()
            process.wait()


def _make_container(endpoint: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            answer = httpx.put(
                f"{endpoint}/{CONTAINER}", params={"restype": "container"}, headers=_signed(), trust_env=False
            )
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            answer.raise_for_status()
            return
    raise RuntimeError(f"Azurite did not start (exit {process.poll()})")


def _signed() -> dict[str, str]:
    """The headers of the request, with the shared key's signature."""
    named = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": _VERSION}
    lines = ["PUT", *[""] * 11, *(f"{name}:{value}" for name, value in named.items())]
    text = "\n".join([*lines, f"/{_ACCOUNT}/{_ACCOUNT}/{CONTAINER}", "restype:container"])
    digest = hmac.new(base64.b64decode(_KEY), text.encode(), hashlib.sha256).digest()
    return {**named, "Authorization": f"SharedKey {_ACCOUNT}:{base64.b64encode(digest).decode()}"}
