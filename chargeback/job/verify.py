"""``verify``: four layers of proof, offline: files, chain, control totals, re-performance.

The first two are the archive room's. A revision whose files are damaged is still performed again where its evidence is
intact, so that the cell that was changed can be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct, field

from chargeback.archive.boundary import interpreting
from chargeback.archive.file_checks import CheckedPart, FileFinding, FileFindingKind
from chargeback.archive.manifest import ManifestPart
from chargeback.archive.reading import Archive, RevisionSelection, selected_revisions
from chargeback.archive.revision import Revision
from chargeback.archive.verification import CHAIN_LAYER, FILES_LAYER, Layer, verify_chain, verify_files
from chargeback.config.address import Cluster, Place
from chargeback.errors import EXCEPTIONS, RECONCILED, ChargebackError, ConfigurationError, DamagedError
from chargeback.evidence.records import JOURNAL_PATH, PREVIOUS_JOURNAL_PATH, RUN_PATH
from chargeback.job.control_totals import ALL_PATH, ControlTotals, double_findings, settlement_findings
from chargeback.job.reperformance import RevisionOutcome, compare
from chargeback.job.reperformed_revision import ReperformedRevision, perform
from chargeback.job.workers import Engine, ThisMachine, engine_of, mapped

TOTALS_LAYER = "control totals"
PERFORMANCE_LAYER = "re-performance"
LAYERS = (FILES_LAYER, CHAIN_LAYER, TOTALS_LAYER, PERFORMANCE_LAYER)

_BYTES_A_LINE = 170
"""Of ``all.csv``, roughly."""

Progress = Callable[[str, str], None]
"""Called with the layer and the file or revision that is looked at next."""


class VerifyRequest(Struct, frozen=True):
    """``quick`` stops after the second layer; ``heads`` must be in the chain, which begins after ``base``; ``workers``
    as in the configuration."""

    quick: bool = False
    heads: tuple[str, ...] = ()
    base: str | None = None
    workers: int | Cluster = 1


class Verification(Struct, frozen=True):
    """What came of one path: its layers in order, what this version gives otherwise, the archive's newest head."""

    path: Place
    layers: tuple[Layer, ...]
    differences: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    head: str | None = None

    @property
    def findings(self) -> tuple[FileFinding, ...]:
        """All that is damaged."""
        return tuple(finding for layer in self.layers for finding in layer.findings)

    @property
    def exit(self) -> int:
        """7 damaged, 3 another version's whose data differ, 0 proved."""
        if self.findings:
            return DamagedError.exit_code
        return EXCEPTIONS if self.differences else RECONCILED


def verify(path: Place, request: VerifyRequest, progress: Progress = lambda layer, what: None) -> Verification:
    """Prove an archive, a month or a revision; ``StorageError`` where it cannot be read, ``SchemaError`` where a newer
    version wrote it, ``ConfigurationError`` where there is no revision. All that is wrong is in the result."""
    scope = selected_revisions(path)
    engine = engine_of(request.workers)
    files = verify_files(scope, lambda name: progress(FILES_LAYER, name), partial(_divided, engine))
    progress(CHAIN_LAYER, "")
    chain = _chain(scope, request)
    if not scope.names and scope.alone is None and chain.sound:  # else heads or signatures show that one is gone
        raise ConfigurationError(
            f"{path}: holds no revision, so there is nothing to prove", remedy="name an archive, a month or a revision"
        )
    head = _head(scope)
    if request.quick:
        return Verification(path, (files, chain), head=head)
    found = _looked_at(scope, files, progress, engine)
    layers = (
        Layer(TOTALS_LAYER, found.totals_count, tuple(found.totals)),
        Layer(PERFORMANCE_LAYER, found.performed_count, tuple(found.performed)),
    )
    return Verification(path, (files, chain, *layers), tuple(found.differences), tuple(found.notes), head)


def _divided(
    engine: Engine, check: Callable[[ManifestPart], CheckedPart], parts: Sequence[ManifestPart]
) -> Iterator[CheckedPart]:
    """What each part of a manifest came to, by as many processes as its files are worth."""
    return mapped(check, parts, engine.processes(sum(part.files for part in parts)))


def _chain(scope: RevisionSelection, request: VerifyRequest) -> Layer:
    """The chain; a revision that stands alone is its own head."""
    if scope.alone is None:
        return verify_chain(scope, base=request.base, heads=request.heads)
    layer = verify_chain(scope)
    findings = [
        FileFinding(
            FileFindingKind.HEAD, "", f"the revision's manifest is not {head}", "compare it with the archive it is from"
        )
        for head in request.heads
        if head != scope.alone.sha256
    ]
    return Layer(layer.name, layer.count, tuple(findings), layer.note)


def _head(scope: RevisionSelection) -> str | None:
    """The newest manifest, None where the chain does not say."""
    if scope.archive is None:
        return scope.alone.sha256 if scope.alone else None
    try:
        head = scope.archive.head()
    except ChargebackError:
        return None
    return head.sha256 if head else None


def _readable(scope: RevisionSelection) -> Iterable[Revision]:
    """The revisions whose manifest can be read: the first layer has named the others."""
    if scope.alone is not None:
        yield scope.alone
    for name in scope.names:
        try:
            yield scope.archive.revision(name)  # type: ignore[union-attr]  # names are an archive's
        except DamagedError:
            continue


class _Found(Struct):
    """What the last two layers found: control totals, then files made again."""

    totals_count: int = 0
    totals: list[FileFinding] = field(default_factory=list)
    performed_count: int = 0
    performed: list[FileFinding] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, other: _Found) -> None:
        """Put what was found in a further revision behind."""
        self.totals_count += other.totals_count
        self.totals += other.totals
        self.performed_count += other.performed_count
        self.performed += other.performed
        self.differences += other.differences
        self.notes += other.notes


