"""Books into a revision: every file written, the manifest chained, the archive's own page brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType

from msgspec.structs import replace

from chargeback import __version__
from chargeback.archive.archive_writer import ArchiveWriter
from chargeback.archive.boundary import damaged, interpreting
from chargeback.archive.manifest import FileRecord, Manifest, ManifestTotal
from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging
from chargeback.config import Config
from chargeback.config.loader import parse
from chargeback.errors import AnswerError, ConfigurationError, StorageError
from chargeback.evidence import Evidence, RunRecord
from chargeback.evidence.records import JOURNAL_PATH, PREVIOUS_JOURNAL_PATH, RUN_PATH
from chargeback.job.restatement_events import Restated
from chargeback.job.workers import Engine, ThisMachine, mapped
from chargeback.model import archived_checks, archived_summary
from chargeback.model.books import Books
from chargeback.model.money import format_minor
from chargeback.publish import revision_files
from chargeback.publish.revision_files import PublishedFile

_READ_LATER: Mapping[str, tuple[Callable[[bytes], object], ...]] = {
    archived_summary.PATH: (archived_summary.read, archived_summary.read_figures),
    archived_checks.PATH: (archived_checks.read_checks,),
}
"""What later runs and commands read of the revision: read back once before anybody can see it."""


def archived_config(revision: Revision) -> Config:
    """The configuration that a revision was made with.

    ``DamagedError`` where it is not the manifest's, or none; ``ConfigurationError`` where another version wrote the
    revision and this one does not read its configuration.
    """
    path = revision.root / revision_files.CONFIG_PATH
    source, made_with = revision.read(revision_files.CONFIG_PATH), revision.manifest.version
    with interpreting(path):
        try:
            return parse(source, path, archived=True)
        except ConfigurationError as error:
            if made_with == __version__:
                raise damaged(path, error.message) from error
            failed = error
    raise ConfigurationError(failed.message, remedy=f"use chargeback {made_with}, which wrote it") from failed


def manifest_of(books: Books) -> Manifest:
    """The manifest of the books' revision, without files."""
    run = books.posting.run
    return Manifest(
        period=books.period,
        revision=run.revision,
        status=books.status.value,
        version=run.versions["chargeback"],
        created=run.run_at,
        endpoint=run.endpoint,
        previous=run.previous,
        totals=tuple(
            ManifestTotal(
                total.currency,
                format_minor(total.net, total.digits),
                format_minor(total.tax, total.digits),
                format_minor(total.gross, total.digits),
            )
            for total in books.totals
        ),
    )


def seal(
    writer: ArchiveWriter,
    staging: Staging,
    books: Books,
    config: Config,
    evidence: Evidence,
    latest: Revision | None,
    restated: Restated,
    digest: Callable[[], Mapping[str, str]],
    go_on: Callable[[], object],
    engine: Engine = ThisMachine(),  # noqa: B008 (frozen)
    on_file: Callable[[str], None] = lambda path: None,
) -> Revision:
    """Write all that follows from the evidence beside it, and make the revision visible; ``digest`` gives the result's,
    which reads every line, so it is taken where ``run.json`` is made, beside the other files.

    ``go_on`` is called before each file, and raises once the run has no time left; the ``engine`` makes the files.
    ``on_file`` is called with each file that is written.
    """
    if latest is not None:
        staging.write(PREVIOUS_JOURNAL_PATH, latest.read(JOURNAL_PATH))
    run = replace(evidence.run, restated=restated.changes, events=restated.events)
    books = replace(books, posting=replace(books.posting, run=run))
    otherwise = {RUN_PATH: _with_digest(run, digest)}
    publish(staging, books, config, replace(evidence, run=run), go_on, engine, on_file, otherwise)
    return writer.seal(staging, manifest_of(books))


def _with_digest(run: RunRecord, digest: Callable[[], Mapping[str, str]]) -> Iterator[bytes]:
    yield replace(run, digest=digest()).to_json()


def _require_readable(staging: Staging, path: str) -> None:
    try:
        for read in _READ_LATER.get(path, ()):
            read(staging.read(path))
    except AnswerError as error:
        raise StorageError(
            f"{error.message}: this revision could not be read back, so it is not written",
            remedy="report this: nothing was written, and nothing is lost",
        ) from error


def publish(
    staging: Staging,
    books: Books,
    config: Config,
    evidence: Evidence,
    go_on: Callable[[], object] = lambda: None,
    engine: Engine = ThisMachine(),  # noqa: B008 (frozen)
    on_file: Callable[[str], None] = lambda path: None,
    otherwise: Mapping[str, Iterable[bytes]] = MappingProxyType({}),
) -> None:
    """Write every published file; ``go_on`` is called before each, ``on_file`` after it. ``otherwise``: by path, the
    bytes of files that say more than follows from the books."""

    def added(file: PublishedFile) -> FileRecord:
        path, chunks = file
        go_on()
        record = staging.add(path, otherwise.get(path, chunks))
        _require_readable(staging, path)
        return record

    processes = engine.processes(len(books.ledger.lines))
    with engine.files(books, config, evidence, go_on) as files:
        for record in mapped(added, files, processes):
            staging.take_over(record)
            on_file(record.path)
