"""``verify``: four layers of proof, offline: files, chain, control totals, re-performance.

The first two are the archive room's. A revision whose files are damaged is still performed again where its evidence is
intact, so that the cell that was changed can be named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chargeback.archive.boundary import interpreting
from chargeback.archive.file_checks import FileFinding, FileFindingKind
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.archive.revision_selection import RevisionSelection, selected_revisions
from chargeback.archive.verification import CHAIN_LAYER, FILES_LAYER, Layer, verify_chain, verify_files
from chargeback.errors import EXCEPTIONS, RECONCILED, ChargebackError, ConfigurationError, DamagedError
from chargeback.evidence.records import JOURNAL_PATH, PREVIOUS_JOURNAL_PATH, RUN_PATH
from chargeback.job.control_totals import ControlTotals
from chargeback.job.reperformance import Outcome, compare
from chargeback.job.reperformed_revision import ReperformedRevision, perform
from chargeback.job.settlement_totals import double_findings, settlement_findings

TOTALS_LAYER = "control totals"
PERFORMANCE_LAYER = "re-performance"
LAYERS = (FILES_LAYER, CHAIN_LAYER, TOTALS_LAYER, PERFORMANCE_LAYER)

Progress = Callable[[str, str], None]
"""Called with the layer and the file or revision that is looked at next."""


@dataclass(frozen=True, slots=True)
class VerifyRequest:
    """``quick`` stops after the second layer; ``heads`` must be in the chain, which begins after ``base``."""

    quick: bool = False
    heads: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of one path: its layers in order, what this version gives otherwise, the archive's newest head."""

    path: Path
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


def verify(path: Path, request: VerifyRequest, progress: Progress = lambda layer, what: None) -> Verification:
    """Prove an archive, a month or a revision; ``StorageError`` where it cannot be read, ``SchemaError`` where a newer
    version wrote it, ``ConfigurationError`` where there is no revision. All that is wrong is in the result."""
    scope = selected_revisions(path)
    files = verify_files(scope, lambda name: progress(FILES_LAYER, name))
    progress(CHAIN_LAYER, "")
    chain = _chain(scope, request)
    if not scope.names and scope.alone is None and chain.sound:  # else heads or signatures show that one is gone
        raise ConfigurationError(
            f"{path}: holds no revision, so there is nothing to prove", remedy="name an archive, a month or a revision"
        )
    head = _head(scope)
    if request.quick:
        return Verification(path, (files, chain), head=head)
    deep = _Deep(scope, files, progress)
    for revision in _readable(scope):
        deep.look_at(revision)
    if scope.archive is not None:
        deep.compare_settlements(_readable(scope))
    return Verification(path, (files, chain, *deep.layers()), tuple(deep.differences), tuple(deep.notes), head)


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


class _Deep:
    """The last two layers, revision by revision: one's books are let go before the next one's are made."""

    def __init__(self, scope: RevisionSelection, files: Layer, progress: Progress) -> None:
        self._archive: Archive | None = scope.archive
        self._damaged = frozenset(finding.path for finding in files.findings)
        self._progress = progress
        self._totals: list[FileFinding] = []
        self._performed: list[FileFinding] = []
        self._counts = [0, 0]
        self.differences: list[str] = []
        self.notes: list[str] = []

    def look_at(self, revision: Revision) -> None:
        """Prove one revision's totals, and perform it again."""
        damaged = self._damaged_in(revision)
        performance = self._perform(revision, damaged)
        equal = self._compare(performance, damaged) if performance is not None else frozenset[str]()
        self._progress(TOTALS_LAYER, str(revision.name))
        totals = ControlTotals(revision, damaged, equal)
        totals.prove(performance.books if performance else None)
        self._counts[0] += totals.count
        self._totals += totals.findings
        if performance is not None:
            self._counts[0] += len(performance.evidence.run.settlements or ())
            self._totals += settlement_findings(revision)

    def compare_settlements(self, revisions: Iterable[Revision]) -> None:
        """Hold the revisions' settlements against each other: each stands in exactly one month."""
        readable = (each for each in revisions if RUN_PATH not in self._damaged_in(each))
        self._totals += double_findings(readable)

    def layers(self) -> tuple[Layer, Layer]:
        """Both layers with what was counted and found."""
        return (
            Layer(TOTALS_LAYER, self._counts[0], tuple(self._totals)),
            Layer(PERFORMANCE_LAYER, self._counts[1], tuple(self._performed)),
        )

    def _damaged_in(self, revision: Revision) -> frozenset[str]:
        prefix = f"{revision.name}/"
        return frozenset(path.removeprefix(prefix) for path in self._damaged if path.startswith(prefix))

    def _perform(self, revision: Revision, damaged: frozenset[str]) -> ReperformedRevision | None:
        self._progress(PERFORMANCE_LAYER, str(revision.name))
        try:
            performed = perform(revision)
        except DamagedError as error:
            if damaged:
                self.notes.append(f"{revision.name} was not performed again: its evidence is damaged")
            else:
                self._performed.append(_finding(revision, "evidence", error.message, error.remedy))
            return None
        if isinstance(performed, ReperformedRevision):
            return performed
        self.differences.append(str(performed))
        self.notes.append(f"{revision.name}: verify it with {', '.join(performed.foreign)}")
        return None

    def _compare(self, performance: ReperformedRevision, damaged: frozenset[str]) -> frozenset[str]:
        """Hold the revision against what was made again; the files that are equal byte for byte."""
        revision = performance.revision
        try:
            with interpreting(revision.root):
                found = compare(performance, damaged, lambda path: self._progress(PERFORMANCE_LAYER, path))
        except DamagedError as error:
            found = Outcome(findings=[_finding(revision, "evidence", error.message, error.remedy)])
        self._counts[1] += found.count
        self._performed += found.findings
        self._performed += self._journal_finding(revision)
        self.differences += found.differences
        self.notes += found.notes
        return frozenset(found.equal)

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
