"""The platform without sockets: calls are answered in this process, so that hundreds of whole runs take seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import httpx

from chargeback.collect.network import BoundedTransport
from chargeback.collect.pdf_reader import PdfReader, Reading
from chargeback.sandbox import Platform
from chargeback.sandbox.scenario import Setup
from chargeback.sandbox.wire import Request

FILES = "http://localhost:9"
Change = Callable[[str, bytes], bytes]
"""(function, body) -> the body that is answered instead."""


@contextmanager
def answering(platform: Platform, change: Change = lambda function, body: body) -> Iterator[None]:
    """Within, every call is answered by the platform; documents are not read, and pass."""
    platform.links.base = FILES

    def handle(self: BoundedTransport, request: httpx.Request) -> httpx.Response:
        host = "files" if request.method == "GET" else "api"
        headers = {name.lower(): value for name, value in request.headers.items()}
        path = request.url.raw_path.decode()
        answer = platform.answer(Request(host, request.method, path, headers, request.read()))  # type: ignore[arg-type]
        body = change(path.lstrip("/"), answer.body) if host == "api" else answer.body
        date = f"{platform.clock.now:%a, %d %b %Y %H:%M:%S GMT}"
        headers = {"Date": date, "Content-Type": answer.content_type, "Content-Length": str(len(body))}
        return httpx.Response(answer.status, headers=headers, stream=httpx.ByteStream(body))

    def read(self: PdfReader, data: bytes, **named: Any) -> Reading:
        return Reading("read", "", names_number=True, names_total=True)

    with patch.object(BoundedTransport, "handle_request", handle), patch.object(PdfReader, "read", read):
        yield


def only(*positions: int) -> Callable[[Setup], Setup]:
    """The small world with these accounts alone."""

    def change(setup: Setup) -> Setup:
        world = setup.world
        accounts = tuple(account for account in world.accounts if account.position in positions)
        ids = {account.id for account in accounts}
        projects = tuple(project for project in world.projects if project.account in ids)
        return replace(setup, world=replace(world, accounts=accounts, projects=projects))

    return change
