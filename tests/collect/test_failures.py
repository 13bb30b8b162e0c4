"""What of a text from outside may stand in an error message."""

from __future__ import annotations

from chargeback.collect.failures import LONGEST_QUOTE, quoted, shown_link, subject_of


def test_message_is_one_short_line() -> None:
    assert quoted("a\r\nb\x1b[31m\u202ec\x00") == "a b [31m c"
    assert len(quoted("x" * 10_000)) == LONGEST_QUOTE


def test_links_lose_user_and_query() -> None:
    text = 'see https://me:hidden@files.example/a.pdf?sig=hidden#hidden, "http://x/?hidden"'
    assert "hidden" not in quoted(text) and "files.example/a.pdf" in quoted(text)


def test_link_is_shown_as_host_and_path() -> None:
    assert shown_link("https://me:hidden@files.example:8443/a.pdf?sig=hidden#hidden") == "https://files.example/a.pdf"
    assert shown_link("https://[") == "a link that is not a URL"


def test_subject_names_account_and_function() -> None:
    assert subject_of("ba_1", "billing.report") == "account ba_1: billing.report"
    assert subject_of("", "billing.list") == "billing.list"
