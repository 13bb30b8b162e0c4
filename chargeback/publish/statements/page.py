"""The statement as HTML, joined from strings: a run writes one for each team, with a row for each resource, and as a
template that alone took a fifth of it.

What comes from outside goes through ``isolated``, ``sentence`` or ``plain``, a word of the catalogue through ``Words``.
Amounts and shares hold digits, signs and separators alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache

from markupsafe import escape

from chargeback.config.endpoint import is_on_loopback
from chargeback.model.books import Status
from chargeback.model.check import Outcome
from chargeback.model.text import readable
from chargeback.publish.bilingual import THAI, Language, said, thai_month
from chargeback.publish.pages.elements import facts_html, heads, section, table, time_html, warning
from chargeback.publish.pages.rendering import (
    LONGEST_IN_LINE,
    cell_opening,
    document,
    isolated,
    number_cell,
    plain,
    sentence,
)
from chargeback.publish.pages.wording import change_text, instant_text, minor, month_name
from chargeback.publish.statements.figures import AmountRow, CurrencyFigures, SharedRow, figures
from chargeback.publish.team_workbook.month import TeamMonth
from chargeback.publish.team_workbook.restated import TeamEvent, TeamRestatement, restatement_of
from chargeback.publish.team_workbook.team_checks import TeamCheck, checks_of

MOST_EXCEPTIONS = 20
_AMOUNTS = ("Net", "Tax", "Gross")
_ROW, _NAME = '<tr role="row">', '<th role="rowheader" scope="row">'
_WIDE, _EMPTY = '<td role="cell" class="wide">', '<td role="cell"></td>'


class Words(dict[str, str]):
    """The catalogue in one language as HTML that says which language each part is in; each text is made once."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        self.language = language
        self._openings = [cell_opening(self.plain(name)) for name in (*_AMOUNTS, "Share")]

    def __missing__(self, text: str) -> str:
        if self.language == "both":
            self[text] = f'<span lang="th">{escape(THAI[text])}</span> <span lang="en">{escape(text)}</span>'
        else:
            self[text] = str(escape(said(text, self.language)))
        return self[text]

    def plain(self, text: str) -> str:
        """Where no element may stand."""
        return said(text, self.language)

    def number(self, text: str, name: str, extra: str = "") -> str:
        """The cell of a figure in the column of that name."""
        return str(number_cell(text, self.plain(name), extra))

    def amounts(self, row: AmountRow) -> str:
        """The cells of net, tax and gross."""
        return "".join(map(self.number, (row.net, row.tax, row.gross), _AMOUNTS))

    def amounts_and_share(self, row: AmountRow) -> str:
        """The same and its share: by far the most cells, so those of usual length are joined at once."""
        net, tax, gross, share = self._openings
        if not row.share or max(map(len, row[:3])) > LONGEST_IN_LINE:
            return f"{self.amounts(row)}{self.number(row.share, 'Share')}"
        return f"{net}{row.net}</td>{tax}{row.tax}</td>{gross}{row.gross}</td>{share}{row.share}</td>"

    def named(self, row: AmountRow) -> str:
        """What the row is of."""
        if row.text:
            return f"{self[row.text]} ({row.number:,})" if row.number else self[row.text]
        return f'{isolated(row.name)} <span class="sub">{isolated(row.code)}</span>' if row.code else isolated(row.name)

    def section(self, name: str, heading: str, *content: str, currency: str = "") -> str:
        """A section with its heading, of a currency where one is named."""
        of = f", {isolated(currency)}" if currency else ""
        return section(name, f"{self[heading]}{of}", *content)

    def table(
        self, caption: str, texts: Sequence[str], numbers: Sequence[str], rows: Iterable[str], *, foot: str = "",
        is_hidden: bool = True,
    ) -> str:  # fmt: skip
        """A table; ``texts`` head columns of texts, ``numbers`` those of figures; ``rows`` are its rows' cells."""
        headings = heads((self[text] for text in texts), (self[text] for text in numbers))
        below = f'<tfoot role="rowgroup">{_ROW}{foot}</tr></tfoot>\n' if foot else ""
        return table(self[caption], headings, rows, below, hidden=is_hidden)


