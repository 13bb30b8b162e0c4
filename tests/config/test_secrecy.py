"""A secret in the file is refused, and never shown."""

from __future__ import annotations

import pytest

from .conftest import Read, Refused

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
