"""How a month's work is cut, and where its books lie meanwhile, shows in no byte (decision record 18)."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from concurrent.futures import CancelledError
from functools import cache, partial

import pytest

from chargeback import month_end
from chargeback.config import Config
from chargeback.config.address import Cluster
from chargeback.evidence import EarlierInvoice, EarlierMonth, EarlierTotal, Evidence
from chargeback.evidence.period import Period
from chargeback.job import sent_month
from chargeback.job.cluster import ClusterEngine
from chargeback.job.sent_month import SentMonth
from chargeback.job.workers import ThisMachine, shards_closed
from chargeback.model.facts import Readings
from chargeback.model.spool import Spool
from chargeback.month_end import close_month
from chargeback.publish import revision_files
from tests.kit import months as small
from tests.kit.dask_cluster import MISSING, dask_cluster, is_installed
from tests.kit.months import account, invoice, month, of, report, sku

SETTINGS = (
    small.TEAMS
    + """
[[shared]]
project = "acme-common"
split = "proportional"
[[accepted]]
check = "report-*"
account = "a4"
up_to = "500"
until = "2026-12"
reason = "known"
by = "finance@acme.example"
[[accepted]]
check = "invoice-tax"
account = "a1"
up_to = "1"
until = "2026-12"
reason = "covers nothing"
by = "finance@acme.example"
[publish]
focus = "FOCUS"
"""
)


@cache
def books_of(focus: str) -> tuple[Evidence, Config]:
    """Nine accounts: lines by project and by SKU, shared projects, a project in two accounts, an id in two spellings, a
    void invoice, days that no invoice covers, differences, accepted and not, and nothing at all."""
    rows = (
        ("acme-web", "CPU", "1.5", 60),
        ("acme-web", "Disk", 3, 40),
        ("acme-common", "CPU", 2, 50),
        ("acme-platform", "CPU", 4, 30),
    )
    lines = (of("acme-web", 100), of("acme-common", 50), of("acme-platform", 30))
    plain = invoice("INV", *lines, tax="11.78")
    void = {**plain, "id": "v", "number": "VOID", "status": "void", "_row": {"status": "void"}}
    half = invoice("HALF", *lines, tax="11.78", periodEnd=small.MIDDLE)
    by_sku = invoice("SKU", sku("CPU", 140), sku("Disk", 40), tax="12.60")
    accounts = [
        account(plain, id="a1", report=report(*rows)),
        account(by_sku, id="a2", report=report(*rows)),
        account(half, id="a3", report=report(*rows, day="2026-05-20")),
        account(plain, id="a4", report=report(*rows, ("acme-new", "CPU", 1, 400))),
        account(plain, void, id="a5", report=report(*rows, ("acme-other", "CPU", 1, 4))),
        account(id="a6"),
        account(invoice("DATA", of("acme-data", 77, projectId="d1")), id="a7",
                report=report(("d1", "CPU", 1, 77), projectList=[{"id": "d1", "sid": "acme-data", "name": "Data"}])),
        account(invoice("NEG", of("acme-web", 90), of("acme-data", -20)), id="a8",
                report=report(("acme-web", "CPU", 1, 90))),
        account(invoice("WHOLE", of("acme-data", 10)), id="a9", report=report(("acme-web", "CPU", 1, 10))),
    ]  # fmt: skip
    names = [each.id for each in accounts]
    billed = (EarlierInvoice(name, f"e-{name}", f"E-{name}", "THB", 1000, void=False) for name in names)
    totals = (EarlierTotal("data", "THB", 100), EarlierTotal("web", "THB", 100))
    before = EarlierMonth(Period(2026, 4), 1, tuple(names), tuple(billed), totals)
    made = month(*accounts, config=SETTINGS.replace("FOCUS", focus), earlier=(before,))
    return made.evidence(), made.settings


def files(focus: str, readings: Readings, workers: int = 1) -> dict[str, bytes]:
    """The files of the month, closed by so many processes."""
    evidence, config = books_of(focus)
    each = partial(shards_closed, ThisMachine(workers))
    made = revision_files.files(close_month(evidence, config, readings=readings, each=each), config, evidence)
    return {path: b"".join(chunks) for path, chunks in made}


@pytest.mark.parametrize("focus", ["1.2", "1.4"])
@pytest.mark.parametrize(("in_memory", "size"), [(0, 4_000_000), (0, 1), (10_000, 1), (20, 7_000)])
def test_books_in_a_file_make_the_same_bytes_as_in_memory(
    focus: str, in_memory: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = files(focus, Readings())
    monkeypatch.setattr(month_end, "BYTES_OF_A_SHARD", size)
    spooled = files(focus, Readings(spool=Spool(in_memory)))
    assert [path for path in whole if whole[path] != spooled[path]] == [], "a large month would be another one"
    assert len(whole) > 20


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_and_workers_show_in_no_byte(shards: int, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    evidence, config = books_of("1.2")
    whole, size = files("1.2", Readings()), sum(answer.size for answer in evidence.answers if answer.account)
    monkeypatch.setattr(month_end, "BYTES_OF_A_SHARD", {1: size, 2: size // 2, 7: size // 10}[shards])
    made = files("1.2", Readings(spool=Spool(0)), workers)
    assert [path for path in whole if whole[path] != made[path]] == []
    assert len(close_month(evidence, config).ledger.shards) == (shards if shards > 1 else 0), (
        "it is not cut as this test says"
    )


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """Two workers of Dask."""
    if not is_installed():
        pytest.skip(MISSING)
    with dask_cluster(workers=2) as found:
        yield Cluster("127.0.0.1", found.port)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("shards", [1, 2, 7])
def test_shards_closed_here_and_files_made_by_a_cluster_are_those_of_one_process(
    shards: int, workers: int, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, config = books_of("1.2")
    whole, size = files("1.2", Readings()), sum(answer.size for answer in evidence.answers if answer.account)
    monkeypatch.setattr(month_end, "BYTES_OF_A_SHARD", {1: size, 2: size // 2, 7: size // 10}[shards])
    each = partial(shards_closed, ThisMachine(workers))
    books = close_month(evidence, config, readings=Readings(spool=Spool(0)), each=each)
    with ClusterEngine(cluster).files(books, config, evidence) as made:
        assert {path: b"".join(chunks) for path, chunks in made} == whole, "a cluster makes another month"


class Pieces:
    """What a worker fetches of a month's spool."""

    def __init__(self, month: SentMonth, spool: Spool) -> None:
        self.lie = month.pieces
        self.spool = spool
        self.fetched: list[int] = []

    def fetch(self, numbers: Sequence[int]) -> list[bytes]:
        """The pieces of these numbers."""
        self.fetched += numbers
        return [self.spool.bytes_at(self.lie[number].start, len(self.lie[number])) for number in numbers]