def page(month: TeamMonth, colour: str) -> bytes:
    """The team's statement, in whose chart it has this colour."""
    language, revision = month.config.publish.language, month.books.revision
    words, made = _words(language), figures(month, colour)
    restatement = restatement_of(month)
    exceptions = [each for each in checks_of(month) if each.outcome is Outcome.EXCEPTION]
    period, title = month.books.period, _title(month, language)
    body = [
        f'<header>\n<p class="crumbs">{words["Statement of cost"]}</p>\n<h1>{isolated(month.title)} '
        f'<small>{title}, {words["revision"]} {revision}</small></h1>\n</header>\n<main id="content">\n',
        _simulated(words) if is_on_loopback(month.books.posting.run.endpoint) else "",
        "\n", words.section("cost", "Cost of the month", _cost(words, month, made), _facts(words, month)),
        "\n", _restatement(words, restatement) if restatement else "",
        "\n", *(part for number, each in enumerate(made, start=1) for part in _currency(words, each, number)),
        "\n", _exceptions(words, exceptions) if exceptions else "",
        f"</main>\n<footer>\n<p>{words['The figures are those of']} {_files(month)} · {period} {words['revision']} "
        f"{revision}</p>\n</footer>",
    ]  # fmt: skip
    whole = document(
        body,
        title=f"{month.title}, {title}, {words.plain('revision')} {revision}",
        skip=words["Skip to the content"],
        lang="th" if language == "th" else "en",
    )
    return "".join(whole).encode()


_words = cache(Words)


def _title(month: TeamMonth, language: Language) -> str:
    period = month.books.period
    english, thai = month_name(period), f"{thai_month(period)} ({period})"
    return {"en": english, "th": thai, "both": f"{thai} · {english}"}[language]


def _files(month: TeamMonth) -> str:
    kinds = ("csv",) if month.config.publish.leaves_out_workbooks else ("csv", "xlsx")
    names = [plain(f"{month.team.id}.{kind}") for kind in kinds]
    return ", ".join(f'<a href="{name}">{name}</a>' for name in names)


def _simulated(words: Words) -> str:
    heading = words["These are not the platform's figures."]
    meaning = words["They came from a program on the same computer: a simulation or a test, not a bill to book."]
    return warning(f"\n<p><b>{heading}</b> {meaning}</p>\n")


def _cost(words: Words, month: TeamMonth, made: Iterable[CurrencyFigures]) -> str:
    """The totals, what the cost centre bears first."""
    nothing = "" if month.lines else f"<p>{words['Nothing was charged to this team in this month.']}</p>\n"
    return f'{nothing}<dl class="totals">\n{"".join(_total(words, each) for each in made)}</dl>\n'


def _total(words: Words, each: CurrencyFigures) -> str:
    totals, order = each.totals, ("Gross", "Net", "Tax") if each.bears_gross else ("Net", "Tax", "Gross")
    amounts = {"Net": totals.net, "Tax": totals.tax, "Gross": totals.gross}
    (first, most), *others = ((words[name], amounts[name]) for name in order)
    beside = ", ".join(f"{name} {amount}" for name, amount in others)
    soft = [f"{beside}; {words['Lines']}: {each.lines:,}"]
    if each.change:
        before = f" ({each.before})" if each.before else ""
        soft.append(f"{words['Change since the month before']}: {each.change}{before}")
    if each.borne_tax:
        soft.append(f"{words['Tax that cannot be reclaimed, so it is cost too']}: {each.borne_tax}")
    below, *more = (f'<br><span class="soft">{text}</span>' for text in soft)
    return (
        f'<div><dt>{first}, {isolated(each.currency)}</dt><dd><span class="gross">{most}</span>'
        f"{below}\n{''.join(more)}</dd></div>\n"
    )


