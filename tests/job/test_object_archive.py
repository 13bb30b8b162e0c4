"""The whole job on an archive in object storage: months, a rerun, a restatement, signatures, every command that reads.

Against an S3 server on loopback, with and without versions; what comes out is what a folder holds.
"""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest

import chargeback
from chargeback.archive.commits import orphans
from chargeback.archive.object_store import ObjectStore
from chargeback.archive.reading import Archive
from chargeback.config.address import Address, Place
from chargeback.sandbox.scenarios import platform_of
from tests.cli.calling import Called, call
from tests.kit.s3_server import PLAIN, VERSIONED, S3Server
from tests.kit.some import some
from tests.kit.workplace import Workplace, closing

from .test_run import APRIL_CLOSES, MAY_CLOSES, account_of, late, may, setup

pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")


@pytest.fixture(params=[(PLAIN, False), (VERSIONED, False), (VERSIONED, True)])
def address(request: pytest.FixtureRequest, s3: S3Server) -> Address:
    """An empty archive in a bucket without, and in one with versions, there also with manifests that are trees."""
    bucket, tree = request.param
    if tree:
        request.getfixturevalue("tree")
    return Address(f"s3://{bucket}/{secrets.token_hex(6)}/bills")


@pytest.fixture
def offices(tmp_path: Path, address: Address) -> Iterator[tuple[Workplace, Workplace]]:
    """One platform, and two who close its months: one into a folder, one into object storage."""
    made = setup(kind="D")
    made = late(made, may(made).plus(-1), "2026-06-04T00:00:00Z")
    for name in ("folder", "bucket"):
        (tmp_path / name).mkdir()
    with closing(tmp_path / "folder", platform_of(made)) as folder:
        bucket = Workplace(tmp_path / "bucket", folder.platform, folder.server)
        config = bucket.root / "config.toml"
        config.write_text(config.read_text("utf-8").replace('archive = "archive"', f'archive = "{address}"'), "utf-8")
        assert account_of(made)
        yield folder, bucket


def ledgers(place: Place) -> dict[str, dict[str, bytes]]:
    """Every ledger, workbook and export of every revision."""
    return {
        str(revision.name): {
            path: revision.read(path) for path in revision.records if path.startswith(("ledgers/", "exports/"))
        }
        for revision in Archive(place).revisions()
    }


def test_the_months_of_a_folder_are_the_months_of_a_bucket(
    offices: tuple[Workplace, Workplace], address: Address, tmp_path: Path
) -> None:
    outcomes = []
    for office in offices:
        results = [office.close(at=APRIL_CLOSES), office.close(at=MAY_CLOSES)]
        results += office.run_job(catch_up=True)
        again = office.close()
        assert not again.written
        outcomes.append([(str(result.period), result.revision, result.exit, result.written) for result in results])
    assert outcomes[0] == outcomes[1]
    folder, bucket = ledgers(offices[0].root / "archive"), ledgers(address)
    differing = {
        f"{name}/{path}" for name in folder for path in folder[name] if folder[name][path] != bucket[name].get(path)
    }
    assert differing == set()
    assert len(some(bucket)) >= 3
    assert all(some(files) for files in bucket.values())
    store = ObjectStore(address)
    assert orphans(store.bucket, store.commits.all()) == {}

    config = offices[1].root / "config.toml"

    def ask(*arguments: str | Path) -> Called:
        return call(*arguments, "-c", config)

    listed = ask("list", "--output", "json").document
    assert [row["path"] for row in listed["revisions"]] == [f"{address}/{name}" for name in bucket]
    assert call("list", "--archive", str(address), "--output", "json").document == listed
    assert ask("verify", "--output", "json").exit == 0
    assert ask("config", "show", "--output", "json").exit == 0
    assert call("verify", f"{address}/2026-05/r1", "--quick").exit == 0
    assert call("verify", f"{address}/2026-05/r9", "--quick").exit == 2
    assert ask("show", "2026-05").exit == 0
    assert ask("findings", "2026-05").exit == 0
    assert ask("diff", "2026-04").exit == 0
    assert ask("plan").exit == 0
    rebuilt = ask("rebuild", "2026-05", "-o", tmp_path / "again", "--output", "json")
    assert (rebuilt.exit, rebuilt.document["identical"]) == (0, True)
    named = call("rebuild", f"{address}/2026-04/r1", "-o", tmp_path / "once more", "--output", "json")
    assert (named.exit, named.document["identical"]) == (0, True)

    signed = ask("sign", "2026-05", "--by", "Ann Example", "--output", "json")
    assert signed.exit == 0
    reviewed = ask("sign", "2026-05", "--by", "Bo Example", "--role", "reviewer")
    assert reviewed.exit == 0
    assert ask("sign", "2026-05", "--by", "Ann Example", "--role", "reviewer").exit == 2
    assert f"appended to {address}/signatures.csv" in reviewed.err
    assert [each["by"] for each in ask("list", "--output", "json").document["revisions"][-1]["signatures"]] == [
        "Ann Example", "Bo Example",
    ]  # fmt: skip
    assert ask("verify", "--quick").exit == 0
    assert ask("open").exit == 2

    opened = chargeback.open_archive(str(address))
    assert opened.months == ("2026-04", "2026-05")
    assert opened.verify(quick=True).exit == 0
    assert len(opened.ledger("2026-05")) > 0
    page = Archive(address).store.read("index.html", 1 << 20).decode()
    linked = set(re.findall(r'href="(2026-[^"]+/index\.html)"', page))
    assert linked <= {listed.key for listed in store.bucket.objects()}
    assert len(linked) == len(bucket)


