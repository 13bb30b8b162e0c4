"""A configuration's text -> what it is read as, or why it is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError

PATH = Path("/etc/chargeback/config.toml")

Read = Callable[[str], Config]
Refused = Callable[..., ConfigurationError]


@pytest.fixture
def read() -> Read:
    """Reads a configuration's text."""
    return lambda written: parse(written.encode(), PATH)


@pytest.fixture
def refused() -> Refused:
    """Reads a wrong configuration; proves that its error is one clear line with these fragments, and returns it."""

    def refuse(written: str | bytes, *fragments: str) -> ConfigurationError:
        with pytest.raises(ConfigurationError) as caught:
            parse(written.encode() if isinstance(written, str) else written, PATH)
        error = caught.value
        told = f"{error.message} | {error.remedy}"
        assert re.match(rf"{PATH}(:[1-9]\d*)?: ", error.message) and error.remedy and error.exit_code == 2
        assert "\n" not in told and all(character.isprintable() for character in told)
        assert [fragment for fragment in fragments if fragment not in told] == [], told
        return error

    return refuse
