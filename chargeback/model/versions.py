"""Which versions a result was made with: chargeback, Python, and every library that shapes a byte (INTERFACE,
``run.json``).
"""

from __future__ import annotations

import platform
import zlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from chargeback import __version__

_LIBRARIES = (
    "arro3-io",
    "babel",
    "iso4217",
    "lxml",
    "markupsafe",
    "msgspec",
    "numpy",
    "openpyxl",
    "pandas",
    "python-dateutil",
    "tzdata",
)


def versions() -> dict[str, str]:
    """Name -> version, those at work now; "absent" where a library is not installed."""
    found = {"chargeback": __version__, "python": platform.python_version(), "zlib": zlib.ZLIB_RUNTIME_VERSION}
    return found | {library: _version(library) for library in _LIBRARIES}


@cache
def _version(library: str) -> str:
    """Asked once: a process keeps what it has imported, whatever is installed meanwhile."""
    try:
        return version(library)
    except PackageNotFoundError:
        return "absent"
