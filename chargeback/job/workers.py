"""Work divided over processes, or given to a cluster: results come in the items' order, and who made them shows in no
byte.

The other processes are forked where the work begins, so that they share the month's books with this process and nothing
is sent to them; what a worker gives back is small, as it writes or compares its files itself. A fork takes along the
locks of threads that it does not copy: so it is done by a process of a single thread (on Linux, which says how many
there are), and elsewhere everything is done in this process. Each takes the next item when it is free. One that has
grown by much takes no further item, and a new one takes its place: what a large file leaves in it is not given back
otherwise. This process only waits for them: whatever it touched of the books would lie in memory once more, for itself.
From a cluster (``job/cluster``) come the bytes of the files, and this process alone writes or compares them.
"""

from __future__ import annotations

import gc
import os
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from multiprocessing.connection import Connection, Pipe, wait
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar, cast

from msgspec import Struct

from chargeback.archive.bucket_process import SIGNALS, may_fork, sendable
from chargeback.collect.pdf_child import end_with
from chargeback.config import Config
from chargeback.config.address import Cluster
from chargeback.errors import StorageError
from chargeback.evidence import Evidence
from chargeback.model.books import Books
from chargeback.publish import revision_files
from chargeback.publish.revision_files import PublishedFile

LEAST_LINES = 5_000
"""Lines of a ledger for which another process is worth its start (0.05 s), where nobody has chosen a number."""
MOST_UNASKED = 4
"""Processes where nobody has chosen a number: the workpaper, one file, takes a quarter of all the time."""

MOST_HELD = 128_000_000
"""Bytes in memory at which one process leaves the work to another, which begins with what it holds."""
MOST_GROWN = 16_000_000
"""Bytes by which a process may outgrow the one that it was forked from, until another takes its place."""
NEVER_REPLACED = 150_000_000
"""Bytes up to which none is replaced: a new process makes again what the old one kept ready for the next workbook."""

_TICKET = struct.Struct("<H")
_MOST_TICKETS = 1_024
"""Together smaller than a page, which every pipe takes while nobody reads."""
_FAILED, _GROWN = -1, -2

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Where a month's files are made."""

    def processes(self, lines: int) -> int:
        """How many processes of this machine a month of so many lines is worth."""

    def require(self) -> None:
        """Whether it can be used is found out before a month is collected for it; its errors say why not."""

    def files(
        self, books: Books, config: Config, evidence: Evidence, go_on: Callable[[], object] = ...
    ) -> AbstractContextManager[Iterator[PublishedFile]]:
        """(path, chunks of bytes) of every file that follows from the evidence, in the order of writing.

        ``go_on`` is called while another machine is waited for, and raises once there is no time left.
        """


class ThisMachine(Struct, frozen=True):
    """So many processes of this machine, 0 for as many as a month is worth."""

    asked: int = 1

    def processes(self, lines: int) -> int:
        """As asked."""
        return processes_for(self.asked, lines)

    def require(self) -> None:
        """It is there."""

    def files(
        self, books: Books, config: Config, evidence: Evidence, go_on: Callable[[], object] = lambda: None
    ) -> AbstractContextManager[Iterator[PublishedFile]]:
        """Chunks are made when they are asked for, by whichever process asks (``mapped``)."""
        return nullcontext(revision_files.files(books, config, evidence))


def engine_of(workers: int | Cluster) -> Engine:
    """The engine that the configuration's ``workers`` mean; nothing is started or opened yet."""
    if isinstance(workers, int):
        return ThisMachine(workers)
    from chargeback.job.cluster import ClusterEngine

    return ClusterEngine(workers)


def processes_for(asked: int, lines: int) -> int:
    """How many processes such a month is worth: as many as were asked for; for 0 as many as there are processors, up to
    four, and this one alone for a small month."""
    if asked:
        return asked
    return min(_processors(), MOST_UNASKED) if lines >= LEAST_LINES else 1


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def mapped(function: Callable[[Item], Result], items: Iterable[Item], processes: int) -> Iterator[Result]:
    """What the function gives for each item, in the items' order, made by so many processes.

    What the function raises anywhere is raised here, when the others have ended. ``StorageError`` where a worker was
    ended from outside. An item is released once it is done.
    """
    with _settled():
        if (processes < 2 and _memory() < MOST_HELD) or not may_fork():
            yield from map(function, items)
            return
        with _Workers(function, list(items), max(1, processes)) as workers:
            yield from workers.results()


def shards_closed(engine: Engine, function: Callable[[Item], Result], shards: Sequence[Item]) -> Iterator[Result]:
    """What the function gives for each shard of a month, by the processes of this machine that make its files too; by
    this one where they are one, as it keeps what another would have to send it."""
    processes = min(engine.processes(LEAST_LINES), len(shards))
    if processes > 1:
        yield from mapped(function, shards, processes)
    else:
        with _settled():
            yield from map(function, shards)


@contextmanager
def _settled() -> Iterator[None]:
    """Within, the garbage collector does not look through what is here already: a month's books stay until the work is
    done, each look takes as long as a thousand lines, and it would copy them into each process that was forked."""
    if gc.get_freeze_count():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


