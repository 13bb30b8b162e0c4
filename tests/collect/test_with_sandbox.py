"""The whole layer against the simulated platform, over real HTTP: facts, link, document, its text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from chargeback.collect.pdf_reader import PdfReader
from chargeback.collect.session import open_session
from chargeback.config import Api, Config
from chargeback.evidence import MemoryStore

TOKEN = "sandbox-token"


@contextmanager
def sandbox(kind: str, faults: str = "") -> Iterator[str]:
    """The endpoint of a sandbox in a process of its own."""
    command = [sys.executable, "-m", "chargeback.sandbox", "--kind", kind, "--now", "2026-06-03T03:00:00Z"]
    command += ["--faults", faults] if faults else []
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if found := re.search(r"http://[^\s/]+:\d+/?", line):
                yield found[0].rstrip("/") + "/"
                return
        raise AssertionError("the sandbox did not start")
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("kind", ["C", "D"])
def test_invoice_and_its_document(kind: str) -> None:
    with (
        sandbox(kind) as endpoint,
        open_session(
            Config(archive=Path("archive"), api=Api(endpoint=endpoint)), {"DEPLOYS_TOKEN": TOKEN}, MemoryStore()
        ) as session,
        PdfReader() as reader,
    ):
        credential = session.credentials.of()
        accounts = session.api.call("billing.list", {}, credential=credential).value["result"]["items"]
        account = accounts[0]["id"]
        request = {"id": account, "billingAccountId": account}
        listed = session.api.call("billing.listInvoices", request, credential=credential, account=account)
        invoice = next(row for row in listed.value["result"]["items"] if row["status"] in ("open", "paid"))
        asked = {"id": invoice["id"], "invoiceId": invoice["id"]}
        reply = session.api.call("billing.downloadInvoice", asked, credential=credential, account=account)
        result = reply.value["result"]
        link = result if isinstance(result, str) else result.get("downloadUrl") or result["url"]
        data = session.downloads.fetch(link, account=account, document="invoice")
        total = int(Decimal(invoice["total"]).scaleb(2).to_integral_value())
        reading = reader.read(data, number=invoice["number"], total=total, digits=2)
        assert (reading.outcome, reading.names_number, reading.names_total) == ("read", True, True)
