"""Which addresses an endpoint may have: one rule, whether the file or the environment says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.config import Api, Config, Endpoint, endpoint_of, parse
from chargeback.config.endpoint import is_on_loopback
from chargeback.errors import ConfigurationError

FILE = Path("/etc/chargeback/config.toml")
DEFAULT = Config(archive=Path("archive"), path=FILE)
RIGHT = {
    "https://api.deploys.app/": "https://api.deploys.app/",
    "https://api.deploys.app": "https://api.deploys.app/",
    "HTTPS://api.deploys.app": "HTTPS://api.deploys.app/",
    "https://proxy.acme.example:8443/deploys": "https://proxy.acme.example:8443/deploys/",
    "https://api.deploys.app./": "https://api.deploys.app./",
    "http://localhost:8000": "http://localhost:8000/",
    "http://LOCALHOST/": "http://LOCALHOST/",
    "http://localhost.:1/": "http://localhost.:1/",
    "http://127.9.9.9:80/": "http://127.9.9.9:80/",
    "http://[::1]:8000/": "http://[::1]:8000/",
    "https://[2001:db8::1]/": "https://[2001:db8::1]/",
    " https://api.deploys.app/ ": "https://api.deploys.app/",
}
WRONG = {
    "http://api.deploys.app/": "plain http to api.deploys.app would send the credential unencrypted",
    "http://127.0.0.1.example/": "unencrypted",
    "http://localhost.example/": "unencrypted",
    "http://128.0.0.1/": "unencrypted",
    "http://[::2]/": "unencrypted",
    "http://[::ffff:127.0.0.1]/": "unencrypted",
    "http://[::ffff:10.0.0.1]/": "unencrypted",
    "http://2130706433/": "unencrypted",
    "ftp://api.deploys.app/": 'the scheme "ftp"',
    "api.deploys.app": '"api.deploys.app" has no scheme',
    "api.deploys.app:443/v1": "has no scheme",
    "localhost:8000": "has no scheme",
    "me:hidden@api.deploys.app": "has no scheme",
    "//api.deploys.app/": "has no scheme",
    "https:/api.deploys.app/": "has no scheme",
    "https://": "names no host",
    "https:///x": "names no host",
    "https://a..b/": "names no host",
    "https://a%2eb/": "names no host",
    "https://[fe80::1%25eth0]/": "names no host",
    "https://-\\@a/": "user or a password",
    "https://me:hidden@api.deploys.app/": "user or a password",
    "https://@a/": "user or a password",
    "https://a/?token=hidden": "query or a fragment",
    "https://a/?": "query or a fragment",
    "https://a/#hidden": "query or a fragment",
    "https://a:99999/": "not a port number",
    "https://a:port/": "not a port number",
    "https://a:0/": "not a port number",
    "https://a:/": "not a port number",
    "https://a b/": "character",
    "https://\u00e4.example/": "character",
    "https://[::1/": "character",
    "https://a/b%2f": "a path that no API has",
    "https://a/../b": "a path that no API has",
    "https://a/b;c": "a path that no API has",
}


def of_file(written: str) -> str:
    """What the endpoint in a file comes to, or what is wrong with it."""
    try:
        config = parse(f"[api]\nendpoint = {json.dumps(written)}".encode(), FILE)
    except ConfigurationError as error:
        return f"{error.message.removeprefix(f'{FILE}:2: api.endpoint: ')} | {error.remedy}"
    return endpoint_of(config, {}).url


def of_environment(written: str) -> str:
    """The same of the variable."""
    try:
        return endpoint_of(DEFAULT, {"DEPLOYS_ENDPOINT": written}).url
    except ConfigurationError as error:
        return f"{error.message.removeprefix('$DEPLOYS_ENDPOINT: ')} | {error.remedy}"


@pytest.mark.parametrize(("written", "used"), RIGHT.items())
def test_an_endpoint_is_https_or_loopback_and_ends_with_a_slash(written: str, used: str) -> None:
    assert (of_file(written), of_environment(written)) == (used, used)


@pytest.mark.parametrize(("written", "found"), WRONG.items())
def test_another_address_is_refused_without_its_secrets(written: str, found: str) -> None:
    assert found in of_file(written) and of_file(written) == of_environment(written)
    assert "hidden" not in of_file(written)


@given(
    st.builds(
        "{}{}{}{}{}".format,
        st.sampled_from(["https://", "http://", "https:", "ftp://", "//", "", "HTTP://"]),
        st.sampled_from(["", "me@", "me:pw@", "@"]),
        st.sampled_from(
            ["a.example", "localhost", "127.0.0.1", "[::1]", "[::1", "a..b", "a_b", "", "::1", "127.1", "a."]
        ),
        st.sampled_from(["", ":", ":0", ":80", ":99999", ":x", ":-1", ":08"]),
        st.sampled_from(["", "/", "/v1", "/v1/", "/..", "//", "/%2f", "?", "#", "/?a=b", "/;a", "/a b"]),
    )
)
def test_file_and_environment_never_disagree(written: str) -> None:
    if written:  # an empty variable counts as unset; an empty key is an error
        assert of_file(written) == of_environment(written)


def test_the_variable_wins_unless_it_is_empty_and_says_so() -> None:
    config = Config(archive=Path("archive"), path=FILE, api=Api(endpoint="https://a.example"))
    assert endpoint_of(config, {"DEPLOYS_ENDPOINT": "https://b.example"}) == Endpoint(
        "https://b.example/", "$DEPLOYS_ENDPOINT"
    )
    assert endpoint_of(config, {"DEPLOYS_ENDPOINT": " "}) == Endpoint(
        "https://a.example/", "[api] endpoint in /etc/chargeback/config.toml"
    )


@pytest.mark.parametrize(("written", "found"), [("", "the text is empty"), ("https://a\u0007/", "control character")])
def test_what_is_no_text_of_one_line_is_refused_in_the_file(written: str, found: str) -> None:
    assert found in of_file(written)


def test_addresses_on_this_machine_are_known() -> None:
    assert is_on_loopback("http://localhost:1/") and is_on_loopback("https://[::1]/")
    assert not is_on_loopback("https://api.deploys.app/")
    assert not is_on_loopback("http://[") and not is_on_loopback("")
