"""The chain: one beginning, one head, no gap, no fork; months mixed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.archive.chain import Link, read_chain
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import RevisionName


def link(name: str, sha256: str, previous: str | None) -> Link:
    month, _, number = name.partition("/r")
    return Link(RevisionName(Period.parse(month), int(number)), sha256, previous)


A = link("2026-04/r1", "a", None)
B = link("2026-05/r1", "b", "a")
C = link("2026-04/r2", "c", "b")
D = link("2026-06/r1", "d", "c")


def test_empty_archive_has_no_head() -> None:
    chain = read_chain([])
    assert (chain.head, chain.begins_after, chain.problems) == (None, None, ())


@given(st.permutations([A, B, C, D]))
def test_order_is_that_of_writing_whatever_the_order_of_reading(links: list[Link]) -> None:
    chain = read_chain(links)
    assert chain.order == (A, B, C, D)
    assert chain.head == D
    assert chain.problems == ()
    assert chain.holds("b")
    assert not chain.holds("x")


def test_old_years_can_be_moved_away() -> None:
    chain = read_chain([C, D])
    assert (chain.order, chain.begins_after, chain.problems) == ((C, D), "b", ())


@pytest.mark.parametrize(
    ("links", "problem"),
    [
        ([A, B, D], "2026-06/r1 follows the manifest c, which is not in the archive"),
        ([A, B, link("2026-06/r1", "x", "a")], "2026-05/r1 and 2026-06/r1 both follow 2026-04/r1: two heads"),
        (
            [A, link("2026-05/r1", "b", None)],
            "2026-04/r1 and 2026-05/r1 each say that they are the first revision of the archive",
        ),
        ([link("2026-04/r1", "a", "b"), B], "2026-04/r1 and 2026-05/r1 follow each other in a circle"),
        ([link("2026-04/r2", "a", None), link("2026-04/r1", "b", "a")], "2026-04/r1 was written after 2026-04/r2"),
        ([B, D], "2026-05/r1 follows the manifest a, which is not in the archive"),
    ],
)
def test_what_is_wrong_is_told(links: list[Link], problem: str) -> None:
    assert problem in read_chain(links).problems


def test_a_circle_beside_the_chain_is_told() -> None:
    one, other = link("2026-07/r1", "x", "y"), link("2026-08/r1", "y", "x")
    assert read_chain([A, B, one, other]).problems == ("2026-07/r1 and 2026-08/r1 follow each other in a circle",)
