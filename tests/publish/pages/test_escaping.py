"""No text of a record has an effect on a page, in whichever field it stands: pages are joined from strings, so each
place has to escape what it shows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.evidence.period import Period, zone
from chargeback.model.archive_overview import (
    MonthOverview,
    OverviewTeam,
    OverviewTotal,
    Restatement,
    Signature,
    TeamChange,
)
from chargeback.model.archived_checks import ArchivedFinding, DecidedFinding, FindingSubject
from chargeback.publish.pages import archive_page
from chargeback.publish.pages.cover_page import Cover, cover_page
from chargeback.publish.pages.file_links import file_groups, files_section
from tests.kit import page_months

from .test_archive_page import revision
from .test_month_page import bytes_of

EVIL = '<evil a="\'">&amp;'
SIGNATURE = Signature("2026-06-02T00:00:00Z", Period(2026, 5), 1, EVIL, EVIL, EVIL, EVIL)


def hostile(number: int, **more: object) -> object:
    total = OverviewTotal("THB", Decimal(1), Decimal(0), Decimal(1))
    fields = {"version": EVIL, "endpoint": EVIL, "head": EVIL, "created": EVIL, "signatures": (SIGNATURE,)}
    return revision(number, totals=(total,), teams=(OverviewTeam(EVIL, EVIL, "THB", Decimal(1)),), **fields, **more)


def finding(**more: object) -> DecidedFinding:
    texts = dict.fromkeys(ArchivedFinding.__struct_fields__, EVIL)
    fields = {**texts, "subject": FindingSubject(EVIL, EVIL), "amount": "1", "checks": 1}
    return DecidedFinding(ArchivedFinding(**fields), 1, None)


def archive() -> bytes:
    month = MonthOverview(Period(2026, 5), (hostile(1), hostile(2)))  # type: ignore[arg-type]
    return archive_page.render([month], head=EVIL)


def cover() -> bytes:
    return cover_page(Cover(Period(2026, 5), (EVIL,), hostile(1), 1, (finding(),)), zone("UTC"))  # type: ignore[arg-type]


def restated_month() -> bytes:
    changes = Restatement(1, (EVIL,), (TeamChange(EVIL, EVIL, 2, 1, 2),), (EVIL,))
    return bytes_of(page_months.small_month(revision=2, endpoint=EVIL), changes)


def files() -> bytes:
    return files_section(
        file_groups([f"invoices/{EVIL}/{EVIL}.pdf", f"evidence/{EVIL}.json"], {"ledgers": EVIL})
    ).encode()


@pytest.mark.parametrize("page", [archive, cover, restated_month, files])
def test_no_text_of_a_record_is_markup(page: object) -> None:
    data = page()  # type: ignore[operator]
    assert b"&lt;evil" in data
    assert b"<evil" not in data and b"&amp;amp;" in data
    assert b"a=\"'" not in data
