"""Archives damaged and forged at random: every command that reads one ends in its table, and damage is always named.

Two kinds of attack on one file of the newest revision: *damage* (bits flipped, bytes cut, filled or swapped, checksums
as they were) and *forgery* (a value of a JSON file, a cell, a line of the configuration, a part of a workbook replaced
by something hostile, and every checksum mended). Damage must be exit 7 with the file's name; a forgery must never be
exit 1, whatever it makes of the figures.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import random
import shutil
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chargeback.archive.manifest import MANIFEST_PATH, SUMS_PATH
from chargeback.archive.staging import Staging
from chargeback.evidence import sha256_of
from chargeback.evidence.records import canonical_json
from chargeback.model.manifest_division import PARTS_FOLDER

from ..cli.calling import call
from ..conftest import SHAPES
from ..job.test_verify import resealed
from ..year import frozen

TRIALS, NIGHTLY_TRIALS = 20, 750
"""For each shape of a manifest."""
REVISION = "2026-04/r2"
ALLOWED = (0, 2, 3, 7)
COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "show": ("show", "2026-04"),
    "explain": ("explain", "2026-04", "line:1"),
    "explain team": ("explain", "2026-04", "team:data"),
    "diff": ("diff", "2026-04"),
    "plan": ("plan", "-p", "2026-04"),
    "verify": ("verify",),
}
HOSTILE: tuple[Any, ...] = (
    None, True, -1, 0, 10**30, 1e308, "", "NaN", "Infinity", "1e999999999", "-0", "２", "=1+1", "\x00", "\u202e",
    "../../../etc/passwd", "x" * 70_000, "2026-13", "9999-12", "0000-00", [], {}, [[]], [None], {"": {}}, [1] * 1000,
)  # fmt: skip


@pytest.fixture(scope="module", params=SHAPES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose newest revision restates its month, with its configuration beside it; each manifest is one, or a
    tree."""
    root = tmp_path_factory.mktemp("forged")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Staging, "files_a_manifest", 10 * SHAPES[request.param])
        archive = frozen.make(root).archive
    shutil.rmtree(archive / "2026-05")
    shutil.copy(archive / REVISION / "config.toml", root / "used.toml")
    return root


@dataclass
class Tally:
    """How the calls of one kind of attack ended."""

    tried: int = 0
    exits: Counter[int] = field(default_factory=Counter)
    failed: list[str] = field(default_factory=list)


def own_copy(made: Path, folder: Path) -> Path:
    """The archive again, by links; what is changed is replaced."""
    shutil.copytree(made / "archive", folder, copy_function=os.link)
    return folder


def put(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


def mend(revision: Path) -> None:
    for path in (revision / MANIFEST_PATH, revision / SUMS_PATH):
        put(path, path.read_bytes())
    resealed(revision)


# Damage: what happens to bytes.


def flipped(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << dice.randrange(8)]) + data[at + 1 :]


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data))]


def filled(data: bytes, dice: random.Random) -> bytes:
    at = dice.randrange(len(data))
    return data[:at] + dice.randbytes(min(64, len(data) - at)) + data[at + 64 :]


def longer(data: bytes, dice: random.Random) -> bytes:
    return data + dice.randbytes(dice.randrange(1, 100))


DAMAGE = (flipped, cut, filled, longer)


