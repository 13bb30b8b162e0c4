"""One archive, whatever it lies in: a folder, the client's memory, an S3 server, with and without versions.

What holds for a folder holds everywhere: a revision is there whole or not at all, of two runs one wins, nothing that
proves anything is ever replaced.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import asdict

from chargeback.archive import bucket as bucket_module
from chargeback.archive.bucket import Bucket, WrittenObject, open_bucket
from chargeback.archive.bucket_process import BucketError
from chargeback.archive.chain import Base
from chargeback.archive.commits import Commits, list_json, list_path, orphans
from chargeback.archive.file_checks import FileFindingKind, check_files
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.manifest import ManifestPart
from chargeback.archive.no_follow import OversizedError
from chargeback.archive.object_store import ObjectStore
from chargeback.archive.object_writer import ObjectWriter
from chargeback.archive.pending import pending_reports
from chargeback.archive.reading import Archive, cover_path
from chargeback.archive.registers import append_signature, read_signatures
from chargeback.archive.rehearsal import rehearse_bucket
from chargeback.archive.staging import Staging
from chargeback.config.address import Address, Place
from chargeback.errors import ConfigurationError, DamagedError, LockedError, StorageError
from chargeback.evidence import sha256_of
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName, Signature
from chargeback.model.manifest_division import divided
from tests.conftest import SHAPES
from tests.kit.archives import FILES, REPORT, STARTED, answer, seal
from tests.kit.azure_server import CONTAINER
from tests.kit.s3_proxy import LostReplies, proxied
from tests.kit.s3_server import PLAIN, READER_ID, READER_SECRET, VERSIONED, S3Server
from tests.kit.some import some

obstore = pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")

MAY = Period(2026, 5)
KINDS = ("folder", "memory", "s3", "s3 with versions", "azure")
BUCKETS = KINDS[1:]
STEPS = [
    (shape, mark)
    for mark in (
        "config.toml",
        "manifests/0002.json",
        "SHA256SUMS",
        "manifest.json",
        "versions/0002.json",
        "chain/1.json",
    )
    for shape in SHAPES
    if shape == "tree" or mark.partition("/")[0] not in ("manifests", "versions")
]
"""Objects of a revision, in the order in which they are created; lists of versions where the bucket keeps some."""


@pytest.fixture
def at(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Place]:
    """An empty place of a kind."""

    def place(kind: str) -> Place:
        if kind == "folder":
            return tmp_path / "archive"
        if kind == "memory":
            memory = obstore.store.MemoryStore()
            monkeypatch.setattr(bucket_module, "_client", lambda *arguments, **options: memory)
            return Address(f"s3://memory/{secrets.token_hex(6)}/bills")
        if kind == "azure":
            request.getfixturevalue("azure")
            return Address(f"az://{CONTAINER}/{secrets.token_hex(6)}/bills")
        request.getfixturevalue("s3")
        name = VERSIONED if kind.endswith("versions") else PLAIN
        return Address(f"s3://{name}/{secrets.token_hex(6)}/bills")

    return place


@pytest.fixture(params=KINDS)
def root(request: pytest.FixtureRequest, at: Callable[[str], Place], shape: str) -> Place:
    """An empty archive of each kind."""
    return at(request.param)


@pytest.fixture(params=BUCKETS)
def bucket(request: pytest.FixtureRequest, at: Callable[[str], Place]) -> Bucket:
    """An empty bucket of each kind."""
    place = at(request.param)
    assert isinstance(place, Address)
    return open_bucket(place)


def archive_of(root: Place, *periods: str) -> Archive:
    for period in periods:
        with open_for_writing(root, started=STARTED) as writer:
            seal(writer, period)
    return Archive(root, Base())


def objects_of(root: Place) -> list[str]:
    assert isinstance(root, Address)
    return [listed.key for listed in open_bucket(root).objects()]


# Whatever it lies in


def test_an_empty_place_is_an_empty_archive(root: Place) -> None:
    archive = Archive(root, Base())
    assert (archive.names(), archive.periods(), archive.head(), archive.strangers()) == ((), (), None, ())
    assert read_signatures(root) == ()
    assert pending_reports(archive.store).read(MAY) == {}


def test_a_sealed_revision_is_read_back_whole(root: Place) -> None:
    archive = archive_of(root, "2026-05")
    (revision,) = archive.revisions()
    assert {path: revision.read(path) for path in FILES} == FILES
    assert check_files(revision) == ()
    assert revision.evidence().store.read("evidence/ba_1/billing.report.json") == REPORT
    with revision.open("ledgers/all.csv") as file:
        assert file.read() == FILES["ledgers/all.csv"]
    assert archive.strangers() == ()


def test_months_and_revisions_follow_each_other(root: Place) -> None:
    archive = archive_of(root, "2026-05", "2026-04", "2026-05")
    assert [str(name) for name in archive.names()] == ["2026-04/r1", "2026-05/r1", "2026-05/r2"]
    assert [str(link.name) for link in archive.sound_chain().order] == ["2026-05/r1", "2026-04/r1", "2026-05/r2"]
    latest = archive.latest(MAY)
    assert latest is not None
    assert latest.name.number == 2


def test_one_archive_has_the_same_bytes_wherever_it_lies(at: Callable[[str], Place]) -> None:
    heads = {kind: archive_of(at(kind), "2026-05", "2026-06").head() for kind in KINDS[:2]}
    assert len({head.sha256 for head in heads.values() if head}) == 1


def test_what_stands_beside_the_revisions_is_replaced(root: Place) -> None:
    with open_for_writing(root, started=STARTED) as writer:
        assert writer.replace("index.html", b"<!doctype html>one")
        assert not writer.replace("index.html", b"<!doctype html>one")
        assert writer.replace("index.html", b"<!doctype html>two")
        writer.append("usage/2026-06.csv", b"day\r\n", b"1\r\n")
        writer.append("usage/2026-06.csv", b"day\r\n", b"2\r\n")
    store = Archive(root).store
    assert store.read("index.html", 100) == b"<!doctype html>two"
    assert store.read("usage/2026-06.csv", 100) == b"day\r\n1\r\n2\r\n"
    with pytest.raises(OversizedError):
        store.read("index.html", 3)
    with open_for_writing(root, started=STARTED) as writer:
        writer.replace(".told.json", b"{}")
        writer.replace("lost.txt", b"")
    assert Archive(root).strangers() == ("lost.txt",)


def test_a_file_may_have_any_name_that_a_revision_allows(root: Place) -> None:
    odd = {"invoices/ba_1/INV 2026#9 + ก%20~é&=.pdf": b"%PDF-1.7\n", "ledgers/a%2Fb.csv": b"x"}
    with open_for_writing(root, started=STARTED) as writer:
        revision = seal(writer, files={**FILES, **odd})
    assert {path: revision.read(path) for path in odd} == odd
    assert check_files(revision) == ()


def test_signatures_are_kept_in_their_order(root: Place) -> None:
    (revision,) = archive_of(root, "2026-05").revisions()
    head = revision.sha256
    given = [Signature(STARTED, Period(2026, 5), 1, head, "preparer", name, "=1+1") for name in ("Ann", "Bo", "Cy")]
    for signature in given:
        with open_for_writing(root, started=STARTED) as writer:
            append_signature(writer, signature)
    assert list(read_signatures(root)) == given


def test_what_is_claimed_is_nobody_elses_until_it_is_released(root: Place) -> None:
    path = ".delivering/2026-05-r1-web-0123abcd.json"
    for _ in range(2):
        with open_for_writing(root, started=STARTED) as writer:
            assert writer.claim(path, b"one")
            assert not writer.claim(path, b"two")
            assert Archive(root).store.read(path, 100) == b"one"
        with open_for_writing(root, started=STARTED) as writer:
            assert not writer.claim(path, b"three")
            writer.release(path)
    assert Archive(root).strangers() == ()


def test_a_report_waits_for_its_month(root: Place) -> None:
    later = REPORT + b"\n"
    with open_for_writing(root, started=STARTED) as writer:
        writer.pending.store(MAY, answer(), REPORT)
        writer.pending.store(MAY, answer(body=later), later)
        writer.pending.store(MAY, answer("ba_2"), REPORT)
    kept = pending_reports(Archive(root).store)
    assert kept.periods() == (MAY,)
    assert {account: report.body for account, report in kept.read(MAY).items()} == {"ba_1": later, "ba_2": REPORT}
    with open_for_writing(root, started=STARTED) as writer:
        writer.pending.remove(MAY)
    assert (kept.read(MAY), kept.periods()) == ({}, ())


def test_of_many_runs_one_wins_and_the_others_are_kept_out(root: Place) -> None:
    ready = threading.Barrier(16)

    def run(number: int) -> str:
        ready.wait()
        try:
            with open_for_writing(root, started=STARTED) as writer:
                ready_to_seal = writer.archive.head() is None
                if not ready_to_seal:
                    return "late"
                seal(writer, "2026-05", {**FILES, "note.txt": str(number).encode()})
        except LockedError:
            return "locked"
        return "won"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(run, range(16)))
    assert outcomes.count("won") == 1
    (revision,) = Archive(root, Base()).revisions()
    assert check_files(revision) == ()
    assert revision.read("note.txt") == str(outcomes.index("won")).encode()


# In a bucket


@pytest.fixture(params=BUCKETS)
def address(request: pytest.FixtureRequest, at: Callable[[str], Place], shape: str) -> Address:
    """An empty archive in each kind of bucket."""
    place = at(request.param)
    assert isinstance(place, Address)
    return place


def test_an_object_is_created_once(bucket: Bucket, request: pytest.FixtureRequest) -> None:
    for _ in some(range(20 if request.config.getoption("--nightly") else 3)):
        key = f"chain/{secrets.token_hex(4)}.json"
        ready = threading.Barrier(16)

        def create(number: int, key: str = key, ready: threading.Barrier = ready) -> bool:
            ready.wait()
            try:
                bucket.create(key, str(number).encode())
            except FileExistsError:
                return False
            return True

        with ThreadPoolExecutor(16) as pool:
            created = list(pool.map(create, range(16)))
        assert created.count(True) == 1
        assert bucket.read(key, 10) == str(created.index(True)).encode()


@pytest.mark.parametrize("count", [1_100, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_a_bucket_is_listed_whole(bucket: Bucket, count: int) -> None:
    keys = sorted(f"pending/2026-05/ba_{number}/{number}.json" for number in range(count))
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda key: bucket.create(key, b"{}"), keys))
    assert [listed.key for listed in bucket.objects("pending")] == keys
    assert len(bucket.names("pending/2026-05")) == count
    assert bucket.names() == ["pending"]


def test_what_proves_is_never_replaced_or_deleted(bucket: Bucket) -> None:
    for key in ("chain/1.json", "signatures/1.json", "dispositions/2.json", "2026-05/r1-0123456789abcdef/config.toml"):
        with pytest.raises(BucketError, match="never replaced or deleted"):
            bucket.replace(key, b"{}")
        with pytest.raises(BucketError, match="never replaced or deleted"):
            bucket.delete([key])


def test_a_cover_page_is_replaced_beside_what_never_is(bucket: Bucket) -> None:
    key = cover_path(RevisionName(Period.parse("2026-05"), 12))
    assert bucket.replace(key, b"one") and bucket.replace(key, b"two") and not bucket.replace(key, b"two")
    assert bucket.read(key, 10) == b"two"
    for other in (f"{key}/x", "2026-05/cover-r1.html.json", "2026-05/r1-0123456789abcdef/cover-r1.html"):
        with pytest.raises(BucketError, match="never replaced or deleted"):
            bucket.replace(other, b"{}")


def test_doctor_tries_what_a_run_does_and_leaves_nothing(bucket: Bucket) -> None:
    rehearse_bucket(bucket)
    assert bucket.objects() == []


def test_a_store_that_creates_twice_is_refused(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    put = obstore.put

    def careless(*arguments: Any, **options: Any) -> Any:
        return put(*arguments, **{**options, "mode": "overwrite"})

    monkeypatch.setattr(obstore, "put", careless)
    with pytest.raises(StorageError, match="created over the first"):
        rehearse_bucket(bucket)


class Interfering:
    """Fails where an object is created whose key holds a text: before that took place, or after it."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        mark: str,
        *,
        before: Exception | None = None,
        after: Exception | None = None,
    ) -> None:
        put = obstore.put
        self.times = 0

        def changed(store: Any, path: str, data: bytes, **options: Any) -> Any:
            if mark not in path:
                return put(store, path, data, **options)
            self.times += 1
            if before is not None:
                raise before
            result = put(store, path, data, **options)
            if after is not None:
                raise after
            return result

        monkeypatch.setattr(obstore, "put", changed)


