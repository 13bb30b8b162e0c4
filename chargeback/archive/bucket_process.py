"""A process of its own for the client of an object store, whose threads would keep this process from being forked.

``job/workers`` divides a month's work over processes that it forks, and forks only a process of a single thread. So
where this process still has one, the client works in a fork that was made before its first thread. Calls go there and
come back over a socket, a connection for each thread and process that calls: those that are forked later call too. A
call that is interrupted is given up with its connection; the store may carry it out all the same. The other process
ends when nobody is left who could call it, however that came.
"""

from __future__ import annotations

import ctypes
import errno
import os
import pickle
import signal
import socket
import sys
import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any, BinaryIO, Concatenate, Generic, NoReturn, ParamSpec, Protocol, TypeVar

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What a person or a service manager sends: it is for the process that was started, and ends the forked ones by it."""

_THREADS = Path("/proc/self/task")
_LOOKS, _BETWEEN_LOOKS = 50, 0.002
_LARGEST_KEPT = -3
"""``M_MMAP_THRESHOLD`` of mallopt(3)."""
_GAVE, _RAISED, _GAVE_FILE = "gave", "raised", "gave a file"

Library = TypeVar("Library")
Asked_co = TypeVar("Asked_co", covariant=True)
Given = ParamSpec("Given")
Result = TypeVar("Result")


class BucketError(OSError):
    """What the object store, or the way to it, says; ``remedy`` for a person."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(errno.EIO, problem)
        self.remedy = remedy

    def __reduce__(self) -> tuple[type[BucketError], tuple[str, str]]:
        """As it is sent to another process."""
        return type(self), (str(self.strerror), self.remedy)


class Ask(Protocol[Asked_co]):
    """Calls functions on an object, here or in the process where it works."""

    def __call__(
        self, function: Callable[Concatenate[Asked_co, Given], Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """What the function returns for the object; what it raises is raised."""

    def give_up(self) -> None:
        """Have the calls of other threads end, where that can be done: what they ask for may be carried out."""


def may_fork(looks: int = _LOOKS) -> bool:
    """Whether this process has one thread, of whatever library: a fork copies no other one, but the locks that it held.
    One that has ended is seen for an instant longer, so it is looked for again. Only Linux says how many there are."""
    for _ in range(looks):
        try:
            if sys.platform == "linux" and len(list(_THREADS.iterdir())) == 1:
                return True
        except OSError:
            break
        time.sleep(_BETWEEN_LOOKS)
    return False


def sendable(error: BaseException) -> BaseException:
    """An error as it can be sent to another process: where it cannot, what it says."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


class ThisProcess(Generic[Library]):
    """Calls the library in this process."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def __call__(
        self, function: Callable[Concatenate[Library, Given], Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """What the function returns."""
        return function(self._library, *given, **named)

    def give_up(self) -> None:
        """Nothing: the calls end by themselves."""


class BucketProcess(Generic[Library]):
    """The fork in which the library works. Functions, arguments and results are what can be pickled; a result may be an
    open file too."""

    def __init__(self, library: Library) -> None:
        self._calls, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._given_up = False
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # none may unwind this process's frames in the fork
        try:
            process = os.fork()
            if not process:
                self._calls.close()
                _serve(theirs, library)
            weakref.finalize(self, _end, self._calls, process, os.getpid())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            theirs.close()

    def __call__(
        self, function: Callable[Concatenate[Library, Given], Result], *given: Given.args, **named: Given.kwargs
    ) -> Result:
        """What the function returns there; ``BucketError`` where the process has ended."""
        try:
            outcome, value = self._answered((function, given, named))
        except (EOFError, OSError) as error:
            raise BucketError("the process that asks the store ended unexpectedly", "run again") from error
        if outcome == _RAISED:
            raise value
        return value  # type: ignore[no-any-return]  # of that function, by the other process

    def _answered(self, call: object) -> tuple[str, Any]:
        connection = self._connection()
        try:
            connection.send(call)
            outcome, value = connection.recv()
            if outcome == _GAVE_FILE:
                value = os.fdopen(recv_handle(connection), "rb")
        except BaseException:  # a reply may still come: it would be taken for that of the next call
            self._own.connection = None
            connection.close()
            raise
        return outcome, value

    def give_up(self) -> None:
        """The connections of this process's other threads are at their end. The main thread alone may call again: one
        that has not begun its call yet would wait for the store instead."""
        own = getattr(self._own, "connection", None)
        with self._lock:
            self._given_up = True
            connections = [each for each in self._open if each is not own and not each.closed]
        for connection in connections:
            with socket.socket(fileno=os.dup(connection.fileno())) as side, suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)

    def _connection(self) -> Connection:
        """This thread's own; a process that was forked has the threads' of the one before, and makes its own."""
        kept: Connection | None = getattr(self._own, "connection", None)
        if kept is None or self._own.process != os.getpid():
            with self._lock:
                if self._given_up and threading.current_thread() is not threading.main_thread():
                    raise EOFError
                here, there = socket.socketpair()
                with there:
                    socket.send_fds(self._calls, [b"\0"], [there.fileno()])
                kept = self._own.connection = Connection(here.detach())
                self._own.process = os.getpid()
                self._open.add(kept)
        return kept


def _end(calls: socket.socket, process: int, parent: int) -> None:
    """Nobody can call any more: end the process, where this is the one that started it."""
    calls.close()
    if os.getpid() == parent:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)


def _serve(calls: socket.socket, library: Any) -> NoReturn:
    """The fork: a thread for each connection, until all who could make one have gone. Nothing of the process that it
    was forked from is unwound."""
    try:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        _return_memory()
        while descriptors := socket.recv_fds(calls, 1, 1)[1]:
            connection: Connection = Connection(descriptors[0])
            threading.Thread(target=_answer, args=(connection, library), daemon=True).start()
    finally:
        os._exit(0)


def _return_memory() -> None:
    """Have glibc give the memory of every large object back to the system: else each thread keeps that of its largest
    one, 94 MB together after 60 MB of a month's files."""
    with suppress(AttributeError):  # another C library
        ctypes.CDLL(None).mallopt(_LARGEST_KEPT, 128 << 10)


def _answer(connection: Connection, library: Any) -> None:
    with suppress(EOFError, OSError), connection:  # who asked is gone
        while True:
            function, given, named = connection.recv()
            try:
                value = function(library, *given, **named)
            except Exception as error:
                connection.send((_RAISED, sendable(error)))
                continue
            if hasattr(value, "fileno"):
                _give(connection, value)
            else:
                connection.send((_GAVE, value))


def _give(connection: Connection, file: BinaryIO) -> None:
    with file:
        connection.send((_GAVE_FILE, None))
        send_handle(connection, file.fileno(), None)