# Forgery: what somebody does who can write the archive.


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def forged_json(data: bytes, dice: random.Random) -> bytes:
    """One value replaced, left out or there twice; now and then the whole text is."""
    if dice.random() < 0.1:
        return dice.choice((b"", b"null", b"[" * 100_000, b"\xff\xfe", b'{"schema": 99}', b"{}", b"[]", b'"x"'))
    value = json.loads(data)
    path = dice.choice(list(places(value)))
    if not path:
        return json.dumps(dice.choice(HOSTILE)).encode()
    parent = value
    for key in path[:-1]:
        parent = parent[key]
    if dice.random() < 0.2:
        del parent[path[-1]]
    else:
        parent[path[-1]] = dice.choice(HOSTILE)
    return (json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode()


def forged_csv(data: bytes, dice: random.Random) -> bytes:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    row = dice.choice(rows)
    if row:
        row[dice.randrange(len(row))] = str(dice.choice(HOSTILE))
    if dice.random() < 0.2:
        row.append("more")
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def forged_config(data: bytes, dice: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = dice.randrange(len(lines))
    lines[at] = dice.choice(
        (b"", b"x = 1\n", b"[[teams]]\n", b'archive = "/etc"\n', b"\xff\n", b"a" + b".a" * 50 + b" = 1\n")
    )
    return b"".join(lines)


def forged_workbook(data: bytes, dice: random.Random) -> bytes:
    if dice.random() < 0.3:
        return dice.choice((flipped, cut, filled))(data, dice)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        chosen = dice.choice(old.namelist())
        for name in old.namelist():
            part = old.read(name)
            new.writestr(name, dice.choice((flipped, cut, filled))(part, dice) if name == chosen else part)
    return buffer.getvalue()


def forge(path: str, data: bytes, dice: random.Random) -> bytes:
    """A forgery that suits the file."""
    forgers: dict[str, Callable[[bytes, random.Random], bytes]] = {
        ".json": forged_json, ".csv": forged_csv, ".toml": forged_config, ".xlsx": forged_workbook
    }  # fmt: skip
    return forgers.get(Path(path).suffix, filled)(data, dice)


def forge_in(revision: Path, path: str, dice: random.Random) -> None:
    """The file forged and every checksum mended: the manifest's, the sums', and of an answer the index's."""
    data = forge(path, (revision / path).read_bytes(), dice)
    put(revision / path, data)
    if path == MANIFEST_PATH:
        return
    if path.startswith(PARTS_FOLDER):  # the manifest names it as it is now
        value = json.loads((revision / MANIFEST_PATH).read_bytes())
        for part in value["parts"]:
            if part["path"] == path:
                part |= {"size": len(data), "sha256": sha256_of(data)}
        put(revision / MANIFEST_PATH, canonical_json(value))
        return
    index_path = revision / "evidence/index.json"
    if path.startswith("evidence/") and path not in ("evidence/index.json", "evidence/run.json"):
        index = json.loads(index_path.read_bytes())
        for row in index:
            if row["path"] == path:
                row |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        put(index_path, (json.dumps(index, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode())
    mend(revision)


def files_of(revision: Path) -> list[str]:
    return sorted(str(path.relative_to(revision)) for path in revision.rglob("*") if path.is_file())


def run_commands(archive: Path, config: Path, tally: Tally, what: str) -> dict[str, tuple[int, str]]:
    """Every command, none of which may end otherwise than in the table."""
    ended = {}
    for name, arguments in COMMANDS.items():
        place = (archive / REVISION,) if name == "verify" else ("--archive", archive, "-c", config)
        called = call(*arguments, *place)
        tally.tried += 1
        tally.exits[called.exit] += 1
        ended[name] = (called.exit, called.out + called.err)
        if called.exit not in ALLOWED or "Traceback" in called.err:
            tally.failed.append(f"{what}: {name} ended with {called.exit}: {called.err[-300:]}")
    return ended


JSON_FILES = (
    MANIFEST_PATH,
    "evidence/index.json",
    "evidence/run.json",
    "reconciliation/reconciliation.json",
    "reconciliation/month.json",
)


def chosen_path(paths: list[str], dice: random.Random) -> str:
    """Half of the time one of the files that every command reads."""
    parts = [path for path in paths if path.startswith(PARTS_FOLDER)]
    return dice.choice([*JSON_FILES, *parts[:2]]) if dice.random() < 0.5 else dice.choice(paths)


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> int:
    return NIGHTLY_TRIALS if request.config.getoption("--nightly") else TRIALS


def tell(tally: Tally, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What the note reports: tried, how they ended, failed."""
    ends = ", ".join(f"exit {code}: {count}" for code, count in sorted(tally.exits.items()))
    with capsys.disabled():
        print(f"[{what}: {tally.tried} calls, {ends}; {len(tally.failed)} failed]", end="")


def test_damage_is_always_exit_7_and_names_the_file(
    made: Path, tmp_path: Path, trials: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, dice = Tally(), random.Random(18)
    for number in range(trials):
        archive = own_copy(made, tmp_path / str(number))
        path, attack = chosen_path(files_of(archive / REVISION), dice), dice.choice(DAMAGE)
        before = (archive / REVISION / path).read_bytes()
        after = attack(before, dice) if before else b"x"
        if after == before:
            continue
        put(archive / REVISION / path, after)
        what = f"{number} {attack.__name__} {path}"
        ended = run_commands(archive, made / "used.toml", tally, what)
        code, said = ended["verify"]
        if code != 7 or (path not in said and path != SUMS_PATH and path != MANIFEST_PATH):
            # A manifest may be damaged so that it says to be a newer version's.
            tally.failed.append(f"{what}: verify ended with {code} and said {said[-300:]}")
        shutil.rmtree(archive)
    tell(tally, "damaged", capsys)
    assert tally.tried >= trials
    assert tally.failed == [], "\n".join(tally.failed)


def test_a_forgery_under_mended_checksums_never_crashes_a_command(
    made: Path, tmp_path: Path, trials: int, capsys: pytest.CaptureFixture[str]
) -> None:
    tally, dice = Tally(), random.Random(2026)
    for number in range(trials):
        archive = own_copy(made, tmp_path / str(number))
        path = chosen_path(files_of(archive / REVISION), dice)
        if path == SUMS_PATH:
            path = "evidence/run.json"
        forge_in(archive / REVISION, path, dice)
        run_commands(archive, made / "used.toml", tally, f"{number} {path}")
        shutil.rmtree(archive)
    tell(tally, "forged", capsys)
    assert tally.tried >= trials
    assert tally.failed == [], "\n".join(tally.failed)
    assert tally.exits[7] > tally.tried // 4, "forgeries are found"
