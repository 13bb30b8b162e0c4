"""A Dask cluster as the engine behind ``job/workers``: a month's books, evidence and configuration are sent to its
workers, which render its files; bytes come back, and this process alone writes or compares them.

Nothing else is sent: no environment, no credential, no document. Dask keeps what was sent no longer than
this process is at work. What a dead worker had in hand is done by another one, and what went with it is sent again.
Before anything is sent, scheduler and workers have to be of the same versions as this process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent import futures
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from itertools import islice
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Any, cast

from chargeback import __version__
from chargeback.config import Config
from chargeback.config.address import Cluster
from chargeback.errors import ClusterError, ConfigurationError, OtherVersionError, StorageError
from chargeback.evidence import Evidence, sha256_of
from chargeback.evidence.run_log import report
from chargeback.job.sent_month import SentMonth
from chargeback.model.books import Books
from chargeback.model.spool import Spool
from chargeback.model.versions import versions
from chargeback.publish import revision_files
from chargeback.publish.revision_files import PublishedFile

if TYPE_CHECKING:
    from distributed import Client, Future

WITHOUT_WORKERS = 60.0
"""Seconds for which a cluster may have no worker, unless Dask's own ``no-workers-timeout`` says another number."""

_BETWEEN_LOOKS = 1.0
_TIMES_ASKED = 10
"""For one file: each time a worker has died that had something of it."""
_SENT_TOGETHER = 64
"""Pieces of the month's spool."""
_FAILED = ("cancelled", "error", "lost")
_CLOSING = 5.0
_MOST_NAMED = 3
_NAME = "chargeback"
_ONE_IMAGE = "start the cluster and this command from one image, or one lock file"
_PATIENCE = "distributed.scheduler.no-workers-timeout"
_THEIR_LOGS = ("distributed", "distributed.client", "distributed.gc", "tornado", "tornado.application", "asyncio")
_LOST = (futures.CancelledError, asyncio.CancelledError)
"""What Dask raises for a result that no longer exists: its worker, or the scheduler, has gone with all that it held."""
_ALONE = Lock()
"""A worker of several threads makes one file at a time: the books are shared, and only one thread would run anyway."""


def at_work() -> dict[str, str]:
    """Name -> version of what shapes a result, as ``run.json`` has them, and the digest of this program's own files:
    two builds may have one version."""
    return versions() | {"program": _program()}


@cache
def _program() -> str:
    digest = hashlib.sha256()
    for name, file in sorted(_files(resources.files("chargeback"), "")):
        digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:12]


