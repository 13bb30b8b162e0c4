"""An archive in object storage, for who operates it: what ``doctor`` says and cleans, schedules, notices, usage."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.archive import bucket as bucket_module
from chargeback.archive import rehearsal
from chargeback.archive.bucket import open_bucket
from chargeback.archive.locked_archive import open_for_writing
from chargeback.config import Config, parse
from chargeback.config.address import Address
from chargeback.evidence.period import Period
from chargeback.operate.deploy import TARGETS
from chargeback.operate.deploy.needs import Deployment, deployment
from chargeback.operate.doctor import DoctorLine, Examination, Mark, archive, examine
from chargeback.operate.notify import SentState
from chargeback.operate.usage.snapshot import Snapshot, UsageRow, keep, read
from tests.kit.archives import STARTED, seal
from tests.kit.platform import ENVIRON, place

obstore = pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")

NOW = datetime(2026, 6, 5, 2, tzinfo=UTC)


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Address:
    """An empty archive in the client's memory."""
    memory = obstore.store.MemoryStore()
    monkeypatch.setattr(bucket_module, "_client", lambda *arguments, **options: memory)
    return Address(f"s3://memory/{secrets.token_hex(6)}/bills")


def looked_at(address: Address, now: datetime = NOW, *, clean: bool = False) -> dict[str, DoctorLine]:
    return {line.check: line for line in archive.archive(Config(archive=address), now, clean=clean)}


def test_doctor_tries_the_bucket_and_says_whether_it_keeps_versions(address: Address) -> None:
    empty = looked_at(address)
    assert empty["archive"].mark is Mark.GOOD
    assert "not created twice" in empty["archive"].message
    assert "keeps no versions" in empty["archive"].message
    assert empty["archive verify"].message == "no revision yet"
    with open_for_writing(address, started=STARTED) as writer:
        seal(writer)
    assert "2026-05/r1 intact" in looked_at(address)["archive verify"].message
    assert ".rehearsal" not in "".join(open_bucket(address).names())


def test_doctor_counts_orphans_and_removes_those_of_a_week_ago(address: Address) -> None:
    with open_for_writing(address, started=STARTED) as writer:
        seal(writer)
    bucket, orphan = open_bucket(address), "2026-06/r1-0123456789abcdef"
    bucket.create(f"{orphan}/config.toml", b"")
    before = len(bucket.objects())
    soon = datetime.now(UTC) + timedelta(days=6)
    counted = looked_at(address, soon, clean=True)["archive orphans"]
    assert (counted.mark, counted.message) == (Mark.NOTICE, f"1, of runs that wrote no revision: {orphan}")
    assert "--clean" in counted.remedy
    later = datetime.now(UTC) + timedelta(days=8)
    assert looked_at(address, later)["archive orphans"].mark is Mark.NOTICE
    assert looked_at(address, later, clean=True)["archive orphans"].message == f"1 removed: {orphan}"
    assert looked_at(address, later)["archive orphans"].message == "none"
    assert len(bucket.objects()) == before - 1


def test_doctor_offline_leaves_the_bucket_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "open_bucket", pytest.fail)
    config = tmp_path / "config.toml"
    config.write_text('archive = "s3://books/acme"\n')
    config.chmod(0o640)
    with place(tmp_path) as at:
        lines = list(examine(Examination(config, None, ENVIRON, at.clock, offline=True)))
    (told,) = (line for line in lines if line.check == "archive")
    assert told.message == "s3://books/acme was not looked at: it is not on this machine"


@pytest.mark.parametrize(
    ("mounted", "kind"),
    [
        ("fuse.s3fs s3fs", "fuse.s3fs"),
        ("fuse.gcsfuse books", "fuse.gcsfuse"),
        ("fuse.rclone remote:books", "fuse.rclone"),
        ("fuse mountpoint-s3", "fuse.mountpoint-s3"),
        ("fuse blobfuse2", "fuse.blobfuse2"),
    ],
)
def test_a_bucket_mounted_as_a_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, kind: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"22 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n23 22 0:40 / {tmp_path} rw - {mounted} rw\n")
    monkeypatch.setattr(rehearsal, "_MOUNTS", mounts)
    (line,) = (line for line in archive.archive(Config(archive=tmp_path), NOW) if line.check == "archive")
    assert line.mark is Mark.WRONG
    assert f"({kind}) is a bucket mounted as a folder" in line.message
    assert "s3://bucket/prefix" in line.remedy


def deployed(tmp_path: Path, more: str = "") -> Deployment:
    path = tmp_path / "config.toml"
    path.write_text(f'archive = "s3://books/acme"\n{more}')
    environ = {"DEPLOYS_TOKEN": "x", "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": "/root"}
    return deployment(parse(path.read_bytes(), path), path, environ, Path("/opt/chargeback"), image="chargeback:1")


@pytest.mark.parametrize("target", ["deploys", "kubernetes"])
def test_a_schedule_for_a_folder_proposes_a_bucket(tmp_path: Path, target: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text('archive = "archive"\n')
    made = deployment(parse(path.read_bytes(), path), path, {}, Path("/opt/chargeback"), image="chargeback:1")
    proposal = 'Write archive = "s3://bucket/prefix" in config.toml'
    assert proposal in TARGETS[target].text(made)
    assert proposal not in TARGETS[target].text(deployed(tmp_path))


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_a_schedule_for_a_bucket_has_no_volume_for_it(tmp_path: Path, target: str) -> None:
    made = deployed(tmp_path)
    text = TARGETS[target].text(made)
    assert "chargeback-archive" not in text
    assert "s3:/" not in text.replace("s3://", "")
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= set(made.variables)


def test_the_one_disk_of_a_job_is_the_heads_where_the_archive_needs_none(tmp_path: Path) -> None:
    text = TARGETS["deploys"].text(deployed(tmp_path, f'head_file = "{tmp_path}/head/chargeback.head"\n'))
    assert f'"name": "chargeback-head",\n    "mountPath": "{tmp_path}/head"' in text


def test_what_was_told_is_remembered_in_the_bucket(address: Address) -> None:
    state = SentState.read(address)
    assert state.states == {}
    state.note("run", "3 2026-05", NOW)
    state.write(address)
    assert SentState.read(address) == state


def test_daily_snapshots_are_kept_in_the_bucket(address: Address) -> None:
    period, day = Period(2026, 6), date(2026, 6, 5)
    row = UsageRow(day, NOW, "ba_1", "web", "Web", "web", "cpu", Decimal(3), Decimal("0.5"), Decimal("1.5"))
    for usage in (Decimal(3), Decimal(4)):
        with open_for_writing(address, started=STARTED) as writer:
            keep(writer, period, day, Snapshot((replace(row, usage=usage),)))
    assert [each.usage for each in read(address, [period]).usage] == [Decimal(4)]
