"""What a team may read of the month's checks: nothing of another team's names, projects or amounts.

The property is non-interference: whatever the other team and its projects are called, and whatever is found there, this
team's sheets stay the same, cell by cell, and its statement byte by byte.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chargeback.evidence.period import Period
from chargeback.model.books import Books
from chargeback.model.check import REPORTED, Acceptance, Check, Code, Outcome, Subject, SubjectKind
from chargeback.publish import statements
from chargeback.publish.team_workbook import files
from chargeback.publish.team_workbook.month import ReportedChecks
from chargeback.publish.team_workbook.team_checks import Reach, TeamCheck, checks_within
from chargeback.publish.team_workbook.totals import totals_of_lines
from tests.kit import sample
from tests.kit.months import TEAMS, Month, account, invoice, month, of, report, sku
from tests.kit.opened import Opened

PROJECTS = st.one_of(
    st.sampled_from([
        "2048-game", "2026-05-11", "receipt", "line-3", "invoice", "cpu", "CPU", "acme-web-2", "web", "data", "mine",
        "report-total", "1042", "INV-1", "acme-we", "a", "=mine", "'mine", "mine.", "(mine)",
    ]),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.éกข:;'\"()", min_size=1, max_size=20),
).map(str.strip).filter(lambda name: name not in ("", "acme-web", "nobodys"))  # fmt: skip
TEAM_IDS = st.one_of(st.sampled_from(["data", "webs", "line", "receipt", "cpu", "2048"]), st.text("abcdw-", min_size=1))
AMOUNTS = st.integers(1, 10**7).map(lambda units: str(Decimal(units) / 100))
MESSAGES = st.text(max_size=60)
NAMES = st.text("abz019-éกข:;,'\"()", min_size=1, max_size=12)


def toml(text: str) -> str:
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


def two_teams(project: str, team: str, name: str, amount: str, reported: str) -> Month:
    """``web`` has acme-web, where the report differs by 5; the other team's project is another line of the invoice."""
    config = f"""{TEAMS.partition("[[teams]]")[0]}
[[teams]]
id = "web"
name = "Web"
projects = ["acme-web"]
[[teams]]
id = "{team}"
name = {toml(name)}
projects = [{{ match = {toml(project)} }}]
[[accepted]]
check = "report-project"
account = "1042"
subject = {toml(project)}
up_to = "0.01"
until = "2026-12"
reason = {toml(name)}
by = {toml(name)}
"""
    lines = (of("acme-web", "100.00"), of(project, amount, description=name))
    shown = report(("acme-web", "CPU", 1, "95"), (project, "CPU", 7, reported), ("nobodys", project, 1, "3"))
    bill = invoice("INV-1", *lines, status="paid")
    return month(account(bill, documents=(), report=shown), config=config)


def sheets(books: Books, month: Month) -> list[tuple[object, ...]]:
    """The cells of web's Summary and Notes; the time of the run is no part of them."""
    found = dict(files(books, month.settings))
    book = Opened.of(found["ledgers/web.xlsx"])
    return [tuple(row) for name in ("Summary", "Notes") for row in book.rows(name)]


def statement(books: Books, month: Month) -> bytes:
    """web's statement."""
    return b"".join(dict(statements.files(books, month.settings))["ledgers/web.html"])


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(PROJECTS, PROJECTS, TEAM_IDS, TEAM_IDS, NAMES, AMOUNTS, AMOUNTS, MESSAGES)
def test_no_name_project_message_or_amount_of_another_team_changes_a_cell(
    one: str, two: str, team: str, other: str, name: str, amount: str, reported: str, message: str
) -> None:
    reserved = {"web", "all", "unassigned", "adjustments"}
    team, other = (f"z{each.strip('-')}" if each in reserved or each[0] == "-" else each for each in (team, other))
    first = two_teams(one, team, "Data", "11.11", "7.07")
    second = two_teams(two, other, name, amount, reported)
    before, after = first.books(), second.books()
    told = tuple(
        replace(check, message=message) if check.outcome is not Outcome.PASS else check for check in after.checks
    )
    assert {check.code for check in before.having(Outcome.EXCEPTION)} >= {Code.REPORT_PROJECT, Code.INVOICE_PDF}

    def shown(books: Books, checks: tuple[Check, ...]) -> Books:
        """Without the account's total, which may agree by chance."""
        return replace(books, checks=tuple(check for check in checks if check.code is not Code.REPORT_TOTAL))

    one_side, other_side = shown(before, before.checks), shown(after, told)
    assert sheets(one_side, first) == sheets(other_side, second)
    assert statement(one_side, first) == statement(other_side, second)


