"""``chargeback sign`` as it is called, by the clock of its context."""

from __future__ import annotations

from datetime import datetime

import pytest

from chargeback.archive.reading import Archive
from chargeback.collect.clock import SystemClock
from tests.cli.calling import Called, call
from tests.kit.reviewed import APRIL, MAY, SIGNED_AT, Reviewed, csv_rows, spoil

pytestmark = pytest.mark.usefixtures("offline")


class SigningClock(SystemClock):
    """Shows when the tests sign."""

    def now(self) -> datetime:
        """The time of signing."""
        return SIGNED_AT


def sign(office: Reviewed, *arguments: str) -> Called:
    return call("sign", *arguments, "--archive", office.root, context=SigningClock())


def test_preparer_and_reviewer_sign_and_list_shows_them(own_office: Reviewed) -> None:
    assert sign(own_office, MAY, "--by", "Ann").exit == 0
    assert sign(own_office, MAY, "--by", "Bob", "--role", "reviewer", "--note", "both exceptions are known").exit == 0
    rows = csv_rows(own_office.root / "signatures.csv")
    assert [(row["signed_at"], row["role"], row["by"]) for row in rows] == [
        ("2026-06-27T01:00:00Z", "preparer", "Ann"),
        ("2026-06-27T01:00:00Z", "reviewer", "Bob"),
    ]
    assert "signed: preparer Ann, reviewer Bob" in call("list", "--archive", own_office.root).out
    assert "signed: preparer Ann, reviewer Bob" in call("show", MAY, "--archive", own_office.root).out


def test_open_findings_are_listed_and_decided_ones_are_not(own_office: Reviewed) -> None:
    findings = call("findings", APRIL, "--output", "json", "--archive", own_office.root).document["findings"]
    signed = sign(own_office, APRIL, "--by", "Ann")
    assert f"{len(findings)} open findings, the largest first: chargeback findings {APRIL}" in signed.out
    assert findings[0]["id"] in signed.out
    decided = ("--dispose", findings[0]["id"], "--as", "known", "--by", "Bob", "--archive", own_office.root)
    assert call("findings", APRIL, *decided, context=SigningClock()).exit == 0
    document = sign(own_office, APRIL, "--by", "Bob", "--role", "reviewer", "--output", "json").document
    assert [each["id"] for each in document["open_findings"]] == [each["id"] for each in findings[1:]]


def test_a_conclusion_is_kept_with_the_note_and_stands_on_the_cover_page(own_office: Reviewed) -> None:
    signed = sign(own_office, MAY, "--by", "Ann", "--conclusion", "Agreed", "--note", "ticket 7")
    (row,) = csv_rows(own_office.root / "signatures.csv")
    assert row["note"] == "Agreed · ticket 7"
    cover = own_office.root / MAY / "cover-r3.html"
    assert str(cover) in signed.err
    assert "Agreed · ticket 7" in cover.read_text(encoding="utf-8")


def test_nobody_is_asked_for_a_conclusion_where_no_person_sits(own_office: Reviewed) -> None:
    assert sign(own_office, MAY, "--by", "Ann").exit == 0
    (row,) = csv_rows(own_office.root / "signatures.csv")
    assert row["note"] == ""


def test_a_person_at_a_terminal_is_asked_for_the_conclusion(
    own_office: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chargeback.cli.sign._asked", lambda: "Agreed")
    assert sign(own_office, MAY, "--by", "Ann").exit == 0
    (row,) = csv_rows(own_office.root / "signatures.csv")
    assert row["note"] == "Agreed"


def test_json_is_the_signature(own_office: Reviewed) -> None:
    document = call("sign", MAY, "--by", "สมชาย ใจดี", "--output", "json", "-c", own_office.config).document
    assert (document["schema"], document["by"], document["revision"]) == (1, "สมชาย ใจดี", 3)
    assert len(document["head"]) == 64


def test_the_same_person_as_reviewer_is_exit_2_and_nothing_is_appended(own_office: Reviewed) -> None:
    sign(own_office, APRIL, "--by", "Ann")
    refused = sign(own_office, APRIL, "--by", "Ann", "--role", "reviewer")
    assert refused.exit == 2
    assert len(refused.err.splitlines()) == 1
    assert len(csv_rows(own_office.root / "signatures.csv")) == 1


@pytest.mark.parametrize("arguments", [(APRIL,), (APRIL, "--by", " "), (APRIL, "--by", "Ann", "--role", "auditor")])
def test_what_cannot_sign_is_exit_2(own_office: Reviewed, arguments: tuple[str, ...]) -> None:
    assert sign(own_office, *arguments).exit == 2
    assert not (own_office.root / "signatures.csv").exists()


def test_a_damaged_revision_is_exit_7(own_office: Reviewed) -> None:
    path = own_office.root / APRIL / "r1/index.html"
    spoil(path, lambda data: data + b" ")
    assert sign(own_office, APRIL, "--by", "Ann").exit == 7


def test_an_archive_that_is_not_mounted_is_exit_7_and_nothing_is_signed(own_office: Reviewed) -> None:
    """An empty mount point: "no such month" would hide that the books are away."""
    path = own_office.config.with_name("head")
    path.write_text(f"{Archive(own_office.root).chain().order[-1].sha256}\n")
    spoil(own_office.config, lambda data: f'head_file = "{path}"\n'.encode() + data)
    own_office.root.rename(own_office.root.with_name("unmounted"))
    own_office.root.mkdir()
    called = call("sign", MAY, "--by", "Ann", "-c", own_office.config, context=SigningClock())
    assert called.exit == 7
    assert "is missing, not mounted or was rolled back" in called.err
    assert list(own_office.root.iterdir()) == []


def test_an_absent_archive_is_exit_9(own_office: Reviewed) -> None:
    assert call("sign", APRIL, "--by", "Ann", "--archive", own_office.root / "nowhere").exit == 9
    assert not (own_office.root / "nowhere").exists()
