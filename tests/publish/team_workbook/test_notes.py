"""*Notes*: what touches the team, in plain words, and nothing of another team."""

from __future__ import annotations

from tests.publish.team_workbook.workbooks import of_team


def test_notes_say_what_touches_the_team_in_plain_words() -> None:
    web, data = of_team("web").texts(), of_team("data").texts()
    staging = "Report and invoice differ for a project: 43.33 THB, expected 33.33"
    assert staging in web
    assert staging not in data
    assert "Invoice lines do not foot to the invoice; known and accepted" in data
    assert not any("2066.33" in text for text in data), "the invoice's total is of other teams too"
    assert "invoices/ba_thai/INV-2026-0009.pdf" in data
    assert "The previous month's figures are those of 2026-04, revision 2." in web


def test_an_acceptance_is_no_other_teams_project() -> None:
    texts = of_team("data").texts()
    assert not any("acme-lost" in text for text in texts)
