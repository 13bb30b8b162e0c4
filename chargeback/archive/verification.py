"""The first two layers of ``verify``: every file against its manifest, and the chain of revisions.

Findings, not errors: all that is wrong is reported at once. Control totals and re-performance are layers of the job's.
``StorageError`` (exit 9) is raised where the system cannot read, ``SchemaError`` (exit 2) where a newer version wrote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from chargeback.archive.chain import Base, Chain, base_problems, read_chain
from chargeback.archive.file_checks import Divide, FileCounter, FileFinding, FileFindingKind, check_files, litter_note
from chargeback.archive.reading import Archive, RevisionSelection
from chargeback.archive.registers import (
    DISPOSITIONS,
    RESTORE_REGISTER,
    SIGNATURES,
    read_dispositions,
    read_signatures,
    register_problems,
)
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import DamagedError
from chargeback.model.archive_overview import RevisionName

FILES_LAYER = "files"
CHAIN_LAYER = "chain"

_RESTORE_CHAIN = "restore what is missing from a backup, or take out what was added; write nothing until then"


class Layer(Struct, frozen=True):
    """One layer of verification: how many things were looked at, and what is wrong; ``note`` for what is no damage."""

    name: str
    count: int
    findings: tuple[FileFinding, ...]
    note: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify_files(scope: RevisionSelection, on_file: FileCounter = lambda path: None, divide: Divide = map) -> Layer:
    """Every file of the revisions against their manifests; the count is of files, manifests and sums included.
    ``divide`` does the parts of a manifest that is a tree."""
    revisions, findings = _readable(scope)
    count = 0
    for revision in revisions:
        findings.extend(check_files(revision, on_file, divide))
        count += len(revision.records) + len(revision.manifest.parts) + 2
    strangers = scope.archive.strangers() if scope.archive and scope.whole else ()
    notes = [f"files that do not belong to the archive, not checked: {', '.join(strangers)}"] if strangers else []
    notes += [note for revision in revisions if (note := litter_note(revision))]
    return Layer(FILES_LAYER, count, tuple(findings), "; ".join(notes))


def verify_chain(scope: RevisionSelection, *, base: str | None = None, heads: Iterable[str] = ()) -> Layer:
    """The chain of all revisions of the archive that the scope lies in; the count is of revisions.

    ``base`` is the manifest after which it begins, None for an archive from its first revision on; ``heads`` are
    manifests that it must hold. A revision that stands alone has no chain.
    """
    if scope.archive is None:
        return Layer(CHAIN_LAYER, 0, (), "the revision stands alone: no chain to verify")
    revisions, findings = _readable(RevisionSelection(scope.archive, scope.archive.names(), whole=True))
    chain = read_chain(revision.link for revision in revisions)
    problems = [*chain.problems, *([] if chain.problems else base_problems(chain, Base(base)))]
    findings = [
        *findings,
        *(FileFinding(FileFindingKind.CHAIN, "", problem, _RESTORE_CHAIN) for problem in problems),
        *_head_findings(revisions, heads),
        *_signature_findings(scope.archive, revisions, chain),
        *_disposition_findings(scope.archive, revisions, chain),
        *_register_findings(scope.archive, revisions),
    ]
    return Layer(CHAIN_LAYER, len(revisions), tuple(findings))


def _readable(scope: RevisionSelection) -> tuple[list[Revision], list[FileFinding]]:
    """The revisions whose manifest can be read, and a finding for each other one."""
    if scope.archive is None:
        return list(scope.revisions()), []
    revisions, findings = [], []
    for name in scope.names:
        try:
            revisions.append(scope.archive.revision(name))
        except DamagedError as error:
            findings.append(_manifest_finding(scope.archive.root, name, error))
    return revisions, findings


def _manifest_finding(root: Place, name: RevisionName, error: DamagedError) -> FileFinding:
    detail = error.message.removeprefix(f"{root / str(name)}").lstrip("/: ")
    return FileFinding(FileFindingKind.MANIFEST, str(name), detail, error.remedy)


def _head_findings(revisions: Iterable[Revision], heads: Iterable[str]) -> list[FileFinding]:
    present = {revision.sha256 for revision in revisions}
    return [
        FileFinding(
            FileFindingKind.HEAD, "", f"no revision has the head {head}: it was removed or rewritten", _RESTORE_CHAIN
        )
        for head in heads
        if head not in present
    ]


def _may_be_old(name: RevisionName, moment: str, here: Sequence[Revision]) -> bool:
    """Whether a revision that a register names may be one of those that were moved away: it precedes all that are here,
    or the line was added, at that moment, before the first of them was made."""
    if not here:
        return True
    first = min(revision.manifest.created for revision in here)
    return name < min(revision.name for revision in here) or moment < first


def _register_findings(archive: Archive, revisions: Iterable[Revision]) -> Iterator[FileFinding]:
    """Every register still begins with what each revision saw of it."""
    for revision in revisions:
        try:
            problems = list(register_problems(archive.root, revision.run_record().registers))
        except DamagedError:
            continue  # the revision's record, or the register itself: named as what they are
        for path in problems:
            detail = f"is not what it was when {revision.name} was written: a line was changed or taken out since"
            yield FileFinding(FileFindingKind.CHANGED, path, detail, RESTORE_REGISTER)


def _signature_findings(archive: Archive, revisions: Iterable[Revision], chain: Chain) -> list[FileFinding]:
    """People have signed for heads: each is in the archive, or was moved away with the old years before the base."""
    here = list(revisions)
    present = {revision.sha256 for revision in here}
    try:
        signatures = read_signatures(archive.root)
    except DamagedError as error:
        return [FileFinding(FileFindingKind.CHANGED, SIGNATURES.path, error.message, error.remedy)]
    moved = chain.begins_after is not None
    present.add(chain.begins_after or "")
    lost = [
        each
        for each in signatures
        if each.head not in present and not (moved and _may_be_old(each.name, each.signed_at, here))
    ]
    return [
        FileFinding(
            FileFindingKind.HEAD,
            SIGNATURES.path,
            f"{each.by} signed {each.name} at head {each.head}, which is gone",
            _RESTORE_CHAIN,
        )
        for each in lost
    ]


def _disposition_findings(archive: Archive, revisions: Iterable[Revision], chain: Chain) -> list[FileFinding]:
    """People have disposed of findings of revisions: each is in the archive, or was moved away before the base."""
    here = list(revisions)
    try:
        dispositions = read_dispositions(archive.root)
    except DamagedError as error:
        return [FileFinding(FileFindingKind.CHANGED, DISPOSITIONS.path, error.message, error.remedy)]
    moved, present = chain.begins_after is not None, set(archive.names())
    return [
        FileFinding(
            FileFindingKind.HEAD,
            DISPOSITIONS.path,
            f"{each.by} disposed of {each.finding} of {each.name}, which is gone",
            _RESTORE_CHAIN,
        )
        for each in dispositions
        if each.name not in present and not (moved and _may_be_old(each.name, each.disposed_at, here))
    ]
