"""Hand-written months, ``tests/months/<case>/``: both opinions give the expected ledger and checks, byte for byte.

Each case's README.md has the arithmetic. A case holds evidence as an archive does, ``config.toml``, and ``expected/``.
``--renew`` writes ``expected/`` from the second opinion: then the job is compared with it, and a person compares it
with the README.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import pytest

from chargeback import config, month_end
from chargeback.evidence import Answer, Evidence, FolderStore, RunRecord
from chargeback.evidence.records import answers_from_json

from . import first_opinion
from .answers import AccountAnswers, Month, Reply
from .arithmetic import exact_text
from .booking import Booking
from .checking import Check, checks_of

MONTHS = Path(__file__).parents[1] / "months"
CASES = sorted(path.name for path in MONTHS.iterdir() if (path / "expected" / "all.csv").exists())

SHOWN = Check._fields.index("variance") + 1
"""How many fields of a check the cases have."""


def evidence_in(folder: Path) -> Evidence:
    """The evidence that a case holds."""
    run = RunRecord.from_json((folder / "evidence/run.json").read_bytes())
    return Evidence(answers_from_json((folder / "evidence/index.json").read_bytes()), run, FolderStore(folder))


def month_in(folder: Path) -> Month:
    """The same month, as the second opinion reads it."""
    evidence = evidence_in(folder)

    def reply(answer: Answer) -> Reply:
        return Reply(evidence.body(answer), answer.requested_at, answer.date)

    def only(function: str, account: str) -> Reply:
        return reply(next(evidence.of(function, account)))

    accounts = {
        account: AccountAnswers(
            get=only("billing.get", account),
            report=only("billing.report", account),
            invoices=only("billing.listInvoices", account),
            details={each.request["id"]: reply(each) for each in evidence.of("billing.getInvoice", account)},
        )
        for account in evidence.run.accounts
    }
    text = (folder / "config.toml").read_text(encoding="utf-8")
    return Month(str(evidence.run.period), evidence.run.run_at, text, accounts, only("project.list", ""))


def written(checks: Iterable[Check]) -> bytes:
    """The checks as the cases have them: sorted, comma-separated, amounts without trailing zeros."""
    lines = sorted(",".join(map(cell, check[:SHOWN])) for check in checks)
    return "\n".join([",".join(Check._fields[:SHOWN]), *lines, ""]).encode()


def cell(value: str | Fraction | None) -> str:
    """A text, or an amount; "" for none."""
    return exact_text(value) if isinstance(value, Fraction) else value or ""


@pytest.mark.parametrize("case", CASES)
def test_the_job_books_the_month_as_expected(case: str) -> None:
    folder = MONTHS / case
    settings = config.parse((folder / "config.toml").read_bytes(), folder / "config.toml")
    books = month_end.close_month(evidence_in(folder), settings)
    assert first_opinion.ledgers_of(books)["ledgers/all.csv"] == (folder / "expected/all.csv").read_bytes()
    assert written(first_opinion.checks_of(books)) == (folder / "expected/checks.csv").read_bytes()


@pytest.mark.parametrize("case", CASES)
def test_the_second_opinion_books_the_month_as_expected(case: str, request: pytest.FixtureRequest) -> None:
    folder = MONTHS / case
    books = Booking(month_in(folder))
    if request.config.getoption("--renew"):
        (folder / "expected/all.csv").write_bytes(books.files()["ledgers/all.csv"])
        (folder / "expected/checks.csv").write_bytes(written(checks_of(books)))
    assert books.files()["ledgers/all.csv"] == (folder / "expected/all.csv").read_bytes()
    assert written(checks_of(books)) == (folder / "expected/checks.csv").read_bytes()


def test_the_readme_names_each_month() -> None:
    """A reviewer who compares a changed file finds what its month is about and what else has changed in it."""
    text = (MONTHS / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(([a-z-]+)/README\.md\)", text))
    assert named == set(CASES)
    assert all((MONTHS / path).is_file() for path in re.findall(r"`([a-z-]+/expected/[a-z]+\.csv)`", text))