def reach() -> Reach:
    """web's, where acme-web is its own and acme-platform shared with data."""
    rows = [("acme-web", "CPU", 1, 50), ("acme-platform", "CPU", 1, 30), ("acme-data", "Disk", 1, 20)]
    lines = (of("acme-web", 50), of("acme-platform", 30), of("acme-data", 20))
    books = month(account(invoice("INV-1", *lines), report=report(*rows))).books()
    return Reach.of("web", totals_of_lines(books.ledger.of_team("web")))


def check(subject: Subject | None, **fields: object) -> Check:
    amounts = {"expected": Decimal(5), "actual": Decimal(8), "variance": Decimal(3), "currency": "THB"}
    given = {"code": Code.REPORT_PROJECT, "outcome": Outcome.EXCEPTION, "account": "1042", **amounts, **fields}
    return Check(message="acme-data is 77.77", subject=subject, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(("kind", "name", "invoice_number", "touches", "own"), [
    (SubjectKind.PROJECT, "acme-web", "", True, True),
    (SubjectKind.PROJECT, "acme-platform", "", True, False),
    (SubjectKind.PROJECT, "acme-data", "", False, False),
    (SubjectKind.PROJECT, "CPU", "", False, False),
    (SubjectKind.PROJECT, "line 1", "INV-1", False, False),
    (SubjectKind.PROJECT, "receipt", "INV-1", False, False),
    (SubjectKind.PROJECT, "2048-game", "INV-1", False, False),
    (SubjectKind.PROJECT, "web", "", False, False),
    (SubjectKind.RESOURCE, "CPU", "", True, False),
    (SubjectKind.RESOURCE, "Disk", "", False, False),
    (SubjectKind.RESOURCE, "acme-web", "", False, False),
    (SubjectKind.LINE, "line 1", "INV-1", True, False),
    (SubjectKind.LINE, "line 1", "INV-2", False, False),
    (SubjectKind.DOCUMENT, "receipt", "INV-1", True, False),
    (SubjectKind.INVOICE, "INV-1", "INV-1", True, False),
    (SubjectKind.INVOICE, "INV-2", "INV-1", False, False),
    (SubjectKind.DAY, "2026-05-11", "", True, False),
    (SubjectKind.CLAIM, "acme-web", "", False, False),
    (SubjectKind.ACCEPTANCE, "acme-web", "", False, False),
    (SubjectKind.TEAM, "data", "", False, False),
])  # fmt: skip
def test_a_check_touches_by_the_kind_of_its_subject(
    kind: SubjectKind, name: str, invoice_number: str, touches: bool, own: bool
) -> None:
    found = list(checks_within([check(Subject(kind, name), invoice=invoice_number)], reach()))
    assert bool(found) == touches
    for told in found:
        assert told.variance == (Decimal(3) if own else None)
        assert ("8 THB, expected 5" in told.text) == own
        assert "77.77" not in told.text


def test_no_check_that_touches_a_team_is_missed_where_its_own_alone_are_looked_at() -> None:
    books, found = sample.books(), 0
    told = tuple(books.having(*REPORTED))
    for team in books.ledger.teams:
        own = Reach.of(team.id, totals_of_lines(books.ledger.of_team(team.id)))
        looked_at = list(ReportedChecks.of(told).concerning(own.team, own.accounts))
        assert len(looked_at) < len(told)
        assert list(checks_within(looked_at, own)) == list(checks_within(told, own))
        found += len(looked_at)
    assert found


def test_the_teams_own_change_is_shown_with_its_figures() -> None:
    (told,) = checks_within([check(Subject(SubjectKind.TEAM, "web"), account="", code=Code.HISTORY)], reach())
    assert told.text == "Large change since the month before: 8 THB, expected 5"


def test_who_accepted_and_why_is_not_for_teams() -> None:
    accepted = Acceptance("data@acme.example", Period(2026, 12), "acme-data got a credit")
    (told,) = checks_within([check(None, outcome=Outcome.ACCEPTED, accepted=accepted)], reach())
    assert isinstance(told, TeamCheck)
    assert (told.text, told.variance) == (
        "Report and invoice differ for a project; known and accepted", None,
    )  # fmt: skip


def test_what_was_not_performed_is_said_to_be_so() -> None:
    (told,) = checks_within([check(None, outcome=Outcome.NOTICE, performed=False, variance=None)], reach())
    assert told.text == "not performed: report = invoice lines, project by project; the reconciliation says why"


def test_a_by_sku_resources_amounts_are_everybodys() -> None:
    rows = [("acme-web", "CPU", 1, 60), ("acme-data", "CPU", 1, 31)]
    books = month(account(invoice("INV-1", sku("CPU", 100)), report=report(*rows))).books()
    web = Reach.of("web", totals_of_lines(books.ledger.of_team("web")))
    told = [each for each in checks_within(books.having(Outcome.EXCEPTION), web) if each.code is Code.REPORT_RESOURCE]
    assert [(each.concerns, each.variance) for each in told] == [("CPU", None)]
