"""The whole document: defaults, syntax, unknown keys, paths, the time zone."""

from __future__ import annotations

from pathlib import Path

import pytest

from chargeback.config import Api, Config, Journal, Reconciliation, parse

from .conftest import PATH, Read, Refused


def test_an_empty_file_is_all_defaults(read: Read) -> None:
    assert read("") == Config(
        archive=PATH.parent / "archive",
        path=PATH,
        timezone_name="UTC",
        api=Api(endpoint="https://api.deploys.app/", concurrency=16, timeout=30, deadline=7200),
        reconciliation=Reconciliation(),
        journal=Journal(),
    )


def test_the_source_is_kept_byte_for_byte() -> None:
    source = '\ufeff# แผนก\r\ntimezone = "Asia/Bangkok"\r\n'.encode()
    config = parse(source, PATH)
    assert (config.source, config.timezone_name, config.timezone.key) == (source, "Asia/Bangkok", "Asia/Bangkok")


def test_relative_paths_start_at_the_file(read: Read) -> None:
    config = read('archive = "../books"\nhead_file = "/mnt/head"\n[api]\ntoken_file = "token"')
    assert config.archive == Path("/etc/chargeback/../books")
    assert config.head_file == Path("/mnt/head")
    assert config.api.token_file == Path("/etc/chargeback/token")


@pytest.mark.parametrize(
    ("source", "fragments"),
    [
        (b"teams = [", ["not valid TOML", "at end of document"]),
        (b"a = 1\nb = web\n", ["not valid TOML", "line 2, column 5", "quotes"]),
        (b'timezone = "UTC"\ntimezone = "UTC"', ["not valid TOML", "Cannot overwrite a value"]),
        (b"# fine\nname = '\xff'", ["line 2 is not valid UTF-8"]),
        (b"PK\x03\x04\0\0", ["not a text file", "NUL"]),
        (b"a = " + b"[" * 100_000, ["nested too deep"]),
        (b"a = " + b"9" * 5_000, ["a number is too long"]),
        (b"a = 1e9999999999999999999", ["exponent"]),
        (b"a." * 100_000 + b"a = 1", ["dots"]),
    ],
)
def test_what_is_not_toml_is_told_in_one_line(source: bytes, fragments: list[str], refused: Refused) -> None:
    refused(source, *fragments)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("timezon = 'UTC'", ["timezon: unknown key", 'did you mean "timezone"?']),
        ("colour = 'red'", ["colour: unknown key", "known keys here: archive, head_file, base_manifest, timezone"]),
        ("[mailer]\nurl = 'x'", ["mailer: unknown key"]),
        ("[api]\ntimeot = 3", ["api.timeot: unknown key", 'did you mean "timeout"?']),
        ("[[accounts]]\nid = 'a'\nnmae = 'A'", ["accounts[0].nmae: unknown key", '"name"']),
        ("[[accounts]]\nid = 'a'\ntoken_file = 'f'", ["accounts[0].token_file: unknown key", "token_env"]),
        ("[[teams]]\nid = 'a'\nproject = ['x']", ["teams[0].project: unknown key", '"projects"']),
        (
            "[[teams]]\nid = 'a'\nprojects = [{ match = 'x', form = '2026-01' }]",
            ["teams[0].projects[0].form", '"from"'],
        ),
        ("[[shared]]\nproject = 'a'\nsplits = 'even'", ["shared[0].splits", '"split"']),
        ("[reconciliation]\ntolerances = {}", ["reconciliation.tolerances", '"tolerance"']),
        ("[reconciliation]\ntolerance = { absolut = '1' }", ["reconciliation.tolerance.absolut", '"absolute"']),
        ("[[accepted]]\nupto = '1'", ["accepted[0].upto", '"up_to"']),
        ("[journal]\nexpenses = '1'", ["journal.expenses", '"expense"']),
        ("'a\\u0000\\nb' = 1", ["unknown key"]),
        (f"{'k' * 500} = 1", ["k…"]),
        ("'' = 1", ['"": unknown key']),
    ],
)
def test_unknown_keys_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(written, *fragments)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("archive = ''", ["archive: the text is empty"]),
        ("archive = '  '", ["archive: the text is empty"]),
        ("archive = 3", ["archive: this is a number, not a text", '"3"']),
        ("archive = true", ["archive: this is true or false, not a text"]),
        ("archive = ['a']", ["archive: this is a list, not a text"]),
        ("archive = {}", ["archive: this is a table, not a text"]),
        ("archive = '~/books'", ["archive", "~ is not expanded", "whole path"]),
        ('archive = "a\\u0000b"', ["archive", "control character"]),
        ("head_file = ''", ["head_file: the text is empty"]),
        ("head_file = 'archive/head'", ["head_file: this lies within the archive"]),
        ("head_file = 'x/../archive'", ["head_file: this lies within the archive"]),
        ("timezone = 'Asia/Bankok'", ['timezone: "Asia/Bankok" is not a time zone', '"Asia/Bangkok"']),
        ("timezone = 'America'", ["timezone"]),
        ("timezone = '../../etc/passwd'", ["timezone", "is not a time zone"]),
        ("timezone = '__init__.py'", ["timezone", "is not a time zone"]),
        ("timezone = 7", ["timezone: this is a number"]),
        ("api = []", ["api: this is a list, not a table", "endpoint, concurrency"]),
        ("accounts = 'a'", ["accounts: this is a text, not a list"]),
        ("[accounts]\nid = 'a'", ["accounts: this is one table, not a list of them", "[[accounts]]"]),
        ("[teams]\nid = 'a'", ["[[teams]]"]),
        ("[shared]\nproject = 'a'", ["[[shared]]"]),
        ("[accepted]\ncheck = 'a'", ["[[accepted]]"]),
        ("accounts = ['a']", ["accounts[0]: this is a text, not a table", "id, name"]),
        ("environments = ['a']", ["environments: this is a list, not a table"]),
        ("journal = 'a'", ["journal: this is a text, not a table"]),
        ("[journal]\npayable = 2110", ["journal.payable: this is a number, not a text", '"2110"']),
        ("[journal]\npayable = ''", ["journal.payable: the text is empty"]),
    ],
)
def test_wrong_values_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(written, *fragments)


def test_every_account_of_the_journal_is_read(read: Read) -> None:
    written = (
        '[journal]\nexpense = "1"\nunassigned = "2"\nadjustments = "3"\ninput_vat = "4"\ninput_vat_pending = "5"\n'
    )
    assert read(written + 'payable = "6"\nwithholding = "7"').journal == Journal("1", "2", "3", "4", "5", "6", "7")
