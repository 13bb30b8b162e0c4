"""Documents read in child processes that hang, die and run out of memory."""

from __future__ import annotations

import errno
import gc
import os
import signal
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from msgspec.structs import replace

from chargeback.collect import pdf_child
from chargeback.collect.pdf_reader import PdfReader, Reading
from tests.collect.pdfs import encrypted, pdf, slow_pdf
from tests.kit.some import some

INVOICE = pdf("Tax invoice", "Number INV-2026-0009", "Total THB 1,155.60")


@pytest.fixture
def reader() -> Iterator[PdfReader]:
    with PdfReader() as opened:
        yield opened


def read(reader: PdfReader, data: bytes, number: str = "INV-2026-0009", total: int = 115560) -> Reading:
    return reader.read(data, number=number, total=total, digits=2)


def test_invoice_names_its_number_and_total(reader: PdfReader) -> None:
    shown = read(reader, INVOICE)
    assert shown == Reading("read", "", names_number=True, names_total=True, currencies=shown.currencies)
    assert read(reader, INVOICE, total=115561) == Reading("read", "", names_number=True, names_total=False)
    assert read(reader, INVOICE, number="INV-2026-0010") == replace(shown, names_number=False)


def test_currency_beside_the_total_is_read(reader: PdfReader) -> None:
    shown = pdf("Invoice INV-2026-0009", "Subtotal 1,080.00 USD", "Total 1,155.60 THB")
    assert read(reader, shown).currencies == ("THB",)


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (INVOICE[:200], "it has no %%EOF"),
        (INVOICE[: len(INVOICE) // 2], "it has no %%EOF"),
        (INVOICE[:-8], "it has no %%EOF"),
        (b"%PDF-1.7 and then nothing", "it has no %%EOF"),
        (INVOICE.replace(b"\nxref\n", b"\n"), "it has no cross-reference table"),
        (INVOICE + b"7 0 obj\n<< /Length 90 >>\nstream\ncut", "bytes follow its last %%EOF"),
        (
            INVOICE.replace(b"%PDF-1.7\n", b"%PDF-1.7\n9 0 obj\n<< /Linearized 1 /L 999999 /O 3 >>\nendobj\n"),
            "it announces",
        ),
    ],
)
def test_part_of_a_pdf_is_a_fragment(reader: PdfReader, data: bytes, detail: str) -> None:
    reading = read(reader, data)
    assert reading.outcome == "fragment" and reading.detail.startswith(detail)


def test_whole_pdf_may_have_a_cross_reference_stream_updates_and_an_end_of_its_own(reader: PdfReader) -> None:
    import io

    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(INVOICE), incremental=True)
    writer.add_metadata({"/Title": "Invoice"})
    out = io.BytesIO()
    writer.write(out)
    for whole in (
        out.getvalue(),
        INVOICE + b"\r\n\x00",
        INVOICE.replace(b"\nxref\n", b"\n1 0 obj << /Type /XRef >>\n"),
    ):
        assert read(reader, whole).outcome != "fragment"


@pytest.mark.parametrize("data", [b"", b"<html>not found</html>", b" " * 1020 + b"%PDF-1.7"])
def test_anything_without_a_header_is_no_pdf(reader: PdfReader, data: bytes) -> None:
    assert read(reader, data).outcome == "not-pdf"


def test_header_may_follow_a_preamble(reader: PdfReader) -> None:
    assert read(reader, b"\xef\xbb\xbf\r\n" + INVOICE).names_number


@pytest.mark.parametrize(
    ("data", "detail"),
    [
        (pdf(), "it holds no text"),
        (b"%PDF-1.7 xref and then nothing %%EOF", "pypdf cannot read it"),
        (encrypted(), "pypdf cannot read it (FileNotDecryptedError)"),
    ],
)
def test_pdf_without_readable_text_is_unreadable(reader: PdfReader, data: bytes, detail: str) -> None:
    reading = read(reader, data)
    assert reading.outcome == "unreadable" and reading.detail.startswith(detail)


def test_pdf_that_takes_too_long_is_unreadable_and_the_next_is_read() -> None:
    with PdfReader(children=1, seconds=1.0) as reader:
        assert read(reader, INVOICE).names_total
        begun = time.monotonic()
        assert read(reader, slow_pdf()) == Reading("unreadable", "its text cannot be read within 1 seconds")
        assert time.monotonic() - begun < 2
        assert read(reader, INVOICE).names_total


def test_child_that_takes_no_document_is_ended_in_time_and_replaced() -> None:
    with PdfReader(children=1, seconds=1.0) as reader:
        assert read(reader, INVOICE).names_total
        for pid in some(_children()):
            os.kill(pid, signal.SIGSTOP)
        larger_than_a_pipe = pdf("Total THB 1,155.60", *["filler"] * 40_000)
        assert read(reader, larger_than_a_pipe).detail == "its text cannot be read within 1 seconds"
        assert read(reader, INVOICE).names_total


def test_pdf_that_eats_memory_is_unreadable_and_the_next_is_read() -> None:
    with PdfReader(children=1, memory=96 * 1024 * 1024) as reader:
        greedy = pdf(stream=b"BT (a) Tj ET" + b" " * 70_000_000)
        reading = read(reader, greedy)
        assert reading.outcome == "unreadable" and "memory" in reading.detail
        assert read(reader, INVOICE).names_total


