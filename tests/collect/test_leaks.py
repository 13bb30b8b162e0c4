"""Every spelling in which an answer may repeat a credential."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from chargeback.collect.credentials import basic
from chargeback.collect.leaks import repeats_secret

SECRET = 'tok/9f+86"d0=\\x'


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET),
        json.dumps(SECRET).replace("/", "\\/"),
        "".join(f"\\u{ord(character):04x}" for character in SECRET),
        "".join(f"\\u{ord(character):04X}" for character in SECRET),
        quote(SECRET, safe=""),
        quote(SECRET),
    ],
)
def test_every_spelling_is_found(spelled: str) -> None:
    assert repeats_secret(f'{{"a": "x{spelled}y"}}'.encode(), [SECRET])


def test_base64_of_a_service_account_is_found() -> None:
    grant = basic("me", SECRET)
    assert repeats_secret(grant.authorization.replace("/", "\\/").encode(), grant.secrets)


def test_short_secret_counts_as_a_word_only() -> None:
    assert repeats_secret(b'{"you sent": "demo"}', ["demo"])
    assert not repeats_secret(b'{"sid": "demonstration", "x": 1234}', ["demo", "23"])


def test_nothing_is_found_without_secrets() -> None:
    assert not repeats_secret(b"anything", []) and not repeats_secret(b"anything", [""])