class _Child(NamedTuple):
    process: int
    replies: Connection


class _Workers:
    """The other processes, at work from the beginning of ``with`` on, and ended at its end, whatever happened."""

    def __init__(self, function: Callable[[Any], Any], items: list[Any], processes: int) -> None:
        self._function = function
        self._items = items
        self._processes = min(processes, len(items))
        self._done: dict[int, Any] = {}
        self._children: list[_Child] = []
        self._tickets = -1

    def __enter__(self) -> _Workers:
        self._tickets = _tickets(len(self._items))
        try:
            for _ in range(self._processes):
                self._start()
        except OSError:  # no more processes, or no more memory for them: those that there are do it all
            pass
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def results(self) -> Iterator[Any]:
        """The results in the items' order."""
        for place in range(len(self._items)):
            while place not in self._done:
                if self._children:
                    self._receive()
                elif not self._work_here():
                    raise LookupError(f"no process did item {place}")
            yield self._done.pop(place)

    def _work_here(self) -> bool:
        """Whether this process, as no other is left, has found anything to do, and has done it."""
        places = self._taken()
        self._done |= {place: self._made(place) for place in places}
        return bool(places)

    def _taken(self) -> range:
        """The places that this process takes with a ticket: items that follow each other; none once all are taken."""
        ticket = os.read(self._tickets, _TICKET.size)
        if not ticket:
            return range(0)
        each = _items_a_ticket(len(self._items))
        first = _TICKET.unpack(ticket)[0] * each
        return range(first, min(first + each, len(self._items)))

    def _made(self, place: int) -> Any:
        """The result of the item there, which is released."""
        result = self._function(self._items[place])
        self._items[place] = None
        return result

    def _receive(self) -> None:
        """Wait until a child says something; its failure is raised."""
        for replies in cast(list[Connection], wait([child.replies for child in self._children])):
            try:
                place, result = replies.recv()
            except (EOFError, OSError):
                place, result = _FAILED, None
            if place == _GROWN:
                self._replace()
            elif place == _FAILED:
                self._let_go(replies, result)
            else:
                self._done[place] = result

    def _replace(self) -> None:
        """Start a process in the place of one that takes no more; where none can be had, those that are left do it."""
        if may_fork():
            with suppress(OSError):
                self._start()

    def _let_go(self, replies: Connection, error: BaseException | None) -> None:
        """A child has ended; what it raised is raised, and that it was ended from outside."""
        child = next(child for child in self._children if child.replies is replies)
        self._children.remove(child)
        replies.close()
        status = os.waitstatus_to_exitcode(os.waitpid(child.process, 0)[1])
        if error is not None:
            raise error
        if status:
            how = f"signal {-status}" if status < 0 else f"exit {status}"
            raise StorageError(
                f"a process that was at work on the month's files ended unexpectedly ({how})",
                remedy="run again; with fewer --workers, or more memory, where that was short",
            )

    def _start(self) -> None:
        replies, sender = Pipe(duplex=False)
        parent = os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)  # none may unwind this process's frames in the child
        try:
            process = os.fork()
            if not process:
                self._work(sender, parent)
            self._children.append(_Child(process, replies))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            sender.close()

    def _work(self, sender: Connection, parent: int) -> NoReturn:
        """The child: nothing of this process is unwound in it, whatever happens. Signals are for this process, which
        ends it, and with which it ends."""
        code = 1
        try:
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            end_with(parent)
            while not (has_grown := _has_grown(parent)) and (places := self._taken()):
                for place in places:
                    sender.send((place, self._made(place)))
            if has_grown:  # not looked for again: one that ends and does not say so has nobody in its place
                sender.send((_GROWN, None))
            code = 0
        except BaseException as error:
            with suppress(BaseException):
                sender.send((_FAILED, sendable(error)))
        finally:
            os._exit(code)

    def _end(self) -> None:
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child.process, signal.SIGKILL)
        for child in self._children:
            os.waitpid(child.process, 0)
            child.replies.close()
        self._children.clear()
        os.close(self._tickets)


def _has_grown(parent: int) -> bool:
    """Whether this process, which was forked from that one, takes no further item."""
    return _memory() > max(_memory(parent) + MOST_GROWN, NEVER_REPLACED)


def _memory(process: int | str = "self") -> int:
    """Bytes of the process that lie in memory, those that it shares with others too (proc(5), statm); 0 where it is
    gone or the machine does not say."""
    try:
        return int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGESIZE")
    except OSError:
        return 0


def _items_a_ticket(count: int) -> int:
    return -(-count // _MOST_TICKETS) or 1


def _tickets(count: int) -> int:
    """Where the numbers of tickets are read, each by one process: whoever is free takes the next one."""
    reading, writing = os.pipe()
    tickets = range(-(-count // _items_a_ticket(count)))
    os.write(writing, b"".join(map(_TICKET.pack, tickets)))
    os.close(writing)
    return reading