def test_child_that_dies_is_replaced(reader: PdfReader) -> None:
    read(reader, INVOICE)
    for pid in some(_children()):
        os.kill(pid, 9)
    outcomes = [read(reader, INVOICE).outcome for _ in range(3)]
    assert outcomes.count("read") >= 2


def test_many_documents_take_few_children(reader: PdfReader) -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        readings = list(pool.map(lambda _: read(reader, INVOICE), range(150)))
    assert all(reading.names_number and reading.names_total for reading in readings)
    assert len(_children()) <= 2 and time.monotonic() - begun < 20


def test_child_gets_no_secret_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOYS_TOKEN", "s3cret")
    with PdfReader(os.environ) as reader:
        read(reader, INVOICE)
        for pid in some(_children()):
            assert b"s3cret" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_no_child_outlives_the_reader() -> None:
    with PdfReader() as reader:
        read(reader, INVOICE)
        assert _children()
    assert not _children()


def test_child_outlives_the_thread_that_had_it_started(reader: PdfReader) -> None:
    """Linux sends the parent-death signal when the starting *thread* ends."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(read, reader, INVOICE).result()
    started = _children()
    assert started and read(reader, INVOICE).names_number
    assert _children() == started


def test_child_ends_when_its_parent_is_killed() -> None:
    code = (
        "import threading, time; from chargeback.collect.pdf_reader import PdfReader;"
        "from tests.collect.pdfs import slow_pdf; reader = PdfReader();"
        "threading.Thread(target=lambda: reader.read(slow_pdf(), number='1', total=1, digits=2), daemon=True).start();"
        "time.sleep(60)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2])
    with parent:
        children: list[int] = []
        ends = time.monotonic() + 30
        while not children and time.monotonic() < ends:
            children = _children(parent.pid)
            time.sleep(0.05)
        assert children
        parent.kill()
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{child}/cmdline").exists() for child in children) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not [child for child in children if Path(f"/proc/{child}/cmdline").exists()]


def test_child_that_takes_processor_time_is_ended_by_the_system() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(pdf_child.__file__).parent)!r}); import pdf_child;"
        "pdf_child.limit_processor_time(1)\nwhile True: pass"
    )
    assert subprocess.run([sys.executable, "-I", "-c", code], timeout=60).returncode == -signal.SIGXCPU


def test_reading_ends_at_once_when_the_run_is_stopped() -> None:
    with PdfReader() as reader, ThreadPoolExecutor(1) as pool:
        reading = pool.submit(reader.read, slow_pdf(), number="1", total=1, digits=2)
        while not _children():
            time.sleep(0.02)
        reader.abort()
        assert reading.result(timeout=15).detail == "the process that read it ended unexpectedly"


def test_child_limits_itself() -> None:
    code = (
        f"import sys, resource; sys.path.insert(0, {str(Path(pdf_child.__file__).parent)!r}); import pdf_child;"
        "pdf_child.limit_self(1 << 29);"
        "print(*(resource.getrlimit(kind)[0] for kind in"
        " (resource.RLIMIT_AS, resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)))"
    )
    done = subprocess.run([sys.executable, "-I", "-c", code], stdout=subprocess.PIPE, check=True, text=True)
    assert done.stdout.split() == [str(1 << 29), "0", "0", "0"]


def _children(parent: int | str = "self") -> list[int]:
    """The readers' processes that are alive."""
    found = []
    for task in Path(f"/proc/{parent}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread or a process that ends while it is looked at
            for pid in (task / "children").read_text().split():
                if b"pdf_child" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    found.append(int(pid))
    return found


@pytest.mark.parametrize(("documents", "children"), [(1, 1), (99, 1), (100, 2), (5000, 2)])
def test_children_that_are_prepared_read_the_first_documents(reader: PdfReader, documents: int, children: int) -> None:
    reader.prepare(documents)
    prepared = set(reader._living)
    assert len(prepared) == children
    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(lambda _: read(reader, INVOICE).outcome, range(8)))
    assert readings == ["read"] * 8
    assert reader._living == prepared


def test_a_larger_month_after_a_small_one_has_a_further_child(reader: PdfReader) -> None:
    reader.prepare(1)
    first = set(reader._living)
    reader.prepare(100)
    assert first < reader._living
    reader.prepare(1)
    assert len(reader._living) == 2


def test_reader_that_cannot_be_started_ahead_is_the_first_document_s_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(subprocess, "Popen", refused)
    with PdfReader() as reader:
        reader.prepare(100)
        assert "its reader cannot be started" in read(reader, INVOICE).detail


def test_what_a_large_document_took_is_given_back_before_the_next_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A parsed PDF refers to itself: a hundred scans of some megabytes would meet the limit of memory together."""
    monkeypatch.setattr(pdf_child, "limit_processor_time", lambda seconds: None)
    shown = b"BT /F1 12 Tf 72 720 Td (Invoice INV-2026-0009) Tj ET" + b"\n" * pdf_child.LARGE
    scan = pdf(deflated=zlib.compress(shown, 0))
    request, replies = pdf_child.LENGTH.pack(len(scan)) + scan, BytesIO()
    gc.disable()
    try:
        pdf_child.serve(BytesIO(request * 3), replies, 1000, 20)
        assert not [each for each in gc.get_objects() if isinstance(each, pypdf.PdfReader)]
    finally:
        gc.enable()
    assert replies.getvalue().count(b"INV-2026-0009") == 3
