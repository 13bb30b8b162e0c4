"""A manifest that is a tree: every file is in one part, an account's are together, and nothing in it is believed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.archive.file_checks import check_files
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import (
    MANIFEST_PATH,
    SUMS_PATH,
    FileRecord,
    ManifestPart,
    read_manifest,
    read_part,
)
from chargeback.archive.manifest_parts import Parted, proof_of
from chargeback.archive.reading import Archive, selected_revisions
from chargeback.archive.store import ArchiveFolder
from chargeback.archive.verification import verify_files
from chargeback.errors import DamagedError
from chargeback.evidence import sha256_of
from chargeback.evidence.records import canonical_json
from chargeback.model.manifest_division import FILES_A_MANIFEST, divided, part_path, place_of
from chargeback.publish.pages.file_links import file_groups
from tests.kit.archives import FILES, STARTED, QuickFileSystem, manifest, seal, write_archive

SHA = "0" * 64
ACCOUNTS = [f"ba_{number}" for number in range(6)]
PATHS = st.sets(
    st.sampled_from(
        [
            "config.toml",
            "evidence/index.json",
            "evidence/run.json",
            "index.html",
            *(f"ledgers/{name}.csv" for name in "abcdefgh"),
            *(f"evidence/{account}/{name}.json" for account in ACCOUNTS for name in "abcd"),
            *(f"invoices/{account}/{name}.pdf" for account in ACCOUNTS for name in "xy"),
        ]
    ),
    min_size=1,
)


def records(paths: set[str]) -> list[FileRecord]:
    return [FileRecord(path, number, SHA) for number, path in enumerate(sorted(paths))]


class Tree:
    """A tree as it is written, and read back, with the parts that were read."""

    def __init__(self, files: list[FileRecord], most: int) -> None:
        self.written = dict(proof_of(manifest(), files, most))
        self.manifest = read_manifest(self.written[MANIFEST_PATH], "here")
        self.asked: list[str] = []
        self.records = Parted(self.manifest.parts, self.read)

    def read(self, part: ManifestPart) -> dict[str, FileRecord]:
        self.asked.append(part.path)
        return {record.path: record for record in read_part(self.written[part.path], "here", part)}


@given(PATHS, st.integers(1, 12))
def test_every_file_is_in_one_part_and_an_account_in_one_where_it_fits(paths: set[str], most: int) -> None:
    parts = list(divided(paths, most))
    assert [path for part in parts for path in part] == sorted(paths, key=place_of)
    assert all(0 < len(part) <= most for part in parts)
    for account in ACCOUNTS:
        own = {path for path in paths if path.split("/")[1:2] == [account]}
        holding = [part for part in parts if own & set(part)]
        assert len(own) > most or len(holding) <= 1


@given(PATHS, st.integers(1, 12))
def test_a_path_is_found_as_in_one_manifest(paths: set[str], most: int) -> None:
    files = records(paths)
    tree = Tree(files, most)
    if len(files) <= most:
        assert tree.manifest.files == tuple(files) and not tree.manifest.parts
        return
    assert dict(tree.records) == {each.path: each for each in files}
    assert len(tree.records) == len(files)
    absent = {"", "a", "evidence/ba_2/zz.json", "evidence/ba_20/a.json", "zz", "ledgers/zz.csv", *paths}
    assert {path for path in absent if path in tree.records} == paths
    for each in files:
        tree.asked.clear()
        assert tree.records[each.path] == each
        assert len(tree.asked) <= 1, "one path needs one part"


def test_few_parts_are_kept_in_memory() -> None:
    tree = Tree(records({f"evidence/ba_{number:03}/a.json" for number in range(100)}), 10)
    for _ in range(2):
        assert len(list(tree.records)) == 100
    assert len(tree.asked) == 20, "what was read ten parts ago is read again"
    for number in range(97, 100):
        assert f"evidence/ba_{number:03}/a.json" in tree.records
    assert len(tree.asked) == 20, "what was read just now is not"


@pytest.mark.parametrize(("count", "parts"), [(FILES_A_MANIFEST, 0), (FILES_A_MANIFEST + 1, 2)])
def test_a_month_of_up_to_five_thousand_files_has_one_manifest(count: int, parts: int) -> None:
    files = [FileRecord(f"evidence/ba_{number:05}/a.json", 1, SHA) for number in range(count)]
    written = dict(proof_of(manifest(), files, FILES_A_MANIFEST))
    assert len(written) == parts + 2
    value = json.loads(written[MANIFEST_PATH])
    assert (value["schema"], "files" in value, len(value.get("parts", []))) == (2 if parts else 1, not parts, parts)
    assert written[SUMS_PATH].count(b"\n") == count + parts + 1


def test_a_tree_is_as_the_interface_says() -> None:
    files = [FileRecord(path, 3, SHA) for path in ("config.toml", "evidence/1042/a.json", "invoices/1042/b.pdf")]
    written = dict(proof_of(manifest(), files, 2))
    first, second = written["manifests/0001.json"], written["manifests/0002.json"]
    assert json.loads(second) == {
        "schema": 2,
        "files": [
            {"path": "evidence/1042/a.json", "size": 3, "sha256": SHA},
            {"path": "invoices/1042/b.pdf", "size": 3, "sha256": SHA},
        ],
    }
    value = json.loads(written[MANIFEST_PATH])
    assert value == {
        "schema": 2,
        "period": "2026-05",
        "revision": 1,
        "status": "reconciled",
        "version": "0.1.0",
        "created": "2026-06-03T01:00:00Z",
        "endpoint": "https://api.deploys.app/",
        "previous": None,
        "totals": [{"currency": "THB", "net": "100.00", "tax": "7.00", "gross": "107.00"}],
        "parts": [
            {
                "path": "manifests/0001.json",
                "size": len(first),
                "sha256": sha256_of(first),
                "files": 1,
                "first": "config.toml",
                "last": "config.toml",
            },
            {
                "path": "manifests/0002.json",
                "size": len(second),
                "sha256": sha256_of(second),
                "files": 2,
                "first": "evidence/1042/a.json",
                "last": "invoices/1042/b.pdf",
            },
        ],
    }
    assert written[SUMS_PATH].decode().splitlines() == [
        f"{sha256_of(written[MANIFEST_PATH])}  manifest.json",
        f"{sha256_of(first)}  manifests/0001.json",
        f"{sha256_of(second)}  manifests/0002.json",
        *(f"{SHA}  {each.path}" for each in files),
    ]


# Hostile trees


def put(path: Path, data: bytes) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


def forged(root: Path, change: Any) -> None:
    """A tree that somebody changed who can write the archive: the parts' sizes and checksums fit what lies there.

    ``change`` gets the manifest's value and those of the parts, and changes them in place.
    """
    value = json.loads((root / MANIFEST_PATH).read_bytes())
    parts = [json.loads((root / row["path"]).read_bytes()) for row in value["parts"]]
    rows = copy.deepcopy(value["parts"])
    change(value, parts)
    for number, (row, part) in enumerate(zip(rows, parts, strict=True)):
        data = canonical_json(part)
        put(root / row["path"], data)
        proof = {"size": len(data), "sha256": sha256_of(data)}
        for named in value["parts"] if isinstance(value["parts"], list) else ():
            if isinstance(named, dict) and named.get("sha256") == rows[number]["sha256"]:
                named |= {key: proof[key] for key in proof if named.get(key) == rows[number][key]}
    put(root / MANIFEST_PATH, canonical_json(value))


def both(value: Any, parts: Any, path: str) -> None:
    """A path at the end of the first part, which the second one has too or which belongs behind it."""
    parts[0]["files"][-1] = {"path": path, "size": 1, "sha256": SHA}
    value["parts"][0]["last"] = path


HOSTILE = {
    "no parts": lambda value, parts: value.update(parts=[]),
    "parts that are none": lambda value, parts: value.update(parts={}),
    "the same part twice": lambda value, parts: value["parts"].__setitem__(1, value["parts"][0]),
    "the same part again": lambda value, parts: value["parts"].append(value["parts"][-1]),
    "parts in another order": lambda value, parts: value["parts"].reverse(),
    "a part that is left out": lambda value, parts: value["parts"].pop(1),
    "a part outside": lambda value, parts: value["parts"][0].update(path="../manifests/0001.json"),
    "a part by another name": lambda value, parts: value["parts"][0].update(path="manifests/1.json"),
    "the manifest as a part": lambda value, parts: value["parts"][0].update(path=MANIFEST_PATH),
    "a gigantic part": lambda value, parts: value["parts"][0].update(size=10**18),
    "an endless part": lambda value, parts: value["parts"][0].update(size=10**4000),
    "an empty part": lambda value, parts: value["parts"][0].update(size=0),
    "a size that is none": lambda value, parts: value["parts"][0].update(size=True),
    "a gigantic count": lambda value, parts: value["parts"][0].update(files=10**30),
    "a count of none": lambda value, parts: value["parts"][0].update(files=0),
    "another count": lambda value, parts: value["parts"][0].update(files=2),
    "an end before the beginning": lambda value, parts: value["parts"][0].update(last="a"),
    "an end that escapes": lambda value, parts: value["parts"][0].update(last="../../x"),
    "an end that is no text": lambda value, parts: value["parts"][0].update(first=None),
    "an end that is not there": lambda value, parts: value["parts"][0].update(first="a"),
    "ranges that overlap": lambda value, parts: value["parts"][0].update(last=value["parts"][1]["last"]),
    "ranges that overlap in a part": lambda value, parts: both(value, parts, value["parts"][1]["last"]),
    "a path in two parts": lambda value, parts: both(value, parts, value["parts"][1]["first"]),
    "a path twice": lambda value, parts: parts[0]["files"].__setitem__(1, parts[0]["files"][0]),
    "paths in another order": lambda value, parts: parts[0]["files"].reverse(),
    "a path in another's part": lambda value, parts: parts[0]["files"].append(parts[1]["files"][0]),
    "a path that escapes": lambda value, parts: parts[0]["files"][1].update(path="config.toml/../../../x"),
    "a part within a part": lambda value, parts: parts[0]["files"][1].update(path="manifests/0002.json"),
    "files that are none": lambda value, parts: parts[0].update(files=None),
    "no files": lambda value, parts: parts[0].update(files=[]),
    "a part of schema 1": lambda value, parts: parts[0].update(schema=1),
    "a part of a later schema": lambda value, parts: parts[0].update(schema=3),
    "a size without end": lambda value, parts: parts[0]["files"][1].update(size=-1),
}


@pytest.fixture
def sealed(root: Path, tree: None) -> Path:
    return write_archive(root, "2026-05").revisions()[0].root


def read_all(archive: Path) -> Iterator[bytes]:
    (revision,) = Archive(archive).revisions()
    for path in revision.records:
        yield revision.read(path)


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_tree_is_damage_in_one_line_for_who_reads_and_who_verifies(
    root: Path, sealed: Path, change: Any
) -> None:
    forged(sealed, change)
    with pytest.raises(DamagedError) as caught:
        list(read_all(root))
    assert caught.value.exit_code == 7
    assert caught.value.message.isprintable() and len(caught.value.message) < 400
    assert "manifest" in caught.value.message
    assert not verify_files(selected_revisions(root)).sound


def test_the_forger_himself_changes_nothing(root: Path, sealed: Path) -> None:
    forged(sealed, lambda value, parts: None)
    assert len(list(read_all(root))) == 10
    assert verify_files(selected_revisions(root)).sound


VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 1, 10**30, 1e308, "", "NaN", "a", "manifests/0001.json", "../x", "evidence/ba_1/b.json", [], {},
    [None], {"": {}},
)  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def changed_at_random(dice: Random, value: Any, parts: Any) -> None:
    """A value replaced, left out, doubled, or exchanged with another of its list."""
    whole = {"parts": value["parts"], **{f"part {number}": part for number, part in enumerate(parts)}}
    path = dice.choice(list(places(whole))[1:])
    parent: Any = whole
    for key in path[:-1]:
        parent = parent[key]
    kind = dice.random()
    if isinstance(parent, list) and kind < 0.4:
        other = dice.randrange(len(parent))
        parent[path[-1]], parent[other] = parent[other], parent[path[-1]]
    elif isinstance(parent, list) and kind < 0.6:
        parent.insert(path[-1], copy.deepcopy(parent[dice.randrange(len(parent))]))
    elif parent is not whole and kind < 0.7:
        del parent[path[-1]]
    elif parent is not whole:
        parent[path[-1]] = dice.choice(VALUES)


def test_a_tree_changed_at_random_is_damage_or_says_the_same(root: Path, sealed: Path) -> None:
    dice, ended = Random(20), {"damage": 0, "same": 0}
    kept = {path.relative_to(sealed): path.read_bytes() for path in sealed.rglob("*.json")}
    whole = set(read_all(root))
    for _ in range(400):
        forged(sealed, lambda value, parts: changed_at_random(dice, value, parts))
        try:
            assert set(read_all(root)) == whole
            ended["same"] += 1
        except DamagedError as error:
            assert error.message.isprintable()
            assert not verify_files(selected_revisions(root)).sound
            ended["damage"] += 1
        for path, data in kept.items():
            put(sealed / path, data)
    assert ended["damage"] > 200, ended


# What is damaged is named


def findings(root: Path) -> list[tuple[str, str]]:
    (revision,) = Archive(root).revisions()
    return [(each.path.removeprefix("2026-05/r1/"), each.kind.value) for each in check_files(revision)]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_damaged_part_is_named_alone_and_the_others_are_proved(root: Path, sealed: Path, number: int) -> None:
    path = sealed / part_path(number)
    data = path.read_bytes()
    put(path, data.replace(b'"size"', b'"Size"', 1))
    (sealed / "index.html").chmod(0o640)
    (sealed / "index.html").write_bytes(b"another page")
    (sealed / "zz").touch()
    others = [("index.html", "wrong size")] if number != 2 else []
    assert findings(root) == sorted([*others, (part_path(number), "changed"), ("zz", "added")])
    put(path, data[:-1])
    assert (part_path(number), "wrong size") in findings(root)
    path.unlink()
    assert (part_path(number), "missing") in findings(root)


@pytest.mark.parametrize(("accounts", "parts"), [(2_498, 0), (2_499, 2), (7_000, 3)])
def test_the_month_s_page_names_the_parts_that_are_written_after_it(accounts: int, parts: int) -> None:
    paths = {"config.toml", "ledgers/all.csv", "ledgers/all.xlsx"}
    paths |= {f"evidence/{each}/{name}.json" for each in range(accounts) for name in ("billing.get", "billing.report")}
    files = [FileRecord(path, 1, "0" * 64) for path in sorted({*paths, "index.html"})]
    written = [path for path, _ in proof_of(manifest(), files, FILES_A_MANIFEST)][:-2]
    assert len(written) == parts
    links = [link.href for group in file_groups(paths) for folder in group.folders for link in folder.links]
    assert [href for href in links if href.startswith("manifests/")] == written
    assert len(links) == len(paths) + parts + len((MANIFEST_PATH, SUMS_PATH))


def test_every_file_of_a_tree_is_read_once(root: Path, sealed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (revision,) = Archive(root).revisions()
    asked: list[str] = []
    for name in ("open", "read"):
        way = getattr(ArchiveFolder, name)
        monkeypatch.setattr(
            ArchiveFolder, name, lambda self, path, *more, way=way: asked.append(path) or way(self, path, *more)
        )
    assert check_files(revision) == ()
    present = {str(path.relative_to(sealed)) for path in sealed.rglob("*") if path.is_file()}
    assert sorted(asked) == sorted(present - {MANIFEST_PATH}), "a bucket is asked for each of them"


def test_a_part_too_many_is_named(root: Path, sealed: Path) -> None:
    (sealed / "manifests/0005.json").write_bytes((sealed / "manifests/0004.json").read_bytes())
    assert findings(root) == [("manifests/0005.json", "added")]


def test_litter_is_told_though_a_part_is_damaged(root: Path, sealed: Path) -> None:
    (sealed / ".DS_Store").touch()
    (sealed / part_path(4)).unlink()
    layer = verify_files(selected_revisions(root))
    assert [each.path for each in layer.findings] == ["2026-05/r1/manifests/0004.json"]
    assert "2026-05/r1/.DS_Store" in layer.note


def test_who_reads_one_file_needs_one_part(root: Path, sealed: Path) -> None:
    for number in (1, 2, 3):
        (sealed / part_path(number)).unlink()
    (revision,) = Archive(root).revisions()
    path = "evidence/ba_1/billing.report.json"
    assert revision.read(path) == FILES[path]
    with pytest.raises(DamagedError, match=r"manifests/0001\.json: missing"):
        revision.read("config.toml")


def test_the_head_is_that_of_the_whole_tree(root: Path, tree: None) -> None:
    one = write_archive(root, "2026-05").revisions()[0]
    other = write_archive(root.parent / "other", "2026-05").revisions()[0]
    assert one.sha256 == other.sha256
    with open_for_writing(root.parent / "third", started=STARTED, file_system=QuickFileSystem()) as writer:
        third = seal(writer, files={**FILES, "ledgers/all.csv": b"another"})
    assert third.sha256 != one.sha256


def test_what_is_collected_may_not_take_the_place_of_a_part(root: Path, tree: None) -> None:
    with (
        open_for_writing(root, started=STARTED, file_system=QuickFileSystem()) as writer,
        writer.stage() as staging,
        pytest.raises(ValueError, match="not a path within a revision"),
    ):
        staging.add("manifests/0001.json", b"{}")


def test_parts_are_checked_by_whoever_divides_them(root: Path, sealed: Path) -> None:
    (revision,) = Archive(root).revisions()
    put(sealed / "ledgers/all.csv", b"changed")
    asked: list[int] = []

    def backwards(check: Any, parts: Any) -> Iterator[Any]:
        asked.append(len(parts))
        return reversed([check(part) for part in reversed(parts)])

    assert [each.path for each in check_files(revision, divide=backwards)] == ["2026-05/r1/ledgers/all.csv"]
    assert asked == [4]
