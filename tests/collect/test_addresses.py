"""Which links this job follows."""

from __future__ import annotations

import pytest

from chargeback.collect.addresses import check_link, is_public
from chargeback.collect.failures import AddressRefusedError


@pytest.mark.parametrize("link", ["https://files.example/a?sig=hidden", "https://files.example:8443/"])
def test_links_by_https_are_fetched(link: str) -> None:
    check_link(link, loopback_too=False)


@pytest.mark.parametrize(
    "link",
    [
        "http://files.example/a?sig=hidden",
        "http://127.0.0.1/a?sig=hidden",
        "file:///etc/passwd?hidden",
        "ftp://files.example/hidden?hidden",
        "https://me:hidden@files.example/",
        "https:///a?hidden",
        "//files.example/?hidden",
        "https://files.example/\n?hidden",
        "",
    ],
)
def test_other_links_are_refused_without_showing_their_query(link: str) -> None:
    with pytest.raises(AddressRefusedError) as caught:
        check_link(link, loopback_too=False)
    assert "?" not in str(caught.value) and ":hidden" not in str(caught.value)


def test_plain_http_is_for_loopback_links_of_a_loopback_endpoint() -> None:
    check_link("http://127.0.0.1:8000/a", loopback_too=True)
    with pytest.raises(AddressRefusedError, match="by https only"):
        check_link("http://files.example/a", loopback_too=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "127.255.0.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
        "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::", "2001:0:a00:1::f5ff:fffe",
    ],
)  # fmt: skip
def test_addresses_that_documents_never_come_from(address: str) -> None:
    assert not is_public(address)
