"""``ledgers/<team>.html``: a team's statement to be printed or mailed, in Thai, English or both.

Net first, since that is what a cost centre bears where the tax can be reclaimed. Nothing of another team's names,
amounts or projects. It asks for nothing from outside and runs nothing: a page with the others' style and policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from chargeback.config import Config
from chargeback.model.books import Books
from chargeback.publish.pages.charts import team_colours
from chargeback.publish.statements.page import page
from chargeback.publish.team_workbook import team_months
from chargeback.publish.team_workbook.month import TeamMonth


def path_of(team: str) -> str:
    """Where a team's statement lies in a revision."""
    return f"ledgers/{team}.html"


def files(books: Books, config: Config) -> Iterator[tuple[str, Iterable[bytes]]]:
    """(path in the revision, the file's bytes in chunks), one statement for each team of the ledger, in its order."""
    colours = team_colours(team.id for team in books.ledger.teams)
    for team, month in team_months(books, config, by_resource=False):
        yield path_of(team.id), _chunks(month, colours[team.id])


def _chunks(made: Callable[[], TeamMonth], colour: str) -> Iterator[bytes]:
    """Made where it is asked for, by whichever process that is."""
    yield page(made(), colour)
