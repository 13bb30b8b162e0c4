"""httpx without the command line that it loads along wherever rich is installed: half of what its import costs.

Whoever needs httpx in this room takes it from here.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

_COMMAND_LINE = "httpx._main"
"""httpx goes on without it where it cannot be imported; under another name it would only be loaded again."""

if TYPE_CHECKING:
    import httpx
else:
    is_new = _COMMAND_LINE not in sys.modules
    if is_new:
        sys.modules[_COMMAND_LINE] = None
    try:
        httpx = importlib.import_module("httpx")
    finally:
        if is_new:
            del sys.modules[_COMMAND_LINE]

__all__ = ["httpx"]