def _facts(words: Words, month: TeamMonth) -> str:
    team, books, none = month.team, month.books, words["none"]
    run, is_reconciled = books.posting.run, books.status is Status.RECONCILED
    status = words["reconciled" if is_reconciled else "with exceptions"]
    booking = f"; {words['not to be booked']}" if books.status is Status.EXCEPTIONS else ""
    facts = {
        "Team": isolated(team.id),
        "Cost centre": isolated(team.cost_center) if team.cost_center else none,
        "Expense account (GL)": isolated(team.gl_account) if team.gl_account else none,
        "Month": f"{books.period} ({plain(month.config.timezone_name)})",
        "Status of the month": f'<span class="pill {books.status.value}">{status}{booking}</span>',
        "Source": isolated(run.endpoint),
        "Collected": time_html(run.run_at, instant_text(run.run_at, month.config.timezone)),
    }
    return facts_html({words[name]: value for name, value in facts.items()})


def _restatement(words: Words, restatement: TeamRestatement) -> str:
    heading = "What changed and why"
    replaces = f"<p>{words['This statement replaces the one of revision']} {restatement.previous}.</p>\n"
    changes = f"<p>{words['No amount of this team changed.']}</p>\n"
    if restatement.rows:
        rows = (
            f"{_ROW}{_NAME}{words[each.text]}, {isolated(each.currency)}</th>"
            f"{_change(words, each.before, each.after, each.digits)}</tr>\n"
            for each in restatement.rows
        )
        changes = words.table(heading, ["Amount"], ["Before", "After", "Difference", "Change"], rows)
    events = [_event(words, event) for event in restatement.events]
    if restatement.more_events:
        events.append(f"{words['smaller ones']}: {restatement.more_events}")
    events += [words[reason] for reason in restatement.reasons]
    listed = "".join(f"<li>{event}</li>\n" for event in events)
    happened = f'<ul class="events">\n{listed}</ul>\n' if events else ""
    return words.section("restatement", heading, replaces, changes, happened)


def _change(words: Words, before: int, after: int, digits: int) -> str:
    difference = ("+" if after > before else "") + minor(after - before, digits)
    texts = (minor(before, digits), minor(after, digits), difference, change_text(before, after))
    return "".join(map(words.number, texts, ("Before", "After", "Difference", "Change")))


def _event(words: Words, event: TeamEvent) -> str:
    other = f" {isolated(event.other)}" if event.other else ""
    at = f" ({plain(event.at)})" if event.at else ""
    return f"{isolated(event.subject)} {words[event.happened]}{other}{at}"


def _currency(words: Words, each: CurrencyFigures, number: int) -> Iterator[str]:
    """The sections of one currency."""
    if each.budget:
        yield _budget(words, each, number)
    yield "\n"
    yield _months(words, each, number)
    yield "\n"
    if each.projects:
        yield _amounts(words, each, f"projects-{number}", "By project and resource", "Project", _projects(words, each))
        yield "\n"
        rows = (f"{_ROW}{_NAME}{words.named(row)}</th>{words.amounts_and_share(row)}</tr>\n" for row in each.parts)
        yield _amounts(words, each, f"parts-{number}", "How it came about", "How it came about", rows)
    yield "\n"
    if each.shared:
        yield _shared(words, each, number)


def _budget(words: Words, each: CurrencyFigures, number: int) -> str:
    rows = []
    for place, row in enumerate(each.budget):
        months = f' <span class="sub">{row.months} {words["months"]}</span>' if place else ""
        left = words.number(row.left, "Left", " over" if row.is_over else "")
        rows.append(
            f"{_ROW}{_NAME}{words[row.text]}{months}</th>{words.number(row.budget, 'Budget')}"
            f"{words.number(row.actual, 'Actual')}{left}{words.number(row.used, 'Used')}</tr>\n"
        )
    table = words.table("Net", ["Span"], ["Budget", "Actual", "Left", "Used"], rows, is_hidden=False)
    return words.section(f"budget-{number}", "Budget and actual", table, currency=each.currency)