def lost() -> Exception:
    return obstore.exceptions.GenericError("Generic S3 error: Error performing PUT - connection closed")


def test_a_lost_reply_was_a_success(address: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Interfering(monkeypatch, "", after=lost())
    (revision,) = archive_of(address, "2026-05").revisions()
    monkeypatch.undo()
    assert broken.times > len(FILES)
    assert revision.name.number == 1


@pytest.mark.parametrize(("shape", "mark"), [step for step in STEPS if "versions" not in step[1]], indirect=["shape"])
def test_a_run_that_fails_at_any_step_leaves_only_orphans(
    at: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch, mark: str, shape: str
) -> None:
    address = at("memory")
    with monkeypatch.context() as context:
        Interfering(context, mark, before=lost())
        with pytest.raises(StorageError, match="connection closed"):
            archive_of(address, "2026-05")
    assert isinstance(address, Address)
    store = ObjectStore(address)
    assert Archive(address, Base()).names() == ()
    left = orphans(store.bucket, store.commits.all())
    assert len(left) == 1
    (revision,) = archive_of(address, "2026-05").revisions()
    assert check_files(revision) == ()
    assert orphans(store.bucket, ObjectStore(address).commits.all()) == left


def test_a_run_that_comes_too_late_ends_with_8(address: Address) -> None:
    with open_for_writing(address, started=STARTED) as slow:
        assert slow.archive.head() is None
        archive_of(address, "2026-05")
        with pytest.raises(LockedError, match=r"chain/1\.json: another run wrote it first"):
            seal(slow, "2026-06")
    archive = Archive(address, Base())
    assert [str(name) for name in archive.names()] == ["2026-05/r1"]
    store = ObjectStore(address)
    assert len(orphans(store.bucket, store.commits.all())) == 1


def test_two_who_sign_at_once_are_not_both_believed(address: Address) -> None:
    (revision,) = archive_of(address, "2026-05").revisions()
    ann, bo = (Signature(STARTED, Period(2026, 5), 1, revision.sha256, "preparer", name) for name in ("Ann", "Bo"))
    with open_for_writing(address, started=STARTED) as writer:
        append_signature(writer, ann)
        assert isinstance(writer, ObjectWriter)
        with pytest.raises(LockedError):
            writer.extend("signatures.csv", None, b"signed_at,previous\r\nstale\r\n")
        append_signature(writer, bo)
    assert [each.by for each in read_signatures(address)] == ["Ann", "Bo"]
    assert {"signatures.csv", "signatures/1.json", "signatures/2.json"} <= set(objects_of(address))


def test_a_signature_that_is_gone_is_damage(at: Callable[[str], Place]) -> None:
    address = at("memory")
    assert isinstance(address, Address)
    (revision,) = archive_of(address, "2026-05").revisions()
    with open_for_writing(address, started=STARTED) as writer:
        for name in ("Ann", "Bo"):
            append_signature(writer, Signature(STARTED, Period(2026, 5), 1, revision.sha256, "preparer", name))
    open_bucket(address).delete_orphans(["signatures/1.json"])
    with pytest.raises(DamagedError, match=r"signatures/1\.json: missing"):
        read_signatures(address)


def overwrite(address: Address, key: str, data: bytes) -> None:
    """As somebody does who may write there."""
    soon = bucket_module._CONNECT
    obstore.put(bucket_module._client(address, soon, soon, 1, allow_http=True), f"{address.prefix}/{key}", data)


def test_changed_objects_are_found(at: Callable[[str], Place]) -> None:
    address = at("memory")
    assert isinstance(address, Address)
    (revision,) = archive_of(address, "2026-05").revisions()
    place = Commits(open_bucket(address)).all()[0].place
    overwrite(address, f"{place}/config.toml", b'archive = "archivE"\n')
    overwrite(address, f"{place}/stray.txt", b"")
    open_bucket(address).delete_orphans([f"{place}/index.html"])
    assert [(each.path, each.kind) for each in check_files(revision)] == [
        ("2026-05/r1/config.toml", FileFindingKind.CHANGED),
        ("2026-05/r1/index.html", FileFindingKind.MISSING),
        ("2026-05/r1/stray.txt", FileFindingKind.ADDED),
    ]
    overwrite(address, f"{place}/manifest.json", revision.store.read("manifest.json", 1 << 20) + b" ")
    with pytest.raises(DamagedError, match=r"not the manifest that chain/1\.json names"):
        Archive(address, Base()).revisions()
    for data in (b"{}", b"[]", b"\xff", b'{"schema": 1, "number": "1"}'):
        overwrite(address, "chain/1.json", data)
        with pytest.raises(DamagedError, match=r"chain/1\.json: not a link of the chain"):
            Archive(address, Base()).names()


@pytest.mark.usefixtures("shape")
def test_what_lies_over_a_locked_version_is_told_and_the_version_is_read(at: Callable[[str], Place]) -> None:
    address = at("s3 with versions")
    assert isinstance(address, Address)
    (revision,) = archive_of(address, "2026-05").revisions()
    commit = Commits(open_bucket(address)).all()[0]
    assert all(written.version for written in some(commit.files.values()))
    overwrite(address, f"{commit.place}/config.toml", b"another")
    open_bucket(address).delete_orphans([f"{commit.place}/ledgers/web.csv"])
    (revision,) = Archive(address, Base()).revisions()
    assert revision.read("config.toml") == FILES["config.toml"]
    assert revision.read("ledgers/web.csv") == FILES["ledgers/web.csv"]
    version = commit.files["config.toml"].version
    found = {each.path: each.detail for each in check_files(revision)}
    assert set(found) == {"2026-05/r1/config.toml", "2026-05/r1/ledgers/web.csv"}
    assert f"lies over version {version}" in found["2026-05/r1/config.toml"]
    assert "a delete marker hides it" in found["2026-05/r1/ledgers/web.csv"]


@pytest.fixture
def listed(at: Callable[[str], Place], tree: None) -> Address:
    """An archive whose link names lists of versions."""
    address = at("s3 with versions")
    assert isinstance(address, Address)
    archive_of(address, "2026-05")
    return address


def test_a_link_of_many_files_names_lists_of_their_versions(listed: Address) -> None:
    bucket = open_bucket(listed)
    value = json.loads(bucket.read("chain/1.json", 1 << 20))
    (commit,) = Commits(bucket).all()
    assert (value["schema"], "files" in value, len(value["lists"])) == (2, False, 6)
    objects = {listed.key.removeprefix(f"{commit.place}/") for listed in bucket.objects(commit.place)}
    assert set(commit.files) == {path for path in objects if not path.startswith("versions/")}
    assert {part.path for part in commit.lists} == objects - set(commit.files)
    assert all(written.version for written in [*commit.files.values(), *commit.lists.values()])


def test_what_lies_over_a_list_of_versions_is_told_and_the_list_is_read(listed: Address) -> None:
    bucket = open_bucket(listed)
    (commit,) = Commits(bucket).all()
    overwrite(listed, f"{commit.place}/versions/0001.json", b"{}")
    bucket.delete_orphans([f"{commit.place}/versions/0002.json"])
    (revision,) = Archive(listed, Base()).revisions()
    assert {path: revision.read(path) for path in FILES} == FILES
    assert [(each.path, each.kind) for each in check_files(revision)] == [
        ("2026-05/r1/versions/0001.json", FileFindingKind.CHANGED),
        ("2026-05/r1/versions/0002.json", FileFindingKind.CHANGED),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"path": "versions/0002.json"},
        {"path": "../chain/1.json"},
        {"sha256": "0"},
        {"sha256": "0" * 64},
        {"size": 10**30},
        {"size": 0},
        {"size": True},
        {"size": 400},
        {"files": 10**30},
        {"files": 2},
        {"first": None},
        {"first": "zz"},
        {"last": "SHA256SUMS"},
        {"last": "ledgers/web.csv"},
        {"version": 1},
    ],
    ids=str,
)
def test_a_hostile_list_of_versions_is_damage(
    at: Callable[[str], Place], tree: None, change: dict[str, object]
) -> None:
    address = at("memory")
    assert isinstance(address, Address)
    archive_of(address, "2026-05")
    bucket = open_bucket(address)
    (commit,) = Commits(bucket).all()
    paths = sorted(each.key.removeprefix(f"{commit.place}/") for each in bucket.objects(commit.place))
    rows = []
    for number, part in enumerate(divided(paths, 3), start=1):
        data = list_json(dict.fromkeys(part, WrittenObject()))
        overwrite(address, f"{commit.place}/{list_path(number)}", data)
        row = ManifestPart(list_path(number), len(data), sha256_of(data), len(part), part[0], part[-1])
        rows.append({**asdict(row), "version": None, "tag": None})
    value = json.loads(bucket.read(commit.key, 1 << 20))
    del value["files"]
    overwrite(address, commit.key, json.dumps({**value, "schema": 2, "lists": rows}).encode())
    assert Archive(address, Base()).revisions()[0].read("config.toml") == FILES["config.toml"]
    rows[0] |= change
    overwrite(address, commit.key, json.dumps({**value, "schema": 2, "lists": rows}).encode())
    with pytest.raises(DamagedError, match=r"chain/1\.json|versions/0001\.json") as caught:
        Archive(address, Base()).revisions()[0].read("config.toml")
    assert caught.value.message.isprintable()


