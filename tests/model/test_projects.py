"""Which project a name means: a sid, an id, or what no list shows."""

from __future__ import annotations

from typing import Any

import pytest

from chargeback.errors import ConfigurationError
from chargeback.evidence import ProjectPair
from chargeback.model.answers import LineItem, ProjectAnswer
from chargeback.model.books import Books
from chargeback.model.projects import ProjectDirectory, Source
from tests.kit.months import TEAMS, Account, account, checks, exceptions, invoice, lines, month, of, report, sku
from tests.kit.some import some


def directory(*items: ProjectAnswer) -> ProjectDirectory:
    found = ProjectDirectory()
    found.add(items)
    return found


def notices(books: Books) -> list[str]:
    """What the ownership notices say, those of claims without a project aside."""
    found = [check for check in checks(books, "ownership") if check.outcome == "notice"]
    return [check.message for check in found if "matches no project" not in check.message]


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
    (LineItem(project="gone", project_id="1002", amount=1), "gone"),
    (LineItem(project="gone", project_id="1", amount=1), "gone"),
    (LineItem(project="", project_id=1002, amount=1), "1001"),
    (LineItem(sku="cpu", amount=1), ""),
])  # fmt: skip
def test_a_line_that_states_a_sid_is_of_that_sid_else_of_its_ids(line: LineItem, sid: str) -> None:
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
    assert lines(books, "project", "resource", "gross") == [("formerly", "CPU", "100.00")]
    assert exceptions(books) == ["ownership"]
    assert notices(books) == [
        'the project of id "1001" is "formerly" in an invoice line and "acme-web" in project.list: '
        'it is booked as "formerly"'
    ]


def state(*pairs: tuple[Source, str, str, str]) -> ProjectDirectory:
    found = ProjectDirectory()
    for source, identifier, sid, name in pairs:
        found.state(ProjectPair(identifier, sid, name), source)
    return found


REVISION, LINE, REPORT, LIST = Source
BOOKED = (REVISION, "1001", "acme-web", "Acme Web")


@pytest.mark.parametrize(("name", "identifier", "sid"), [
    ("1001", "", "acme-web"),
    ("", "1001", "acme-web"),
    ("acme-new", "", "acme-web"),  # project.list knows its id by another sid now
    ("acme-new", "1001", "acme-web"),
    ("another", "1001", "acme-web"),
    ("acme-web", "7", "acme-web"),
])  # fmt: skip
def test_a_row_of_a_project_renamed_since_is_of_the_one_that_was_booked(name: str, identifier: str, sid: str) -> None:
    directory = state(BOOKED, (LIST, "1001", "acme-new", "Acme New"), (LIST, "7", "acme-data", ""))
    assert (directory.resolve(name, identifier), directory.name_of(sid)) == (sid, "Acme Web")


def test_a_new_sid_that_the_report_lists_without_an_id_is_the_booked_projects_too() -> None:
    directory = state(BOOKED, (REPORT, "", "acme-new", "New"), (LIST, "1001", "acme-new", "New"))
    assert directory.resolve("acme-new") == "acme-web"


def test_a_sid_with_an_id_of_its_own_is_no_renamed_project() -> None:
    directory = state(BOOKED, (REPORT, "7", "acme-data", ""), (LIST, "1001", "acme-data", ""))
    assert directory.resolve("acme-data") == "acme-data"


def test_a_sid_that_a_line_states_is_nobody_elses() -> None:
    directory = state(BOOKED, (LINE, "1001", "acme-data", ""), (LIST, "1001", "acme-data", "Data"))
    assert (directory.resolve("acme-data"), directory.resolve("1001")) == ("acme-data", "acme-web")
    assert directory.of_line(LineItem(project="acme-data", project_id="1001", amount=1)) == "acme-data"


def test_the_earlier_source_wins_and_within_a_source_the_earlier_statement() -> None:
    pairs = (
        (LINE, "1", "a", ""),
        (LINE, "1", "b", ""),
        (REPORT, "1", "c", "C"),
        (LIST, "1", "d", "D"),
        (LIST, "1", "e", "E"),
    )
    for first in some(range(len(pairs))):
        directory = state(*pairs[first:])
        assert directory.resolve("", "1") == pairs[first][2]
        assert len(directory.contradictions) == len(pairs) - first - 1


def test_names_that_two_sources_state_differently_are_told_and_those_of_one_source_are_not() -> None:
    directory = state(BOOKED, (REPORT, "", "acme-web", "Web"), (LIST, "1001", "acme-web", "Acme Web"))
    assert [str(each) for each in directory.contradictions] == [
        'acme-web is "Acme Web" in the month\'s latest revision and "Web" in the report\'s projectList: '
        'it is booked as "Acme Web"'
    ]
    assert state((LIST, "1", "a", "A"), (LIST, "1", "a", "B")).contradictions == []


