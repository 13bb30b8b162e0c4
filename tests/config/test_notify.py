"""``[notify]`` and ``[usage]``: known values, and no secret in a URL."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.config import Notify, Usage
from tests.config.conftest import PATH, Read, Refused


def test_both_tables_may_be_left_out(read: Read) -> None:
    config = read("")
    assert (config.notify, config.usage) == (Notify(), Usage())


def test_every_key_is_read(read: Read) -> None:
    config = read(
        '[notify]\nurls = ["mailtos://${U}:${P}@mail.acme.example?to=a@b.example", "${SLACK_URL}"]\non = ["failed"]\n'
        'close_by = 7\nhealthcheck_url = "https://hc.example/${ID}"\nmetrics = "prom"\n'
        '[usage]\nfloor = "12.5"\nband = 4\ndays = 14\nprices = { cpu = "0.00025" }\n'
    )
    assert config.notify.urls[1] == "${SLACK_URL}" and config.notify.on == ("failed",) and config.notify.close_by == 7
    assert config.notify.metrics == PATH.parent / "prom"
    assert (config.usage.floor, config.usage.days) == (Decimal("12.5"), 14)
    assert config.usage.prices == {"cpu": Decimal("0.00025")}


@pytest.mark.parametrize(
    "url",
    [
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ",
        "mailto://me:hunter2@mail.example",
        "https://hooks.example/x?token=abc",
        "json://user:${P}x@host/",
        "https://hc-ping.com/5f3b6c1a-8d2e-4f7a-9b0c-1d2e3f4a5b6c",
    ],
)
def test_a_secret_in_a_url_is_refused_and_not_shown(refused: Refused, url: str) -> None:
    error = refused(f'[notify]\nurls = ["{url}"]', "notify.urls[0]", "${NAME}")
    assert url not in error.message and "hunter2" not in f"{error.message}{error.remedy}"


@pytest.mark.parametrize(
    ("written", "fragment"),
    [
        ('on = ["faild"]', 'did you mean "failed"?'),
        ("close_by = 31", "close_by"),
        ('urls = ["finance"]', "not a URL"),
        ('healthcheck_url = "ftp://x.example/"', "not http or https"),
        ('urls = "mailto://x"', "not a list"),
    ],
)
def test_what_is_wrong_is_named(refused: Refused, written: str, fragment: str) -> None:
    refused(f"[notify]\n{written}", "notify", fragment)


@pytest.mark.parametrize("written", ['floor = "-1"', "days = 3", "prices = 5", 'prices = { cpu = "x" }'])
def test_what_is_wrong_with_usage_is_named(refused: Refused, written: str) -> None:
    refused(f"[usage]\n{written}", "usage")


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/services/T01ABCDEF/B02GHIJKL/aBcDeFgHiJkLmNoPqRsTuVwX",
        "slack://TokenA/TokenB/TokenC",
        "tgram://123456789:abcdefg_hijklmnop/1/",
        "gotify://host/tokenABCdef",
    ],
)
def test_a_url_that_lets_everybody_post_is_a_secret_and_not_archived(refused: Refused, url: str) -> None:
    refused(f'[notify]\nurls = ["{url}"]', "notify", "secret")


@pytest.mark.parametrize(
    "url",
    ["slack://${SLACK}", "https://hooks.slack.com/${HOOK}", "mailtos://mail.example?to=a@b.example", "json://host/"],
)
def test_a_url_that_names_its_secret_or_has_none_is_taken(read: Read, url: str) -> None:
    assert read(f'[notify]\nurls = ["{url}"]').notify.urls == (url,)