def _months(words: Words, each: CurrencyFigures, number: int) -> str:
    drawn, rows = f"{words.plain('Twelve months')}, {words.plain('Net')}", []
    for row in each.months:
        net = words.plain("not recorded") if row.net is None and row.is_archived else row.net or ""
        missing = "" if row.is_archived else f' <span class="sub">{words["not archived"]}</span>'
        figures = map(words.number, (net, row.gross or "", row.change), ("Net", "Gross", "Change"))
        rows.append(f"{_ROW}{_NAME}{row.period}{missing}</th>{''.join(figures)}</tr>\n")
    caption = "The months before are as their latest revisions had them when this one was made."
    chart = each.chart.svg(f"chart-{number}", f"{drawn}, {each.currency}", drawn)
    table = words.table(caption, ["Month"], ["Net", "Gross", "Change"], rows, is_hidden=False)
    return words.section(f"months-{number}", "Twelve months", chart, "\n", table, currency=each.currency)


def _amounts(words: Words, each: CurrencyFigures, name: str, heading: str, of: str, rows: Iterable[str]) -> str:
    """A section of rows of net, tax, gross and share that foot to the totals."""
    foot = f"{_NAME}{words['Total']}</th>{words.amounts_and_share(each.totals)}"
    table = words.table(heading, [of], [*_AMOUNTS, "Share"], rows, foot=foot)
    return words.section(name, heading, table, currency=each.currency)


def _projects(words: Words, each: CurrencyFigures) -> Iterator[str]:
    """The projects, each with its resources below it."""
    for project in each.projects:
        for row, kind in ((project, "project"), *((resource, "resource") for resource in project.rows)):
            yield f'<tr role="row" class="{kind}">{_NAME}{words.named(row)}</th>{words.amounts_and_share(row)}</tr>\n'


def _shared(words: Words, each: CurrencyFigures, number: int) -> str:
    heading = "Shared projects: this team's part"
    rows = [f"{_ROW}{_shared_cells(words, row)}</tr>\n" for row in each.shared]
    if each.rest_of_shared:
        rest = each.rest_of_shared
        cells = f"{_NAME}{words.named(rest)}</th>{_WIDE}</td>{_EMPTY}{words.amounts(rest)}"
        rows.append(f'<tr role="row" class="rest">{cells}</tr>\n')
    about = f'<p class="about">{words["Contained in the figures above."]}</p>\n'
    table = words.table(heading, ["Project", "How it was split"], ["This team's share", *_AMOUNTS], rows)
    return words.section(f"shared-{number}", heading, about, table, currency=each.currency)


def _shared_cells(words: Words, row: SharedRow) -> str:
    parts = f": {row.parts[0]} {words['of']} {row.parts[1]}" if row.parts else ""
    rule = f"{words[row.rule]}{parts}" if row.rule else ""
    share = words.number(f"{row.share} %" if row.share else "", "This team's share")
    return f"{_NAME}{words.named(row.amounts)}</th>{_WIDE}{rule}</td>{share}{words.amounts(row.amounts)}"


def _exceptions(words: Words, exceptions: Sequence[TeamCheck]) -> str:
    rows = [
        f'{_ROW}<th role="rowheader" scope="row" class="day">{each.code.value}</th>{_WIDE}{_subject(each)}</td>'
        f'<td role="cell" class="wide" lang="en">{sentence(each.text)}</td></tr>\n'
        for each in exceptions[:MOST_EXCEPTIONS]
    ]
    if len(exceptions) > MOST_EXCEPTIONS:
        more = f"{_NAME}+ {len(exceptions) - MOST_EXCEPTIONS:,}</th>"
        rows.append(f'<tr role="row" class="rest">{more}{_WIDE}</td>{_WIDE}</td></tr>\n')
    heading = "Exceptions that touch this team"
    return words.section("exceptions", heading, words.table(heading, ["Check", "Concerns", "What was found"], [], rows))


def _subject(check: TeamCheck) -> str:
    """What a check is about, in one line."""
    return isolated(readable(", ".join(dict.fromkeys(part for part in (check.invoice, check.concerns) if part))))
