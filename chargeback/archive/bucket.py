"""A bucket of object storage, as an archive uses it: objects are created once, read and listed.

The client is ``obstore`` (the extra ``object``), imported only where an address is used. Every store that it knows has
one verb in common that nothing can be lost by: create an object unless there is one. What an archive proves is written
by that alone; ``replace`` is for pages and estimates, ``delete`` for what is pending or orphaned, and both are refused
where a revision, the chain or a register lies.

After any error of a create, and where the object exists already, it is read back: the reply of a create that took place
may have been lost, and the client asks again by itself. Errors are ``OSError``: ``FileNotFoundError``,
``FileExistsError``, ``OversizedError``, and ``BucketError`` for everything that the store or the way to it says.
"""

from __future__ import annotations

import errno
import mmap
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from functools import lru_cache
from io import BufferedReader, BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from chargeback.archive.bucket_process import Ask, BucketError, BucketProcess, ThisProcess, may_fork
from chargeback.archive.no_follow import OversizedError
from chargeback.config.address import SECRET_VARIABLES, Address
from chargeback.config.endpoint import is_on_loopback
from chargeback.errors import ConfigurationError
from chargeback.evidence.gate import learn, masked

INSTALL = "pip install '.[object]' in the checkout"
PLAIN_HTTP = {
    "s3": ("AWS_ALLOW_HTTP", ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT")),
    "az": ("AZURE_ALLOW_HTTP", ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT")),
}
"""By scheme: the variable that allows plain http, and those that name the endpoint."""
_VARIABLES = ("AWS_", "AZURE_", "GOOGLE_")

_SEALED = re.compile(
    r"\d{4}-\d{2}/(?!cover-r[1-9]\d{0,8}\.html\Z)|(chain|signatures|dispositions|deliveries)/", re.ASCII
)
"""Where nothing is ever replaced or deleted; a revision's cover page is, as it lies beside the revision."""
_IN_MEMORY = 1 << 20
"""Bytes: a larger object is kept in a file while it is read."""
_CONNECT = timedelta(seconds=4)
_FIRST, _FIRST_RETRIES = timedelta(seconds=7), timedelta(seconds=8)
"""The first request must answer, or fail, within half a minute."""
_EACH, _EACH_RETRIES = timedelta(minutes=5), timedelta(minutes=2)
_CODE = re.compile(r"<Code>([^<]{1,80})</Code>(?:\s*<Message>([^<]{1,200})</Message>)?")
_ACCESS = "check the credential in the environment and what it may do with the bucket, then run again"
_NO_CREDENTIAL = "set the credential of the object store in the environment, then run again"
_REMEDIES = (
    ("169.254.169.254", _NO_CREDENTIAL),
    ("/latest/api/token", _NO_CREDENTIAL),
    ("token request", _NO_CREDENTIAL),
    ("Account must be specified", "set AZURE_STORAGE_ACCOUNT_NAME and a credential in the environment, then run again"),
    ("NoSuchBucket", "create the bucket, or correct the address, then run again"),
    ("ContainerNotFound", "create the container, or correct the address, then run again"),
    ("AccessDenied", _ACCESS),
    ("InvalidAccessKeyId", _ACCESS),
    ("SignatureDoesNotMatch", _ACCESS),
    ("ExpiredToken", _ACCESS),
    ("403", _ACCESS),
    ("401", _ACCESS),
)
_REMEDY = "look whether the object store can be reached from here, then run again"


class WrittenObject(NamedTuple):
    """An object that is there: its version where the bucket keeps versions, and its tag; None if there is none."""

    version: str | None = None
    tag: str | None = None


class Listed(Struct, frozen=True):
    """An object in a listing; ``key`` begins within the archive, ``modified`` is the store's time."""

    key: str
    size: int
    modified: datetime
    tag: str | None


class Clients:
    """The clients of one bucket, asked by whole keys; the first listing must fail soon where nothing answers."""

    def __init__(self, client: Any, first_client: Any) -> None:
        self._client = client
        self._first_client = first_client

    def put(self, key: str, content: bytes | Path, mode: Any) -> WrittenObject:
        """The object with this content, as it is then."""
        import obstore

        kind = {"Content-Type": "text/html; charset=utf-8"} if key.endswith(".html") else None
        with _errors(key):
            data = content if isinstance(content, bytes) else mapped_file(content)
            result = obstore.put(self._client, key, data, mode=mode, attributes=kind, use_multipart=False)
        return WrittenObject(result["version"], result["e_tag"])

    def got(self, key: str, largest: int, version: str | None = None) -> tuple[bytes, WrittenObject]:
        """The object's bytes, and which version of it they are; ``OversizedError`` where they are more than that."""
        with _errors(key):
            result = self._get(key, version)
            if result.meta["size"] > largest:
                raise OversizedError(key, result.meta["size"], largest)
            return bytes(result.bytes()), WrittenObject(result.meta["version"], result.meta["e_tag"])

    def fetched(self, key: str, version: str | None) -> bytes | BufferedReader:
        """The object's bytes; a large one's in a file that has no name."""
        with _errors(key):
            result = self._get(key, version)
            if result.meta["size"] <= _IN_MEMORY:
                return bytes(result.bytes())
            file = tempfile.TemporaryFile()  # noqa: SIM115 (who reads it closes it)
            for chunk in result.stream(min_chunk_size=_IN_MEMORY):
                file.write(chunk)
            file.seek(0)
            return BufferedReader(file)

    def listed(self, prefix: str) -> list[Listed]:
        """Every object below."""
        import obstore

        with _errors(prefix):
            metas = chain.from_iterable(obstore.list(self._first(), prefix=prefix or None))
            return [Listed(m["path"], m["size"], m["last_modified"], m["e_tag"]) for m in metas]

    def names(self, prefix: str) -> set[str]:
        """The names right within, of objects and of what has objects below."""
        import obstore

        with _errors(prefix):
            result = obstore.list_with_delimiter(self._first(), prefix=prefix or None)
            paths = [*result["common_prefixes"], *(meta["path"] for meta in result["objects"])]
        return {path.rstrip("/").rpartition("/")[2] for path in paths}

    def deleted(self, key: str) -> None:
        """Remove the object; nothing if there is none."""
        import obstore

        with suppress(FileNotFoundError), _errors(key):
            obstore.delete(self._client, key)

    def _get(self, key: str, version: str | None) -> Any:
        import obstore

        return obstore.get(self._client, key, options={"version": version} if version else None)

    def _first(self) -> Any:
        client, self._first_client = self._first_client or self._client, None
        return client


@contextmanager
def _errors(key: str) -> Iterator[None]:
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise FileNotFoundError(errno.ENOENT, "no such object", key) from error
    except AlreadyExistsError as error:
        raise FileExistsError(errno.EEXIST, "the object is there already", key) from error
    except BaseError as error:
        raise bucket_error(error) from error


class Bucket:
    """The objects of one archive, by keys that begin within it."""

    def __init__(self, address: Address, ask: Ask[Clients]) -> None:
        self.address = Address(address.archive)
        self._ask = ask

    def create(self, key: str, content: bytes | Path) -> WrittenObject:
        """The new object with these bytes, or those of this file; ``FileExistsError`` where there is one with other
        bytes."""
        try:
            return self._put(key, content, "create")
        except OSError as error:
            return self._there_after_all(key, content, error)

    def read(self, key: str, largest: int, version: str | None = None) -> bytes:
        """The object's bytes, or those of one version of it; ``OversizedError`` where they are more than that."""
        return self._ask(Clients.got, self._key(key), largest, version)[0]

    def read_written(self, key: str, largest: int) -> tuple[bytes, WrittenObject]:
        """The object's bytes, and which version of it they are."""
        return self._ask(Clients.got, self._key(key), largest)

    def open(self, key: str, version: str | None = None) -> BufferedReader:
        """The object, fetched whole and open for reading; a large one lies in a file that has no name."""
        found = self._ask(Clients.fetched, self._key(key), version)
        return BufferedReader(BytesIO(found)) if isinstance(found, bytes) else found

    def objects(self, folder: str = "") -> list[Listed]:
        """Every object below, in order of key."""
        found = self._ask(Clients.listed, self._key(folder))
        return sorted(
            (replace(listed, key=self._within(listed.key)) for listed in found), key=lambda listed: listed.key
        )

    def names(self, folder: str = "") -> list[str]:
        """The names right within, in order, of objects and of what has objects below."""
        return sorted(self._ask(Clients.names, self._key(folder)))

    def replace(self, key: str, data: bytes) -> bool:
        """Whether the object had other bytes and was replaced, in one step."""
        _refuse_sealed(key)
        try:
            if self.read(key, len(data)) == data:
                return False
        except (FileNotFoundError, OversizedError):
            pass
        self._put(key, data, "overwrite")
        return True

    def delete(self, keys: Iterable[str]) -> None:
        """Remove these objects; nothing if there is none."""
        chosen = list(keys)
        for key in chosen:
            _refuse_sealed(key)
        self._delete(chosen)

    def delete_orphans(self, keys: Iterable[str]) -> None:
        """Remove objects of revisions that no link of the chain names; whoever calls this has looked."""
        self._delete(list(keys))

    @contextmanager
    def threads(self, count: int) -> Iterator[ThreadPoolExecutor]:
        """So many threads that ask; where they are waited for and a signal comes, what they ask for is given up."""
        with ThreadPoolExecutor(count) as pool:
            try:
                yield pool
            except KeyboardInterrupt:
                self._ask.give_up()
                raise

    def _delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._ask(Clients.deleted, self._key(key))

    def _put(self, key: str, content: bytes | Path, mode: str) -> WrittenObject:
        return self._ask(Clients.put, self._key(key), content, mode)

    def _there_after_all(self, key: str, content: bytes | Path, error: OSError) -> WrittenObject:
        """What a create that failed left: ours, where only its reply was lost."""
        data = content if isinstance(content, bytes) else content.read_bytes()
        try:
            there, written = self.read_written(key, max(len(data), 1 << 20))
        except FileNotFoundError:
            raise error from None
        except OversizedError:
            raise FileExistsError(errno.EEXIST, "another object is there already", key) from error
        except OSError:
            remedy = f"{getattr(error, 'remedy', _REMEDY)}; it may have been written all the same: the next run looks"
            raise BucketError(str(error.strerror), remedy) from error
        if there != data:
            raise FileExistsError(errno.EEXIST, "another object is there already", key) from error
        return written

    def _key(self, path: str) -> str:
        return "/".join(part for part in (self.address.prefix, path) if part)

    def _within(self, key: str) -> str:
        return key[len(self.address.prefix) + 1 :] if self.address.prefix else key


def mapped_file(path: Path) -> memoryview:
    """The bytes of a file where the system has them: they are sent whole, and no process holds them. Private,
    as some file systems map no file for several processes."""
    with path.open("rb") as file:
        if not path.stat().st_size:
            return memoryview(b"")
        return memoryview(mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ))


def _refuse_sealed(key: str) -> None:
    if _SEALED.match(key):
        raise BucketError(f"{key} is never replaced or deleted", "report this: it is a bug")


def bucket_error(error: Exception) -> BucketError:
    """What an error of the client says, in one short line without a secret."""
    text = str(error).partition("\n\nDebug source")[0]
    code = _CODE.search(text)
    if code:
        problem = f"{code[1]}: {code[2]}" if code[2] else code[1]
    else:
        problem = " ".join(text.split()).rpartition(" - ")[2][:300]
    remedy = next((remedy for mark, remedy in _REMEDIES if mark in text), _REMEDY)
    if not code and remedy.startswith("set "):
        problem = "no credential"
    return BucketError(masked(problem), remedy)


def open_bucket(address: Address, environ: Mapping[str, str] = os.environ) -> Bucket:
    """The bucket of an archive, with its client's own chain of credentials; nothing is asked yet. One for each address
    and environment.

    ``ConfigurationError`` (exit 2) where the extra is not installed, or plain http would leave this machine.
    """
    try:
        import obstore  # noqa: F401 (asked for by name: its absence is one clear line)
    except ImportError as error:
        raise ConfigurationError(
            f"{address.archive}: an archive in object storage needs obstore, which is not installed", remedy=INSTALL
        ) from error
    learn(*(environ.get(name, "").strip() for name in SECRET_VARIABLES))
    asked = frozenset((name, value) for name, value in environ.items() if name.startswith(_VARIABLES))
    return _opened(Address(address.archive), asked, allow_http=_http_allowed(address, environ))


@lru_cache(maxsize=8)
def _opened(address: Address, environ: frozenset[tuple[str, str]], *, allow_http: bool) -> Bucket:
    clients = Clients(
        _client(address, _EACH, _EACH_RETRIES, 5, allow_http=allow_http),
        _client(address, _FIRST, _FIRST_RETRIES, 1, allow_http=allow_http),
    )  # no thread is started before the first request
    return Bucket(address, BucketProcess(clients) if may_fork(looks=1) else ThisProcess(clients))


def _client(address: Address, timeout: timedelta, retries: timedelta, times: int, *, allow_http: bool) -> Any:
    from obstore.exceptions import BaseError
    from obstore.store import AzureStore, GCSStore, S3Store

    options: Any = {"timeout": timeout, "connect_timeout": _CONNECT, "allow_http": allow_http}
    again: Any = {"max_retries": times, "retry_timeout": retries}
    try:
        if address.scheme == "s3":
            config: Any = {"checksum_algorithm": "sha256"}
            return S3Store(address.bucket, config=config, client_options=options, retry_config=again)
        store = GCSStore if address.scheme == "gs" else AzureStore
        return store(address.bucket, client_options=options, retry_config=again)
    except (BaseError, ValueError) as error:
        raise _no_client(address, error) from error


def _no_client(address: Address, error: Exception) -> Exception:
    from chargeback.archive.file_system import storage_error

    return storage_error(address, bucket_error(error))


def _http_allowed(address: Address, environ: Mapping[str, str]) -> bool:
    """Whether an endpoint is plain http, which must be allowed, and on this machine."""
    allowing, endpoints = PLAIN_HTTP.get(address.scheme, ("", ()))
    plain = [name for name in endpoints if urlsplit(environ.get(name, "")).scheme.lower() == "http"]
    if not plain:
        return False
    for name in plain:
        if not is_on_loopback(environ[name]):
            raise ConfigurationError(f"${name}: plain http to another machine", remedy="use https")
    if environ.get(allowing, "").lower() not in ("1", "true", "yes", "on"):
        remedy = f"use https; for a store on this machine set {allowing}=true"
        raise ConfigurationError(f"${plain[0]}: plain http", remedy=remedy)
    return True
