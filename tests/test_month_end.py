"""A month by hand, and what must not show in it: the order of accounts and answers, and how sets are hashed."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
from msgspec.structs import replace

from chargeback.errors import AnswerError, ConfigurationError
from chargeback.evidence import Evidence, MemoryStore
from chargeback.model.books import Books, CurrencyTotal, Status
from chargeback.month_end import close_month
from chargeback.publish import ledger_csv, reconciliation
from tests.kit.months import (
    APRIL,
    RUN_AT,
    TEAMS,
    Account,
    Month,
    account,
    exceptions,
    invoice,
    lines,
    month,
    of,
    report,
    sku,
)

ACME = Account(
    [
        invoice("INV-1", of("acme-web", "900"), of("acme-platform", "255.6"), tax="75.6", taxRate=Decimal("0.07")),
        invoice("INV-0", of("acme-web", 5), **APRIL),
    ],
    report=report(
        ("acme-web", "CPU", 400, "600.25"), ("acme-web", "Memory", 2, "299.75"), ("acme-platform", "CPU", 7, "255.6")
    ),
    id="1042",
)
SIAM = Account(
    [invoice("INV-2", sku("cpu", "80", quantity=40, unitPrice=2), sku("disk", "20"), tax="7", taxRate=Decimal("0.07"))],
    report=report(("acme-data", "CPU", 40, "85.6"), ("acme-data", "Disk", 3, "21.4")),
    id="1043",
)


def files_of(evidence: Evidence) -> dict[str, bytes]:
    """The evidence's files, to be replaced one by one."""
    return {answer.path: evidence.body(answer) for answer in evidence.answers if answer.path}


def published(books: Books) -> str:
    """A digest of ledgers and reconciliation, as they are published."""
    digest = hashlib.sha256()
    for path, chunks in (*ledger_csv.files(books), *reconciliation.files(books)):
        digest.update(path.encode() + b"".join(chunks))
    return digest.hexdigest()


def test_a_small_month_by_hand() -> None:
    books = month(ACME, SIAM).books()
    assert (books.status, exceptions(books)) == (Status.RECONCILED, [])
    assert lines(books, "account", "team", "project", "resource", "usage", "net", "tax", "gross") == [
        ("1042", "data", "acme-platform", "CPU", "2.8", "95.55", "6.69", "102.24"),
        ("1042", "web", "acme-platform", "CPU", "4.2", "143.33", "10.03", "153.36"),
        ("1042", "web", "acme-web", "CPU", "400", "560.98", "39.27", "600.25"),
        ("1042", "web", "acme-web", "Memory", "2", "280.14", "19.61", "299.75"),
        ("1043", "data", "acme-data", "CPU", "40", "80.00", "5.60", "85.60"),
        ("1043", "data", "acme-data", "Disk", "3", "20.00", "1.40", "21.40"),
    ]
    assert books.totals == (CurrencyTotal("THB", 2, 118000, 8260, 126260),)
    assert [(row.account, row.report_total, row.line_total, row.variance) for row in books.accounts] == [
        ("1042", Decimal("1155.60"), 115560, 0),
        ("1043", Decimal("107.0"), 10700, 0),
    ]


def test_an_account_that_is_not_ready_has_books_that_say_so() -> None:
    idle = Account(report=report(("acme-web", "CPU", 1, 1)), id="1044")
    books = month(ACME, idle).books()
    assert books.status is Status.NOT_READY
    assert [row.status for row in books.accounts] == [Status.RECONCILED, Status.NOT_READY]
    assert exceptions(books) == ["invoice-issued"]


def test_totals_are_by_currency_and_an_account_with_two_has_two_rows() -> None:
    two = account(invoice("I", of("acme-web", 10)), invoice("J", of("acme-web", 7), currency="JPY"))
    books = month(two).books()
    assert [(total.currency, total.gross) for total in books.totals] == [("JPY", 7), ("THB", 1000)]
    assert [(row.currency, row.invoices, row.variance) for row in books.accounts] == [
        ("JPY", ("J",), None),
        ("THB", ("I",), None),
    ]


