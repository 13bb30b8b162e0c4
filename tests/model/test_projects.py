"""Which project a name means: a sid, an id, or what no list shows."""

from __future__ import annotations

import pytest

from chargeback.model.answers import LineItem, ProjectAnswer
from chargeback.model.projects import ProjectDirectory


def directory(*items: ProjectAnswer) -> ProjectDirectory:
    found = ProjectDirectory()
    found.add(items)
    return found


LISTED = directory(
    ProjectAnswer(id=1001, project="acme-web", name="Acme Web", billing_account=1042),
    ProjectAnswer(id="1002", project="1001", name="a sid like another's id"),
    ProjectAnswer(id="1003", name="without a sid"),
    ProjectAnswer(name="without anything"),
    ProjectAnswer(id="9", project="acme-web", name="listed again"),
)


@pytest.mark.parametrize(("name", "sid"), [
    ("acme-web", "acme-web"),
    ("1001", "1001"),
    ("1002", "1001"),
    ("1003", "1003"),
    ("9", "acme-web"),
    ("unknown", "unknown"),
    ("", ""),
])  # fmt: skip
def test_a_name_is_a_listed_sid_else_the_sid_of_that_id_else_itself(name: str, sid: str) -> None:
    assert LISTED.resolve(name) == sid


def test_of_two_entries_the_first_counts() -> None:
    assert (LISTED.name_of("acme-web"), LISTED.by_sid["acme-web"].account) == ("Acme Web", "1042")
    assert LISTED.name_of("unknown") == ""


@pytest.mark.parametrize(("line", "sid"), [
    (LineItem(project="acme-web", project_id="1002", amount=1), "acme-web"),
    (LineItem(project_id=1001, amount=1), "acme-web"),
    (LineItem(project="gone", project_id="1002", amount=1), "1001"),
    (LineItem(project="gone", project_id="1", amount=1), "gone"),
    (LineItem(project="", project_id=1002, amount=1), "1001"),
    (LineItem(sku="cpu", amount=1), ""),
])  # fmt: skip
def test_a_line_means_the_project_it_names_else_that_of_its_id(line: LineItem, sid: str) -> None:
    assert LISTED.of_line(line) == sid