def _looked_at(scope: RevisionSelection, files: Layer, progress: Progress, engine: Engine) -> _Found:
    """The last two layers: several revisions are divided over the processes, of a single one its files are."""
    found, damaged = _Found(), frozenset(finding.path for finding in files.findings)
    revisions = []
    for revision in _readable(scope):
        if damaged.isdisjoint(f"{revision.name}/{part.path}" for part in revision.manifest.parts):
            revisions.append(revision)
        else:
            found.notes.append(f"{revision.name} was not performed again: its manifest is damaged")
    by_revision = engine.processes(sum(map(_lines, revisions))) if len(revisions) > 1 else 1
    by_file = engine if by_revision == 1 else ThisMachine(1)

    def looked_at(revision: Revision) -> _Found:
        deep = _Deep(scope.archive, revision, damaged, progress if by_revision == 1 else _quiet, by_file)
        deep.look()
        return deep.found

    for revision, each in zip(revisions, mapped(looked_at, revisions, by_revision), strict=True):
        progress(PERFORMANCE_LAYER, str(revision.name))
        found.add(each)
    if scope.archive is not None:  # each settlement stands in exactly one month
        found.totals += double_findings(each for each in revisions if f"{each.name}/{RUN_PATH}" not in damaged)
    return found


def _lines(revision: Revision) -> int:
    """About how many lines the revision's ledger has."""
    ledger = revision.records.get(ALL_PATH)
    return ledger.size // _BYTES_A_LINE if ledger else 0


def _quiet(layer: str, what: str) -> None:
    """No progress: of several processes only one has the terminal."""


class _Deep:
    """The last two layers of one revision, whose books are released before the next one's are made."""

    def __init__(
        self,
        archive: Archive | None,
        revision: Revision,
        damaged: frozenset[str],
        progress: Progress,
        engine: Engine,
    ) -> None:
        prefix = f"{revision.name}/"
        self._archive = archive
        self._revision = revision
        self._damaged = frozenset(path.removeprefix(prefix) for path in damaged if path.startswith(prefix))
        self._damaged_beside = damaged
        self._progress = progress
        self._engine = engine
        self.found = _Found()

    def look(self) -> None:
        """Perform the revision again, and prove its totals."""
        performance = self._perform()
        equal = self._compare(performance) if performance is not None else frozenset[str]()
        self._progress(TOTALS_LAYER, str(self._revision.name))
        totals = ControlTotals(self._revision, self._damaged, equal)
        totals.prove(performance.books if performance else None)
        self.found.totals_count += totals.count
        self.found.totals += totals.findings
        if performance is not None:
            self.found.totals_count += len(performance.evidence.run.settlements or ())
            self.found.totals += settlement_findings(self._revision)

    def _perform(self) -> ReperformedRevision | None:
        revision = self._revision
        self._progress(PERFORMANCE_LAYER, str(revision.name))
        try:
            performed = perform(revision, self._engine)
        except DamagedError as error:
            if self._damaged or self._is_named(error):
                self.found.notes.append(f"{revision.name} was not performed again: its evidence is damaged")
            else:
                self.found.performed.append(_finding(revision, "evidence", error.message, error.remedy))
            return None
        if isinstance(performed, ReperformedRevision):
            return performed
        self.found.differences.append(str(performed))
        self.found.notes.append(f"{revision.name}: verify it with {', '.join(performed.foreign)}")
        return None

    def _is_named(self, error: DamagedError) -> bool:
        """Whether the first layer has named the file: of an earlier month, each later one that looks at it meets it."""
        root = str(self._archive.root) if self._archive else ""
        return error.message.removeprefix(f"{root}/").partition(": ")[0] in self._damaged_beside

    def _compare(self, performance: ReperformedRevision) -> frozenset[str]:
        """Hold the revision against what was made again; the files that are equal byte for byte."""
        revision = self._revision

        def on_file(path: str) -> None:
            self._progress(PERFORMANCE_LAYER, path)

        try:
            with interpreting(revision.root):
                outcome = compare(performance, self._damaged, on_file, self._engine)
        except DamagedError as error:
            outcome = RevisionOutcome(findings=[_finding(revision, "evidence", error.message, error.remedy)])
        self.found.performed_count += outcome.count
        self.found.performed += outcome.findings
        self.found.performed += self._journal_finding(revision)
        self.found.differences += outcome.differences
        self.found.notes += outcome.notes
        return frozenset(outcome.equal)

    def _journal_finding(self, revision: Revision) -> list[FileFinding]:
        """The journal that a restatement starts from is that of the month's revision before, where that is at hand."""
        name, kept = revision.name, revision.records.get(PREVIOUS_JOURNAL_PATH)
        if self._archive is None or kept is None:
            return []
        earlier = [each for each in self._archive.names(name.period) if each.number == name.number - 1]
        try:
            before = [self._archive.revision(each).records.get(JOURNAL_PATH) for each in earlier]
        except DamagedError:
            return []  # named by the first layer
        if all(record is not None and record.sha256 == kept.sha256 for record in before):
            return []
        return [_finding(revision, PREVIOUS_JOURNAL_PATH, f"is not the journal of {earlier[0]}")]


def _finding(revision: Revision, path: str, detail: str, remedy: str = "") -> FileFinding:
    text = detail.removeprefix(f"{revision.root}: ")
    remedy = remedy or "restore the revision's folder from a backup and run verify"
    return FileFinding(FileFindingKind.PERFORMANCE, f"{revision.name}/{path}", text, remedy)
