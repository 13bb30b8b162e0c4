"""``ledgers/<team>.html``: a team's statement to be printed or mailed, in Thai, English or both.

Net first, since that is what a cost centre bears where the tax can be reclaimed. Nothing of another team's names,
amounts or projects. It asks for nothing from outside and runs nothing: a page with the others' style and policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from markupsafe import Markup, escape

from chargeback.config import Config
from chargeback.model.books import Books, Status
from chargeback.model.check import Outcome
from chargeback.model.text import readable
from chargeback.publish.bilingual import THAI, Language, said, thai_month
from chargeback.publish.pages.rendering import is_on_loopback, number_cell, render
from chargeback.publish.pages.wording import change_text, instant_text, minor, month_name
from chargeback.publish.statements.figures import AmountRow, figures
from chargeback.publish.team_workbook import team_months
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.restated import Change, restatement_of
from chargeback.publish.team_workbook.team_checks import TeamCheck, checks_of

MOST_EXCEPTIONS = 20


def path_of(team: str) -> str:
    """Where a team's statement lies in a revision."""
    return f"ledgers/{team}.html"


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one statement for each team of the ledger, in its order."""
    for team, month in team_months(books, config):
        yield path_of(team.id), _page(month)


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """Net, or gross, before and after, as text with what lies between them; ``text`` says which."""

    text: str
    currency: str
    before: str
    after: str
    difference: str
    percent: str

    @classmethod
    def of(cls, change: Change) -> ChangeRow:
        """The change as a statement shows it."""
        before, after, digits = change.before, change.after, change.digits
        difference = ("+" if after > before else "") + minor(after - before, digits)
        texts = (minor(before, digits), minor(after, digits), difference, change_text(before, after))
        return cls(change.text, change.currency, *texts)


@dataclass(frozen=True, slots=True)
class Words:
    """The catalogue in one language, for a template."""

    language: Language

    def __call__(self, text: str) -> Markup:
        """As markup that says which language each part is in."""
        if self.language == "both":
            both = f'<span lang="th">{escape(THAI[text])}</span> <span lang="en">{escape(text)}</span>'
            return Markup(both)  # noqa: S704 (escaped)
        return Markup.escape(said(text, self.language))

    def plain(self, text: str) -> str:
        """Where no element may stand."""
        return said(text, self.language)


def _amount_cells(language: Language) -> Callable[[AmountRow], Markup]:
    """What makes the cells of net, tax and gross of a row: in one call, as a statement has a row a resource."""
    net, tax, gross = (said(name, language) for name in ("Net", "Tax", "Gross"))

    def cells(row: AmountRow) -> Markup:
        return Markup().join((number_cell(row.net, net), number_cell(row.tax, tax), number_cell(row.gross, gross)))

    return cells


def _page(made: Callable[[], TeamMonth]) -> Iterator[bytes]:
    month = made()
    books, config, run = month.books, month.config, month.books.posting.run
    language = config.publish.language
    restatement = restatement_of(month)
    exceptions = [each for each in checks_of(month) if each.outcome is Outcome.EXCEPTION]
    yield from render(
        "statement.html",
        t=Words(language),
        amounts=_amount_cells(language),
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
        figures=figures(month),
        has_lines=bool(month.lines),
        restatement=restatement,
        changes=[ChangeRow.of(change) for change in restatement.rows] if restatement else [],
        exceptions=exceptions[:MOST_EXCEPTIONS],
        more_exceptions=max(len(exceptions) - MOST_EXCEPTIONS, 0),
        subject=_subject,
        files=[f"{month.team.id}.csv", *([] if config.publish.leaves_out_workbooks else [f"{month.team.id}.xlsx"])],
    )


def _title(month: TeamMonth, language: Language) -> str:
    period = month.books.period
    english, thai = month_name(period), f"{thai_month(period)} ({period})"
    return {"en": english, "th": thai, "both": f"{thai} · {english}"}[language]


def _subject(told: TeamCheck) -> str:
    """What a check is about, in one line."""
    return readable(", ".join(dict.fromkeys(part for part in (told.invoice, told.concerns) if part)))