def _files(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_file():
            yield f"{above}{each.name}", each
        elif each.name != "__pycache__":
            yield from _files(each, f"{above}{each.name}/")


def _require_same(here: Mapping[str, str], there: Mapping[str, str], where: str) -> None:
    """``ConfigurationError`` where a result could come out otherwise there, with both versions of each that differs."""
    other = [name for name in here if here[name] != there.get(name)]
    if not other:
        return
    named = ", ".join(f"{name} {there.get(name, 'absent')} (here {here[name]})" for name in other[:_MOST_NAMED])
    raise OtherVersionError(
        f"{where} is of another version: {named}{', …' if len(other) > _MOST_NAMED else ''}",
        remedy=_ONE_IMAGE,
    )


def rendered(month: SentMonth, path: str, run: str) -> tuple[bytes, str]:
    """One file of the month, and its sha256: what a worker is asked for. ``OtherVersionError`` on a worker of other
    versions."""
    _require_same(month.versions, at_work(), "a worker that came later")
    with _ALONE:
        data = month.file(path, partial(_fetched, run))
    return data, sha256_of(data)


def _piece_key(run: str, number: int) -> str:
    return f"{run}/spool/{number}"


def _fetched(run: str, numbers: Sequence[int]) -> list[bytes]:
    """Pieces of the month's spool, from the workers on which they lie; lost where one has gone with its worker."""
    from distributed import get_worker
    from distributed.utils import sync
    from distributed.utils_comm import gather_from_workers

    worker = get_worker()
    keys = [_piece_key(run, number) for number in numbers]

    async def gathered() -> dict[str, bytes]:
        here = {key: worker.data[key] for key in keys if key in worker.data}
        where = await worker.scheduler.who_has(keys=[key for key in keys if key not in here])
        data, *_ = await gather_from_workers(where, rpc=worker.rpc)
        return {**here, **data}

    found: dict[str, bytes] = sync(worker.loop, gathered)
    if len(found) < len(keys):
        raise futures.CancelledError("a piece of the month has gone with its worker")
    return [found[key] for key in keys]


class ClusterEngine:
    """The cluster at an address; a connection is open only while a month's files are made."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    def processes(self, lines: int) -> int:
        """One: the others are the cluster's."""
        return 1

    def require(self) -> None:
        """``ClusterError`` (exit 6) where the scheduler is not reached, ``ConfigurationError`` where it or a worker is
        of another version, or the extra is not installed. Workers may still be to come."""
        with _connected(self._cluster, lambda: None):
            pass

    @contextmanager
    def files(
        self, books: Books, config: Config, evidence: Evidence, go_on: Callable[[], object] = lambda: None
    ) -> Iterator[Iterator[PublishedFile]]:
        """(path, bytes) of every file that follows from the evidence, in the order of writing, made by the workers.

        ``go_on`` is called while they are waited for. What was sent and asked for is released at the end of ``with``.
        """
        with _connected(self._cluster, go_on) as connection:
            yield _made(connection, books, config, evidence)


def _made(connection: _Connection, books: Books, config: Config, evidence: Evidence) -> Iterator[PublishedFile]:
    listed = list(revision_files.files(books, config, evidence))
    paths = [path for path, chunks in listed if not _is_here(chunks)]
    month = SentMonth(books, config, evidence, at_work())
    request = _Request(connection, month, books.posting.spool, paths)
    for path, chunks in listed:
        yield path, chunks if _is_here(chunks) else [request.file(path)]


def _is_here(chunks: Iterable[bytes]) -> bool:
    """Whether the bytes are made already: small files of what this process has anyway."""
    return isinstance(chunks, list | tuple)


@contextmanager
def _connected(cluster: Cluster, go_on: Callable[[], object]) -> Iterator[_Connection]:
    """A connection to a cluster of this version."""
    try:
        from distributed import Client
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"workers = {cluster}: the extra cluster is not installed ({error.name} is missing)",
            remedy="pip install 'chargeback[cluster]', or give a number of processes",
        ) from error
    for name in _THEIR_LOGS:  # what goes wrong is said by an error, in one line
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        client = Client(cluster.address, name="chargeback", set_as_default=False)
    except (OSError, ValueError) as error:
        raise _unreachable(cluster, error) from error
    try:
        connection = _Connection(client, cluster, go_on)
        connection.require_versions()
        yield connection
    finally:
        with suppress(Exception):  # of a scheduler that has gone; one that is there forgets what was asked of it
            client.close(timeout=_CLOSING)


def _unreachable(cluster: Cluster, error: Exception) -> ClusterError:
    return ClusterError(
        f"{cluster}: the cluster cannot be reached: {str(error) or type(error).__name__}",
        remedy="start its scheduler, or correct workers, and run again",
    )


class _Connection:
    """A client of the scheduler, and whether it is worth while to wait for it."""

    def __init__(self, client: Client, cluster: Cluster, go_on: Callable[[], object]) -> None:
        import dask.config
        from dask.utils import parse_timedelta

        self.client = client
        self.cluster = cluster
        self._go_on = go_on
        self._patience = float(parse_timedelta(dask.config.get(_PATIENCE, None) or WITHOUT_WORKERS))
        self._alone = 0.0

    def answered(self, call: Callable[[], Any], *, patient: bool = False) -> Any:
        """What the scheduler answers to the call. It is asked in a thread of its own, as Dask waits for a process that
        hangs as long as that hangs; ``patient``: as long as this command has time."""
        answer: SimpleQueue[tuple[Any, Exception | None]] = SimpleQueue()

        def ask() -> None:
            try:
                answer.put((call(), None))
            except Exception as error:
                answer.put((None, error))

        Thread(target=ask, daemon=True).start()
        waited = 0.0
        while True:
            try:
                value, error = answer.get(timeout=_BETWEEN_LOOKS)
                break
            except Empty:
                self._go_on()
                waited += _BETWEEN_LOOKS
                if waited > self._patience and not patient:
                    raise self.lost(f"it has not answered for {self._patience:g} s") from None
        if isinstance(error, OSError):
            raise _unreachable(self.cluster, error) from error
        if error is not None:
            raise error
        return value

    def workers(self) -> list[str]:
        """The addresses of the workers that are there; ``ClusterError`` where there has been none for too long."""
        self._go_on()
        found = list(self.answered(self.client.nthreads))
        self._alone = 0.0 if found else self._alone + _BETWEEN_LOOKS
        if self._alone > self._patience:
            raise self.lost(f"it has had no worker for {self._patience:g} s")
        return found

    def require_versions(self) -> None:
        """``OtherVersionError`` where the scheduler, or a worker that answers, is not of this process' versions."""
        self._require("its scheduler", self.answered(partial(_outcome, self.client.run_on_scheduler, at_work)))
        asked = {
            address: self.client.submit(at_work, workers=[address], pure=False, key=f"{_NAME}-{secrets.token_hex(4)}")
            for address in self.answered(self.client.nthreads)
        }
        for address, future in asked.items():
            ended = _ended(future)
            if ended.wait(self._patience):  # who does not answer is not asked for anything else either, or says so then
                self._require(f"its worker {address}", _outcome(future.result))

    def _require(self, who: str, answer: dict[str, str] | Exception) -> None:
        if isinstance(answer, _LOST):
            return
        if isinstance(answer, Exception):
            raise OtherVersionError(
                f"{self.cluster}: {who} cannot run chargeback {__version__}: {answer}", remedy=_ONE_IMAGE
            ) from answer
        _require_same(at_work(), answer, f"{self.cluster}: {who}")

    def lost(self, problem: str) -> ClusterError:
        """The error that the cluster cannot be waited for any longer."""
        return ClusterError(f"{self.cluster}: {problem}", remedy="look at its workers, and run again")


