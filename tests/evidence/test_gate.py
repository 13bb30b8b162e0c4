"""The gate: every spelling of a secret is found, nothing else is, no link keeps what signs it, nothing takes long."""

from __future__ import annotations

import base64
import json
import tracemalloc
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.evidence.gate import BLANK, Gate, withheld, without_signatures

SECRET = 'tok/9f+86"d0=\\x'
PRINTABLE = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters="\\"), min_size=8, max_size=40
)
"""Secrets; one that holds backslashes is found as it is, and as JSON or a form has it, but not in mixtures."""


def gate(*secrets: str) -> Gate:
    opened = Gate()
    opened.learn(*secrets)
    return opened


@st.composite
def spelled(draw: st.DrawFn, secret: str) -> str:
    """The secret with each character as it is, or in any of its escapes."""
    written = []
    for character in secret:
        code = ord(character)
        forms = [f"%{code:02x}", f"%{code:02X}", f"%25{code:02x}", f"\\u{code:04x}", f"\\u{code:04X}", f"&#{code};",
                 f"&#x{code:x};", f"\\\\u{code:04x}", f"\\x{code:02x}"]  # fmt: skip
        if character not in "%\\&":
            forms.append(character)
        written.append(draw(st.sampled_from(forms)))
    return "".join(written)


@given(st.data(), PRINTABLE | st.text("%&0#;25", min_size=8, max_size=20))
def test_every_mixture_of_escapes_is_found_and_blanked_out(data: st.DataObject, secret: str) -> None:
    written = data.draw(spelled(secret))
    opened = gate(secret)
    assert opened.holds_secret(f'{{"a": "x {written} y"}}')
    shown = opened.masked(f"before {written} after")
    assert not opened.holds_secret(shown) and BLANK in shown


@pytest.mark.parametrize("written", [
    SECRET,
    json.dumps(SECRET),
    json.dumps(json.dumps(SECRET)),
    json.dumps(SECRET).replace("/", "\\/"),
    "".join(f"\\u{ord(character):04X}" for character in SECRET),
    quote(SECRET, safe=""),
    quote(SECRET, safe="").lower(),
    quote(SECRET),
    quote_plus(SECRET),
    quote(quote(SECRET, safe=""), safe=""),
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
    quote(base64.b64encode(SECRET.encode()).decode(), safe=""),
])  # fmt: skip
def test_every_spelling_is_found(written: str) -> None:
    opened = gate(SECRET)
    assert opened.holds_secret(f'{{"a": "x{written}y"}}')
    assert not opened.holds_secret(opened.masked(f"x{written}y"))


@given(st.binary(max_size=200), st.integers(0, 300_000))
def test_a_secret_is_found_wherever_it_lies(before: bytes, position: int) -> None:
    """Also across two of the windows in which an answer is looked at."""
    data = before + b"%" * position + b"".join(b"%%%02X" % byte for byte in SECRET.encode()) + b" "
    assert gate(SECRET).holds_secret(data)


@given(st.lists(st.integers(1, 7), min_size=1))
def test_a_secret_is_found_across_pieces(sizes: list[int]) -> None:
    data, pieces = b"a" * 40 + SECRET.encode() + b"b" * 40, []
    for turn in range(len(data)):
        size = sizes[turn % len(sizes)]
        piece, data = data[:size], data[size:]
        pieces.append(piece)
    assert gate(SECRET).any_holds_secret(pieces)


@given(st.text(max_size=300))
def test_a_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert gate("no-text-holds-this-secret-0123").masked(text) == text
    assert Gate().masked(text) == text and not Gate().holds_secret(text)


def test_a_short_secret_counts_as_a_word_only() -> None:
    assert gate("demo").holds_secret('{"you sent": "demo"}') and gate("demo").masked("a demo, b") == f"a {BLANK}, b"
    assert not gate("demo", "23").holds_secret('{"sid": "demonstration", "x": 1234}')


def test_secrets_of_others_are_blanked_out_where_they_are_told_and_not_looked_for_in_answers() -> None:
    opened = Gate()
    opened.learn("the-proxys-password", of_platform=False)
    assert opened.masked("http://me:the-proxys-password@p") == f"http://me:{BLANK}@p"
    assert not opened.holds_secret("the-proxys-password")


@pytest.mark.parametrize("hostile", [
    b"\\" * 24_000_000, b"%41" * 200_000, b"\\/" * 12_000_000, b"&#65;" * 200_000, b"&#" + b"0" * 20_000_000,
    b"\\u0041" * 200_000, b'\\"' * 12_000_000,
], ids=["backslashes", "percent", "slashes", "entities", "zeros", "unicode", "quotes"])  # fmt: skip
def test_a_hostile_answer_takes_little_memory(hostile: bytes) -> None:
    opened = gate(SECRET, "another-secret-of-the-run")
    tracemalloc.start()
    try:
        assert not opened.holds_secret(hostile)
        assert tracemalloc.get_traced_memory()[1] < 16_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("link", "kept"), [
    ("https://files.example/a.pdf?sig=hidden", "https://files.example/a.pdf?…"),
    ("https://files.example/a.pdf#hidden", "https://files.example/a.pdf?…"),
    ("https://me:hidden@files.example/a", "https://…@files.example/a"),
    ("HTTPS://files.example/s/aB3dE5gH7jK9mN1p/a.pdf", "HTTPS://files.example/s/…/a.pdf"),
    ("https://files.example/sig=0123456789abcdef0/a.pdf", "https://files.example/…/a.pdf"),
    ("https://files.example/eyJhbGciOiJI.eyJzdWIiOiIxMjM0NTY3.abc/x", "https://files.example/…/x"),
    ("https://files.example/6f1f0c2e-7a54-4a55-9c5e-0f3f6c2b1a10/x", "https://files.example/…/x"),
    ("s3://bucket/key?X-Amz-Signature=hidden", "s3://bucket/key?…"),
    ("https://files.example/INV-2026-0009.pdf", "https://files.example/INV-2026-0009.pdf"),
    ("https://acme.example/", "https://acme.example/"),
    ("https://acme.example/?", "https://acme.example/?"),
])  # fmt: skip
def test_links_lose_what_signs_them(link: str, kept: str) -> None:
    assert without_signatures(f"see {link}, or").startswith(f"see {kept}"[:-1])
    assert "hidden" not in without_signatures(link) and without_signatures(kept) == kept


@pytest.mark.parametrize("write", [
    lambda text: json.dumps(text),
    lambda text: json.dumps(text).replace("/", "\\/"),
    lambda text: '"' + "".join(f"\\u{ord(character):04x}" for character in text) + '"',
])  # fmt: skip
@pytest.mark.parametrize("shape", ['{{"ok":true,"x":{}}}', '{{"a":[1.50, {{"b":{}}}]}}', "{{{}:1}}", '[ {} , "é" ]'])
def test_signed_links_are_withheld_wherever_they_stand_and_every_other_byte_stays(write: object, shape: str) -> None:
    link = "https://files.example/a.pdf?sig=0123456789"
    body = shape.format(write(f"see {link} now")).encode()  # type: ignore[operator]
    kept = withheld(body)
    assert kept == shape.format(json.dumps("see https://files.example/a.pdf?… now", ensure_ascii=False)).encode()
    assert withheld(kept) is None and "sig" not in str(json.loads(kept))


@pytest.mark.parametrize("body", [b'{"a": "https://acme.example/"}', b'{"a": "1 // 2", "b": "\\u0e01"}', b"{}"])
def test_an_answer_without_a_signed_link_is_kept_as_received(body: bytes) -> None:
    assert withheld(body) is None
