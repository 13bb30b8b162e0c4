"""Code, tests and pages cite the rules in ``docs/rules``: every citation resolves to a rule or a section there.

Auditors read these pages. A citation that leads nowhere, or a table that says otherwise than the code, misleads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from chargeback import errors
from chargeback.model.check import Code
from chargeback.model.ledger_register import COLUMNS

ROOT = Path(__file__).parents[1]
PAGES = {"BOOKING": "booking.md", "INTERFACE": "interface.md", "CONTRACT": "platform.md"}
PATTERNS = (
    "chargeback/**/*.py",
    "tests/**/*.py",
    "tests/**/*.md",
    "benchmarks/**/*.py",
    "docs/**/*.md",
    "docs/**/*.py",
    "*.md",
    "*.toml",
)
CITING = [path for pattern in PATTERNS for path in sorted(ROOT.glob(pattern)) if path != Path(__file__)]

_NUMBER = r"\d+(?:\.\d+)*"
_TOPIC = r"""``[^`]+``|`[^`]+`|"[^"]+"|[A-Za-z][A-Za-z .]*?"""
_CITATION = re.compile(
    rf"\b(?P<page>BOOKING|INTERFACE|CONTRACT)\b(?![_.]\w)"
    rf"(?: (?P<numbers>{_NUMBER}(?:(?:, | and | to |-){_NUMBER})*))?"
    rf"(?:, (?P<topics>(?:{_TOPIC})(?: and (?:{_TOPIC}))*)(?=[);:,.\"]|$))?"
)


class Citation(NamedTuple):
    """A page of the rules, the numbers of rules that are named there, and the sections named by their topic."""

    page: str
    numbers: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


class Rules(NamedTuple):
    """A page of the rules: its text, and the title of each number ("" for a rule within a section)."""

    text: str
    titles: dict[str, str]


@cache
def rules(page: str) -> Rules:
    """The page that a citation's first word names."""
    text = (ROOT / "docs" / "rules" / PAGES[page]).read_text(encoding="utf-8")
    headings = dict(re.findall(rf"^#+ ({_NUMBER}) (.+)$", text, re.MULTILINE))
    numbered = dict.fromkeys(re.findall(rf"^- \*\*({_NUMBER})\*\*", text, re.MULTILINE), "")
    return Rules(text, numbered | headings)


def citations(text: str) -> Iterator[Citation]:
    """Every citation in a text, however its lines are broken."""
    on_one_line = re.sub(r"\s*\n\s*(?:# ?)?", " ", text)
    for match in _CITATION.finditer(on_one_line):
        if match["page"] == "BOOKING" and not match["numbers"]:
            yield Citation("BOOKING", ("none",))
            continue
        topics = re.split(r" and (?=[`\"a-z])", match["topics"] or "")
        yield Citation(match["page"], numbers_of(match["numbers"] or ""), tuple(each for each in topics if each))


def numbers_of(text: str) -> tuple[str, ...]:
    """The numbers that "4.1-4.4", "1 to 3" or "2, 3 and 5" stand for, ranges in full."""
    found: list[str] = []
    for part in re.split(r", | and ", text):
        first, _, last = part.replace("-", " to ").partition(" to ")
        found += between(first, last or first) if first else []
    return tuple(found)


def between(first: str, last: str) -> list[str]:
    """All numbers of one section from the first to the last."""
    section, _, start = first.rpartition(".")
    end = last.rpartition(".")[2]
    return [f"{section}.{each}".lstrip(".") for each in range(int(start), int(end) + 1)]


def unresolved(citation: Citation) -> list[str]:
    """What of the citation leads nowhere."""
    page = rules(citation.page)
    lost = [number for number in citation.numbers if number not in page.titles]
    return lost + [topic for topic in citation.topics if not stands(topic, citation.numbers, page)]


def stands(topic: str, numbers: tuple[str, ...], page: Rules) -> bool:
    """Whether the page has the topic: a name or sentence literally, a word in the title of a section."""
    bare = topic.strip('`"')
    if bare != topic:
        return f"`{bare}`" in page.text or f"`{bare}." in page.text or bare in page.text
    within = [title for number, title in page.titles.items() if not numbers or number.startswith(f"{numbers[0]}.")]
    return any(re.search(rf"\b{re.escape(bare)}\b", title, re.IGNORECASE) for title in within)


@pytest.mark.parametrize("path", CITING, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_citation_leads_to_a_rule(path: Path) -> None:
    cited = citations(path.read_text(encoding="utf-8"))
    assert [(citation, lost) for citation in cited if (lost := unresolved(citation))] == []


def test_the_rules_are_cited() -> None:
    found = [each for path in CITING for each in citations(path.read_text(encoding="utf-8"))]
    assert len(found) > 120
    assert {each.page for each in found} == set(PAGES)
    assert {number.split(".")[0] for each in found if each.page == "BOOKING" for number in each.numbers} == set(
        "123456789"
    )


@pytest.mark.parametrize(
    ("text", "lost"),
    [
        ("as BOOKING 4.12 says", ["4.12"]),
        ("(BOOKING 2,\n    3 and 11).", ["11"]),
        ("(BOOKING 4.5-4.9)", ["4.9"]),
        ("# (BOOKING 6,\n# colour)", ["colour"]),
        ("as BOOKING has it", ["none"]),
        ("(INTERFACE, teapots)", ["teapots"]),
        ("(INTERFACE, archive and ``teapot``)", ["``teapot``"]),
        ("(CONTRACT, ``billing.teapot``; BOOKING 3)", ["``billing.teapot``"]),
    ],
)
def test_a_citation_that_leads_nowhere_is_seen(text: str, lost: list[str]) -> None:
    assert [each for citation in citations(text) for each in unresolved(citation)] == lost


@pytest.mark.parametrize("page", PAGES)
def test_rules_are_numbered_in_order_and_none_twice(page: str) -> None:
    text = rules(page).text
    numbers = re.findall(rf"^(?:#+ |- \*\*)({_NUMBER})(?: |\*\*)", text, re.MULTILINE)
    assert len(numbers) > 15
    assert numbers == sorted(set(numbers), key=lambda number: [int(part) for part in number.split(".")])


def test_the_table_of_exit_codes_is_that_of_the_classes() -> None:
    rows = {
        int(code): action
        for code, action in re.findall(r"^\| (\d+) \| .* \| ([^|]*) \|$", rules("INTERFACE").text, re.MULTILINE)
    }
    classes = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]
    documented = {kind.exit_code: kind.action for kind in classes}
    assert {code: rows[code] for code in documented} == documented
    assert set(rows) - set(documented) == {errors.RECONCILED, errors.EXCEPTIONS}


def test_the_table_of_checks_has_every_code() -> None:
    table = rules("INTERFACE").text.partition("## 8 Checks")[2].partition("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert sorted(code for cell in first_cells for code in re.findall(r"`([a-z-]+)`", cell)) == sorted(Code)


def test_the_ledger_s_columns_are_those_of_the_code() -> None:
    listed = re.search(r"\*\*5\.2\*\* The columns are `([^`]+)`", rules("INTERFACE").text)
    assert listed is not None
    assert tuple(re.split(r",\s+", listed[1])) == COLUMNS