def _outcome(call: Callable[..., dict[str, str]], *arguments: object) -> dict[str, str] | Exception:
    try:
        return call(*arguments)
    except OSError:
        raise
    except Exception as error:
        return error


def _ended(future: Future) -> Event:
    """Is set once the future is done, failed or lost."""
    ended = Event()
    future.add_done_callback(lambda _: ended.set())
    return ended


class _Request:
    """The files that the cluster was asked for. What is lost of them, and of the month that was sent for them, is asked
    for and sent again."""

    def __init__(self, connection: _Connection, month: SentMonth, spool: Spool, paths: list[str]) -> None:
        self._connection = connection
        self._month = month
        self._spool = spool
        self._open = paths
        self._run = f"{_NAME}-{secrets.token_hex(4)}"
        self._times = 0
        self._sent: dict[str, Future] = {}
        self._asked: dict[str, Future] = {}

    def file(self, path: str) -> bytes:
        """The file's bytes; ``ClusterError`` where the cluster is lost."""
        for _ in range(_TIMES_ASKED):
            if path not in self._asked:
                self._ask()
            try:
                data = self._waited(self._asked[path])
            except _LOST as error:
                lost = error
                del self._asked[path]
                sleep(_BETWEEN_LOOKS)
            else:
                self._open.remove(path)
                del self._asked[path]
                return data
        raise self._connection.lost(f"what it had in hand was lost {_TIMES_ASKED} times") from lost

    def _ask(self) -> None:
        """Send what no worker has of the month, and ask for the open files that nobody is making."""
        client = self._connection.client
        while not (workers := self._connection.workers()):
            sleep(_BETWEEN_LOOKS)
        report("cluster", cluster=str(self._connection.cluster), workers=len(workers), files=len(self._open))
        month = f"{self._run}/month"
        self._send([month], lambda key: self._month, broadcast=True)
        pieces = {_piece_key(self._run, number): part for number, part in enumerate(self._month.pieces)}
        self._send(pieces, lambda key: self._spool.bytes_at(pieces[key].start, len(pieces[key])))
        self._times += 1
        for path in self._open:
            if path not in self._asked or self._asked[path].status in _FAILED:
                key = f"{self._run}/{self._times}/{path}"
                self._asked[path] = client.submit(rendered, self._sent[month], path, self._run, key=key, pure=False)

    def _send(self, keys: Iterable[str], value: Callable[[str], object], *, broadcast: bool = False) -> None:
        """Send the values that are not there: to every worker, or each to one of them."""
        absent = (key for key in keys if key not in self._sent or self._sent[key].status in _FAILED)
        while together := {key: value(key) for key in islice(absent, _SENT_TOGETHER)}:
            scatter = partial(self._connection.client.scatter, together, broadcast=broadcast)
            # What was lost is let go of only now: else Dask would release what has its name again.
            self._sent |= self._connection.answered(scatter, patient=True)

    def _waited(self, future: Future) -> bytes:
        from distributed import KilledWorker

        ended = _ended(future)
        while not ended.wait(_BETWEEN_LOOKS):
            self._connection.workers()
        try:
            data, sha256 = self._connection.answered(future.result, patient=True)
        except KilledWorker as error:
            raise self._connection.lost(f"its workers end, one after the other, over a file: {error}") from error
        except StorageError as error:  # the disk is the worker's: for this file nothing is kept on this machine
            raise self._connection.lost(f"a worker cannot go on: {error.message}") from error
        if sha256_of(data) != sha256:
            raise futures.CancelledError("other bytes than the worker's came")
        return cast(bytes, data)