def test_accepted_exceptions_are_counted_and_the_month_is_reconciled() -> None:
    accepted = """
    [[accepted]]
    check = "report-*"
    account = "1042"
    up_to = "5"
    until = "2026-12"
    reason = "credit"
    by = "finance"
    """
    off = replace(ACME, report=report(("acme-web", "CPU", 1, "903"), ("acme-platform", "CPU", 7, "255.6")))
    books = month(off, config=TEAMS + accepted).books()
    assert (books.status, books.accepted.count, books.accepted.amounts) == (Status.RECONCILED, 2, (("THB", 6),))


def test_every_answer_in_another_order_gives_the_same_bytes() -> None:
    expected = published(month(ACME, SIAM).books())
    assert published(month(SIAM, ACME).books()) == expected
    assert published(Month([ACME, SIAM], reverse=True).books()) == expected
    evidence = month(ACME, SIAM).evidence()
    for seed in range(5):
        answers = list(evidence.answers)
        random.Random(seed).shuffle(answers)
        shuffled = replace(evidence, answers=tuple(answers))
        assert published(close_month(shuffled, month(ACME).settings)) == expected


def test_how_sets_are_hashed_does_not_show() -> None:
    code = "from tests.test_month_end import *; print(published(month(ACME, SIAM).books()))"
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert found == {published(month(ACME, SIAM).books())}


@pytest.mark.parametrize(("given", "problem"), [
    (Account([{**invoice("I", of("acme-web", 1)), "_row": {"id": ""}}]), "items[0] has no id"),
    (Account([{**invoice("I", of("acme-web", 1)), "_row": {"billingAccountId": "1043"}}]), "is of account 1043"),
    (Account([{**invoice("I", of("acme-web", 1)), "_row": {"status": "disputed"}}]), '"disputed" is not known'),
    (Account([{**invoice("I", of("acme-web", 1)), "_row": {"periodEnd": "soon"}}]), '"soon" is not an RFC 3339 time'),
    (Account([invoice("I", of("acme-web", 1), periodStart="", issuedAt="")]), "has neither a period nor a time"),
])  # fmt: skip
def test_an_answer_that_cannot_be_understood_gives_no_books(given: Account, problem: str) -> None:
    with pytest.raises(AnswerError) as refused:
        month(given).books()
    assert problem in str(refused.value)
    assert refused.value.account == "1042"


def test_a_list_with_further_pages_gives_no_books() -> None:
    evidence = month(ACME).evidence()
    (listed,) = evidence.of("billing.listInvoices")
    body = evidence.body(listed).replace(b'"items"', b'"nextPageToken": "x", "items"')
    answer = replace(listed, size=len(body), sha256=hashlib.sha256(body).hexdigest())
    other = MemoryStore({**files_of(evidence), str(listed.path): body})
    answers = tuple(answer if each is listed else each for each in evidence.answers)
    with pytest.raises(AnswerError, match=r"1042.*nextPageToken"):
        close_month(replace(evidence, answers=answers, store=other), month(ACME).settings)


def test_evidence_that_is_not_what_the_index_names_gives_no_books() -> None:
    evidence = month(ACME).evidence()
    path = next(evidence.of("billing.report")).path
    other = MemoryStore({**files_of(evidence), str(path): b'{"ok": true, "result": {"list": []}}'})
    with pytest.raises(AnswerError, match="not the bytes that evidence/index"):
        close_month(replace(evidence, store=other), month(ACME).settings)


def test_equal_claims_of_an_idle_project_give_no_books() -> None:
    config = TEAMS.replace('"acme-web-*"', '"gh*"').replace('["acme-data"]', '["acme-data", "g*t"]')
    with pytest.raises(ConfigurationError, match="claimed equally"):
        month(ACME, config=config, projects=[{"id": "1", "project": "ght"}]).books()


def test_a_project_of_another_account_alone_is_not_looked_at() -> None:
    projects = [{"id": "1", "project": "elsewhere", "billingAccount": "9999"}, {"id": "2", "project": "idle"}]
    assert month(ACME, projects=projects).books().posting.ownership.idle == ("idle",)


def test_the_run_must_say_when_it_was() -> None:
    with pytest.raises(AnswerError, match="run_at is not an instant"):
        Month([ACME], run_at="").books()
    assert Month([ACME], run_at=RUN_AT).books().status is Status.RECONCILED
