"""The steps of an allocation: the same parts as posting, and every unit accounted for."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from chargeback.allocate.steps import StepKind, divided, line_steps, rounded
from chargeback.archive.reading import Archive
from chargeback.model.ledger import LedgerLine
from chargeback.model.money import largest_remainder, round_together
from chargeback.review.explanation import RepostedAccounts
from chargeback.review.ledger_rows import by_account, read_rows
from tests.kit.reviewed import Reviewed

WEIGHTS = st.lists(st.integers(-50, 1_000_000), min_size=1, max_size=8).filter(any).filter(sum)


@given(st.integers(-(10**12), 10**12), WEIGHTS)
def test_divided_gives_what_largest_remainder_gives(amount: int, weights: list[int]) -> None:
    found = divided(amount, weights)
    assert [portion.amount for portion in found.portions] == largest_remainder(amount, weights)
    assert sum(abs(portion.unit) for portion in found.portions) == found.missing


@given(st.lists(st.decimals(-10_000, 10_000, places=5), min_size=1, max_size=8), st.sampled_from([0, 2, 3]))
def test_rounded_gives_what_round_together_gives(amounts: list[Decimal], digits: int) -> None:
    assert [portion.amount for portion in rounded(amounts, digits).portions] == round_together(amounts, digits)


def test_ties_go_to_the_larger_weight_then_to_the_earlier() -> None:
    found = divided(2, [1, 1, 1, 1])
    assert [(portion.unit, portion.rank) for portion in found.portions] == [(1, 1), (1, 2), (0, 3), (0, 4)]


def test_every_line_of_every_archive_is_the_end_of_its_steps(office: Reviewed, hostile: Path) -> None:
    count = 0
    for revision in (*Archive(office.root).revisions(), *Archive(hostile).revisions()):
        again, archived = RepostedAccounts(revision), by_account(read_rows(revision))
        for month in again.months(again.evidence.run.accounts):
            for line in again.lines(month, archived.get(month.account, [])):
                invoice = next(each for each in month.booked if each.id == line.label.invoice_id)
                steps = line_steps(month, invoice, line, again.context)
                assert (steps.gross, steps.tax) == (line.gross, line.tax), line
                _check_steps(line, [step.kind for step in steps.steps])
                count += 1
    assert count > 500


def _check_steps(line: LedgerLine, kinds: list[StepKind]) -> None:
    assert (StepKind.TEAMS in kinds) == (line.basis.value == "shared-split")
    assert kinds == sorted(kinds, key=list(StepKind).index)
