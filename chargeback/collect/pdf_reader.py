"""Does a document name its invoice's number and total? Read in child processes that may hang, die or blow up.

A PDF comes from outside and its parser is large, so it runs apart: limited in time and memory, without this process's
environment, killed and replaced when it misbehaves. At most two children live at a time and read many PDFs each,
because starting one costs as much as reading twenty.
"""

from __future__ import annotations

import importlib.util
import os
import re
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from math import ceil, inf
from pathlib import Path
from queue import LifoQueue, SimpleQueue
from types import TracebackType
from typing import Self

from msgspec import Struct

from chargeback.collect.downloads import LARGEST_DOCUMENT
from chargeback.collect.pdf_child import LENGTH
from chargeback.collect.pdf_text import currencies_beside, names_number, names_total
from chargeback.errors import AnswerError
from chargeback.evidence.gate import Gate

CHILDREN = 2
DOCUMENTS_WORTH_A_CHILD = 100
"""A month with fewer is read by one child: a further one takes longer to start than it saves."""
SECONDS = 20.0
"""A PDF that takes longer is unreadable."""
MEMORY = 512 * 1024 * 1024
"""Bytes of address space of a child."""
LONGEST_TEXT = 2_000_000
"""Characters: an invoice has some thousands."""
DOCUMENTS_A_CHILD = 1_000
"""Then it is replaced, so that what it has gathered is gone."""
HEADER_WITHIN = 1024
"""Bytes in which ``%PDF-`` has to stand, as readers are used to (ISO 32000-1, annex H)."""
_LINEARIZED = re.compile(rb"/Linearized\b[^>]*?/L\s+(\d{1,12})\b")
_OBJECT = re.compile(rb"\b\d+\s+\d+\s+obj\b")
_CROSS_REFERENCE = re.compile(rb"(?<![a-z])xref\b|/Type\s*/XRef\b")
_LIBRARY_PATHS = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""All that a child needs of the environment, and only where Python itself does."""


class Reading(Struct, frozen=True):
    """What a document shows, as ``DocumentRecord`` has it; ``outcome`` is any of its words but "unavailable"."""

    outcome: str
    detail: str = ""
    names_number: bool = False
    names_total: bool = False
    currencies: tuple[str, ...] = ()


def what_is_missing(data: bytes) -> str:
    """Why a PDF is a fragment of one, "" where it is whole (BOOKING 6, documents; ISO 32000-1, 7.5 and annex F)."""
    announced = _LINEARIZED.search(data, 0, HEADER_WITHIN)
    if announced and int(announced[1]) > len(data):
        return f"it announces {int(announced[1])} bytes and has {len(data)}"
    end = data.rfind(b"%%EOF")
    if end < 0:
        return "it has no %%EOF: it was cut off"
    if _OBJECT.search(data, end):
        return "bytes follow its last %%EOF: it was cut off"
    return "" if _CROSS_REFERENCE.search(data) else "it has no cross-reference table"


class UnreadableError(Exception):
    """A PDF whose text cannot be had; ``str()`` says why in a few words."""


class PdfReader:
    """Reads documents; threads share it. To be closed, or used as a context.

    ``left`` gives the seconds that the run has left (``RunTime.left``), and raises what ends it.
    """

    def __init__(
        self,
        environ: Mapping[str, str] | None = None,
        *,
        left: Callable[[], float] = lambda: inf,
        gate: Gate | None = None,
        children: int = CHILDREN,
        seconds: float = SECONDS,
        memory: int = MEMORY,
    ) -> None:
        self._left = left
        self._gate = gate or Gate()
        self._environ = {name: value for name, value in (environ or {}).items() if name in _LIBRARY_PATHS}
        self._seconds = seconds
        self._memory = memory
        self._most = self._children = children
        self._idle: LifoQueue[_Child | None] = LifoQueue()
        self._living: set[_Child] = set()
        self._aborted = False
        self._nursery = _Nursery()
        for _ in range(children):
            self._idle.put(None)

    def read(
        self, data: bytes, *, number: str, total: int, digits: int, left: Callable[[], float] | None = None
    ) -> Reading:
        """Whether the document names the number, and the total in minor units; what it holds never raises.

        ``left`` gives the seconds left for documents, and raises what ends them; by default it is the run's.
        ``AnswerError`` where its text repeats the credential, whatever folds and filters hid it.
        """
        if b"%PDF-" not in data[:HEADER_WITHIN]:
            return Reading("not-pdf", "no PDF header" if data.strip() else "empty")
        if len(data) > LARGEST_DOCUMENT:
            return Reading("unreadable", "larger than documents may be")
        if missing := what_is_missing(data):
            return Reading("fragment", missing)
        try:
            text = self._text(data, left or self._left)
        except UnreadableError as error:
            return Reading("unreadable", str(error))
        if self._gate.holds_secret(text) or self._gate.holds_secret("".join(text.split())):
            raise AnswerError("its text repeats the credential, so it is not kept")
        if not text.strip():
            return Reading("unreadable", "it holds no text")
        named = names_number(text, number), names_total(text, total, digits)
        return Reading("read", "", *named, currencies_beside(text, total, digits))

    def prepare(self, documents: int) -> None:
        """Start the children that about so many documents are worth, ahead of them: each imports its parser while the
        platform is asked. One that cannot be started is missed by the first document that needs it."""
        children = [self._idle.get() for _ in range(self._children)]
        try:
            living = [child for child in children if child is not None]
            missing = min(self._most, 1 + documents // DOCUMENTS_WORTH_A_CHILD) - len(living)
            children = [*living, *[None] * missing]
            with suppress(UnreadableError):
                for place in range(len(living), len(children)):
                    children[place] = self._started()
        finally:
            self._children = len(children)
            for child in children:
                self._idle.put(child)

    def close(self) -> None:
        """End the children, once no thread reads any more."""
        for _ in range(self._children):
            child = self._idle.get()
            if child is not None:
                child.end()
        for _ in range(self._children):
            self._idle.put(None)
        self._nursery.close()

    def abort(self) -> None:
        """Kill the children under the threads that wait for them, which then have no text: the run was stopped."""
        self._aborted = True
        for child in list(self._living):
            child.kill()

    def _text(self, data: bytes, left: Callable[[], float]) -> str:
        child = self._idle.get()
        try:
            seconds = min(self._seconds, left())
            child = child or self._started()
            return child.text(data, seconds)
        finally:
            fit = child is not None and child.fit()
            if child is not None and not fit:
                self._living.discard(child)
            self._idle.put(child if fit else None)

    def _started(self) -> _Child:
        try:
            return self._nursery.start(self._born)
        except OSError as error:
            raise UnreadableError(f"its reader cannot be started: {error.strerror or error}") from error

    def _born(self) -> _Child:
        """A new child, known to ``abort`` from its first instant on."""
        child = _Child(self._memory, self._environ, self._seconds)
        self._living.add(child)
        if self._aborted:
            child.kill()
        return child

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


class _Nursery:
    """A thread that starts children and does nothing else: Linux ends a child with the thread that started it, and
    those that read come and go with each month."""

    def __init__(self) -> None:
        self._requests: SimpleQueue[tuple[Callable[[], _Child], Future[_Child]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def start(self, make: Callable[[], _Child]) -> _Child:
        """The child that ``make`` starts; ``OSError`` where it cannot."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="pdf-children", daemon=True)
                self._thread.start()
        made: Future[_Child] = Future()
        self._requests.put((make, made))
        return made.result()

    def close(self) -> None:
        """End the thread, and with it what it has started."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            self._requests.put(None)
            thread.join()

    def _work(self) -> None:
        while (request := self._requests.get()) is not None:
            make, made = request
            try:
                made.set_result(make())
            except Exception as error:
                made.set_exception(error)


class _Child:
    """One child process and its pipes; one thread uses it at a time."""

    def __init__(self, memory: int, environ: Mapping[str, str], seconds: float) -> None:
        script = Path(__file__).with_name("pdf_child.py")
        limits = [str(LONGEST_TEXT), str(ceil(seconds) + 1), str(os.getpid())]
        arguments = [str(memory), _pypdf_folder(), *limits]
        self._late = False
        self._left = DOCUMENTS_A_CHILD
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, our own script
            [sys.executable, "-I", str(script), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LC_ALL": "C.UTF-8", **environ},
            bufsize=0,
            cwd="/",
            start_new_session=True,
        )

    def text(self, data: bytes, seconds: float) -> str:
        """The PDF's text; ``UnreadableError`` if there is none, and the child may no longer be fit then."""
        self._left -= 1
        try:
            return self._answer(data, time.monotonic() + seconds)
        except (OSError, EOFError):
            self.end()
            reason = (
                f"its text cannot be read within {seconds:g} seconds"
                if self._late
                else "the process that read it ended unexpectedly"
            )
            raise UnreadableError(reason) from None

    def fit(self) -> bool:
        """Whether the child can read another PDF; one that cannot is ended."""
        if self._left > 0 and not self._late and self._process.poll() is None:
            return True
        self.end()
        return False

    def end(self) -> None:
        """Kill the child and close its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def kill(self) -> None:
        """Kill the child; who waits for it sees its end."""
        self._process.kill()

    def _answer(self, data: bytes, ends: float) -> str:
        requests, replies = self._process.stdin, self._process.stdout
        if requests is None or replies is None:
            raise EOFError
        self._write(requests.fileno(), LENGTH.pack(len(data)), ends)
        self._write(requests.fileno(), data, ends)
        outcome = self._read(replies.fileno(), 1, ends)
        size = LENGTH.unpack(self._read(replies.fileno(), LENGTH.size, ends))[0]
        if size > 4 * LONGEST_TEXT + 1024:
            raise EOFError
        text = self._read(replies.fileno(), size, ends).decode("utf-8", "replace")
        if outcome == b"M":
            self._left = 0
        if outcome != b"T":
            raise UnreadableError(text[:200])
        return text

    def _write(self, pipe: int, data: bytes, ends: float) -> None:
        """Give all of the bytes, no more at a time than the pipe takes at once."""
        rest = memoryview(data)
        while rest:
            self._wait(pipe, select.POLLOUT, ends)
            rest = rest[os.write(pipe, rest[: select.PIPE_BUF]) :]

    def _read(self, pipe: int, size: int, ends: float) -> bytes:
        """So many bytes; ``EOFError`` where the child ends before."""
        parts = []
        while size:
            self._wait(pipe, select.POLLIN, ends)
            part = os.read(pipe, size)
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _wait(self, pipe: int, event: int, ends: float) -> None:
        """Until the pipe takes or gives bytes, or has an end; ``TimeoutError`` once the time is over."""
        waiting = select.poll()
        waiting.register(pipe, event)
        if not waiting.poll(max(0.0, ends - time.monotonic()) * 1000):
            self._late = True
            raise TimeoutError


def _pypdf_folder() -> str:
    """The folder that pypdf is in, wherever this interpreter finds it."""
    spec = importlib.util.find_spec("pypdf")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pypdf")
    return str(Path(spec.origin).parent.parent)
