"""``rebuild``: a revision again, all of it, from its own evidence and configuration; offline, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from chargeback.archive.boundary import interpreting
from chargeback.archive.revision import Revision
from chargeback.archive.staging import Staging, seal_rebuild, stage_rebuild
from chargeback.config.address import Cluster
from chargeback.errors import EXCEPTIONS, RECONCILED, ConfigurationError, DamagedError
from chargeback.job.reperformance import compare_data
from chargeback.job.reperformed_revision import ReperformedRevision, perform
from chargeback.job.sealing import manifest_of
from chargeback.job.workers import Engine, engine_of, mapped

OnFile = Callable[[str], None]


class Rebuilt(Struct, frozen=True):
    """A revision rebuilt: ``differing`` are files whose bytes are others than the original's, in order of path.

    ``foreign`` names the versions that the original was made with and that are others now; ``differences`` is what they
    change in ledgers and checks.
    """

    original: Revision
    revision: Revision
    differing: tuple[str, ...]
    foreign: tuple[str, ...]
    differences: tuple[str, ...]

    @property
    def exit(self) -> int:
        """0 the same, bytes or (of another version) data; 3 another version's whose data differ; 7 this version's own
        that does not follow from its evidence."""
        if self.foreign:
            return EXCEPTIONS if self.differences else RECONCILED
        return DamagedError.exit_code if self.differing else RECONCILED


def rebuild(
    original: Revision, folder: Path, on_file: OnFile = lambda path: None, *, workers: int | Cluster = 1
) -> Rebuilt:
    """Write the revision again as the folder, which must be absent or empty; ``workers`` as in the configuration.

    ``DamagedError`` where its evidence does not prove itself or gives no books, ``ConfigurationError`` where another
    version made it and this one cannot read it: then nothing is written.
    ``StorageError`` where the folder holds something or cannot be written.
    """
    performance = perform(original, engine_of(workers))
    if not isinstance(performance, ReperformedRevision):
        raise ConfigurationError(str(performance), remedy=f"rebuild it with {', '.join(performance.foreign)}")
    with stage_rebuild(folder) as staging:
        if performance.elsewhere:
            named = ", ".join(map(str, performance.elsewhere))
            raise ConfigurationError(
                f"{original.name} shows earlier months, whose revisions are not beside it: {named}",
                remedy="rebuild it in its archive, or put them beside it as they lie there",
            )
        with interpreting(original.root, "its evidence gives no files"):
            _fill(staging, performance, on_file, engine_of(workers))
        revision = seal_rebuild(staging, manifest_of(performance.books), folder)
    differences = tuple(compare_data(performance).differences) if performance.foreign else ()
    return Rebuilt(original, revision, _differing(original, revision), performance.foreign, differences)


def _fill(staging: Staging, performance: ReperformedRevision, on_file: OnFile, engine: Engine) -> None:
    for path in sorted(performance.kept):
        on_file(path)
        staging.write(path, performance.revision.read(path))
    processes = engine.processes(len(performance.books.ledger.lines))
    with performance.made(engine) as files:
        for record in mapped(lambda file: staging.add(*file), files, processes):
            staging.take_over(record)
            on_file(record.path)


def _differing(original: Revision, revision: Revision) -> tuple[str, ...]:
    paths = sorted({*original.records, *revision.records})
    found = [path for path in paths if original.records.get(path) != revision.records.get(path)]
    return tuple(found) if found or original.sha256 == revision.sha256 else ("manifest.json",)