def test_text_is_compared_after_nfc_and_keeps_its_first_spelling() -> None:
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    directory = state((LINE, decomposed, decomposed, ""), (LIST, composed, composed, "Café"))
    assert directory.contradictions == []
    assert {directory.resolve(composed), directory.resolve("", composed), directory.spelled(composed)} == {decomposed}
    assert directory.name_of(composed) == "Café"


def test_what_a_later_revision_goes_on_from_are_the_projects_of_the_month() -> None:
    directory = state(
        BOOKED, (LIST, "7", "acme-data", "Data"), (LIST, "8", "acme-data", "Data"), (LINE, "", "gone", "")
    )
    assert directory.pairs_of(["acme-data", "gone", ""]) == (
        ProjectPair("7", "acme-data", "Data"),
        ProjectPair("8", "acme-data", "Data"),
        ProjectPair("", "gone", ""),
    )


BY_ID = report(("1001", "CPU", 1, 100))
BY_SKU = invoice("I", sku("cpu", 100))


@pytest.mark.parametrize("projects", [(), "api: forbidden", [{"id": "1001", "project": "acme-new", "name": "New"}]])
def test_a_project_deleted_refused_or_renamed_since_moves_no_money(projects: Any) -> None:
    """The report names it by id, the invoice is by SKU: the latest revision alone knows whose it is."""
    booked = (ProjectPair("1001", "acme-web", "Acme Web"),)
    shown = ("team", "project", "project_name", "gross")
    books = month(account(BY_SKU, report=BY_ID), projects=projects, booked=booked).books()
    assert lines(books, *shown) == [("web", "acme-web", "Acme Web", "100.00")]
    assert exceptions(books) == []
    (notice,) = notices(books)
    assert "project.list" in notice


def test_without_any_other_source_the_project_is_the_id() -> None:
    books = month(account(BY_SKU, report=BY_ID)).books()
    assert lines(books, "team", "project") == [("unassigned", "1001")]


def test_a_line_that_states_both_pairs_them_for_the_report_of_another_account_too() -> None:
    """A line of the one account is by id and sid; the other account's report has ids alone."""
    both = account(invoice("I1", of("acme-web", 5, projectId="1001")), report=report(("1001", "CPU", 1, 5)))
    other = Account([invoice("I2", sku("cpu", 100))], id="7", report=BY_ID)
    books = month(both, other).books()
    assert lines(books, "account", "team", "project", "resource") == [
        ("1042", "web", "acme-web", "CPU"), ("7", "web", "acme-web", "CPU"),
    ]  # fmt: skip


def test_the_reports_own_list_of_projects_names_them() -> None:
    shown = report(("1001", "CPU", 1, 100), projectList=[{"id": 1001, "sid": "acme-web", "name": "From the report"}])
    books = month(account(BY_SKU, report=shown)).books()
    assert lines(books, "project", "project_name") == [("acme-web", "From the report")]


def test_a_void_invoices_lines_state_nothing() -> None:
    void = {**invoice("A", of("acme-data", 1, projectId="1001")), "status": "void"}
    books = month(account(void, invoice("I", of("acme-web", 100, projectId="1001")), report=BY_ID)).books()
    assert lines(books, "project", "resource") == [("acme-web", "CPU")]


def test_an_accounts_name_stays_and_the_configurations_comes_before_all() -> None:
    given = {"account_names": {"1042": "As booked"}}
    assert lines(month(account(BY_SKU, report=BY_ID), **given).books(), "account_name") == [("As booked",)]
    named = TEAMS + '[[accounts]]\nid = "1042"\nname = "Ours"\n'
    assert lines(month(account(BY_SKU, report=BY_ID), config=named, **given).books(), "account_name") == [("Ours",)]


def test_equal_claims_are_an_error_only_for_projects_shown_now_or_of_the_month() -> None:
    config = TEAMS.replace('"acme-data"', '"acme-data", "*-x1"').replace('"acme-web-*"', '"x1-*"')
    equal = [{"id": "5", "project": "x1-x1", "billingAccount": "another"}]
    with pytest.raises(ConfigurationError, match="claimed equally"):
        month(account(BY_SKU, report=report(("acme-web", "CPU", 1, 100))), config=config, projects=equal).books()
    gone = (ProjectPair("5", "x1-x1", ""),)
    assert month(account(BY_SKU, report=report(("acme-web", "CPU", 1, 100))), config=config, booked=gone).books()


def test_a_claim_is_compared_with_a_project_after_nfc() -> None:
    config = TEAMS.replace('"acme-data"', '"caf\u00e9-*", "th\u00e9"')
    given = report(("cafe\u0301-1", "CPU", 1, 60), ("the\u0301", "CPU", 1, 40))
    assert lines(month(account(BY_SKU, report=given), config=config).books(), "team") == [("data",), ("data",)]
