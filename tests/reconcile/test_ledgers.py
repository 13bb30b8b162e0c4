"""Nothing is lost on the way to the teams: ledger-control and ownership."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import force_setattr

from chargeback.model.check import Check, SubjectKind
from chargeback.reconcile.ledgers import ledger_control
from tests.kit.months import TEAMS, account, checks, invoice, month, of, report, sku

ROWS = (("acme-web", "CPU", 1, 10), ("acme-data", "CPU", 1, 5))
GIVEN = account(invoice("I", of("acme-web", "10.70"), of("acme-data", "5"), tax="0.7"), report=report(*ROWS))


def tampered(change: str) -> Check:
    posting = month(GIVEN).posting()
    getattr(posting.ledger.lines, change)[0] += 1
    (check,) = ledger_control(posting, month(GIVEN).settings)
    return check


def test_ledgers_that_add_up_to_the_invoice_pass() -> None:
    (check,) = checks(month(GIVEN).books(), "ledger-control")
    assert (check.outcome, check.variance, check.tolerance) == ("pass", 0, 0)


@pytest.mark.parametrize("change", ["gross", "tax", "net"])
def test_a_satang_too_many_is_an_exception(change: str) -> None:
    check = tampered(change)
    assert check.outcome == "exception"
    assert check.message.endswith("do not book this; report it as a bug")


def test_tax_that_is_booked_as_net_is_an_exception_though_the_gross_is_right() -> None:
    posting = month(GIVEN).posting()
    for change, units in (("tax", -1), ("net", 1)):
        getattr(posting.ledger.lines, change)[0] += units
    (check,) = ledger_control(posting, month(GIVEN).settings)
    assert (check.outcome, check.variance) == ("exception", 0)
    assert "tax" in check.message


def test_a_line_of_no_booked_invoice_is_an_exception() -> None:
    posting = month(GIVEN).posting()
    force_setattr(posting.postings[0].month, "booked", ())
    (check,) = ledger_control(posting, month(GIVEN).settings)
    assert (check.outcome, check.message) == ("exception", "2 ledger lines of no booked invoice")


def owned(*items: dict[str, Any], rows: Any = ROWS, **fields: Any) -> list[tuple[str, str, str]]:
    books = month(account(invoice("I", *items), report=report(*rows)), **fields).books()
    return [(check.account, check.subject_name, check.outcome.value) for check in checks(books, "ownership")]


def test_projects_with_a_line_or_a_row_need_an_owner() -> None:
    projects = [{"id": "1", "project": "acme-web"}]
    found = owned(of("acme-web", 1), of("ghost", 1), rows=(*ROWS, ("spook", "CPU", 1, 1)), projects=projects)
    assert [row for row in found if row[2] == "exception"] == [
        ("1042", "ghost", "exception"),
        ("1042", "spook", "exception"),
    ]
    assert ("1042", "", "pass") in owned(of("acme-web", 1), of("acme-platform", 1), projects=projects)


def test_nobodys_project_is_told_also_where_its_invoice_is_booked_whole_for_its_mixed_lines() -> None:
    found = owned(of("ghost", 1), sku("cpu", 1), of("acme-web", 1), rows=())
    assert [row for row in found if row[2] != "notice"] == [("1042", "ghost", "exception")]


def test_a_claim_of_a_project_that_only_a_mixed_invoice_names_is_not_called_unmatched() -> None:
    found = owned(of("acme-data", 1), sku("cpu", 1), rows=())
    assert [row for row in found if row[1] == "acme-data"] == []


def test_rows_without_a_project_have_no_owner() -> None:
    books = month(account(invoice("I", of("acme-web", 1)), report=report(("", "CPU", 1, 1)))).books()
    (check,) = [each for each in checks(books, "ownership") if each.outcome == "exception"]
    assert check.message == "nobody owns the rows without a project: its cost is in the ledger unassigned"


def test_idle_and_missing_projects_and_a_missing_list_are_notices() -> None:
    idle = [{"id": str(place), "project": f"idle-{place:02}"} for place in range(25)]
    books = month(GIVEN, projects=idle).books()
    notices = {check.subject_name: check.message for check in checks(books, "ownership") if check.outcome == "notice"}
    assert [subject for subject in notices if subject.startswith("idle-")] == [row["project"] for row in idle]
    assert notices["idle-07"] == "idle-07 is listed, without cost in the month, and nobody owns it"
    assert '"acme-web-*" of team "web" matches no project of the month' in notices.values()
    others = "names are those of the invoices, the report and the month's latest revision"
    refused = checks(month(GIVEN, projects="api: forbidden").books(), "ownership")
    assert f'project.list was refused ("api: forbidden"): {others}' in [check.message for check in refused]
    empty = checks(month(GIVEN, projects=[]).books(), "ownership")
    assert f"project.list is empty: {others}" in [check.message for check in empty]


COMPANIES = """
[[accounts]]
id = "1042"
company = "Acme Co., Ltd."
"""


def of_companies(web: str, data: str) -> list[Check]:
    """The notices where the two teams are of these companies, "" for none."""
    config = TEAMS
    for team, company in (("web", web), ("data", data)):
        if company:
            config = config.replace(f'id = "{team}"\n', f'id = "{team}"\ncompany = "{company}"\n')
    found = checks(month(GIVEN, config=config + COMPANIES).books(), "ownership")
    return [check for check in found if check.subject is not None and check.subject.kind is SubjectKind.COMPANY]


def test_a_pair_of_companies_where_a_team_of_one_bears_cost_of_the_other_is_one_notice() -> None:
    (check,) = of_companies("Acme Co., Ltd.", "Bolt Co., Ltd.")
    assert (check.outcome, check.subject_name) == ("notice", "Acme Co., Ltd. / Bolt Co., Ltd.")
    assert check.message.startswith("5.00 THB gross that Acme Co., Ltd. is billed for is borne by data of Bolt")
    (both,) = of_companies("Bolt Co., Ltd.", "Bolt Co., Ltd.")
    assert both.message.startswith("15.70 THB gross")
    assert "borne by data, web of Bolt" in both.message


@pytest.mark.parametrize("web", ["", "Acme Co., Ltd."])
def test_teams_of_the_same_company_or_of_none_are_no_pair(web: str) -> None:
    assert of_companies(web, "") == []
