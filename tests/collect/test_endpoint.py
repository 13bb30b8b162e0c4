"""Which endpoints and links this job talks to."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.collect.addresses import is_public
from chargeback.collect.endpoint import check_link, endpoint_of, loopback_endpoint
from chargeback.collect.failures import AddressRefusedError
from chargeback.config import Api, Config
from chargeback.errors import ConfigurationError


def configured(endpoint: str) -> Config:
    return Config(archive=Path("archive"), path=Path("config.toml"), api=Api(endpoint=endpoint))


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://api.deploys.app/", "https://api.deploys.app/"),
        ("https://api.deploys.app", "https://api.deploys.app/"),
        ("https://proxy.acme.example:8443/deploys", "https://proxy.acme.example:8443/deploys/"),
        ("http://localhost:8000", "http://localhost:8000/"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)
def test_endpoint_ends_with_a_slash(given: str, used: str) -> None:
    assert endpoint_of(configured(given), {}) == used


def test_variable_wins_unless_it_is_empty() -> None:
    config = configured("https://api.deploys.app/")
    assert endpoint_of(config, {"DEPLOYS_ENDPOINT": "https://other.example"}) == "https://other.example/"
    assert endpoint_of(config, {"DEPLOYS_ENDPOINT": ""}) == "https://api.deploys.app/"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("http://api.deploys.app/", "plain http to api.deploys.app"),
        ("http://127.0.0.1.example/", "plain http to 127.0.0.1.example"),
        ("ftp://api.deploys.app/", 'scheme "ftp"'),
        ("api.deploys.app", 'scheme ""'),
        ("https://", "names no host"),
        ("https://me:hidden@api.deploys.app/", "names a user or password"),
        ("https://api.deploys.app/?token=hidden", "a query or a fragment"),
        ("https://api.deploys.app/#hidden", "a query or a fragment"),
        ("https://api.deploys.app:99999/", "a port that is none"),
        ("https://api.deploys.app:port/", "a port that is none"),
        ("https://api deploys app/", "not a URL"),
        ("https://api.deploys.app/\r\nX-Header: 1", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://ápi.example/", "not a URL"),
        ("https://api.deploys.app/a/../b", "a path that is none"),
    ],
)
def test_wrong_endpoint_is_told_by_its_source(given: str, found: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^config.toml: \[api\] endpoint: .*{found}") as caught:
        endpoint_of(configured(given), {})
    assert "hidden" not in str(caught.value) and caught.value.exit_code == 2
    with pytest.raises(ConfigurationError, match=r"^\$DEPLOYS_ENDPOINT: "):
        endpoint_of(configured("https://api.deploys.app/"), {"DEPLOYS_ENDPOINT": given})


def test_loopback_endpoints_are_known() -> None:
    assert loopback_endpoint("http://localhost:1/") and loopback_endpoint("https://[::1]/")
    assert not loopback_endpoint("https://api.deploys.app/")


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
