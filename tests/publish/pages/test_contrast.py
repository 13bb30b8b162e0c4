"""The palette: letters have the contrast of WCAG AA on every ground, light, dark and in print; charts 3 : 1."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from chargeback.publish.pages.charts import COLOURS

STYLE = files("chargeback.publish.pages").joinpath("style.css").read_text("utf-8")
PALETTES = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)) for block in STYLE.split(":root {")[1:]]
NAMES = ["light", "dark", "print"]
LETTERS = [
    ("ink", "card"), ("ink", "page"), ("soft", "card"), ("soft", "page"), ("link", "card"), ("link", "page"),
    ("good", "good-back"), ("bad", "bad-back"), ("warn", "warn-back"), ("good", "card"), ("bad", "card"),
]  # fmt: skip


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES, ids=NAMES)
def test_letters_have_at_least_4_5_to_1(palette: dict[str, str]) -> None:
    assert len(PALETTES) == len(NAMES)
    assert {pair: _contrast(palette[pair[0]], palette[pair[1]]) for pair in LETTERS
            if _contrast(palette[pair[0]], palette[pair[1]]) < 4.5} == {}  # fmt: skip


@pytest.mark.parametrize("palette", PALETTES, ids=NAMES)
def test_charts_have_at_least_3_to_1(palette: dict[str, str]) -> None:
    series = [name for name in palette if re.fullmatch(r"s\d|t\d+", name)]
    assert len(series) == 7 + COLOURS + 2
    assert {name for name in series if _contrast(palette[name], palette["card"]) < 3} == set()
