"""``[api]`` and ``[[accounts]]``."""

from __future__ import annotations

import pytest

from chargeback.config import AccountEntry, Api
from chargeback.evidence.period import Period

from .conftest import Read, Refused


def test_api_is_read(read: Read) -> None:
    written = (
        '[api]\nendpoint = "http://127.0.0.1:8080/x/"\nconcurrency = 64\ntimeout = 0.5\ndeadline = 600\n'
        'token_command = ["deploys", "auth", "token"]'
    )
    expected = Api("http://127.0.0.1:8080/x/", 64, 0.5, 600, ("deploys", "auth", "token"))
    assert read(written).api == expected


def test_accounts_are_read_in_order(read: Read) -> None:
    written = (
        '[[accounts]]\nid = "ba_2"\nname = "B"\ncompany = "B Ltd."\nvat = "cost"\ntoken_env = "B_TOKEN"\n'
        'from = "2026-01"\nuntil = "2026-01"\n'
        '[[accounts]]\nid = "1"'
    )
    month = Period(2026, 1)
    assert read(written).accounts == (
        AccountEntry("ba_2", "B", "B_TOKEN", month, month, "B Ltd.", "cost"),
        AccountEntry("1"),
    )


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("concurrency = 0", ["api.concurrency: 0 is out of range", "1 to 64"]),
        ("concurrency = 65", ["api.concurrency: 65 is out of range"]),
        ("concurrency = true", ["api.concurrency: this is true or false, not a whole number"]),
        ("concurrency = 1.5", ["api.concurrency", "not a whole number"]),
        ("concurrency = '16'", ["api.concurrency: this is a text", "without quotes"]),
        (f"concurrency = 0x{'f' * 9000}", ["api.concurrency: a huge number is out of range"]),
        ("timeout = 0", ["api.timeout: 0 is out of range", "at most 600"]),
        ("timeout = 600.1", ["api.timeout: 600.1 is out of range"]),
        ("timeout = -1", ["api.timeout: -1 is negative"]),
        ("timeout = nan", ["api.timeout: the number is not finite"]),
        ("timeout = inf", ["api.timeout: the number is not finite"]),
        ("timeout = '30'", ["api.timeout: this is a text, not a number"]),
        ("timeout = false", ["api.timeout: this is true or false, not a number"]),
        ("deadline = 0", ["api.deadline: 0 is out of range"]),
        ("deadline = 604801", ["api.deadline: 604801 is out of range", "604800"]),
        ("deadline = 1e400", ["api.deadline: the number has too many digits"]),
        (f"deadline = 0x{'f' * 9000}", ["api.deadline: the number is too large"]),
        ("token_command = 'deploys auth token'", ["api.token_command: this is a text, not a list", '["deploys"']),
        ("token_command = []", ["api.token_command: the command is empty"]),
        ("token_command = ['deploys', '']", ["api.token_command[1]: the text is empty"]),
        ("token_command = ['deploys', 1]", ["api.token_command[1]: this is a number"]),
        ("token_command = ['a']\ntoken_file = 'b'", ["api: token_command and token_file are both given", "keep one"]),
        ("token_file = ''", ["api.token_file: the text is empty"]),
    ],
)
def test_wrong_api_settings_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[api]\n{written}", *fragments)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("name = 'A'", ['accounts[0]: the key "id" is missing', "add id"]),
        ("id = 123", ["accounts[0].id: this is a number, not a text", '"123"']),
        ("id = ''", ["accounts[0].id: the text is empty"]),
        ("id = ' a'", ['accounts[0].id: " a" begins or ends with a space']),
        ('id = "a\\u0007"', ["accounts[0].id", "control character"]),
        ('id = "a\\u2028b"', ["accounts[0].id", "line break"]),
        ("id = 'a'\nname = ''", ["accounts[0].name: the text is empty"]),
        ('id = "a"\nname = "A\\nB"', ["accounts[0].name", "line break"]),
        ("id = 'a'\ntoken_env = 'ACME TOKEN'", ["accounts[0].token_env", "environment variable", "ACME_TOKEN"]),
        ("id = 'a'\ntoken_env = '$ACME'", ["accounts[0].token_env", "environment variable"]),
        ("id = 'a'\ntoken_env = '1A'", ["accounts[0].token_env", "environment variable"]),
        ("id = 'a'\nfrom = '2026-13'", ['accounts[0].from: "2026-13" is not a month', "YYYY-MM"]),
        ("id = 'a'\nfrom = '2026-1'", ["accounts[0].from", "is not a month"]),
        ("id = 'a'\nfrom = '2026-01-01'", ["accounts[0].from", "is not a month"]),
        ("id = 'a'\nfrom = '0001-01'", ["accounts[0].from", "is not a month"]),
        ("id = 'a'\nfrom = '๒๐๒๖-01'", ["accounts[0].from", "is not a month"]),
        ("id = 'a'\nfrom = 2026-01-01", ["accounts[0].from: this is a date or time", "in quotes"]),
        ("id = 'a'\nfrom = 202601", ["accounts[0].from: this is a number, not a month"]),
        ("id = 'a'\nuntil = ''", ['accounts[0].until: "" is not a month']),
        ("id = 'a'\nfrom = '2026-02'\nuntil = '2026-01'", ["accounts[0]: from 2026-02 is later than until 2026-01"]),
        (
            "id = 'a'\n[[accounts]]\nid = 'b'\n[[accounts]]\nid = 'a'",
            ['accounts[2]: the account "a" is there already, as accounts[0]'],
        ),
        (
            "id = 'a'\nuntil = '2026-01'\n[[accounts]]\nid = 'a'\nfrom = '2026-02'",
            ['accounts[1]: the account "a" is there already'],
        ),
    ],
)
def test_wrong_accounts_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[[accounts]]\n{written}", *fragments)
