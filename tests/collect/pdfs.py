"""Small PDFs, made by hand."""

from __future__ import annotations

import zlib


def pdf(*lines: str, stream: bytes | None = None, deflated: bytes | None = None) -> bytes:
    """A one-page PDF that shows the lines; or with a content stream of the test's own, plain or already deflated."""
    if stream is None:
        shown = "".join(f"({line}) Tj T*\n" for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td\n{shown}ET".encode("latin-1")
    data = zlib.compress(stream) if deflated is None else deflated
    return _file(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
            b" /Resources << /Font << /F1 5 0 R >> >> >>",
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n" % len(data) + data + b"\nendstream",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        ]
    )


def slow_pdf() -> bytes:
    """A small PDF whose text takes many seconds."""
    return pdf(stream=b"BT /F1 12 Tf " + b"(slow) Tj 1 0 0 1 3 3 Tm " * 400_000 + b"ET")


def encrypted() -> bytes:
    """A PDF that wants a password."""
    import io

    import pypdf

    writer = pypdf.PdfWriter(io.BytesIO(pdf("Invoice INV-2026-0009")))
    writer.encrypt("password", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _file(objects: list[bytes]) -> bytes:
    out, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    rows = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + rows
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
