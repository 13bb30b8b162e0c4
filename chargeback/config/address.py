"""Where an archive lies in object storage: ``s3://bucket/prefix``, ``gs://…``, ``az://…`` (INTERFACE, configuration);
and where a cluster is that works on it.

An address is a name, no connection: reading a configuration, an archived one too, opens nothing. It is written like a
folder's path, so that whoever reads an archive need not know which of the two it is.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple, TypeAlias

from msgspec import Struct

from chargeback.errors import ConfigurationError

SCHEMES = ("s3", "gs", "az")
SECRET_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AZURE_STORAGE_ACCOUNT_KEY",
    "AZURE_STORAGE_SAS_TOKEN",
    "AZURE_CLIENT_SECRET",
    "GOOGLE_SERVICE_ACCOUNT_KEY",
)
"""Variables of the archive's own client that hold secrets (INTERFACE, configuration)."""

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/]*)(.*)", re.DOTALL)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", re.ASCII)
_PREFIX_PART = re.compile(r"[A-Za-z0-9._=+~-]{1,255}", re.ASCII)
_REMEDY = 'write an address such as "s3://bucket/prefix"'


class Address(Struct, frozen=True, order=True):
    """A place in object storage: ``archive`` is the archive's own address, without ``/`` at its end; ``inside`` the
    path within, "" for the archive itself."""

    archive: str
    inside: str = ""

    @property
    def scheme(self) -> str:
        """Which kind of store: one of ``SCHEMES``."""
        return self.archive.partition("://")[0]

    @property
    def bucket(self) -> str:
        """The bucket; Azure's container."""
        return self.archive.partition("://")[2].partition("/")[0]

    @property
    def prefix(self) -> str:
        """What every key of the archive begins with, without ``/`` at its end; "" for a whole bucket."""
        return self.archive.partition("://")[2].partition("/")[2]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return str(self).rpartition("/")[2]

    @property
    def parent(self) -> Address:
        """The place above, within the archive."""
        return Address(self.archive, self.inside.rpartition("/")[0])

    def __truediv__(self, path: str) -> Address:
        return Address(self.archive, f"{self.inside}/{path}".strip("/"))

    def __str__(self) -> str:
        return f"{self.archive}/{self.inside}" if self.inside else self.archive

    def absolute(self) -> Address:
        """The address itself: it begins nowhere else."""
        return self


Place: TypeAlias = Path | Address
"""A folder or an address."""


class Cluster(NamedTuple):
    """Where the scheduler of a Dask cluster listens: ``dask://host:port``."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """``host:port``, without a scheme: whether the connection is encrypted is for Dask's own configuration."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"dask://{self.address}"


def is_address(text: str) -> bool:
    """Whether a text is meant as an address: never taken for a folder of that name."""
    return "://" in text


def address_of(text: str) -> Address:
    """The address; ``ValueError`` with what is wrong and what would be right, which never repeats a user or query."""
    match = _ADDRESS.fullmatch(text.strip())
    if match is None or match[1] not in SCHEMES:
        raise ValueError(f"an address begins with {', '.join(f'{scheme}://' for scheme in SCHEMES)}", _REMEDY)
    scheme, bucket, path = match.groups()
    if "@" in bucket or ":" in bucket:
        raise ValueError("the address has a user or a port", "credentials come from the environment; name the bucket")
    if "?" in text or "#" in text:
        raise ValueError("the address has a query or a fragment", "end the address with its prefix")
    if not _BUCKET.fullmatch(bucket):
        raise ValueError("the address does not name a bucket", _REMEDY)
    parts = path.strip("/").split("/") if path.strip("/") else []
    if any(not _PREFIX_PART.fullmatch(part) or part in (".", "..") for part in parts):
        raise ValueError("the prefix holds a character, or a part, that it may not have", "use letters, digits, - _ .")
    return Address("/".join([f"{scheme}://{bucket}", *parts]))


def place_of(text: str) -> Place:
    """The folder or the address that a text names; ``ConfigurationError`` where it is an address that is none."""
    if not is_address(text):
        return Path(text)
    try:
        return address_of(text)
    except ValueError as error:
        problem, remedy = error.args
        raise ConfigurationError(problem, remedy=remedy) from None
