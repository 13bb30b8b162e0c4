"""What passes the gate on its way to a link that is followed, a document that is kept, an answer that is archived."""

from __future__ import annotations

import json
import socket
import zlib
from itertools import islice
from urllib.parse import quote

import pytest

from chargeback.collect.downloads import MOST_UNFOLDED, unfolded
from chargeback.collect.failures import AddressRefusedError
from chargeback.collect.pdf_reader import PdfReader
from chargeback.errors import AnswerError, ConfigurationError
from chargeback.evidence.gate import Gate
from tests.collect.conftest import TOKEN, Open
from tests.collect.pdfs import pdf
from tests.collect.servers import Asked, ok, said

SPELLINGS = [TOKEN, quote(TOKEN, safe=""), quote(TOKEN, safe="").lower(), "".join(f"%{ord(c):02x}" for c in TOKEN)]
DOCUMENT = pdf("Tax invoice", f"Number INV-2026-0009 {TOKEN}")


@pytest.mark.parametrize("spelled", SPELLINGS)
@pytest.mark.parametrize("place", ["/next/{}", "/next?a={}", "//{}.example/", "https://{}@files.example/", "#{}"])
def test_a_redirect_that_repeats_the_credential_is_neither_followed_nor_shown(
    bench: Open, spelled: str, place: str
) -> None:
    def script(asked: Asked, connection: socket.socket) -> bytes:
        return ok() if asked.method == "POST" else said(b"", 302, {"Location": place.format(spelled)})

    given = bench(script)
    given.call()
    with pytest.raises(AddressRefusedError) as caught:
        given.session.downloads.fetch(given.server.url + "a.pdf")
    assert given.turns == 2, "the redirect was followed"
    assert not given.session.gate.holds_secret(caught.value.message)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_a_link_that_repeats_the_credential_is_not_followed(bench: Open, spelled: str) -> None:
    given = bench(lambda asked, connection: ok())
    given.call()
    with pytest.raises(AddressRefusedError, match="the document's link repeats the credential") as caught:
        given.session.downloads.fetch(f"{given.server.url}{spelled}")
    assert given.turns == 1 and not given.session.gate.holds_secret(caught.value.message)


def test_a_redirect_of_the_api_shows_nothing_of_where_to(bench: Open) -> None:
    location = {"Location": f"https://{TOKEN}.example/{TOKEN}"}
    with pytest.raises(AnswerError, match="a redirect, which is never followed") as caught:
        bench(lambda asked, connection: said(b"", 302, location)).call()
    assert "example" not in caught.value.message


@pytest.mark.parametrize("shown", [DOCUMENT, pdf(stream=b"BT (" + TOKEN.encode().hex().encode() + b") Tj ET")])
def test_a_document_that_repeats_the_credential_compressed_is_not_kept(bench: Open, shown: bytes) -> None:
    given = bench(lambda asked, connection: ok() if asked.method == "POST" else said(shown))
    given.call()
    assert TOKEN.encode() not in shown
    if shown is DOCUMENT:
        with pytest.raises(AnswerError, match="the document repeats the credential"):
            given.session.downloads.fetch(given.server.url + "a.pdf")


def test_a_text_that_spells_the_credential_out_is_found_by_the_reader() -> None:
    gate = Gate()
    gate.learn("secret-of-the-run")
    shown = pdf("Invoice", "secret-", "of-the", "-run")
    assert not gate.any_holds_secret(unfolded(shown))
    with PdfReader(gate=gate) as reader, pytest.raises(AnswerError, match="its text repeats the credential"):
        reader.read(shown, number="1", total=1, digits=2)


def test_a_document_that_unfolds_without_end_is_not_searched_without_end() -> None:
    bomb = pdf(deflated=zlib.compress(b"0" * (MOST_UNFOLDED + 1_000_000), 9))
    with pytest.raises(AnswerError, match="decompresses to more than"):
        assert not Gate().any_holds_secret(unfolded(bomb))
    damaged = bomb[: len(bomb) // 2] + b"stream\n\x78\x9cstream\n" * 1000
    assert sum(map(len, unfolded(damaged[-20_000:]))) < 1_000
    with pytest.raises(AnswerError, match="decompresses to more than"):
        list(unfolded(b"stream\n\x78\x9c" * 5_000_000))


@pytest.mark.parametrize("size", [0, 1, 1_048_575, 1_048_576, 1_048_577, 2_097_152, 3_000_000])
@pytest.mark.parametrize("behind", [b"", b"x", b"\nendstream\n" * 30, b"y" * 200_000])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_searching_a_stream_ends_wherever_the_stream_ends(size: int, behind: bytes, level: int) -> None:
    """A run was held for ever by a stream of more than a mebibyte with anything behind it."""
    pieces = unfolded(b"stream\n" + zlib.compress(b"0" * size, level) + behind)
    assert sum(map(len, islice(pieces, 1_000))) == size
    assert next(pieces, None) is None


LINK = "https://dropbox.example/f/aB3dE5gH7jK9mN1pQ2/a.pdf?sig=hidden"


def test_an_answer_with_a_signed_link_is_kept_without_what_signs_it_and_told_as_received(bench: Open) -> None:
    body = json.dumps({"ok": True, "result": {"id": "1", "total": 10.70, "new": {"pdf": LINK}}}).encode()
    given = bench(lambda asked, connection: said(body))
    reply = given.call(path="evidence/ba_1/billing.getInvoice-1.json")
    (kept,) = given.store.files.values()
    assert json.loads(kept)["result"] == {
        "id": "1", "total": 10.7, "new": {"pdf": "https://dropbox.example/f/…/a.pdf?…"}
    }  # fmt: skip
    assert reply.answer.size == len(kept) and reply.as_received is not None
    assert (reply.as_received.path, reply.as_received.size) == (None, len(body))


def test_a_request_that_would_hold_the_credential_is_not_sent(bench: Open) -> None:
    given = bench(lambda asked, connection: ok())
    with pytest.raises(ConfigurationError, match=r"would hold a secret"):
        given.call(account=TOKEN)
    assert given.turns == 0


def test_a_secret_of_the_environment_is_known_before_it_is_used(bench: Open) -> None:
    """An account's own token, in the answer to another one's call."""
    environ = {"DEPLOYS_TOKEN": TOKEN, "DEPLOYS_AUTH_PASS": "never-sent-password"}
    given = bench(lambda asked, connection: said(b'{"ok": true, "result": "never-sent-password"}'), environ)
    with pytest.raises(AnswerError, match="repeats the credential"):
        given.call()
