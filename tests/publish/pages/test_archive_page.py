"""The archive's front page: states, totals, trend, signatures, and ten years of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.evidence.period import Period, zone
from chargeback.model.archive_overview import (
    MonthOverview,
    OverviewTeam,
    OverviewTotal,
    RevisionOverview,
    Signature,
)
from chargeback.model.books import AcceptedTotal, Status
from chargeback.publish import statements
from chargeback.publish.pages import archive_page
from chargeback.publish.pages.charts import COLOURS, in_one_chart, team_colours
from tests.kit import page_months
from tests.kit.pages import Page, unsound

from .test_month_page import bytes_of

NOTHING = AcceptedTotal(0, ())


def revision(number: int = 1, gross: str = "107.00", **more: object) -> RevisionOverview:
    total = Decimal(gross)
    values: dict[str, object] = {
        "revision": number,
        "status": Status.RECONCILED,
        "exceptions": 0,
        "accepted": NOTHING,
        "created": "2026-06-01T00:05:00Z",
        "endpoint": page_months.PLATFORM,
        "version": "0.1.0",
        "head": f"{number:064x}",
        "totals": (OverviewTotal("THB", total - 7, Decimal(7), total),),
        "teams": (
            OverviewTeam("web", "Web", "THB", total * 3 / 4),
            OverviewTeam("data", "ทีมข้อมูล", "THB", total / 4),
        ),
    }
    return RevisionOverview(**(values | more))  # type: ignore[arg-type]


def month(text: str, *revisions: RevisionOverview) -> MonthOverview:
    return MonthOverview(Period.parse(text), revisions or (revision(),))


def archive_of_sixty() -> list[MonthOverview]:
    """Fifteen months of sixty teams, some of them ten times as large as others."""
    named = [(f"team-{place:02d}", f"{page_months.SIXTY[place % 6]} {place + 1}") for place in range(60)]
    found = []
    for back in range(14, -1, -1):
        shares = [Decimal(page_months.of_sixty(place, back) * (1 + (59 - place) // 6)) / 100 for place in range(60)]
        teams = tuple(OverviewTeam(*each, "THB", gross) for each, gross in zip(named, shares, strict=True))
        order = tuple(team for team, _ in named)
        latest = revision(gross=str(sum(shares)), teams=teams, team_order=order)
        found.append(MonthOverview(Period(2026, 5).plus(-back), (latest,)))
    return found


def page_of(*found: MonthOverview) -> Page:
    return Page(archive_page.render(found, head="ab" * 32, timezone=zone("Asia/Bangkok")))


MAY = Period(2026, 5)
SIGNATURES = (
    Signature("2026-06-02T03:00:00Z", MAY, 1, f"{1:064x}", "preparer", "Somchai ใจดี", "checked against the bank"),
    Signature("2026-06-03T03:00:00Z", MAY, 1, f"{1:064x}", "reviewer", "<b>Dana</b>"),
)


def test_a_month_shows_status_totals_change_and_signatures() -> None:
    page = page_of(month("2026-04"), month("2026-05", revision(gross="214.00", signatures=SIGNATURES)))
    may, april = page.rows("months")[1:]
    assert may[:4] == ["May 2026 revision 1", "reconciled", "214.00 THB", "+100.0 %"]
    assert "Somchai ใจดี, preparer, 2 June 2026, 10:00: checked against the bank" in may[4]
    assert "<b>Dana</b>, reviewer, 3 June 2026, 10:00" in may[4]
    assert april[3] == "–"
    assert april[4].startswith("not yet")
    assert "2026-05/r1/index.html" in page.links
    assert unsound(page) == []


def test_a_restated_month_says_that_its_signatures_are_of_an_earlier_revision() -> None:
    page = page_of(month("2026-05", revision(1, signatures=SIGNATURES), revision(2, head="f" * 64)))
    row = page.rows("months")[1]
    assert row[0] == "May 2026 revision 2, restated"
    assert row[4].startswith("signatures are of an earlier revision revision 1: Somchai ใจดี, preparer")
    assert {"2026-05/r1/index.html", "2026-05/r2/index.html"} <= set(page.links)
    assert "Revision 1 (superseded)" in row[4]


def test_a_revision_signed_anew_is_signed() -> None:
    page = page_of(month("2026-05", revision(1, signatures=SIGNATURES), revision(2, signatures=SIGNATURES[:1])))
    assert page.rows("months")[1][4].startswith("Somchai ใจดี, preparer")
    assert "earlier revision revision" not in page.text


def test_accepted_and_exceptions_are_said_of_each_month_and_counted_for_all() -> None:
    accepted = AcceptedTotal(2, (("THB", Decimal("12.50")),))
    page = page_of(
        month("2026-03"),
        month("2026-04", revision(status=Status.EXCEPTIONS, exceptions=3)),
        month("2026-05", revision(accepted=accepted)),
    )
    assert page.status == "!1 month with exceptions, 1 reconciled with accepted exceptions"
    assert [row[1] for row in page.rows("months")[1:]] == [
        "reconciled, 2 accepted (12.50 THB)",
        "3 exceptions",
        "reconciled",
    ]
    assert "Newest: May 2026, revision 1: reconciled, 2 accepted (12.50 THB)." in page.text


def test_months_without_a_revision_are_named() -> None:
    page = page_of(month("2026-01"), month("2026-05"))
    assert "No revision of 2026-02, 2026-03, 2026-04" in page.text
    assert "No revision of" not in page_of(month("2026-04"), month("2026-05")).text


def test_a_simulation_is_plainly_not_the_platform() -> None:
    page = page_of(month("2026-04"), month("2026-05", revision(endpoint=page_months.SANDBOX)))
    assert "1 of these months came from a program on the same computer" in page.text
    assert "not the platform's figures" in page.rows("months")[1][0]
    assert "not the platform's figures" not in page.rows("months")[2][0]


def test_the_trend_foots_month_by_month() -> None:
    page = page_of(month("2026-04"), month("2026-05", revision(gross="0.02", teams=())))
    assert page.rows("trend") == [
        ["Month", "Web", "ทีมข้อมูล", "all other teams", "Total"],
        ["2026-05", "0.00", "0.00", "0.02", "0.02"],
        ["2026-04", "80.25", "26.75", "0.00", "107.00"],
    ]


def test_an_archive_without_months_is_a_page_too() -> None:
    page = page_of()
    assert page.status == "✓Nothing archived yet"
    assert unsound(page) == []


@pytest.mark.parametrize("name", page_months.HOSTILE_NAMES)
def test_hostile_names_are_text(name: str) -> None:
    team = OverviewTeam("t", name, "THB", Decimal(107))
    signature = Signature(name, MAY, 1, f"{1:064x}", name, name, name)
    page = page_of(month("2026-05", revision(teams=(team,), signatures=(signature,), version=name, endpoint=name)))
    assert unsound(page) == []


def test_ten_years_fit_and_older_years_tell_their_exceptions_while_folded() -> None:
    found = [
        MonthOverview(
            Period(2016, 1).plus(place),
            (
                revision(1, gross=f"{1000 + place}.00", signatures=SIGNATURES),
                revision(2, gross=f"{1000 + place}.00", head=f"{place:064x}"),
            )
            if place % 6 == 5
            else (revision(status=Status.EXCEPTIONS, exceptions=1) if place == 7 else revision(),),
        )
        for place in range(120)
    ]
    data = archive_page.render(found)
    page = Page(data)
    assert len(data) < 500_000
    assert "2016 12 months, 1 with exceptions" in page.text
    assert "2017 12 months, all reconciled" in page.text
    assert len(page.rows("months")) == 120 + 10
    assert unsound(page) == []


def test_the_order_in_which_months_come_does_not_matter() -> None:
    one, other = month("2026-04"), month("2026-05", revision(gross="1.00"))
    assert archive_page.render([one, other]) == archive_page.render([other, one])


def test_of_sixty_teams_ten_are_in_the_trend_and_each_has_a_place() -> None:
    page = page_of(*archive_of_sixty())
    legend = page.texts("//ul[@class='legend']/li")
    assert len(legend) == 11 and legend[-1] == "all other teams"
    assert {f"team-team-{place:02d}" for place in range(60)} <= set(page.ids)
    assert page.texts("//li[@id='team-team-07']/h3") == ["ทีมวิศวกรรมแพลตฟอร์ม 8 team-07"]
    assert len(page.texts("//li[@id='team-team-07']//tbody/tr")) == 12
    newest = page.texts("//li[@id='team-team-07']//tbody/tr[1]")[0]
    assert newest.startswith("2026-05") and f"{page_months.of_sixty(7, 0) * 9 // 100:,}.00" in newest
    assert unsound(page) == []
    assert len(page.source) < 400_000


def test_a_team_s_months_lead_to_where_their_files_lie() -> None:
    page = page_of(month("2026-05", revision(folder="2026-05/r1-0123")))
    (link,) = page.root.xpath("//li[@id='team-web']//a/@href")
    assert str(link) == "2026-05/r1-0123/index.html#team-web"


def test_a_team_of_older_months_alone_has_a_place_too() -> None:
    old = month("2024-01", revision(teams=(OverviewTeam("gone", "Gone", "THB", Decimal(107)),)))
    newer = [month(str(Period(2025, 1).plus(place))) for place in range(13)]
    page = page_of(old, *newer)
    assert "Nothing in the newest months." in page.texts("//li[@id='team-gone']")[0]
    assert unsound(page) == []


def test_a_team_has_the_same_colour_on_every_page() -> None:
    sixty = page_months.sixty_teams()
    month_page, archive = Page(bytes_of(sixty)), page_of(*archive_of_sixty())
    statement = dict(statements.files(sixty.books, sixty.config))

    def marks(page: Page, path: str) -> set[str]:
        return {str(mark) for mark in page.root.xpath(path) if str(mark) != "zero"}

    for place in (0, 7, 19, 59):
        team = f"team-{place:02d}"
        colour = team_colours(f"team-{each:02d}" for each in range(60))[team]
        of_month = marks(month_page, f"//tr[@id='team-{team}']//svg/@class")
        assert of_month == {f"bar {colour}", f"spark {colour}"}
        assert marks(archive, f"//li[@id='team-{team}']//svg/@class") == {colour, f"spark {colour}"}
        drawn = marks(Page(b"".join(statement[f"ledgers/{team}.html"])), "//svg[@class='plot']/rect/@class")
        assert drawn == {colour}


def test_of_two_teams_of_one_colour_in_a_chart_the_second_is_drawn_in_outline() -> None:
    order = [f"t{place}" for place in range(40)]
    colours = team_colours(order)
    assert len(set(colours.values())) == COLOURS + 2
    assert in_one_chart([colours[team] for team in ("t0", "t1", f"t{COLOURS}")]) == ["t0", "t1", "t0 again"]
    assert team_colours([*order, "new"])["t7"] == colours["t7"], "one that is added changes no other's"
