"""One boundary: what a decoder raises over archived bytes is damage of that file; other causes stay what they are."""

from __future__ import annotations

import csv
import errno
import re
import zipfile
import zlib
from pathlib import Path

import msgspec
import pytest
from lxml import etree

import chargeback
from chargeback.archive.boundary import interpreting
from chargeback.errors import (
    AnswerError,
    ChargebackError,
    ConfigurationError,
    DamagedError,
    InterruptedRunError,
    SchemaError,
    StorageError,
)
from tests.kit.archives import write_archive

WHERE = Path("archive/2026-05/r1/ledgers/web.xlsx")


@pytest.mark.parametrize(
    "error",
    [
        zlib.error("Error -3 while decompressing data"),
        zipfile.BadZipFile("File is not a zip file"),
        etree.XMLSyntaxError("no element", 1, 1, 1),
        msgspec.ValidationError("Expected `int`"),
        RecursionError("maximum recursion depth exceeded"),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        csv.Error("line contains NUL"),
        EOFError("Compressed file ended"),
        NotImplementedError("compression type 99"),
        RuntimeError("File is encrypted"),
        OSError(22, "Invalid argument"),
        StopIteration(),
        AssertionError(),
        KeyError("checks"),
        AnswerError("evidence/run.json: not a run record"),
        ConfigurationError("config.toml: not valid TOML"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_is_raised_is_damage_of_the_file(error: Exception) -> None:
    with pytest.raises(DamagedError) as raised, interpreting(WHERE):
        raise error
    assert str(raised.value).startswith(f"{WHERE}: ")
    assert (raised.value.exit_code, bool(raised.value.remedy)) == (7, True)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "error",
    [
        StorageError("disk"),
        SchemaError("schema 2"),
        InterruptedRunError("stop"),
        MemoryError(),
        ImportError("lib.so: failed to map segment from shared object"),
        OSError(errno.EMFILE, "Too many open files"),
        KeyboardInterrupt(),
        SystemExit(),
    ],
)
def test_what_is_no_damage_stays_what_it_is(error: BaseException) -> None:
    with pytest.raises(type(error)) as raised, interpreting(WHERE):
        raise error
    assert raised.value is error


def test_damage_that_names_its_file_keeps_the_name() -> None:
    with pytest.raises(DamagedError, match=r"^elsewhere$"), interpreting(WHERE):
        raise DamagedError("elsewhere")


def test_a_decoder_gets_proved_bytes_or_is_not_called_at_all(root: Path) -> None:
    (revision,) = write_archive(root, "2026-05").revisions()
    assert revision.interpret("config.toml", bytes.decode).startswith("archive")
    path = revision.root / "config.toml"
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().swapcase())
    called: list[bytes] = []
    with pytest.raises(DamagedError, match=r"config\.toml: not the bytes"):
        revision.interpret("config.toml", called.append)
    assert called == []


def test_a_newer_schema_names_the_revision_and_is_no_damage(root: Path) -> None:
    (revision,) = write_archive(root, "2026-05").revisions()

    def newer(data: bytes) -> None:
        raise SchemaError("evidence/run.json: schema 2, this version reads 1", remedy="upgrade chargeback")

    with pytest.raises(SchemaError, match="r1: evidence/run") as raised:
        revision.interpret("config.toml", newer)
    assert (raised.value.exit_code, raised.value.remedy) == (ChargebackError.exit_code + 1, "upgrade chargeback")


DECODERS = re.compile(
    r"json\.loads?\(|(?<!def )read_table\(|msgspec\.(json\.decode|convert)\("
    r"|csv\.(DictR|r)eader\(|load_workbook\(|\bZipFile\(|etree\.(fromstring|parse|iterparse)\("
)
MAY_DECODE = {
    # what the platform, a person or the sandbox says: no archived files
    "collect", "config", "sandbox", "operate/doctor/platform.py", "evidence/gate.py",
    # read within the boundary: each reader is handed to Revision.interpret, or is called within interpreting()
    "evidence/typed_json.py", "archive/registers.py", "archive/pending.py", "archive/manifest.py", "job/csv_rows.py",
    "job/reperformance.py", "publish/exports/journal_csv.py", "publish/xlsx/reading.py",
    "operate/usage/snapshot.py", "archive/commits.py", "archive/object_store.py",
    "archive/deliveries.py",
    "publish/workpaper/sources.py", "model/answers.py",
    "model/spreadsheet_text.py",  # read_table, which is called within interpreting()
    "model/erp_profile.py",  # a user's profile, as run.json keeps it: where the files are made again
    # no part of the proof, and nothing where it cannot be read
    "archive/locked_archive.py", "operate/notify/__init__.py",
}  # fmt: skip


def test_nobody_else_decodes_what_is_archived() -> None:
    """A decoder in a new place is a place that the boundary does not cover: put it behind ``Revision.interpret``."""
    package = Path(chargeback.__file__).parent
    found = {
        str(path.relative_to(package)) for path in package.rglob("*.py") if DECODERS.search(path.read_text("utf-8"))
    }
    strangers = {path for path in found if path not in MAY_DECODE and path.split("/")[0] not in MAY_DECODE}
    assert strangers == set()
    assert {path for path in MAY_DECODE if path.endswith(".py")} <= found
    assert "evidence/typed_json.py" in found
