"""A revision performed again: its books from its own evidence and configuration, and every file that follows from them.

Nothing here reads the clock, the environment or the network; what the archived configuration names is never acted on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chargeback import __version__
from chargeback.archive.boundary import interpreting, problem_of
from chargeback.archive.revision import Revision
from chargeback.config import Config, parse
from chargeback.errors import ConfigurationError, DamagedError, InterruptedRunError, StorageError
from chargeback.evidence import Evidence
from chargeback.model.books import Books
from chargeback.model.versions import versions
from chargeback.month_end import close_month
from chargeback.publish import revision_files
from chargeback.publish.revision_files import CONFIG_PATH, PublishedFile


@dataclass(frozen=True, slots=True)
class ReperformedRevision:
    """A revision's evidence, its configuration, and the books that they give with the versions at work now.

    ``foreign``: what it was made with that is another version now, as ``openpyxl 3.1.2``; empty for this version's own.
    """

    revision: Revision
    evidence: Evidence
    config: Config
    books: Books
    foreign: tuple[str, ...]

    def files(self) -> Iterator[PublishedFile]:
        """(path, chunks) of every file that follows from the evidence, in the order of writing."""
        return revision_files.files(self.books, self.config, self.evidence)

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


@dataclass(frozen=True, slots=True)
class NotReperformed:
    """A revision of another version that gives no books with those at work now, and why."""

    revision: Revision
    reason: str
    foreign: tuple[str, ...]

    def __str__(self) -> str:
        """One line with the versions that made it."""
        return f"{self.revision.name} was made by another version ({', '.join(self.foreign)}): {self.reason}"


def perform(revision: Revision) -> ReperformedRevision | NotReperformed:
    """The revision's books again; ``NotReperformed`` where another version made it and this one cannot read it.

    ``DamagedError`` where evidence or configuration do not prove themselves, or give no books though this version made
    it.
    """
    evidence, source = revision.evidence(), revision.read(CONFIG_PATH)
    foreign = foreign_versions(evidence)
    try:
        with interpreting(revision.root, "its evidence gives no books"):
            config = parse(source, revision.root / CONFIG_PATH, archived=True)
            return ReperformedRevision(revision, evidence, config, close_month(evidence, config), foreign)
    except DamagedError as error:
        if not foreign:
            raise
        return NotReperformed(revision, error.message.removeprefix(f"{revision.root}: "), foreign)


@contextmanager
def booking_again(revision: Revision) -> Iterator[None]:
    """Within, figures are made from an archived revision's evidence once more.

    ``DamagedError`` where this version's own revision does not give them; ``ConfigurationError`` with the version to
    use where another one made it. What is wrong with a configuration stays ``ConfigurationError``.
    """
    made_with = revision.manifest.version
    try:
        yield
    except (ConfigurationError, DamagedError, StorageError, InterruptedRunError):
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