@pytest.mark.parametrize("shards", [1, 2, 7])
def test_a_worker_of_a_cluster_fetches_what_it_reads_and_each_piece_once(
    shards: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    evidence, config = books_of("1.2")
    whole, size = files("1.2", Readings()), sum(answer.size for answer in evidence.answers if answer.account)
    monkeypatch.setattr(month_end, "BYTES_OF_A_SHARD", {1: size, 2: size // 2, 7: size // 10}[shards])
    monkeypatch.setattr(sent_month, "LEAST_PIECE", 256)
    books = close_month(evidence, config, readings=Readings(spool=Spool(0)))
    month = SentMonth(books, config, evidence, {})
    there, pieces = pickle.loads(pickle.dumps(month)), Pieces(month, books.posting.spool)
    assert there.file("ledgers/web.csv", pieces.fetch) == whole["ledgers/web.csv"]
    assert shards == 1 or len(pieces.fetched) < len(pieces.lie) / 3, "a team's file is sent other teams' lines"
    assert {path: there.file(path, pieces.fetch) for path in whole} == whole, "a worker makes another month"
    assert len(set(pieces.fetched)) == len(pieces.fetched)


def test_a_piece_that_is_gone_is_fetched_when_the_file_is_wanted_again() -> None:
    evidence, config = books_of("1.2")
    books = close_month(evidence, config, readings=Readings(spool=Spool(0)))
    month = SentMonth(books, config, evidence, {})
    there, pieces = pickle.loads(pickle.dumps(month)), Pieces(month, books.posting.spool)

    def fetch(numbers: Sequence[int]) -> list[bytes]:
        if not pieces.fetched:
            pieces.fetched += numbers
            raise CancelledError
        return pieces.fetch(numbers)

    with pytest.raises(CancelledError):
        there.file("ledgers/all.csv", fetch)
    assert there.file("ledgers/all.csv", fetch) == files("1.2", Readings())["ledgers/all.csv"]
