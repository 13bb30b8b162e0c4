"""A Dask cluster as the engine behind ``job/workers``: a month's books, evidence and configuration are sent to its
workers, which render its files; bytes come back, and this process alone writes or compares them.

Nothing else is sent: no environment, no credential, no document. A worker unpacks the month once and forgets it when
this process is done or gone, as Dask keeps what was sent no longer than that. What a dead worker had in hand is done by
another one. Before anything is sent, scheduler and workers have to be of the same versions as this process.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import pickle
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent import futures
from contextlib import contextmanager, suppress
from functools import cache, partial
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from time import sleep
from typing import TYPE_CHECKING, Any, cast

from msgspec.structs import replace

from chargeback import __version__
from chargeback.config import Config, parse
from chargeback.config.address import Cluster
from chargeback.errors import ClusterError, ConfigurationError, OtherVersionError
from chargeback.evidence import Evidence, MemoryStore, sha256_of
from chargeback.evidence.records import PREVIOUS_JOURNAL_PATH
from chargeback.evidence.run_log import report
from chargeback.model.books import Books
from chargeback.model.spool import Spool
from chargeback.model.versions import versions
from chargeback.publish import revision_files
from chargeback.publish.revision_files import CONFIG_PATH, PublishedFile

if TYPE_CHECKING:
    from distributed import Client, Future

WITHOUT_WORKERS = 60.0
"""Seconds for which a cluster may have no worker, unless Dask's own ``no-workers-timeout`` says another number."""

_BETWEEN_LOOKS = 1.0
_TIMES_SENT = 3
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


class SentMonth:
    """A month as it is sent to a worker: its books, the evidence and the configuration that they follow from.

    It lives on a worker as long as Dask holds it for the command that sent it, and what was unpacked lives with it.
    """

    def __init__(self, books: Books, config: Config, evidence: Evidence) -> None:
        # Packed once here: what one worker hands on to another is then bytes.
        self._packed = pickle.dumps((books, replace(evidence, store=_read(evidence))), pickle.HIGHEST_PROTOCOL)
        self._spooled = books.posting.spool.content()
        self._source = config.source
        self._versions = at_work()
        self._unpacked: tuple[Books, Config, Evidence] | None = None
        self._files: dict[str, Iterable[bytes]] = {}

    def __getstate__(self) -> tuple[bytes, bytes, bytes, dict[str, str]]:
        """What is sent."""
        return self._packed, self._spooled, self._source, self._versions

    def __setstate__(self, state: tuple[bytes, bytes, bytes, dict[str, str]]) -> None:
        self._packed, self._spooled, self._source, self._versions = state
        self._unpacked = None
        self._files = {}

    def file(self, path: str) -> bytes:
        """The bytes of one of the month's files; ``OtherVersionError`` on a worker of other versions."""
        if self._unpacked is None:
            _require_same(self._versions, at_work(), "a worker that came later")
            with Spool.of(self._spooled).unpacking():
                books, evidence = pickle.loads(self._packed)  # noqa: S301 (a worker executes what it is sent anyway)
            self._unpacked = books, parse(self._source, Path(CONFIG_PATH)), evidence
        if path not in self._files:  # nothing was made yet, or this file was, and is wanted again
            self._files = dict(revision_files.files(*self._unpacked))
        return b"".join(self._files.pop(path))


def _read(evidence: Evidence) -> MemoryStore:
    """The bytes that the month's books and files follow from: the answers, and the journal before."""
    paths = [answer.path for answer in evidence.answers if answer.path]
    if evidence.run.revision > 1:
        paths.append(PREVIOUS_JOURNAL_PATH)
    return MemoryStore({path: evidence.store.read(path) for path in paths})


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


def rendered(month: SentMonth, path: str) -> tuple[bytes, str]:
    """One file of the month, and its sha256: what a worker is asked for."""
    with _ALONE:
        data = month.file(path)
    return data, sha256_of(data)


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
    request = _Request(connection, SentMonth(books, config, evidence), paths)
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
    """The files that the cluster was asked for; those of them that are lost are asked for again."""

    def __init__(self, connection: _Connection, month: SentMonth, paths: list[str]) -> None:
        self._connection = connection
        self._month = month
        self._open = paths
        self._times = 0
        self._asked: dict[str, Future] = {}

    def file(self, path: str) -> bytes:
        """The file's bytes; ``ClusterError`` where the cluster is lost."""
        while True:
            try:
                if not self._asked:
                    self._ask()
                data = self._waited(self._asked[path])
                break
            except _LOST as error:
                self._asked.clear()
                if self._times == _TIMES_SENT:
                    raise self._connection.lost(f"what it had in hand was lost {_TIMES_SENT} times") from error
        self._open.remove(path)
        del self._asked[path]
        return data

    def _ask(self) -> None:
        """Send the month to every worker, and ask for the files that are still open."""
        self._times += 1
        connection, client = self._connection, self._connection.client
        while not (workers := connection.workers()):
            sleep(_BETWEEN_LOOKS)
        report("cluster", cluster=str(connection.cluster), workers=len(workers), files=len(self._open))
        sent = connection.answered(partial(client.scatter, self._month, broadcast=True, hash=False), patient=True)
        run = secrets.token_hex(4)
        self._asked = {
            path: client.submit(rendered, sent, path, key=f"{_NAME}-{run}/{path}", pure=False) for path in self._open
        }

    def _waited(self, future: Future) -> bytes:
        from distributed import KilledWorker

        ended = _ended(future)
        while not ended.wait(_BETWEEN_LOOKS):
            self._connection.workers()
        try:
            data, sha256 = self._connection.answered(future.result, patient=True)
        except KilledWorker as error:
            raise self._connection.lost(f"its workers end, one after the other, over a file: {error}") from error
        if sha256_of(data) != sha256:
            raise futures.CancelledError("other bytes than the worker's came")
        return cast(bytes, data)
