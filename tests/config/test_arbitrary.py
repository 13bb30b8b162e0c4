"""Whatever the file holds, reading it gives a ``Config`` or one clear error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError

from .test_example import EXAMPLE, KNOWN

PATH = Path("config.toml")
KEYS = sorted({key for keys in KNOWN.values() for key in keys} | {"match", "web", "data", "token", "x"})
WORDS = [
    "web",
    "all",
    "*",
    "a[",
    "even",
    "2026-01",
    "2026-13",
    "report-*",
    "report-total",
    "https://a/",
    "http://[::1",
    "UTC",
    "1e5",
]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(WORDS)
scalars = st.one_of(
    st.booleans().map(lambda value: str(value).lower()),
    st.integers().map(str),
    st.integers(0, 2**9000).map(hex),
    st.floats().map(lambda value: repr(value)),
    st.sampled_from(["1e999", "-1e-999", "2026-01-01", "07:30:00", "2026-01-01T00:00:00Z", "+inf", "-0.0"]),
    texts.map(json.dumps).map(lambda quoted: quoted.replace("\x7f", "\\u007f")),
)


def _table(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.dictionaries(st.sampled_from(KEYS), values, max_size=5)
    return pairs.map(lambda entries: "{" + ", ".join(f"{key} = {value}" for key, value in entries.items()) + "}")


def _list(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, max_size=4).map(lambda entries: "[" + ", ".join(entries) + "]")


values = st.recursive(scalars, lambda inner: _table(inner) | _list(inner), max_leaves=12)
documents = st.dictionaries(st.sampled_from(KNOWN[""]), values, max_size=5).map(
    lambda entries: "\n".join(f"{key} = {value}" for key, value in entries.items())
)
lines = EXAMPLE.read_text(encoding="utf-8").splitlines()


def is_config_or_error(source: bytes) -> None:
    """Read it: a ``Config``, or a ``ConfigurationError`` of one line with a remedy."""
    try:
        read: Any = parse(source, PATH)
    except ConfigurationError as error:
        assert error.message.startswith("config.toml") and "\n" not in error.message and error.remedy
    else:
        assert isinstance(read, Config) and read.source == source and read == parse(source, PATH)


@given(documents)
def test_arbitrary_values(document: str) -> None:
    is_config_or_error(document.encode())


@given(st.binary(max_size=200))
def test_arbitrary_bytes(source: bytes) -> None:
    is_config_or_error(source)


@given(st.integers(0, len(lines) - 1), scalars | values)
def test_the_example_with_one_value_replaced(number: int, value: str) -> None:
    key, separator, _ = lines[number].partition(" = ")
    changed = [*lines[:number], f"{key}{separator}{value if separator else ''}", *lines[number + 1 :]]
    is_config_or_error("\n".join(changed).encode())


@given(st.integers(0, len(EXAMPLE.read_bytes()) - 1), st.binary(max_size=3))
def test_the_example_with_some_bytes_replaced(start: int, replacement: bytes) -> None:
    source = EXAMPLE.read_bytes()
    is_config_or_error(source[:start] + replacement + source[start + len(replacement) + 1 :])
