"""A month's page: what it says, that nothing is hidden, and that nothing comes from outside or goes there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from msgspec.structs import replace

from chargeback.evidence import DispositionRecord
from chargeback.evidence.period import Period
from chargeback.model.archive_overview import Restatement, TeamChange
from chargeback.model.books import CurrencyTotal
from chargeback.model.catalogue import Family
from chargeback.model.check import Outcome
from chargeback.publish.pages import month_page
from chargeback.publish.pages.findings import MOST_FINDINGS
from tests.kit import page_months
from tests.kit.months import MIDDLE, Account, account, invoice, of, report
from tests.kit.months import month as small
from tests.kit.page_months import Month
from tests.kit.pages import Page, unsound
from tests.reconcile.test_causes import EXACT, PROJECTS, charted

ROOT = Path(__file__).parents[3]


def bytes_of(month: Month, changes: Restatement | None = None, *, evidence: bool = True) -> bytes:
    ((path, chunks),) = month_page.files(
        month.books, month.config, month.paths, evidence=month.evidence if evidence else None, changes=changes
    )
    assert path == "index.html"
    return b"".join(chunks)


def page_of(month: Month, changes: Restatement | None = None) -> Page:
    return Page(bytes_of(month, changes))


@pytest.mark.parametrize(
    "month",
    [
        page_months.small_month(),
        page_months.small_month(clean=True),
        page_months.small_month(clean=True, accepted=True),
        page_months.small_month(endpoint=page_months.SANDBOX),
        page_months.hostile_month(),
        page_months.month_of([], page_months.small_config()),
    ],
    ids=["exceptions", "clean", "accepted", "sandbox", "hostile", "empty"],
)
def test_a_page_fetches_nothing_runs_nothing_and_says_everything_in_words(month: Month) -> None:
    assert unsound(page_of(month)) == []


def test_a_reconciled_month_says_so_first() -> None:
    page = page_of(page_months.small_month(clean=True))
    assert page.status == "✓Reconciled"
    assert "2 billing accounts, 2 invoices" in page.text
    assert "not to be booked" not in page.text
    assert not page.root.xpath("//section[@aria-labelledby='findings']")


def test_findings_are_counted_first_and_told_with_cause_and_remedy() -> None:
    page = page_of(page_months.small_month())
    assert page.status == "!3 findings, 3 exceptions"
    assert "The journal is not to be booked: it has exceptions that nobody has accepted." in page.text
    told = page.section("findings")
    assert "Report and invoice differ in total 12.50 THB" in told
    assert "the report shows 12476.08 THB" in told
    assert "Variance-12.50 THB" in told.replace("Variance -", "Variance-")
    assert "Account Acme Billing (ba_123)" in told
    assert told.count("What to do:") == told.count("Who runs the job:") == 3
    assert "[[" not in page.text


def test_a_month_with_one_part_invoice_missing_reads_as_one_finding() -> None:
    half = invoice("A", of("acme-web", 15), of("acme-data", 30), periodEnd=MIDDLE)
    shown = charted(**{"Acme Web": [1] * 31, "Data": [2] * 31})
    page = page_of(made(account(half, report=shown)))
    assert page.status.startswith("!1 finding, 4 exceptions")
    (card,) = page.root.xpath("//article")
    text = " ".join(card.text_content().split())
    assert "no issued invoice covers 2026-05-16 to 2026-05-31" in text
    assert "What follows from it: 4 exceptions, 144.00 THB in all" in text
    assert card.xpath(".//details//h4"), "what follows is folded beneath"
    assert unsound(page) == []


def test_twelve_projects_without_an_owner_are_one_finding() -> None:
    lines = [of(f"ghost-{place:02}", 10) for place in range(12)]
    shown = report(*((f"ghost-{place:02}", "CPU", 1, 10) for place in range(12)))
    page = page_of(made(account(invoice("A", *lines), report=shown)))
    assert page.status.startswith("!1 finding, 12 exceptions")
    (card,) = page.root.xpath("//article")
    assert "Project without an owner" in card.text_content()
    assert "What follows from it: 12 exceptions" in " ".join(card.text_content().split())


def test_what_was_decided_before_stands_beside_the_finding() -> None:
    month = page_months.small_month()
    first, *others = month.books.findings
    given = DispositionRecord(first.id, Period(2026, 4), 1, "<b>known</b>", "นารี", "2026-05-03T01:00:00Z", "99", 1)
    books = replace(month.books, findings=(replace(first, disposition=given), *others))
    told = page_of(replace(month, books=books)).section("findings")
    assert "Decided: <b>known</b> (นารี, 2026-05-03)" in told
    assert told.count("Decided:") == 1


def made(*accounts: Account) -> Month:
    built = small(*accounts, config=EXACT, projects=PROJECTS)
    return Month(built.books(), built.settings, built.evidence(), ())


def test_what_is_accepted_is_said_wherever_the_status_is() -> None:
    page = page_of(page_months.small_month(clean=True, accepted=True))
    assert page.status == "✓Reconciled, 2 accepted (25.00 THB)"
    assert str(page.root.findtext("head/title")).endswith("reconciled, 2 accepted (25.00 THB)")
    assert "reconciled, 2 accepted (25.00 THB)" in page.section("tie-out")
    assert "Accepted by finance@acme.example until 2026-09: promotional credit, ticket 4711" in page.section("accepted")


def test_totals_and_teams_are_those_of_the_books() -> None:
    month = page_months.small_month()
    page = page_of(month)
    thb = next(total for total in month.books.totals if total.currency == "THB")
    assert thb == CurrencyTotal("THB", 2, 1_167_157, 81_701, 1_248_858)
    assert "12,488.58" in page.section("totals")
    assert "net 11,671.57, tax 817.01" in page.section("totals")
    web = next(row for row in page.rows("teams") if row[0].startswith("Web"))
    assert web[2:] == ["7,535.06", "527.44", "8,062.50", "64.6 %", "-0.5 %"]
    assert "ทีมข้อมูล" in page.section("teams")


def test_a_simulation_is_plainly_not_the_platform() -> None:
    assert "not the platform" not in page_of(page_months.small_month()).text
    page = page_of(page_months.small_month(endpoint=page_months.SANDBOX))
    assert "These are not the platform's figures." in page.text
    assert "http://127.0.0.1:8399/ (this computer, not the platform)" in page.section("totals")


def test_the_source_and_the_time_are_told() -> None:
    totals = page_of(page_months.small_month()).section("totals")
    assert "https://api.deploys.app/" in totals
    assert "1 June 2026, 07:05 (Asia/Bangkok)" in totals


def test_every_file_of_the_revision_is_linked() -> None:
    month = page_months.small_month()
    linked = {unquote(link) for link in page_of(month).links}
    assert set(month.paths) - {"index.html"} <= linked
    assert {"manifest.json", "SHA256SUMS", "../../index.html"} <= linked


def test_a_path_of_thai_and_odd_characters_is_linked_as_a_path() -> None:
    month = page_months.small_month()
    odd = replace(month, paths=(*month.paths, "invoices/ba_ไทย~1/a b#?%.pdf", "javascript:alert(1)"))
    page = page_of(odd)
    assert "invoices/ba_%E0%B9%84%E0%B8%97%E0%B8%A2~1/a%20b%23%3F%25.pdf" in page.links
    assert "javascript%3Aalert%281%29" in page.links


def test_notices_are_folded_and_counted() -> None:
    month = page_months.small_month()
    count = sum(1 for _ in month.books.having(Outcome.NOTICE))
    page = page_of(month)
    (details,) = page.root.xpath("//section[@aria-labelledby='notices']/details[not(@open)]")
    assert f"{count} to know" in details.findtext("summary")


def test_a_restatement_says_against_what_why_and_how_much() -> None:
    changes = Restatement(
        1,
        ("evidence",),
        (TeamChange("web", "THB", 2, 81_000_000, 81_250_000), TeamChange("unassigned", "THB", 2, None, 4_700)),
    )
    page = page_of(page_months.small_month(revision=2), changes)
    assert page.rows("restatement")[1:] == [
        ["Web web", "THB", "810,000.00", "812,500.00", "+2,500.00", "+0.3 %"],
        ["Unassigned unassigned", "THB", "", "47.00", "+47.00", ""],
    ]
    assert "../r1/index.html" in page.links
    assert "evidence" in page.section("restatement")
    assert unsound(page) == []


def test_names_from_outside_are_text_and_nothing_else() -> None:
    page = page_of(page_months.hostile_month())
    assert page.root.xpath("//b[text()='sid']") == []
    assert "<script>alert(1)</script>" in page.text
    assert "{{ 7 * 7 }}" in page.text
    assert "gpj.exe[U+202E]gnp.[U+2066]x" in page.text
    assert "\x07" not in page.source
    assert "\x1b" not in page.source
    assert "\u202e" not in page.source


def test_in_a_big_month_nothing_is_hidden_and_the_page_stays_small() -> None:
    month = page_months.big_month(accounts=200, per_account=10, teams_count=120, odd_accounts=90)
    data = bytes_of(month)
    page = Page(data)
    exceptions = sum(1 for _ in month.books.having(Outcome.EXCEPTION))
    assert exceptions == 90 * 4
    findings = month.books.findings
    assert page.status == f"!{len(findings)} findings, {exceptions} exceptions"
    assert len(findings) == 90 * 2
    assert len(page.root.xpath("//article")) == MOST_FINDINGS
    left = sum(finding.amount or 0 for finding in findings[MOST_FINDINGS:])
    assert f"And {len(findings) - MOST_FINDINGS} not listed here, {left:,} THB in all" in page.section("findings")
    assert "And 140 more accounts" in page.section("tie-out")
    assert "30 with exceptions, 110 reconciled (120 exceptions)" in page.section("tie-out")
    assert any(row[0] == "and 20 more" for row in page.rows("teams"))
    assert any(row[0] == "and 1,975 more" for row in page.rows("projects"))
    assert len(data) < 600_000
    assert unsound(page) == []


def test_the_bytes_are_the_same_whatever_the_hash_seed_and_the_zone() -> None:
    script = (
        "import sys, hashlib; from tests.kit import page_months; from tests.publish.pages.test_month_page import "
        "bytes_of; print(hashlib.sha256(bytes_of(page_months.small_month())).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": place, "LC_ALL": "C"},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed, place in (("1", "UTC"), ("77", "Asia/Tokyo"))
    }
    assert len(found) == 1


def test_without_evidence_the_chart_shows_the_total_alone() -> None:
    page = Page(bytes_of(page_months.small_month(), evidence=False))
    assert "all projects" in page.section("daily")
    assert "12,476.08 THB over 31 days" in page.section("daily")


def test_findings_are_filtered_without_a_script_and_all_of_them_are_printed() -> None:
    page = page_of(page_months.small_month())
    families = {str(name).split()[-1] for name in page.root.xpath("//article/@class")}
    choices = page.texts("//fieldset[@class='filters']/label")
    assert len(families) > 1 and len(choices) == len(families) + 1
    assert choices[0] == f"everything ({len(page.root.xpath('//article'))})"
    assert {f"only-{family}" for family in families} < set(page.ids)
    screen = page.source[page.source.index("@media screen") : page.source.index("@media print")]
    hidden = [f"section:has(#only-{family}:checked) .card:not(.{family}) {{ display: none; }}" in screen
              for family in families]  # fmt: skip
    assert all(hidden)
    for each in Family:
        assert f"section:has(#only-{each.key}:checked)" in screen


def test_months_before_stand_beside_each_team_and_what_is_not_archived_is_no_column() -> None:
    page = page_of(page_months.small_month())
    (spark,) = page.root.xpath("//tr[@id='team-web']//svg[starts-with(@class, 'spark')]")
    assert [each.get("x") for each in spark] == ["80", "88"], "April and May, the last two of twelve"
    assert "twelve months up to this one" in page.section("teams")
    bare = Page(bytes_of(page_months.month_of(page_months.small_accounts(), page_months.small_config())))
    assert "twelve months" not in bare.section("teams")


def test_teams_and_projects_are_called_by_their_names() -> None:
    page = page_of(page_months.sixty_teams())
    assert "ทีมชำระเงินออนไลน์ 1 (team-00)" in page.section("notices")
    assert "team ทีมชำระเงินออนไลน์ 1" in page.section("projects")
