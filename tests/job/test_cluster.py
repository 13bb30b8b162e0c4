"""A month's files made by a Dask cluster: the bytes of one process, or nothing, whoever dies; and nothing but evidence
and configuration is sent.
"""

from __future__ import annotations

import hashlib
import random
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chargeback.config.address import Address
from tests.kit.dask_cluster import (
    MISSING,
    OTHER_VERSION,
    PATIENT,
    PROMPT,
    SLOW,
    DaskCluster,
    dask_cluster,
    is_installed,
)
from tests.kit.s3_server import PLAIN, S3Server
from tests.kit.some import some
from tests.kit.workplace import Workplace, listening

ROOT = Path(__file__).parents[2]
WITHOUT = """
import runpy, sys
sys.modules["distributed"] = None
sys.argv = ["chargeback", *sys.argv[1:]]
runpy.run_module("chargeback", run_name="__main__", alter_sys=True)
"""
HELD = """
import sys
from distributed import Client
with Client(sys.argv[1], timeout=10) as client:
    print(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))
    print(sum(client.run(lambda dask_worker: len(dask_worker.data)).values()))
"""

needs_dask = pytest.mark.skipif(not is_installed(), reason=MISSING)


def started(place: Workplace, *arguments: str, code: str = "", **environ: str) -> subprocess.Popen[str]:
    """The command as a process that gives up soon; ``code`` instead of the program itself."""
    return subprocess.Popen(
        [sys.executable, *(("-c", code) if code else ("-m", "chargeback")), *arguments],
        cwd=place.root,
        env={**place.environment(), **PROMPT, "PYTHONPATH": str(ROOT), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(place: Workplace, *arguments: str, code: str = "", **environ: str) -> tuple[int, str, str]:
    with started(place, *arguments, code=code, **environ) as process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """A workplace with one month that one process has written."""
    with listening(tmp_path_factory.mktemp("place")) as found:
        assert finished(found, "run", "--workers", "1")[0] == 0
        yield found


@pytest.fixture(scope="module")
def cluster() -> Iterator[DaskCluster]:
    """Two workers."""
    if not is_installed():
        pytest.skip(MISSING)
    with dask_cluster() as found:
        yield found


def month(place: Workplace) -> str:
    (revision,) = some(place.archive.glob("*/r1"))
    return f"{revision.parent.name}/r1"


def checksums(folder: Path) -> dict[str, str]:
    files = some(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_one_process_several_and_a_cluster_write_the_same_bytes(
    place: Workplace, cluster: DaskCluster, tmp_path: Path
) -> None:
    expected = checksums(place.archive / month(place))
    for workers in ("1", "2", "7", cluster.url):
        target = tmp_path / workers.replace("/", "-")
        code, out, err = finished(place, "rebuild", month(place), "-o", str(target), "--workers", workers)
        assert (code, out.splitlines()[-1:], err) == (0, ["byte for byte the same"], "")
        assert checksums(target) == expected


def test_a_run_and_its_proof_on_a_cluster(cluster: DaskCluster, tmp_path: Path) -> None:
    with listening(tmp_path) as place:
        place.configure(before=f'workers = "{cluster.url}"\n')
        code, out, err = finished(place, "run")
        assert (code, "written:" in out, err) == (0, True, "")
        alone, divided = (finished(place, "verify", "--workers", workers) for workers in ("1", cluster.url))
        assert (alone[0], alone) == (0, divided)
        assert "dask" not in (place.archive / month(place) / "evidence/run.json").read_text()
        assert finished(place, "run")[0] == 0
        assert [path.name for path in place.archive.glob("*/r*")] == ["r1"]


def test_a_cluster_makes_the_files_of_an_archive_in_a_bucket_and_is_not_sent_its_key(
    cluster: DaskCluster, s3: S3Server, tmp_path: Path
) -> None:
    pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    address = Address(f"s3://{PLAIN}/{secrets.token_hex(6)}/bills")
    with listening(tmp_path, address=address) as place, overheard(cluster.port) as (port, sent):
        code, out, err = finished(place, "run", "--workers", f"dask://127.0.0.1:{port}")
        assert (code, "written:" in out, err) == (0, True, "")
        (name,) = place.revisions()
        alone, divided = (finished(place, "verify", "--workers", workers) for workers in ("1", cluster.url))
        assert (alone[0], alone) == (0, divided)
        code, out, _ = finished(place, "rebuild", name, "-o", str(tmp_path / "r1"), "--workers", "2")
        assert (code, out.splitlines()[-1]) == (0, "byte for byte the same")
    heard = b"".join(sent)
    assert b"billing.report.json" in heard
    assert not [each for each in s3.environ.values() if each != "true" and each.encode() in heard]


def test_nothing_of_a_run_stays_on_the_cluster(place: Workplace, cluster: DaskCluster, tmp_path: Path) -> None:
    assert finished(place, "rebuild", month(place), "-o", str(tmp_path / "r1"), "--workers", cluster.url)[0] == 0
    assert held(cluster) == ["0", "0"]


def held(cluster: DaskCluster) -> list[str]:
    """How many tasks the scheduler knows, and how many results its workers hold."""
    command = [sys.executable, "-c", HELD, f"127.0.0.1:{cluster.port}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout.split()


@needs_dask
def test_a_cluster_that_is_not_reached_is_exit_6_before_anything_is_asked(place: Workplace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    asked = len(place.platform.recorder.documents())
    code, _, err = finished(place, "run", "--workers", f"dask://127.0.0.1:{port}")
    assert (code, f"dask://127.0.0.1:{port}: the cluster cannot be reached: " in err, err.count("\n")) == (
        6,
        True,
        1,
    ), err
    assert len(place.platform.recorder.documents()) == asked


@needs_dask
def test_a_cluster_without_workers_is_exit_6(place: Workplace, tmp_path: Path) -> None:
    with dask_cluster(workers=0) as cluster:
        code, _, err = finished(place, "rebuild", month(place), "-o", str(tmp_path / "r1"), "--workers", cluster.url)
    assert (code, err.count("\n")) == (6, 1), err
    assert f"{cluster.url}: it has had no worker for 3 s -> look at its workers" in err
    assert list(tmp_path.iterdir()) == []


@needs_dask
def test_a_worker_without_room_for_the_working_file_is_exit_6_and_said_of_the_cluster(
    place: Workplace, tmp_path: Path
) -> None:
    with dask_cluster(workers=1, first='import tempfile\ntempfile.tempdir = "/nowhere"') as cluster:
        code, _, err = finished(place, "rebuild", month(place), "-o", str(tmp_path / "r1"), "--workers", cluster.url)
    assert (code, err.count("\n")) == (6, 1), err
    assert f"{cluster.url}: a worker cannot go on: /nowhere: No such file or directory: the month's working" in err
    assert "-> look at its workers" in err
    assert list(tmp_path.iterdir()) == []


@needs_dask
def test_a_worker_of_another_version_is_exit_2_with_both(place: Workplace, tmp_path: Path) -> None:
    with dask_cluster(workers=1, first=OTHER_VERSION) as cluster:
        code, _, err = finished(place, "verify", str(place.archive), "--workers", cluster.url)
    assert (code, err.count("\n")) == (2, 1), err
    assert "is of another version: openpyxl 3.1.2 (here 3.1." in err


def test_without_the_extra_it_is_one_line_and_exit_2(place: Workplace) -> None:
    code, out, err = finished(place, "run", "--workers", "dask://127.0.0.1:8786", code=WITHOUT)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "the extra cluster is not installed" in err
    assert "pip install 'chargeback[cluster]'" in err


@needs_dask
def test_workers_that_hang_are_waited_for_until_the_deadline(place: Workplace, tmp_path: Path) -> None:
    with listening(tmp_path) as other, dask_cluster(workers=1) as cluster:
        other.configure(api="deadline = 6\n")
        cluster.workers[0].send_signal(signal.SIGSTOP)
        code, _, err = finished(other, "run", "--workers", cluster.url)
        assert (code, "deadline" in err) == (6, True), err
        assert {path.name for path in other.archive.iterdir()} <= {".lock", "pending"}


def killed_at_random(place: Workplace, cluster: DaskCluster, target: Path, victim: str, chance: random.Random) -> int:
    """The exit code of a rebuild during which the victim is killed, once so many files were begun."""
    victims = {"worker": lambda: chance.choice(cluster.workers), "scheduler": lambda: cluster.scheduler}
    begun, files = cluster.made, chance.randrange(25)
    patience = PATIENT if victim == "worker" else {}
    with started(place, "rebuild", month(place), "-o", str(target), "--workers", cluster.url, **patience) as process:
        while process.poll() is None and cluster.made - begun < files:
            time.sleep(0.005)
        (process if victim == "client" else victims[victim]()).kill()
        process.communicate(timeout=120)
    return process.returncode


@needs_dask
@pytest.mark.parametrize("victim", ["worker", "scheduler", "client"])
def test_whoever_is_killed_the_bytes_are_the_same_or_there_are_none(
    place: Workplace, tmp_path: Path, request: pytest.FixtureRequest, victim: str
) -> None:
    chance, expected = random.Random(victim), checksums(place.archive / month(place))
    count = 50 if request.config.getoption("--nightly") else {"worker": 2, "scheduler": 1, "client": 2}[victim]
    each = 1 if victim == "scheduler" else 10  # trials of one cluster
    codes = []
    for first in range(0, count, each):
        with dask_cluster(2, SLOW) as cluster:
            for trial in range(first, min(first + each, count)):
                target = tmp_path / str(trial)
                codes.append(killed_at_random(place, cluster, target, victim, chance))
                assert checksums(target) == expected if codes[-1] == 0 else not target.exists()
                if victim == "worker":
                    cluster.add_worker(SLOW)
                elif victim == "client":
                    assert eventually(lambda: held(cluster) == ["0", "0"])
    assert len(codes) == count
    assert set(codes) <= {"worker": {0}, "scheduler": {0, 6}, "client": {0, -9}}[victim]


def eventually(holds: Callable[[], bool]) -> bool:
    """Whether it holds within some seconds."""
    return any(holds() or time.sleep(0.2) for _ in range(50))


@needs_dask
def test_an_interrupted_command_leaves_nothing_anywhere(place: Workplace, tmp_path: Path) -> None:
    with dask_cluster(1, SLOW) as cluster:
        target = tmp_path / "r1"
        with started(place, "rebuild", month(place), "-o", str(target), "--workers", cluster.url) as process:
            while process.poll() is None and not cluster.made:
                time.sleep(0.01)
            process.terminate()
            _, err = process.communicate(timeout=60)
        assert (process.returncode, err.count("\n"), list(tmp_path.iterdir())) == (130, 1, [])
        assert eventually(lambda: held(cluster) == ["0", "0"])


@contextmanager
def overheard(port: int) -> Iterator[tuple[int, list[bytes]]]:
    """A port that leads to that one, and all that is sent there."""
    sent: list[bytes] = []

    def carry(source: socket.socket, target: socket.socket, kept: list[bytes] | None) -> None:
        try:
            while data := source.recv(1 << 16):
                if kept is not None:
                    kept.append(data)
                target.sendall(data)
        except OSError:
            pass
        finally:
            source.close()
            target.close()

    def accept() -> None:
        while True:
            try:
                here, _ = listening.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", port))
            for way in ((here, there, sent), (there, here, None)):
                threading.Thread(target=carry, args=way, daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1], sent
        listening.shutdown(socket.SHUT_RDWR)


def test_the_cluster_is_sent_evidence_and_no_secret(cluster: DaskCluster, tmp_path: Path) -> None:
    with listening(tmp_path) as place, overheard(cluster.port) as (port, sent):
        code, _, err = finished(place, "run", "--workers", f"dask://127.0.0.1:{port}", BYSTANDER="never-to-be-sent")
        assert (code, err) == (0, "")
        (evidence,) = some(place.archive.glob("*/r1/evidence/ba_1042/billing.report.json"))
    heard = b"".join(sent)
    assert evidence.read_bytes() in heard
    assert not [each for each in (place.platform.token, "never-to-be-sent", str(place.root)) if each.encode() in heard]
