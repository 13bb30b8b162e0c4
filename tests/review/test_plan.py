"""What another configuration would do: from the month's own evidence, nothing written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError, StorageError
from chargeback.review.plan import plan, plan_lines
from chargeback.review.terminal import Terminal
from tests.kit.reviewed import APRIL, MARCH, MAY, Reviewed, configuration, csv_rows, units
from tests.kit.some import some


def edited(office: Reviewed, *changes: tuple[str, str]) -> Config:
    """The configuration in use with texts replaced."""
    text = office.config.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return replace(parse(text.encode(), office.config), archive=office.root)


def document(config: Config, period: str | None) -> dict[str, Any]:
    return json.loads(json.dumps(plan(config, period).to_json()))  # type: ignore[no-any-return]


def state_of(root: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in root.rglob("*") if path.is_file()}


def test_moved_ownership_sums_to_zero_in_each_currency(office: Reviewed) -> None:
    found = document(configuration(office.changed), APRIL)
    moved = {row["team"]: units(row["difference"]["gross"]) for row in found["teams"] if row["currency"] == "THB"}
    assert moved["web"] > 0 > moved["shop"]
    for total in found["totals"]:
        rows = [units(row["difference"]["gross"]) for row in found["teams"] if row["currency"] == total["currency"]]
        assert sum(rows) == units(total["difference"]["gross"]) == 0


def test_moved_projects_are_named_with_their_teams(office: Reviewed) -> None:
    found = document(configuration(office.changed), APRIL)
    moved = {row["project"]: row for row in found["moved"]}
    assert set(moved) == {"acme-shop", "acme-platform"}
    assert [share["team"] for share in moved["acme-shop"]["before"]] == ["shop"]
    assert [share["team"] for share in moved["acme-shop"]["after"]] == ["web"]
    assert {share["team"] for share in moved["acme-platform"]["after"]} == {"data", "web"}


def test_before_is_what_is_archived_and_after_what_a_run_made_of_it(office: Reviewed) -> None:
    """The third revision of May was made of the second one's evidence with the changed configuration."""
    found = document(configuration(office.changed), f"{MAY}/r2")
    ledger = csv_rows(office.root / MAY / "r3/ledgers/all.csv")
    for row in some(found["teams"]):
        mine = [line for line in ledger if (line["team"], line["currency"]) == (row["team"], row["currency"])]
        assert units(row["after"]["gross"]) == sum(units(line["gross"]) for line in mine)


def test_the_configuration_that_it_was_made_with_changes_nothing(office: Reviewed) -> None:
    found = document(configuration(office.config), APRIL)
    assert (found["lines_changed"], found["moved"], found["checks"], found["notes"]) == (0, [], [], [])
    assert "nothing would change" in "\n".join(plan_lines(plan(configuration(office.config), APRIL), Terminal()))


def test_by_default_it_is_the_latest_month(office: Reviewed) -> None:
    assert document(configuration(office.config), None)["before"]["path"].endswith(f"{MAY}/r3")


def test_an_owner_for_an_unowned_project_ends_the_exception(office: Reviewed) -> None:
    config = edited(office, ('projects = ["acme-web", ', 'projects = ["legacy-batch", "ghost", "acme-web", '))
    found = document(config, APRIL)
    assert any(check["check"] == "ownership" and check["before"] == "exception" for check in found["checks"])
    assert found["after"]["exceptions"] < found["before"]["exceptions"]
    assert next(row for row in found["teams"] if row["team"] == "unassigned")["after"] is None


def test_accounts_that_were_not_collected_are_said(office: Reviewed) -> None:
    found = document(edited(office, ('id = "1047"', 'id = "9999"')), MARCH)
    assert any("9999 was not collected" in note for note in found["notes"])
    assert any("1047 is not in this configuration" in note for note in found["notes"])


def test_equal_claims_are_a_usage_error(office: Reviewed) -> None:
    config = edited(office, ('projects = ["acme-data", ', 'projects = ["*-we?", "?cme-we*", "acme-data", '))
    ambiguous = edited(
        office,
        ('projects = ["acme-data", ', 'projects = ["acme-we?", "acme-data", '),
        ('projects = ["acme-web", ', 'projects = ["acme-?eb", '),
    )
    assert document(config, MARCH)["moved"] == []
    with pytest.raises(ConfigurationError, match="claimed equally"):
        plan(ambiguous, MARCH)


def test_nothing_is_written(own_office: Reviewed) -> None:
    before = state_of(own_office.root)
    list(plan_lines(plan(configuration(own_office.changed), APRIL), Terminal(width=80)))
    assert state_of(own_office.root) == before


def test_an_absent_archive_is_a_storage_error(office: Reviewed, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        plan(replace(configuration(office.config), archive=tmp_path / "nowhere"), None)
