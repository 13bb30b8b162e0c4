"""The reader's child process: PDFs in, their text out, until its input ends.

Run as a script of its own, with limits on itself before it looks at anything. It ends with its parent, also where that
is killed. It imports pypdf and the standard library, and executes nothing that a PDF holds. Protocol: eight bytes of
length and a PDF; back come one byte of outcome, eight bytes of length and a text (``T`` the PDF's text, ``U`` why it
cannot be read, ``M`` out of memory, and the child ends).

Arguments: bytes of memory, the folder that holds pypdf, characters of text at most, seconds of processor time for one
document, the parent's process id.
"""

from __future__ import annotations

import ctypes
import gc
import io
import os
import resource
import signal
import struct
import sys
from math import ceil
from typing import BinaryIO

LENGTH = struct.Struct(">Q")
DESCRIPTORS = 32
LARGE = 1_000_000
"""Bytes of a PDF that takes some 10 MB while it is read."""
_SET_PARENT_DEATH_SIGNAL = 1
"""``PR_SET_PDEATHSIG`` of Linux's prctl(2)."""


def end_with(parent: int) -> None:
    """Have the system kill this process when its parent ends, however it does (Linux; elsewhere the end of the input
    ends it, once the document at hand is read, and the limit of processor time)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent has ended")


def limit_self(memory: int) -> None:
    """No more memory than that, no core file, no file written, no process started, few files open."""
    limits = {
        resource.RLIMIT_AS: memory,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: DESCRIPTORS,
    }
    for kind, value in limits.items():
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (value, value) if hard == resource.RLIM_INFINITY else (min(value, hard),) * 2)


def limit_processor_time(seconds: int) -> None:
    """No more than so many further seconds of processor time: the system ends the process that takes them."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    soft = ceil(used.ru_utime + used.ru_stime) + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def text_of(data: bytes, most: int) -> tuple[bytes, str]:
    """Outcome and text of a PDF, page by page, no longer than ``most`` characters."""
    import pypdf

    try:
        pages: list[str] = []
        size = 0
        for page in pypdf.PdfReader(io.BytesIO(data)).pages:
            pages.append(page.extract_text())
            size += len(pages[-1])
            if size > most:
                return b"U", "its text is too long"
        return b"T", "\n".join(pages)
    except MemoryError:
        return b"M", "its text cannot be read within the memory limit"
    except Exception as error:  # whatever a damaged PDF makes of the parser is the same: it cannot be read
        return b"U", f"pypdf cannot read it ({type(error).__name__})"


def serve(requests: BinaryIO, replies: BinaryIO, most: int, seconds: int) -> None:
    """Answer until the input ends, or the memory has."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        limit_processor_time(seconds)
        size = LENGTH.unpack(head)[0]
        outcome, text = _answered(requests, size, most)
        encoded = text.encode("utf-8", "replace")
        replies.write(outcome + LENGTH.pack(len(encoded)) + encoded)
        replies.flush()
        if outcome == b"M":
            return
        if size > LARGE:
            gc.collect()  # what was parsed refers to itself, and the next large one needs its room


def _answered(requests: BinaryIO, size: int, most: int) -> tuple[bytes, str]:
    try:
        return text_of(requests.read(size), most)
    except MemoryError:
        return b"M", "its text cannot be read within the memory limit"


def main() -> None:
    """Import pypdf, then limit this process, then serve."""
    memory, folder, most = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    seconds, parent = int(sys.argv[4]), int(sys.argv[5])
    end_with(parent)
    sys.path.append(folder)
    import pypdf  # noqa: F401 - before the limits, so that they are the documents' alone

    limit_self(memory)
    serve(sys.stdin.buffer, sys.stdout.buffer, most, seconds)


if __name__ == "__main__":
    main()
