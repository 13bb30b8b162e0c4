"""Which project a name means: a sid, an id, or what no list shows."""

from __future__ import annotations

import pytest

from chargeback.model.answers import LineItem, ProjectAnswer
from chargeback.model.projects import ProjectDirectory
from tests.small_months import account, exceptions, invoice, lines, month, of, report


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


@pytest.mark.parametrize(("name", "identifier", "sid"), [
    ("gone", "1002", "1001"),
    ("gone", "acme-web", "acme-web"),
    ("gone", "1", "gone"),
    ("", "1", "1"),
])  # fmt: skip
def test_of_a_sid_and_an_id_the_one_that_a_list_shows_counts(name: str, identifier: str, sid: str) -> None:
    assert LISTED.resolve(name, identifier) == sid


def test_a_project_that_line_and_row_name_otherwise_but_for_its_id_is_charged_to_its_team() -> None:
    shown = report(("renamed", "CPU", 1, 100))
    shown["list"] = [{**row, "projectId": "1001"} for row in shown["list"]]
    billed = account(invoice("I", of("formerly", 100, projectId="1001")), report=shown)
    books = month(billed, projects=[{"id": "1001", "project": "acme-web"}]).books()
    assert lines(books, "team", "project", "resource", "gross") == [("web", "acme-web", "CPU", "100.00")]
    assert exceptions(books) == []