def test_a_link_over_a_link_is_damage_and_both_are_named(at: Callable[[str], Place]) -> None:
    address = at("s3 with versions")
    assert isinstance(address, Address)
    archive_of(address, "2026-05", "2026-06", "2026-07")
    first, second, third = Commits(open_bucket(address)).all()
    assert second.before is not None
    assert third.before is not None
    open_bucket(address).delete_orphans(["chain/2.json"])
    with pytest.raises(DamagedError, match=rf"chain/2\.json: is gone, or .* hides it: 3 names {third.before[1]}"):
        Archive(address, Base()).names()
    overwrite(address, "chain/2.json", second.to_json())
    overwrite(address, "chain/1.json", first.to_json())
    with pytest.raises(DamagedError, match=rf"chain/1\.json: was replaced: \w+ lies over {second.before[1]}"):
        Archive(address, Base()).names()


# The way to it


def test_no_bucket_no_key_and_a_wrong_key_are_one_line_each(
    at: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = at("s3")
    with pytest.raises(StorageError, match="NoSuchBucket: The specified bucket does not exist") as missing:
        Archive(Address("s3://nobody/acme")).require()
    assert "create the bucket" in missing.value.remedy
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another-secret-key")
    with pytest.raises(StorageError, match="SignatureDoesNotMatch") as wrong:
        Archive(address).require()
    assert "credential" in wrong.value.remedy
    assert "\n" not in wrong.value.message
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StorageError, match="s3://books/"):
        Archive(address).require()


