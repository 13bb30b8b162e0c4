"""``[publish]``, ``[vendor]`` and the keys that came with version 0.3.0: the whole of INTERFACE's example loads."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from chargeback.config import Budget, Publish, Vendor
from chargeback.evidence.period import Period

from .conftest import PATH, Read, Refused

ALL_OF_INTERFACE = """
archive = "archive"
head_file = "/srv/elsewhere/chargeback.head"
timezone = "Asia/Bangkok"
since = "2026-01"
workers = 0
[api]
endpoint = "https://api.deploys.app/"
concurrency = 16
timeout = 30
deadline = 7200
token_command = ["deploys", "auth", "token"]
[[accounts]]
id = "ba_123"
name = "Acme Billing"
company = "Acme Co., Ltd."
vat = "recoverable"
token_env = "ACME_TOKEN"
from = "2026-01"
[[teams]]
id = "web"
name = "Web"
cost_center = "CC-100"
gl_account = "6420"
company = "Acme Co., Ltd."
notify = ["mailtos://${SMTP_USER}:${SMTP_PASSWORD}@mail.acme.example?to=web-lead@acme.example"]
budget = "12000.00 THB"
projects = ["acme-web", "acme-web-*", { match = "acme-shop", from = "2026-04", until = "2026-09" }]
[[teams]]
id = "data"
[[shared]]
project = "acme-platform"
split = { web = 60, data = 40 }
[environments]
staging = "*-staging"
development = "*-dev"
[reconciliation]
tolerance = { absolute = "0.05", percent = "0" }
tax_basis = "gross"
history_variance_percent = "30"
[[accepted]]
check = "report-total"
account = "ba_123"
up_to = "12.50"
until = "2026-09"
reason = "promotional credit, ticket 4711"
by = "finance@acme.example"
[journal]
expense = "6400"
unassigned = "6499"
adjustments = "6498"
input_vat = "1154"
input_vat_pending = "1155"
payable = "2110"
withholding = "2160"
clearing = "1190"
corrections = "open"

format = []

[publish]
language = "en"
focus = "1.2"
leave_out = []

[vendor]
name = "Moon Rhythm Co., Ltd."
tax_id = "0105500000000"
branch = "00000"
"""


def test_every_documented_key_loads(read: Read) -> None:
    config = read(ALL_OF_INTERFACE)
    assert (config.since, config.workers, config.journal.clearing) == (Period(2026, 1), 0, "1190")
    assert config.publish == Publish("en", "1.2", ()) and config.vendor.branch == "00000"
    assert config.teams[0].budget == Budget(Decimal("12000.00"), "THB")
    assert config.teams[0].notify[0].startswith("mailtos://${SMTP_USER}")
    assert (config.accounts[0].company, config.accounts[0].vat) == ("Acme Co., Ltd.", "recoverable")


def test_publish_and_vendor_are_read(read: Read) -> None:
    written = '[publish]\nlanguage = "both"\nfocus = "1.4"\nleave_out = ["xlsx"]\n[vendor]\nname = "S"\ntax_id = "1"'
    assert (read(written).publish, read(written).vendor) == (Publish("both", "1.4", ("xlsx",)), Vendor("S", "1"))


def test_formats_stand_in_the_journal_or_before_the_first_table(read: Read) -> None:
    own = PATH.parent / "profiles/own.toml"
    for written in ('format = ["odoo", "profiles/own.toml"]', '[journal]\nformat = ["odoo", "profiles/own.toml"]'):
        assert read(written).journal.format == ("odoo", own)
    assert read('[journal]\nformat = ["/etc/own.toml"]').journal.format == (Path("/etc/own.toml"),)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("since = '2026'", ['since: "2026" is not a month']),
        ("workers = 65", ["workers: 65 is out of range", "from 0 to 64"]),
        ("workers = 'dask://10.0.0.1'", ["workers: this is not the address of a cluster", '"dask://host:port"']),
        ("workers = 'dask://user@host:8786'", ["workers: this is not the address of a cluster"]),
        ("workers = 'dask://host:65536'", ["workers: this is not the address of a cluster"]),
        ("workers = 'tcp://host:8786'", ["workers: this is not the address of a cluster"]),
        ("workers = '4'", ["workers: this is a text, not a whole number"]),
        ("archive = 'ftp://bucket/prefix'", ["archive: an address begins with s3://, gs://, az://"]),
        ("archive = 's3://key:secret@bucket/prefix'", ["archive: the address has a user or a port"]),
        ("archive = 's3://bucket/prefix?versionId=1'", ["archive: the address has a query or a fragment"]),
        ("archive = 'gs://b'", ["archive: the address does not name a bucket"]),
        ("archive = 's3://bucket/a/../b'", ["archive: the prefix holds a character, or a part, that it may not have"]),
        ("format = ['sap']", ['format[0]: "sap" is not a format', "odoo, erpnext, xero", "profiles/sap.toml"]),
        ("format = ['odoo', 'odoo']", ["format: a format is there twice"]),
        ("format = ['xero']\n[journal]\nformat = ['odoo']", ["format: [journal] has a format too", "keep one"]),
        ("[[accounts]]\nid = 'a'\nvat = 'yes'", ['accounts[0].vat: "yes" is not known', '"recoverable" or "cost"']),
        ("[[accounts]]\nid = 'a'\ncompany = ''", ["accounts[0].company: the text is empty"]),
        (
            "[[teams]]\nid = 'a'\nbudget = '12000'",
            ['teams[0].budget: "12000" is not an amount with its currency', "THB"],
        ),
        ("[[teams]]\nid = 'a'\nbudget = '12 XQZ'", ["teams[0].budget"]),
        ("[[teams]]\nid = 'a'\nbudget = '-1 THB'", ["teams[0].budget: -1 is negative"]),
        ("[[teams]]\nid = 'a'\nbudget = 12000", ["teams[0].budget: this is a number, not a text"]),
        ("[[teams]]\nid = 'a'\nnotify = 'mailto://x'", ["teams[0].notify: this is a text, not a list"]),
        ("[[teams]]\nid = 'a'\nnotify = ['slack://T0/B0/c0']", ["teams[0].notify[0]", "secret"]),
        ("[journal]\ncorrections = 'then'", ["journal.corrections", '"open" or "original"']),
        ("[publish]\nlanguage = 'de'", ["publish.language", '"en" or "th" or "both"']),
        ("[publish]\nfocus = 1.2", ["publish.focus: this is a number, not a text"]),
        ("[publish]\nleave_out = ['csv']", ["publish.leave_out[0]", '"xlsx"']),
        ("[vendor]\nname = 'S'", ['vendor: the key "tax_id" is missing']),
        ("[vendor]\nname = 'S'\ntax_id = 105", ["vendor.tax_id: this is a number", 'put it in quotes: "105"']),
        ("[vendor]\nname = 'S'\ntax_id = '1'\nbranches = '0'", ["vendor.branches: unknown key", '"branch"']),
    ],
)
def test_wrong_values_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(written, *fragments)
