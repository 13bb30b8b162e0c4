"""*Evidence*: the rows that are joined from what they share are those that the table makes one by one."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.publish.workpaper.evidence import EvidenceTable, _alike, _shown
from chargeback.publish.workpaper.numbered_accounts import Paper
from chargeback.publish.xlsx.cells import Cells
from chargeback.publish.xlsx.sheets import Written
from chargeback.publish.xlsx.texts import SharedStrings
from tests.kit import sample
from tests.publish.workpaper.papers import paper, table, untraced

PAPER = Paper(sample.books(), sample.config(), sample.evidence())
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**20), max_value=10**20)


@given(st.lists(st.tuples(names, names, values, names), max_size=6), names, names)
def test_a_row_is_the_same_joined_or_made_by_the_table(
    shown: list[tuple[str, str, Decimal, str]], figure: str, invoice: str
) -> None:
    account, table = PAPER.accounts[0], EvidenceTable
    answer = replace(sample.evidence().answers[0], path="evidence/<1>.json")
    joined, made = (Written(Cells(SharedStrings()), table) for _ in range(2))
    one_by_one = [
        made.rows.row(
            {
                table.number: account.number,
                table.account: account.account,
                table.figure: figure,
                table.invoice: invoice,
                table.of: of,
                table.resource: resource,
                **_shown(value),
                table.file: answer.path,
                table.pointer: place,
                table.sha256: answer.sha256,
            }
        )
        for of, resource, value, place in shown
    ]
    columns = ([row[place] for row in shown] for place in range(4))
    texts = [text.encode() for text in _alike(joined, account, answer, figure, invoice, *columns)]
    assert _resolved(texts, joined) == _resolved([row.encode() for row in one_by_one], made)
    assert joined.rows.figures == made.rows.figures


def _resolved(rows: list[bytes], written: Written) -> list[bytes]:
    """The rows with their shared texts in the place of the texts' numbers, which follow the order of making."""
    elements = b"".join(written.rows.cells.strings.xml()).removesuffix(b"</sst>").split(b"<si>")[1:]
    resolved = []
    for row in rows:
        head, *cells = row.split(b't="s"><v>')
        parts = [head]
        for cell in cells:
            number, rest = cell.split(b"</v>", 1)
            parts += [elements[int(number)], rest]
        resolved.append(b"|".join(parts))
    return resolved


def test_every_pointer_leads_to_its_value() -> None:
    assert list(untraced(paper(), sample.evidence())) == []
    figures = list(table(paper(), "Evidence"))
    assert {row["Figure"] for row in figures} >= {"billingValue", "subtotal", "taxAmount", "total", "taxRate", "amount",
                                                  "quantity", "unitPrice", "periodStart", "periodEnd"}  # fmt: skip


def test_a_field_that_the_detail_lacks_is_traced_to_the_list_row() -> None:
    (row,) = [row for row in table(paper(), "Evidence") if (row["Figure"], row["Invoice"]) == ("subtotal", "INV-USD-7")]
    assert (row["File"], row["JSON pointer"]) == (
        "evidence/ba_usd/billing.listInvoices.json",
        "/result/items/0/subtotal",
    )


def test_a_figure_that_a_number_cell_cannot_hold_keeps_its_digits() -> None:
    (row,) = [row for row in table(paper(), "Evidence") if row["As sent, where a number cell cannot hold it"]]
    assert row["As sent, where a number cell cannot hold it"] == "535.000000000000001"
    assert row["Value"] == 535


def test_evidence_files_lists_every_answer_and_document() -> None:
    evidence = sample.evidence()
    rows = list(table(paper(), "Evidence files"))
    assert len(rows) == len(evidence.answers) + len(evidence.run.documents)
    assert [row["File"] for row in rows[: len(evidence.answers)]] == [answer.path for answer in evidence.answers]
    assert json.loads(rows[1]["Request"]) == {"id": "ba_thai"}


def test_checksums_are_not_printed() -> None:
    for sheet, last in (("Evidence", "J"), ("Evidence files", "H")):
        printed = paper().formulas[sheet].print_area
        assert re.fullmatch(rf"'{sheet}'!\$A\$1:\${last}\$[0-9]+", printed)
        heads = [cell.value for cell in paper().values[sheet][4]]
        assert [place for place, head in enumerate(heads) if "SHA" in str(head)] == [ord(last) - 64]