def test_who_may_only_read_reads_and_writes_nothing(
    at: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = at("s3")
    assert len(archive_of(address, "2026-05").revisions()) == 1
    before = objects_of(address)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER_ID)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", READER_SECRET)
    (read,) = Archive(address, Base()).revisions()
    assert check_files(read) == ()
    with pytest.raises(StorageError, match="AccessDenied") as denied:
        archive_of(address, "2026-06")
    assert denied.value.exit_code == 9
    assert "what it may do with the bucket" in denied.value.remedy
    assert objects_of(address) == before


def test_plain_http_stays_on_this_machine_and_is_allowed_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    address = Address("s3://books/acme")
    for environ, problem in (
        ({"AWS_ENDPOINT_URL": "http://storage.example:9000", "AWS_ALLOW_HTTP": "true"}, "to another machine"),
        ({"AWS_ENDPOINT_URL_S3": "http://10.0.0.1", "AWS_ALLOW_HTTP": "true"}, "to another machine"),
        ({"AWS_ENDPOINT_URL": "HTTP://127.0.0.1:9000"}, "plain http"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            open_bucket(address, environ)
    container = Address("az://books/acme")
    for environ, problem in (
        ({"AZURE_STORAGE_ENDPOINT": "http://storage.example", "AZURE_ALLOW_HTTP": "true"}, "to another machine"),
        ({"AZURE_ENDPOINT": "http://127.0.0.1:10000"}, "plain http"),
    ):
        with pytest.raises(ConfigurationError, match=problem):
            open_bucket(container, environ)
    open_bucket(address, {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000", "AWS_ALLOW_HTTP": "true"})


def test_without_the_extra_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(ConfigurationError, match="needs obstore, which is not installed") as raised:
        Archive(Address("s3://books/acme"))
    assert raised.value.remedy.startswith("pip install")


def test_a_store_that_does_not_answer_ends_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for name in ("_FIRST", "_FIRST_RETRIES"):
            monkeypatch.setattr(bucket_module, name, timedelta(seconds=0.3))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "books-key-id")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "books-secret-key")
        with pytest.raises(StorageError, match="s3://books/acme: HTTP error"):
            Archive(Address("s3://books/acme")).require()
    whole = bucket_module._FIRST_RETRIES + timedelta(seconds=7) * 2
    assert whole < timedelta(seconds=30)


@pytest.mark.parametrize("kind", ["s3", "s3 with versions"])
def test_every_reply_may_be_lost_on_the_way(
    at: Callable[[str], Place], s3: S3Server, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    address = at(kind)
    lost = LostReplies()
    with proxied(s3, lost) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
        (revision,) = archive_of(address, "2026-05").revisions()
        assert check_files(revision) == ()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.environ["AWS_ENDPOINT_URL"])
    lost_keys = [line.split()[1].rpartition(b"/")[2] for line in some(lost.lines)]
    assert {b"1.json", b"manifest.json", b"config.toml"} <= set(lost_keys)
    (revision,) = Archive(address, Base()).revisions()
    assert check_files(revision) == ()
    store = ObjectStore(revision.root.parent.parent) if isinstance(revision.root, Address) else None
    assert store is not None
    assert orphans(store.bucket, store.commits.all()) == {}


DYING = """
import os, sys
import obstore
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.staging import Staging
from chargeback.config.address import address_of
from tests.kit.archives import STARTED, seal

put, mark, moment, program = obstore.put, sys.argv[2], sys.argv[3], os.getpid()
Staging.files_a_manifest = int(sys.argv[4])

def die():
    for process in (program, os.getpid()):  # the store's client may have a process of its own
        os.kill(process, 9)

def dying(store, path, data, **options):
    if mark in path and moment == "before":
        die()
    result = put(store, path, data, **options)
    if mark in path:
        die()
    return result

obstore.put = dying
with open_for_writing(address_of(sys.argv[1]), started=STARTED) as writer:
    seal(writer, "2026-05")
"""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize(("shape", "mark"), STEPS, indirect=["shape"])
def test_a_run_that_is_killed_leaves_a_whole_revision_or_none(
    at: Callable[[str], Place], tmp_path: Path, mark: str, moment: str, shape: str
) -> None:
    address = at("s3 with versions" if "versions" in mark else "s3")
    command = [sys.executable, "-c", DYING, str(address), mark, moment, str(Staging.files_a_manifest)]
    folder = Path(__file__).parents[2]
    died = subprocess.run(command, cwd=folder, env={**os.environ, "TMPDIR": str(tmp_path)}, check=False)
    assert died.returncode == -signal.SIGKILL
    is_there = (mark, moment) == ("chain/1.json", "after")
    archive = Archive(address, Base())
    assert [str(name) for name in archive.names()] == (["2026-05/r1"] if is_there else [])
    assert all(check_files(revision) == () for revision in archive.revisions())
    assert isinstance(address, Address)
    store = ObjectStore(address)
    left = orphans(store.bucket, store.commits.all())
    assert not left if is_there else len(left) <= 1
    again = archive_of(address, "2026-05")
    assert [check_files(revision) for revision in again.revisions()] == [()] * (1 + is_there)
