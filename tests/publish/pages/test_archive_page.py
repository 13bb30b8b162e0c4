"""The archive's front page: states, totals, trend, signatures, and ten years of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.model.archive_overview import (
    MonthOverview,
    OverviewTeam,
    OverviewTotal,
    RevisionOverview,
    Signature,
)
from chargeback.model.books import AcceptedTotal, Status
from chargeback.model.period import Period, zone
from chargeback.publish.pages import archive_page

from . import months
from .reading import Page, unsound

NOTHING = AcceptedTotal(0, ())


def revision(number: int = 1, gross: str = "107.00", **more: object) -> RevisionOverview:
    total = Decimal(gross)
    values: dict[str, object] = {
        "revision": number,
        "status": Status.RECONCILED,
        "exceptions": 0,
        "accepted": NOTHING,
        "created": "2026-06-01T00:05:00Z",
        "endpoint": months.PLATFORM,
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


def page_of(*found: MonthOverview) -> Page:
    return Page(archive_page.render(found, head="ab" * 32, timezone=zone("Asia/Bangkok")))


SIGNATURES = (
    Signature("2026-06-02T03:00:00Z", f"{1:064x}", "preparer", "Somchai ใจดี", "checked against the bank"),
    Signature("2026-06-03T03:00:00Z", f"{1:064x}", "reviewer", "<b>Dana</b>"),
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
    page = page_of(month("2026-04"), month("2026-05", revision(endpoint=months.SANDBOX)))
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


@pytest.mark.parametrize("name", months.HOSTILE_NAMES)
def test_hostile_names_are_text(name: str) -> None:
    team = OverviewTeam("t", name, "THB", Decimal(107))
    signature = Signature(name, f"{1:064x}", name, name, name)
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
