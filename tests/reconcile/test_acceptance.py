"""Exceptions that somebody answers for: which one is covered, how far, and until when."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from chargeback.config import AcceptedException, Config
from chargeback.errors import ConfigurationError
from chargeback.evidence.period import Period
from chargeback.model.check import Acceptance, Check, Code, Outcome, Subject, SubjectKind
from chargeback.reconcile.register import Acceptances
from tests.kit.months import MIDDLE, TEAMS, Account, account, invoice, month, of, report, sku

MAY = Period(2026, 5)
EXCEPTION = Check(
    Code.REPORT_TOTAL, Outcome.EXCEPTION, "they differ", "A", "INV-1",
    Subject(SubjectKind.PROJECT, "web"), Decimal(100), Decimal("87.5"), Decimal("-12.5"), Decimal("0.05"), "THB",
)  # fmt: skip
GIVEN = AcceptedException("report-total", "A", MAY, "credit", "finance", up_to=Decimal("12.50"))


def config(*accepted: AcceptedException) -> Config:
    return replace(month().settings, accepted=accepted)


def accept(checks: list[Check], settings: Config, period: Period) -> list[Check]:
    """The checks with the month's acceptances applied, and what is told of those that covered nothing."""
    acceptances = Acceptances(settings, period)
    return [*map(acceptances.applied, checks), *acceptances.idle()]


def outcome(found: Check = EXCEPTION, /, **fields: object) -> str:
    return accept([found], config(replace(GIVEN, **fields)), MAY)[0].outcome.value  # type: ignore[arg-type]


@pytest.mark.parametrize("fields", [
    {},
    {"check": "report-*"},
    {"until": Period(2026, 12)},
    {"invoice": "INV-1"},
    {"subject": "web"},
    {"invoice": "INV-1", "subject": "web", "up_to": Decimal(13)},
])  # fmt: skip
def test_an_acceptance_covers_its_exception(fields: dict[str, object]) -> None:
    assert outcome(**fields) == "accepted"


@pytest.mark.parametrize("fields", [
    {"check": "report-project"},
    {"check": "invoice-tax"},
    {"account": "B"},
    {"until": Period(2026, 4)},
    {"invoice": "INV-2"},
    {"invoice": ""},
    {"subject": "data"},
    {"up_to": Decimal("12.49")},
    {"up_to": None},
])  # fmt: skip
def test_an_acceptance_covers_no_other(fields: dict[str, object]) -> None:
    assert outcome(**fields) == "exception"


@pytest.mark.parametrize("code", ["report-period", "report-chart", "report-total", "report-project", "report-resource"])
def test_report_star_covers_every_check_of_the_report(code: str) -> None:
    assert outcome(replace(EXCEPTION, code=Code(code)), check="report-*") == "accepted"


def test_report_star_covers_nothing_else() -> None:
    assert outcome(replace(EXCEPTION, code=Code.INVOICE_TAX), check="report-*") == "exception"


def test_a_check_without_a_variance_needs_no_limit() -> None:
    pdf = replace(EXCEPTION, code=Code.INVOICE_PDF, variance=None)
    assert outcome(pdf, check="invoice-pdf", up_to=None) == "accepted"


def test_ledger_control_is_never_accepted() -> None:
    assert outcome(replace(EXCEPTION, code=Code.LEDGER_CONTROL), check="ledger-control") == "exception"
    assert outcome(replace(EXCEPTION, code=Code.LEDGER_CONTROL), check="report-*") == "exception"


@pytest.mark.parametrize("was", [Outcome.PASS, Outcome.NOTICE])
def test_what_is_no_exception_stays_as_it_is(was: Outcome) -> None:
    check = replace(EXCEPTION, outcome=was)
    found = accept([check], config(GIVEN), MAY)
    assert found[0] == check


def test_the_message_names_who_answers_until_when_and_why() -> None:
    (check,) = accept([EXCEPTION], config(GIVEN), MAY)
    assert check.accepted == Acceptance("finance", MAY, "credit")
    assert check.message == "they differ"
    assert check.sentence == "they differ. Accepted by finance until 2026-05: credit"
    assert check.variance == EXCEPTION.variance


def test_an_acceptance_that_covered_nothing_is_a_notice_and_one_that_is_past_is_not() -> None:
    idle = replace(GIVEN, account="B", check="report-*")
    past = replace(GIVEN, until=Period(2026, 4))
    found = accept([EXCEPTION], config(idle, past, GIVEN), MAY)
    assert [(check.code.value, check.account, check.outcome.value) for check in found] == [
        ("report-total", "A", "accepted"),
        ("report-total", "B", "notice"),
    ]
    assert found[1].message == "the acceptance of report-* by finance until 2026-05 covered nothing this month"


def test_the_first_of_two_acceptances_counts_and_the_second_covered_nothing() -> None:
    found = accept([EXCEPTION], config(GIVEN, replace(GIVEN, by="somebody else")), MAY)
    assert [check.outcome.value for check in found] == ["accepted", "notice"]
    assert "Accepted by finance" in found[0].sentence


ENTRY = """
[[accepted]]
check = "{check}"
account = "1042"
up_to = "{up_to}"
until = "2026-12"
reason = "known"
by = "finance"
"""


@pytest.mark.parametrize(("check", "given", "amount"), [
    ("report-period", account(invoice("I", of("acme-web", 900)), report="api: internal error"), "900"),
    ("report-*", account(invoice("I", of("acme-web", 900)), report="api: internal error"), "900"),
    ("invoice-cutoff", account(
        invoice("I", of("acme-web", 31), periodEnd=MIDDLE), report="api: internal error",
    ), "31"),
    ("invoice-cutoff", account(
        invoice("I", of("acme-web", 7), periodStart="2026-04-29T17:00:00Z"), report=report(("acme-web", "CPU", 1, 7)),
    ), "7"),
    ("invoice-identity", account(
        invoice("I", of("acme-web", 7)), refusals={"i": "api: gone"}, report=report(("acme-web", "CPU", 1, 7)),
    ), "7"),
    ("invoice-tax", account(
        invoice("I", subtotal=100, tax=900, total=1000, lineItems=[of("acme-web", 1000)]),
        report=report(("acme-web", "CPU", 1, 1000)),
    ), "900"),
    ("invoice-footing", account(
        invoice("I", of("acme-web", 5), sku("cpu", 6), total=11), report=report(("acme-web", "CPU", 1, 11)),
    ), "11"),
])  # fmt: skip
def test_what_a_check_leaves_untied_is_accepted_up_to_its_ceiling(check: str, given: Account, amount: str) -> None:
    enough, short = (
        month(given, config=TEAMS + ENTRY.format(check=check, up_to=up_to)).books()
        for up_to in (amount, str(Decimal(amount) - Decimal("0.01")))
    )
    codes = {"report-period"} if check == "report-*" else {check}
    assert {each.code for each in enough.having(Outcome.ACCEPTED)} >= codes
    assert not codes & {each.code for each in enough.having(Outcome.EXCEPTION)}
    assert codes <= {each.code for each in short.having(Outcome.EXCEPTION)}


@pytest.mark.parametrize("check", ["report-period", "invoice-cutoff", "invoice-identity", "invoice-issued", "report-*"])
def test_an_acceptance_without_a_ceiling_is_refused(check: str) -> None:
    entry = ENTRY.format(check=check, up_to="1").replace('up_to = "1"\n', "")
    with pytest.raises(ConfigurationError, match="up_to"):
        month(account(), config=TEAMS + entry).books()
