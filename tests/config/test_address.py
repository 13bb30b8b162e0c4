"""Where an archive lies in object storage: what an address names, and why a text is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.config.address import Address, address_of, is_address, place_of
from chargeback.errors import ConfigurationError


def test_an_address_names_store_bucket_and_prefix() -> None:
    place = address_of("s3://acme-archive/chargeback/main/")
    assert (place.scheme, place.bucket, place.prefix) == ("s3", "acme-archive", "chargeback/main")
    inside = place / "2026-05" / "r1/manifest.json"
    assert str(inside) == "s3://acme-archive/chargeback/main/2026-05/r1/manifest.json"
    assert (inside.name, str(inside.parent)) == ("manifest.json", "s3://acme-archive/chargeback/main/2026-05/r1")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ftp://acme-archive/x", "begins with"),
        ("s3://key:secret@acme-archive/x", "has a user or a port"),
        ("s3://acme-archive/x?token=secret", "has a query"),
        ("s3:///x", "does not name a bucket"),
        ("s3://acme-archive/../other", "the prefix holds"),
    ],
)
def test_what_is_no_address_is_refused_without_its_secret(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        place_of(text)
    assert problem in refused.value.message
    assert "secret" not in f"{refused.value.message}{refused.value.remedy}"


def test_a_folder_is_never_taken_for_an_address() -> None:
    assert place_of("archive/2026") == Path("archive/2026")
    assert place_of("gs://acme-archive") == Address("gs://acme-archive")
    assert [is_address(text) for text in ("s3/archive", "C:/archive", "az://archive")] == [False, False, True]
