"""A revision performed again: its books from its own evidence and configuration, and every file that follows from them.

Nothing here reads the clock, the environment or the network; what the archived configuration names is never acted on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from decimal import Decimal
from functools import partial

from msgspec import Struct

from chargeback import __version__
from chargeback.archive.boundary import interpreting, problem_of
from chargeback.archive.revision import Revision
from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError, DamagedError, InterruptedRunError, StorageError
from chargeback.evidence import Evidence
from chargeback.job.workers import Engine, ThisMachine, shards_closed
from chargeback.model import archived_checks
from chargeback.model.archive_overview import RevisionName
from chargeback.model.archived_checks import ArchivedCheck, read_checks
from chargeback.model.books import Books
from chargeback.model.check import Check, Code, Outcome, Subject, SubjectKind
from chargeback.model.text import cleaned
from chargeback.model.versions import versions
from chargeback.month_end import close_month
from chargeback.publish import revision_files
from chargeback.publish.revision_files import CONFIG_PATH, PublishedFile
from chargeback.reconcile.register import covered_nothing

NEED_EARLIER = {Code.PRIOR_PERIODS: SubjectKind.MONTH, Code.HISTORY: SubjectKind.TEAM}
"""The checks that look at earlier months, by what each is about. A notice of the first: it was not performed."""


class ReperformedRevision(Struct, frozen=True):
    """A revision's evidence, its configuration, and the books that they give with the versions at work now.

    ``foreign``: what it was made with that is another version now, as ``openpyxl 3.1.2``; empty for this version's own.
    ``elsewhere``: the revisions of earlier months that count for it and are not at hand: then ``NEED_EARLIER`` came to
    what the revision says, and files that show those months cannot be made.
    """

    revision: Revision
    evidence: Evidence
    config: Config
    books: Books
    foreign: tuple[str, ...]
    elsewhere: tuple[RevisionName, ...] = ()

    def files(self) -> Iterator[PublishedFile]:
        """(path, chunks) of every file that follows from the evidence, in the order of writing."""
        return revision_files.files(self.books, self.config, self.evidence)

    def made(self, engine: Engine) -> AbstractContextManager[Iterator[PublishedFile]]:
        """The same, made by that engine; by this process where earlier months are not at hand, as the books then rest
        on what the revision says of them, which no engine is sent."""
        by = ThisMachine() if self.evidence.run.looks_elsewhere else engine
        return by.files(self.books, self.config, self.evidence)

    def file(self, wanted: str) -> Iterator[bytes]:
        """The chunks of one of these files; none where there is no such file."""
        for path, chunks in self.files():
            if path == wanted:
                yield from chunks
                return

    @property
    def kept(self) -> frozenset[str]:
        """The files that are evidence themselves: answers, documents, the journal before."""
        return frozenset(revision_files.evidence_paths(self.evidence))


class NotReperformed(Struct, frozen=True):
    """A revision of another version that gives no books with those at work now, and why."""

    revision: Revision
    reason: str
    foreign: tuple[str, ...]

    def __str__(self) -> str:
        """One line with the versions that made it."""
        return f"{self.revision.name} was made by another version ({', '.join(self.foreign)}): {self.reason}"


def perform(
    revision: Revision,
    engine: Engine = ThisMachine(),  # noqa: B008 (frozen)
) -> ReperformedRevision | NotReperformed:
    """The revision's books again; ``NotReperformed`` where another version made it and this one cannot read it. The
    ``engine`` says by how many processes.

    ``DamagedError`` where evidence or configuration do not prove themselves, or give no books though this version made
    it.
    """
    evidence, source = revision.whole_evidence(), revision.read(CONFIG_PATH)
    foreign = foreign_versions(evidence)
    try:
        with interpreting(revision.root, "its evidence gives no books"):
            config = parse(source, revision.root / CONFIG_PATH, archived=True)
            given = archived_outcomes(revision, evidence, config)
            books = close_month(evidence, config, given, each=partial(shards_closed, engine))
            elsewhere = revision.earlier_elsewhere(evidence.run)
            return ReperformedRevision(revision, evidence, config, books, foreign, elsewhere)
    except DamagedError as error:
        if not foreign:
            raise
        return NotReperformed(revision, error.message.removeprefix(f"{revision.root}: "), foreign)


def archived_outcomes(revision: Revision, evidence: Evidence, config: Config) -> Mapping[Code, Sequence[Check]]:
    """What ``NEED_EARLIER`` came to in the revision, where the evidence looks at earlier months that are not at hand;
    nothing where they are."""
    if not evidence.run.looks_elsewhere:
        return {}
    rows = revision.interpret(archived_checks.PATH, read_checks).checks
    return as_archived(rows, evidence.run.accounts, config)


def as_archived(
    rows: Iterable[ArchivedCheck], accounts: Iterable[str], config: Config
) -> Mapping[Code, Sequence[Check]]:
    """The results of ``NEED_EARLIER`` among these rows, as they were before acceptances, which are applied again."""
    ids = {cleaned(account): account for account in accounts}
    idle = {cleaned(covered_nothing(each).message) for each in config.accepted}  # said again where it still holds
    mine = [row for row in rows if row.check in NEED_EARLIER and row.message not in idle]
    return {
        code: [_as_archived(row, kind, ids, config) for row in mine if row.check == code]
        for code, kind in NEED_EARLIER.items()
    }


def _as_archived(row: ArchivedCheck, kind: SubjectKind, accounts: Mapping[str, str], config: Config) -> Check:
    message, is_accepted = row.message, row.outcome is Outcome.ACCEPTED
    for accepted in config.accepted if is_accepted else ():
        message = message.removesuffix(cleaned(accepted.acceptance.ending))
    expected, actual, variance = (
        None if text is None else Decimal(text) for text in (row.expected, row.actual, row.variance)
    )
    return Check(
        code=Code(row.check),
        outcome=Outcome.EXCEPTION if is_accepted else row.outcome,
        message=message,
        account=accounts.get(row.account, row.account),
        invoice=row.invoice,
        subject=Subject(kind, row.subject) if row.subject else None,
        expected=expected,
        actual=actual,
        variance=variance,
        currency=row.currency,
        performed=not (kind is SubjectKind.MONTH and row.outcome is Outcome.NOTICE),
    )


@contextmanager
def booking_again(revision: Revision) -> Iterator[None]:
    """Within, figures are made from an archived revision's evidence once more.

    ``DamagedError`` where this version's own revision does not give them; ``ConfigurationError`` with the version to
    use where another one made it. What is wrong with a configuration stays ``ConfigurationError``.
    """
    made_with = revision.manifest.version
    try:
        yield
    except (ConfigurationError, DamagedError, StorageError, InterruptedRunError, MemoryError):
        raise
    except Exception as error:
        if made_with != __version__:
            raise ConfigurationError(
                f"{revision.name}: this version cannot read its evidence: {problem_of(error)}",
                remedy=f"use chargeback {made_with}, which made it",
            ) from error
        with interpreting(revision.root):
            raise


def foreign_versions(evidence: Evidence) -> tuple[str, ...]:
    """Names and versions of what the evidence was booked with and is not at work now."""
    now, then = versions(), evidence.run.versions
    return tuple(
        f"{name} {then.get(name, 'absent')}" for name in sorted({*now, *then}) if now.get(name) != then.get(name)
    )
