"""``ledgers/<team>.html``: a team's statement to be printed or mailed, in Thai, English or both.

Net first, since that is what a cost centre bears where the tax can be reclaimed. Nothing of another team's names,
amounts or projects. It asks for nothing from outside and runs nothing: a page with the others' style and policy.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from chargeback.config import Config
from chargeback.model.books import Books, Status
from chargeback.model.check import Outcome
from chargeback.model.ledger import LedgerLine
from chargeback.model.text import readable
from chargeback.model.totals import add_up, by_currency
from chargeback.publish.bilingual import THAI, Language, said, thai_month
from chargeback.publish.pages.rendering import is_on_loopback, render
from chargeback.publish.pages.wording import instant_text, month_name
from chargeback.publish.statements.figures import figures
from chargeback.publish.statements.restated import restatement_of
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.team_checks import TOLD, TeamCheck, checks_of
from chargeback.publish.team_workbook.totals import totals_of_lines

MOST_EXCEPTIONS = 20


def path_of(team: str) -> str:
    """Where a team's statement lies in a revision."""
    return f"ledgers/{team}.html"


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one statement for each team of the ledger, in its order."""
    by_team: dict[str, list[LedgerLine]] = defaultdict(list)
    for line in books.ledger.lines:
        by_team[line.team.id].append(line)
    checks, borne = tuple(books.having(*TOLD)), _invoices_with_borne_tax(books, config)
    for team in books.ledger.teams:
        mine: Sequence[LedgerLine] = by_team.get(team.id, ())
        month = TeamMonth(books, config, team, mine, totals_of_lines(mine), checks)
        yield path_of(team.id), _page(month, _borne_tax(mine, borne))


def _invoices_with_borne_tax(books: Books, config: Config) -> frozenset[tuple[str, str]]:
    """Account and id of the invoices whose tax cannot be reclaimed, and so is cost (BOOKING 9)."""
    return frozenset(
        (invoice.account, invoice.id)
        for posting in books.posting.postings
        for invoice in posting.month.booked
        if not config.bookkeeping.reclaims_tax(invoice.account, invoice.buyer or posting.month.facts.kind)
    )


def _borne_tax(lines: Iterable[LedgerLine], invoices: frozenset[tuple[str, str]]) -> Mapping[str, int]:
    cost = (line for line in lines if (line.label.account, line.label.invoice_id) in invoices)
    return Counter({currency: amounts.tax for currency, amounts in add_up(cost, by_currency).items()})


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language, for a template."""

    language: Language

    def __call__(self, text: str) -> Markup:
        """As markup that says which language each part is in."""
        if self.language == "both":
            return Markup('<span lang="th">{}</span> <span lang="en">{}</span>').format(THAI[text], text)
        return Markup.escape(said(text, self.language))

    def plain(self, text: str) -> str:
        """Where no element may stand."""
        return said(text, self.language)


def _page(month: TeamMonth, borne_tax: Mapping[str, int]) -> Iterator[bytes]:
    books, config, run = month.books, month.config, month.books.posting.run
    language = config.publish.language
    exceptions = [each for each in checks_of(month) if each.outcome is Outcome.EXCEPTION]
    return render(
        "statement.html",
        t=Words(language),
        lang="th" if language == "th" else "en",
        team=month.team,
        name=month.title,
        period=str(books.period),
        title=_title(month, language),
        revision=books.revision,
        status="reconciled" if books.status is Status.RECONCILED else "with exceptions",
        state=books.status.value,
        endpoint=run.endpoint,
        is_simulated=is_on_loopback(run.endpoint),
        run_at=run.run_at,
        run_at_text=instant_text(run.run_at, config.timezone),
        timezone=config.timezone_name,
        figures=figures(month, borne_tax),
        has_lines=bool(month.lines),
        restatement=restatement_of(month),
        exceptions=exceptions[:MOST_EXCEPTIONS],
        more_exceptions=max(len(exceptions) - MOST_EXCEPTIONS, 0),
        subject=_subject,
        files=[f"{month.team.id}.csv", *([] if "xlsx" in config.publish.leave_out else [f"{month.team.id}.xlsx"])],
    )


def _title(month: TeamMonth, language: Language) -> str:
    period = month.books.period
    english, thai = month_name(period), f"{thai_month(period)} ({period})"
    return {"en": english, "th": thai, "both": f"{thai} · {english}"}[language]


def _subject(told: TeamCheck) -> str:
    """What a check is about, in one line."""
    return readable(", ".join(dict.fromkeys(part for part in (told.invoice, told.concerns) if part)))
