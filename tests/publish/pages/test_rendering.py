"""Names from outside on a page: readable, escaped, without effect on their surroundings."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from chargeback.model.text import readable
from chargeback.publish.pages.rendering import isolated, isolated_text, sentence


def test_marks_that_turn_direction_are_named() -> None:
    assert readable("gpj.exe\u202egnp.\u2066x\u2069") == "gpj.exe[U+202E]gnp.[U+2066]x[U+2069]"


def test_controls_go_and_lone_surrogates_are_replaced() -> None:
    assert readable("a\x07b\x1b[31m\ud800") == "ab[31m\ufffd"


def test_thai_hebrew_and_joiners_stay_as_they_are() -> None:
    for text in ("ระบบชำระเงิน", "מערכת", "نظام", "क्‍ष", "👩‍💻"):
        assert readable(text) == text


def test_markup_is_text() -> None:
    assert isolated('<b a="1">&') == "<bdi>&lt;b a=&#34;1&#34;&gt;&amp;</bdi>"
    assert sentence("<i>").startswith('<bdi dir="ltr">&lt;i')


def test_format_fields_in_a_name_are_text() -> None:
    assert isolated("{} {0} {{7*7}} %s") == "<bdi>{} {0} {{7*7}} %s</bdi>"


def test_where_no_element_may_stand_isolate_characters_do() -> None:
    assert isolated_text("א") == "\u2068א\u2069"
    assert isolated_text("") == ""


@given(st.text())
def test_whatever_the_text_it_stays_one_element_of_text(text: str) -> None:
    element = html.fragment_fromstring(str(isolated(text)))
    assert element.tag == "bdi"
    assert len(element) == 0
    isolated(text).encode("utf-8")