def test_a_report_waits_in_the_bucket_until_its_month_closes(
    offices: tuple[Workplace, Workplace], address: Address
) -> None:
    office = offices[1]
    waiting = office.close(at="2026-06-01T01:00:00Z")
    assert (waiting.exit, waiting.written) == (4, False)
    assert ObjectStore(address).names() == ["pending"]
    closed = office.close(at=MAY_CLOSES)
    assert closed.written
    store = ObjectStore(address)
    assert store.bucket.objects("pending") == []
    assert {"2026-05", "index.html"} <= set(store.names())


def test_a_bucket_becomes_a_folder_by_copying_what_its_links_name(
    offices: tuple[Workplace, Workplace], address: Address
) -> None:
    """As docs/object-storage.md says: nobody is kept in a bucket."""
    folder, bucket = offices
    bucket.close(at=APRIL_CLOSES)
    bucket.close(at=MAY_CLOSES)
    assert call("sign", "2026-05", "--by", "Ann Example", "-c", bucket.root / "config.toml").exit == 0
    store = ObjectStore(address).bucket
    copies = {"signatures.csv": "signatures.csv"}
    for link in [listed.key for listed in store.objects("chain")]:
        place = json.loads(store.read(link, 1 << 20))["place"]
        copies |= {listed.key: listed.key.replace(place, place[: -len("-0123456789abcdef")], 1)
                   for listed in store.objects(place) if not listed.key.startswith(f"{place}/versions/")}  # fmt: skip
    for key, path in copies.items():
        (folder.archive / path).parent.mkdir(parents=True, exist_ok=True)
        (folder.archive / path).write_bytes(store.read(key, 1 << 30))
    listed = call("list", "--archive", folder.archive, "--output", "json")
    assert [row["signatures"][0]["by"] for row in listed.document["revisions"] if row["signatures"]] == ["Ann Example"]
    assert call("verify", folder.archive).exit == 0
    again = folder.close()
    assert (again.revision, again.written) == (1, False)


def test_an_archived_configuration_leads_to_no_bucket(offices: tuple[Workplace, Workplace], tmp_path: Path) -> None:
    offices[1].close(at=MAY_CLOSES)
    assert call("rebuild", "2026-05", "-o", tmp_path / "taken", "-c", offices[1].root / "config.toml").exit == 0
    refused = call("list", "-c", tmp_path / "taken" / "config.toml")
    assert refused.exit == 2
    assert "archived configuration" in refused.err
    assert call("verify", tmp_path / "taken", "--quick").exit == 0
