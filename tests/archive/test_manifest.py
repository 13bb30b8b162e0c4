"""The manifest: one spelling when written, nothing believed when read."""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.archive import manifest as manifests
from chargeback.archive.manifest import FileRecord, is_safe_path, read_manifest, sums_lines
from chargeback.errors import DamagedError, SchemaError
from chargeback.evidence.records import canonical_json
from tests.kit.archives import manifest

SHA = "0" * 64
FILES = (FileRecord("a.csv", 3, SHA), FileRecord("b/ก.csv", 0, "f" * 64))
COMPLETE = replace(manifest(previous="1" * 64), files=FILES)


def test_manifest_is_as_the_interface_says() -> None:
    assert json.loads(COMPLETE.to_json()) == {
        "schema": 1,
        "period": "2026-05",
        "revision": 1,
        "status": "reconciled",
        "version": "0.1.0",
        "created": "2026-06-03T01:00:00Z",
        "endpoint": "https://api.deploys.app/",
        "previous": "1" * 64,
        "totals": [{"currency": "THB", "net": "100.00", "tax": "7.00", "gross": "107.00"}],
        "files": [{"path": "a.csv", "size": 3, "sha256": SHA}, {"path": "b/ก.csv", "size": 0, "sha256": "f" * 64}],
    }


def test_manifest_reads_back() -> None:
    assert read_manifest(COMPLETE.to_json(), "here") == COMPLETE


def test_sums_name_every_file_and_the_manifest_in_order() -> None:
    files = (FileRecord("a.csv", 3, SHA), FileRecord("z.csv", 0, "f" * 64))
    lines = f"{SHA}  a.csv\n{'e' * 64}  manifest.json\n{'f' * 64}  z.csv\n"
    assert b"".join(sums_lines(files, "e" * 64)) == lines.encode()


def test_a_newer_schema_asks_for_an_upgrade() -> None:
    with pytest.raises(SchemaError, match="schema 3") as caught:
        read_manifest(b'{"schema": 3}', "2026-05/r1/manifest.json")
    assert (caught.value.exit_code, caught.value.remedy) == (2, "upgrade chargeback")


def test_what_a_later_version_added_is_ignored() -> None:
    value = json.loads(COMPLETE.to_json()) | {"colour": "blue"}
    assert read_manifest(json.dumps(value).encode(), "here") == COMPLETE


def row(**changes: Any) -> dict[str, Any]:
    return {"path": "a", "size": 1, "sha256": SHA} | changes


@pytest.mark.parametrize(
    "changes",
    [
        {"schema": 0},
        {"schema": "1"},
        {"schema": True},
        {"period": "2026-13"},
        {"period": "2026-5"},
        {"period": "0001-01"},
        {"period": "../2026-05"},
        {"period": None},
        {"revision": 0},
        {"revision": 1.0},
        {"revision": True},
        {"status": "fine"},
        {"status": []},
        {"version": 1},
        {"created": None},
        {"previous": "x"},
        {"previous": "A" * 64},
        {"previous": 0},
        {"totals": {}},
        {"totals": [1]},
        {"totals": [{"currency": "THB", "net": 1, "tax": "0", "gross": "1"}]},
        {"totals": [{"currency": "THB"}]},
        {"files": None},
        {"files": [row(), row()]},
        {"files": [row(path="b"), row(path="a")]},
        {"files": [row(size=-1)]},
        {"files": [row(size="1")]},
        {"files": [row(size=1.0)]},
        {"files": [row(size=True)]},
        {"files": [row(sha256="0")]},
        {"files": [row(sha256="0" * 63 + "\n")]},
        {"files": [row(sha256=None)]},
        {"files": [{"path": "a", "size": 1}]},
    ],
)
def test_a_value_of_another_kind_is_damage(changes: dict[str, Any]) -> None:
    value = json.loads(COMPLETE.to_json()) | changes
    with pytest.raises(DamagedError, match="here: not a manifest") as caught:
        read_manifest(json.dumps(value).encode(), "here")
    assert caught.value.remedy


UNSAFE = [
    "",
    ".",
    "..",
    "/",
    "/a",
    "a/",
    "a//b",
    "./a",
    "a/..",
    "a/../../b",
    "a\\b",
    "a\nb",
    "a\x00",
    "\u202ea",
    "\ud800",
    "manifest.json",
    "SHA256SUMS",
    "manifests/0001.json",
    "manifests",
    "a" * 256,
    "a/" * 600 + "a",
]


@pytest.mark.parametrize("path", UNSAFE)
def test_a_path_that_leaves_the_revision_is_damage(path: str) -> None:
    value = json.loads(COMPLETE.to_json()) | {"files": [row(path=path)]}
    assert not is_safe_path(path)
    with pytest.raises(DamagedError, match="path"):
        read_manifest(json.dumps(value).encode(), "here")


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"null", b"{", b"\xff", b"[" * 100_000, b'{"schema": 1, "schema": 1}', b"1" * 10_000],
)
def test_what_is_no_json_object_is_damage(data: bytes) -> None:
    with pytest.raises(DamagedError, match="not a manifest"):
        read_manifest(data, "here")


@given(
    st.binary() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda v: json.dumps(v).encode())
)
def test_nothing_else_is_raised_whatever_the_bytes(data: bytes) -> None:
    with pytest.raises(DamagedError):
        read_manifest(data, "here")


NAMES = ("a", "b/c.pdf", "b/d_e-f", "ü", ".x", "b/.x", "..", "manifest.json", "SHA256SUMS", "manifests/a")
PATHS = st.lists(st.sampled_from(NAMES))
ROWS = PATHS.map(lambda paths: [row(path=path, size=place) for place, path in enumerate(sorted(paths))])


def _read_row_by_row(data: bytes) -> object:
    """The same, and no list of files is one to be read together."""
    with patch.object(manifests, "_PLAIN_FILES", re.compile(b"(?!)")):
        return _read(data)


def _read(data: bytes) -> object:
    try:
        return read_manifest(data, "here")
    except DamagedError as error:
        return error.message


@given(ROWS, st.randoms(use_true_random=False))
def test_rows_read_together_are_what_they_are_one_by_one(rows: list[dict[str, Any]], chance: Random) -> None:
    whole = json.loads(COMPLETE.to_json()) | {"files": rows}
    data = canonical_json(whole)
    assert _read(data) == _read_row_by_row(data)
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 4)):
        changed[chance.randrange(len(changed))] = chance.choice(b'"{}[],: \\a0\n')
    assert _read(bytes(changed)) == _read_row_by_row(bytes(changed))


def test_another_list_called_files_is_not_the_manifests() -> None:
    plain = json.loads(COMPLETE.to_json())
    own, other = canonical_json({**plain, "files": []}), canonical_json({"files": [row(path="hidden")]})
    nested = own.replace(b'"status"', b'"more": ' + other.rstrip() + b',\n  "status"', 1)
    assert b'\n  "files": [\n    {' in nested
    found = read_manifest(nested, "here")
    assert found.files == ()
