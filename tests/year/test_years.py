"""Years of unattended runs with whatever happens on a platform: the books are what it billed, and nothing is silent."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from chargeback.config.address import Address
from tests.kit.s3_server import PLAIN, VERSIONED, S3Server

from .life import Life, live
from .plan import FULL, SHORT, Plan, plan_of

NIGHTLY_SEEDS = 200
EVERY_SO_MANY_FULL = 25
"""Of the nightly seeds one in so many is a full year, the others are short ones."""


def told(life: Life) -> str:
    """The year in one line."""
    revisions = len(list(life.office.archive.glob("*/r*")))
    restated = revisions - len(life.plan.months)
    where = f"seed {life.plan.seed}, {life.plan.kind}, {life.plan.world.zone.key}"
    return f"[{where}: {life.runs} runs, {life.kills} killed, {revisions} revisions, {restated} restatements] "


def lived(plan: Plan, root: Path) -> str:
    line = told(live(plan, root))
    gc.collect()  # a year's results hold each other
    return line


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_short_year_ends_with_the_books_that_the_platform_billed(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = lived(plan_of(seed, SHORT), tmp_path)
    with capsys.disabled():
        print(line, end="")


@pytest.mark.nightly
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("bucket", [PLAIN, VERSIONED])
def test_a_short_year_in_a_bucket_ends_with_the_same_books(
    bucket: str, seed: int, tmp_path: Path, s3: S3Server, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    line = told(live(plan_of(seed, SHORT), tmp_path, Address(f"s3://{bucket}/year-{seed}/books")))
    gc.collect()
    with capsys.disabled():
        print(line, end="")


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(NIGHTLY_SEEDS))
def test_every_seed_ends_with_the_books_that_the_platform_billed(
    seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = lived(plan_of(seed, SHORT if seed % EVERY_SO_MANY_FULL else FULL), tmp_path)
    with capsys.disabled():
        print(line, end="")


def test_the_seeds_see_every_kind_of_event() -> None:
    kinds = {" ".join(word for word in line.split() if not word[0].isdigit()) for seed in range(40)
             for line in plan_of(seed, SHORT).told}  # fmt: skip
    assert {kind.split(" ba_")[0] for kind in kinds} >= {
        "issued on the",
        "issued on the of the month after next",
        "voided and replaced months later",
        "part-month invoices either side of a run",
        "credit note",
        "void after payment",
        "withholding after payment",
        "paid late",
        "one more invoice",
        "issued and void unseen",
        "revoked",
        "added",
        "away",
    }
