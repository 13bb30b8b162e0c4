"""The ledger in columns gives what plain lines give one by one: rows, order, parts, sums, bytes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import astuple

from chargeback.evidence.period import Period
from chargeback.model import ledger as columns_of
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine, format_usage, joined
from chargeback.model.ledger_register import COLUMNS, written_rows
from chargeback.model.money import format_minor, format_minors, whole_numbers
from chargeback.model.spreadsheet_text import BYTE_ORDER_MARK, csv_row, guarded
from chargeback.model.totals import total
from chargeback.publish.ledger_csv import chunks
from chargeback.publish.team_workbook.totals import Part, PartKey, by_resource, totals_of_lines
from tests.kit.ledger_lines import columns, ledger, sort_key, written

HOSTILE = st.sampled_from(
    ["", "acme", "=SUM(A1)", "ก", 'say "hi", all', "a;b", "tab\there", "nul\x00", "\u202e-1", "-x"]
)
AMOUNTS = st.one_of(st.integers(-10_000, 10_000), st.integers(-(2**66), 2**66), st.sampled_from([2**63 - 1, -(2**63)]))
DIGITS = {"THB": 2, "JPY": 0, "KWD": 3, "CLF": 4}
TEAMS = [LedgerTeam("web", "Web", "CC-1", "6420"), LedgerTeam("data", "=ทีม", '"', ""), LedgerTeam("unassigned")]
USAGE = st.one_of(st.none(), st.integers(-(10**9), 10**9), st.integers(-(2**70), 2**70))


@st.composite
def lines(draw: st.DrawFn) -> list[LedgerLine]:
    """Lines of some invoices of some accounts in some currencies; a project has one name and environment."""
    labels = draw(st.lists(st.builds(label, HOSTILE, HOSTILE, st.sampled_from(sorted(DIGITS))), min_size=1, max_size=4))
    labels = list({(each.account, each.invoice_id): each for each in labels}.values())
    found = []
    for _ in range(draw(st.integers(0, 12))):
        project, net, tax = draw(HOSTILE), draw(AMOUNTS), draw(AMOUNTS)
        basis, usage = draw(st.sampled_from(list(Basis))), draw(USAGE)
        found.append(
            LedgerLine(
                label=draw(st.sampled_from(labels)),
                team=draw(st.sampled_from(TEAMS)),
                project=project,
                project_name=f"Name of {project}",
                environment="production" if project else "",
                resource=draw(HOSTILE),
                usage="" if usage is None else format_usage(usage),
                share_percent=draw(st.sampled_from(["12.5", "100"])) if basis is Basis.SHARED_SPLIT else "",
                net=net,
                tax=tax,
                gross=net + tax,
                basis=basis,
                invoice_line=draw(st.integers(0, 3)),
                description=draw(HOSTILE),
            )
        )
    return [line._replace(line=number) for number, line in enumerate(found, start=1)]


def label(account: str, invoice: str, currency: str) -> InvoiceLabel:
    return InvoiceLabel(account, f"Name of {account}", invoice, f"id-{invoice}", "open", currency, DIGITS[currency])


@given(lines())
def test_each_line_is_what_was_put_in(given: list[LedgerLine]) -> None:
    found = columns(given)
    assert list(found) == given
    assert [found[place] for place in range(len(found))] == given
    assert list(found[1:3]) == given[1:3] and list(found[::-2]) == given[::-2]


@given(lines())
def test_accounts_in_order_each_sorted_are_the_sorted_ledger(given: list[LedgerLine]) -> None:
    of_account: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in given:
        of_account[line.label.account].append(line)
    whole = joined([columns(of_account[account]).in_order() for account in sorted(of_account)])
    in_order = [line._replace(line=number) for number, line in enumerate(sorted(given, key=sort_key), start=1)]
    assert list(whole) == in_order


@given(lines(), st.integers(1, 5))
def test_files_have_the_bytes_of_rows_written_one_by_one(given: list[LedgerLine], at_once: int) -> None:
    made = ledger(Period(2026, 5), given, TEAMS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(columns_of, "ROWS_AT_ONCE", at_once)
        every = b"".join(chunks("2026-05", lambda: made.lines))
        of_teams = {team: b"".join(chunks("2026-05", partial(made.of_team, team.id))) for team in TEAMS}
        rows = list(written_rows(Period(2026, 5), made.lines, guarded))
    assert every == plain_csv(given)
    assert of_teams == {team: plain_csv([line for line in given if line.team == team]) for team in TEAMS}
    assert rows == [written("2026-05", line, guarded) for line in given]


def plain_csv(lines: Sequence[LedgerLine]) -> bytes:
    rows = (csv_row(written("2026-05", line, guarded)) for line in lines)
    return (BYTE_ORDER_MARK + csv_row(COLUMNS) + "".join(rows)).encode()


@given(lines())
def test_what_teams_bear_of_invoices_is_what_their_lines_add_up_to(given: list[LedgerLine]) -> None:
    sums: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0] * 5)
    for line in given:
        amounts = (line.net, line.tax, line.gross)
        added = zip(sums[line.label.account, line.label.invoice_id, line.team.id], figures(amounts), strict=True)
        sums[line.label.account, line.label.invoice_id, line.team.id] = [one + other for one, other in added]
    made = ledger(Period(2026, 5), given, TEAMS)
    parts = list(made.every_part())
    assert [list(made.parts_of(team.id)) for team in TEAMS] == [
        [part for part in parts if part.team == team] for team in TEAMS
    ]
    assert {(part.label.account, part.label.invoice_id, part.team.id): list(astuple(part)[2:]) for part in parts} == (
        dict(sums)
    )


def figures(amounts: tuple[int, int, int]) -> tuple[int, ...]:
    """The amounts, one line, and the sum of their absolute values."""
    return (*amounts, 1, sum(map(abs, amounts)))


@given(lines())
def test_a_teams_totals_are_the_sums_of_its_lines(given: list[LedgerLine]) -> None:
    sums: dict[tuple[Part, PartKey], int] = defaultdict(int)
    for line in given:
        part = Part(line.label.currency, line.label.digits, line.environment, line.basis)
        sums[part, PartKey(line.project, line.resource, line.share_percent)] += line.net
    totals = totals_of_lines(columns(given))
    assert {(part, cell): each.net for part, cells in totals.cells.items() for cell, each in cells.items()} == dict(
        sums
    )
    assert list(totals.cells) == list(dict.fromkeys(part for part, _ in sums))


@given(lines())
def test_totals_by_project_alone_are_those_by_resource_added_up(given: list[LedgerLine]) -> None:
    whole, lean = totals_of_lines(columns(given)), totals_of_lines(columns(given), by_resource=False)
    assert (lean.parts, lean.names, lean.resources) == (whole.parts, whole.names, whole.resources)
    for currency in whole.currencies:
        cells = whole.by_cell(currency)
        sids = {sid for sid, _ in cells}
        found = by_resource(columns(given), currency, sids)
        assert {(sid, resource): each for sid in found for resource, each in found[sid].items()} == cells
        assert {sid: each for (sid, _), each in lean.by_cell(currency).items()} == {
            sid: total(found[sid].values()) for sid in sids
        }
        assert by_resource(columns(given), currency, ()) == {}


@given(st.lists(AMOUNTS), st.sampled_from(sorted(DIGITS.values())))
def test_many_amounts_are_written_as_each_by_itself(units: list[int], digits: int) -> None:
    assert format_minors(units, digits) == [format_minor(each, digits) for each in units]


def test_amounts_are_eight_bytes_each_until_one_does_not_fit() -> None:
    assert whole_numbers([2**63 - 1, -(2**63)]).itemsize == 8  # type: ignore[attr-defined]
    assert whole_numbers([2**63, 1]) == [2**63, 1]
