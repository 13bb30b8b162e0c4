"""How an amount came about: the parts sum to it, every pointer resolves, and nothing is explained that is not
archived."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from chargeback.errors import ConfigurationError, DamagedError
from chargeback.model.booking import AccountMonth
from chargeback.review.explanation import RepostedAccounts, explain
from chargeback.review.explanation_json import explanation_json
from chargeback.review.explanation_text import exact_text, explanation_lines
from chargeback.review.terminal import Terminal
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, csv_rows, units
from tests.kit.some import some

BASES = ("invoice-line", "report-share", "shared-split", "adjustment")


def document(root: Path, period: str, subject: str) -> dict[str, Any]:
    return json.loads(json.dumps(explanation_json(explain(root, period, subject))))  # type: ignore[no-any-return]


def first_line(office: Reviewed, month: str, **wanted: str) -> dict[str, str]:
    rows = csv_rows(office.root / month / "r1/ledgers/all.csv")
    return next(row for row in rows if all(row[name] == value for name, value in wanted.items()))


def sources(node: Any) -> list[dict[str, str]]:
    """Every source anywhere in the document."""
    if isinstance(node, dict):
        own = [node] if {"path", "pointer", "value"} <= set(node) else []
        return own + [found for value in node.values() for found in sources(value)]
    return [found for value in node for found in sources(value)] if isinstance(node, list) else []


def resolved(root: Path, source: dict[str, str]) -> str:
    value = json.loads((root / source["path"]).read_bytes(), parse_float=str, parse_int=str)
    for step in source["pointer"].split("/")[1:]:
        value = value[int(step)] if isinstance(value, list) else value[step]
    return str(value)


@pytest.mark.parametrize("basis", BASES)
def test_a_line_of_each_basis_is_explained(office: Reviewed, basis: str) -> None:
    row = next(row for row in csv_rows(office.root / APRIL / "r1/ledgers/all.csv") if row["basis"] == basis)
    found = document(office.root, APRIL, row["line"])
    assert (found["net"], found["tax"], found["gross"]) == (row["net"], row["tax"], row["gross"])
    for source in sources(found):
        assert resolved(office.root / APRIL / "r1", source) == source["value"]


@pytest.mark.parametrize("basis", BASES)
def test_the_parts_of_every_step_sum_to_its_whole(office: Reviewed, basis: str) -> None:
    found = document(office.root, APRIL, first_line(office, APRIL, basis=basis)["line"])
    for step in some(found["steps"]):
        for side in ("gross", "tax"):
            if step[side] is None:
                continue
            portions = [part[side] for part in step["parts"]]
            assert sum(units(portion["amount"]) for portion in portions) == units(step[side]["whole"])
            assert sum(abs(portion["unit"]) for portion in portions) == step[side]["missing"]
            if step["kind"] != "rounding":  # what is rounded is the sum itself
                assert sum(Fraction(portion["exact"]) for portion in portions) == Fraction(step[side]["whole"])


def test_an_adjustment_is_what_the_header_holds_beyond_the_lines(office: Reviewed) -> None:
    row = first_line(office, APRIL, basis="adjustment")
    beyond = document(office.root, APRIL, row["line"])["adjustment"]
    assert units(beyond["header"]) - units(beyond["lines"]) == units(beyond["difference"])
    assert row["net" if beyond["basis"] == "net" else "gross"] == beyond["difference"]
    text = "\n".join(explanation_lines(explain(office.root, APRIL, row["line"]), Terminal()))
    assert "its lines do not foot" in text and f"leaves {beyond['difference']}" in text


def test_each_step_begins_with_what_the_one_before_gave(office: Reviewed) -> None:
    found = document(office.root, APRIL, first_line(office, APRIL, basis="shared-split", team="web")["line"])
    teams, resources = found["steps"][-2:]
    chosen = teams["parts"][teams["chosen"]]
    assert (chosen["gross"]["amount"], chosen["tax"]["amount"]) == (
        resources["gross"]["whole"],
        resources["tax"]["whole"],
    )
    assert resources["parts"][resources["chosen"]]["gross"]["amount"] == found["gross"]


@pytest.mark.parametrize("subject", ["web", "siam", "unassigned", "adjustments", "acme-platform", "project:siam-cloud"])
def test_parts_of_invoice_lines_sum_to_a_teams_or_projects_total(office: Reviewed, subject: str) -> None:
    found = document(office.root, APRIL, subject)
    column, name = found["kind"], found["name"]
    rows = [row for row in csv_rows(office.root / APRIL / "r1/ledgers/all.csv") if row[column] == name]
    assert rows
    for total in found["totals"]:
        parts = [part for part in found["parts"] if part["currency"] == total["currency"]]
        for side in ("net", "tax", "gross"):
            expected = sum(units(row[side]) for row in rows if row["currency"] == total["currency"])
            assert units(total[side]) == expected == sum(units(part[side]) for part in parts)
    assert sorted(line for part in found["parts"] for line in part["lines"]) == [int(row["line"]) for row in rows]
    for source in sources(found):
        assert resolved(office.root / APRIL / "r1", source) == source["value"]


def test_text_says_which_part_got_the_unit_and_ends_with_the_archived_amount(office: Reviewed) -> None:
    row = first_line(office, APRIL, basis="shared-split", team="web")
    text = "\n".join(explanation_lines(explain(office.root, APRIL, row["line"]), Terminal()))
    assert "in proportion to their direct cost" in text
    assert "largest fractions: " in text
    assert f"as in ledgers/all.csv, line {row['line']}" in text


@pytest.mark.parametrize("width", [80, 120])
def test_tables_fit_a_terminal(office: Reviewed, width: int) -> None:
    for subject in (first_line(office, APRIL, basis="shared-split")["line"], "web", "siam"):
        lines = list(explanation_lines(explain(office.root, APRIL, subject), Terminal(width=width)))
        assert [line for line in lines if cell_len(line) > width and "evidence/" not in line] == []


def test_hostile_names_are_explained_without_steering_the_terminal(hostile: Path) -> None:
    for subject in ("1", "web", "project:=acme+data"):
        text = "\n".join(explanation_lines(explain(hostile, MAY, subject), Terminal(width=80)))
        assert not set(text) & {"\x1b", "\x07", "\x00", "\r", "\u202e"}


@pytest.mark.parametrize("subject", ["0", "100000", "nobody", "team:acme-web", "project:web", ""])
def test_what_is_not_there_is_a_usage_error(office: Reviewed, subject: str) -> None:
    with pytest.raises(ConfigurationError):
        explain(office.root, MARCH, subject)


def test_a_ledger_that_does_not_follow_is_damage(office: Reviewed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chargeback.review.explanation._of_line", lambda line: (line.gross + 1,))
    with pytest.raises(DamagedError, match="does not follow from the evidence"):
        explain(office.root, MARCH, "1")


def test_another_versions_revision_is_to_be_explained_with_that_version(
    office: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargeback.review.explanation._of_line", lambda line: (line.gross + 1,))
    monkeypatch.setattr("chargeback.review.explanation.versions", lambda: {"chargeback": "9.0"})
    with pytest.raises(ConfigurationError) as refused:
        explain(office.root, MARCH, "1")
    assert "chargeback 0." in refused.value.remedy


def test_only_the_account_concerned_is_read_where_no_split_needs_more(
    office: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    months = RepostedAccounts.months

    def noting(self: RepostedAccounts, accounts: tuple[str, ...]) -> list[AccountMonth]:
        asked.append(accounts)
        return months(self, accounts)

    monkeypatch.setattr(RepostedAccounts, "months", noting)
    row = first_line(office, MARCH, project="baan-suan-shop")
    explain(office.root, MARCH, row["line"])
    assert asked == [(row["account"],)]


def test_an_exact_share_is_cut_and_says_so() -> None:
    assert exact_text(Fraction(100, 3), 2) == "0.333333…"
    assert exact_text(Fraction(-100), 2) == "-1.000000"
