"""The line of a message is the one on which somebody finds the key, however the file is laid out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chargeback.config.key_path import line_of

from .conftest import Read, Refused

LAYOUTS = st.sampled_from([
    'archive = "a"\n',
    "# teams = 1\n",
    "\n",
    "[api]\nconcurrency = 8\n",
    '[[accounts]]\nid = "ba_1"\n',
    'x = [\n  "[[teams]]",\n  1,\n]\n',
    'y = """\n[[teams]]\nid = "not this one"\n"""\n',
    "z = { a = 1, b = [2, 3] }\n",
])  # fmt: skip


@given(st.lists(LAYOUTS, unique=True), st.lists(LAYOUTS, unique=True), st.integers(0, 3))
def test_the_line_is_that_of_the_statement(before: list[str], after: list[str], places: int) -> None:
    head = "".join(sorted(before, key=lambda text: text.startswith("[")))  # keys of the file stand before its tables
    blocks = [f'[[teams]]\n# one\nid = "t{place}"\nprojects = [\n  "a",\n  "b",\n]\n' for place in range(places + 1)]
    tail = "".join(text for text in after if text.startswith("[") and text not in before)
    source = head + "".join(blocks) + tail
    lines = source.split("\n")
    assert lines[line_of(source.encode(), ("teams", places)) - 1] == "[[teams]]"
    assert lines[line_of(source.encode(), ("teams", places, "id")) - 1] == f'id = "t{places}"'
    assert lines[line_of(source.encode(), ("teams", places, "projects", 1)) - 1] == "projects = ["
    assert line_of(source.encode(), ("teams", places, "projects")) > line_of(source.encode(), ("teams", places, "id"))


@pytest.mark.parametrize(
    ("source", "parts", "line"),
    [
        ("", ("a",), 0),
        ("a = 1\n", ("b",), 0),
        ("[api]\n", ("api", "endpoint"), 1),
        ("\ufeffa = 1\r\n\r\nb = 2\r\n", ("b",), 3),
        ('a.b = 1\n"c d".e = 2', ("c d", "e"), 2),
        ("not toml", ("a",), 0),
    ],
)
def test_what_is_not_there_has_the_line_of_what_holds_it(source: str, parts: tuple[str, ...], line: int) -> None:
    assert line_of(source.encode(), parts) == line


def test_a_list_over_a_thousand_lines_takes_no_thousand_readings() -> None:
    source = "teams = [\n" + '  "a",\n' * 5_000 + "]\nwrong = 1\n"
    assert line_of(source.encode(), ("wrong",)) in (0, 5_003)


@pytest.mark.parametrize(
    ("written", "language"),
    [('{"archive": "a"}', "JSON"), ("archive: a\n", "YAML"), ("---\narchive: a\n", "YAML"), ("# c\n- a\n", "YAML")],
)
def test_another_language_is_called_by_its_name(written: str, language: str, refused: object) -> None:
    assert callable(refused)
    refused(written, f"this is {language}, and the configuration is TOML", "config.example.toml")


SECRET = "s3cr3t-Value-0123456789"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    ("written", "key"),
    [
        (f"token = '{SECRET}'", "token"),
        (f"[api]\ntoken = '{SECRET}'", "api.token"),
        (f"[api]\nauth = '{SECRET}'", "api.auth"),
        (f"[api]\npassword = '{SECRET}'", "api.password"),
        (f"[api]\napi_key = '{SECRET}'", "api.api_key"),
        (f"[api]\nAPI-Key = '{SECRET}'", "api.API-Key"),
        (f"[api]\nkey = '{SECRET}'", "api.key"),
        (f"[[accounts]]\nid = 'a'\nsecret = '{SECRET}'", "accounts[0].secret"),
        (f"[[accounts]]\nid = 'a'\nDEPLOYS_TOKEN = '{SECRET}'", "accounts[0].DEPLOYS_TOKEN"),
        (f"[[accounts]]\nid = 'a'\nDEPLOYS_AUTH_PASS = '{SECRET}'", "accounts[0].DEPLOYS_AUTH_PASS"),
        (f"[[teams]]\nid = 'a'\ncredentials = '{SECRET}'", "teams[0].credentials"),
        (f"[credentials]\ndeploys = '{SECRET}'", "credentials"),
        (f"[deploys]\nservers = [{{ login = {{ private_key = '{SECRET}' }} }}]", "deploys"),
    ],
)
def test_a_key_for_a_secret_is_refused(written: str, key: str, refused: Refused) -> None:
    error = refused(
        written, f"{key}: a secret is never read from this file", "DEPLOYS_TOKEN", "token_env", "token_command"
    )
    assert SECRET not in error.message + error.remedy


@pytest.mark.parametrize(
    "value",
    [
        TOKEN,
        "ya29.a0AfH6SMBexample-token",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "0123456789abcdef0123456789abcdef",
        "0123456789ABCDEF0123456789ABCDEF",
        "AKIAIOSFODNN7EXAMPLE",
        "dGhpc2lzYXNlY3JldDEyMzQ",
        "deploys_sk_live_0a1b2c3d4e5f6a7b",
        "Bearer abcdefghijklmnop",
    ],
)
def test_a_secret_instead_of_its_variables_name_is_refused(value: str, refused: Refused) -> None:
    error = refused(f"[[accounts]]\nid = 'a'\ntoken_env = '{value}'", "accounts[0].token_env: this looks like a secret")
    assert value not in error.message + error.remedy


@pytest.mark.parametrize(
    "written",
    [
        f"[[accounts]]\nid = '{TOKEN}'",
        f"[api]\ntoken_command = ['echo', '{TOKEN}']",
        f"[api]\ntoken_command = ['curl', '-H', 'Authorization: Bearer {SECRET}']",
        f"[api]\nendpoint = 'https://a/{TOKEN}'",
        f"[[teams]]\nid = '{TOKEN}'",
        f"[reconciliation]\ntolerance = {{ absolute = '{TOKEN}' }}",
        f"[[accounts]]\nid = 'a'\nfrom = '{TOKEN}'",
        f"'{TOKEN}' = 1",
        f"[environments]\n'{TOKEN}' = 'a'",
        "[api]\ntoken_file = '-----BEGIN RSA PRIVATE KEY-----'",
    ],
)
def test_a_secret_in_any_value_is_refused_and_not_shown(written: str, refused: Refused) -> None:
    error = refused(written)
    assert not any(secret in error.message + error.remedy for secret in (TOKEN, SECRET, "BEGIN RSA"))


@pytest.mark.parametrize(
    "name", ["ACME_TOKEN", "acme_token", "DEPLOYS_TOKEN_2026", "_T", "BILLING_ACCOUNT_TOKEN_PRODUCTION"]
)
def test_names_of_variables_are_not_secrets(name: str, read: Read) -> None:
    assert read(f"[[accounts]]\nid = 'a'\ntoken_env = '{name}'").accounts[0].token_env == name


def test_teams_and_environments_may_be_called_like_one(read: Read) -> None:
    written = "[[teams]]\nid = 'auth'\n[[shared]]\nproject = 'a'\nsplit = { auth = 1 }\n[environments]\nsecret = 'b'"
    assert list(read(written).environments) == ["secret"]
