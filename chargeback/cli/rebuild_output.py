"""A rebuild as a person or a machine reads it: where it is, whether its bytes are the original's, and what differs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeback.archive.manifest import MANIFEST_PATH
from chargeback.archive.reading import Archive, addressed_revision, named_revision
from chargeback.archive.revision import Revision
from chargeback.cli.options import archive_root
from chargeback.cli.printing import progress_on_terminal, say, terminal_text, write_json
from chargeback.config.address import is_address
from chargeback.evidence.run_log import note
from chargeback.job.rebuild import Rebuilt, rebuild
from chargeback.model.wording import counted

_MOST_LINES = 30

if TYPE_CHECKING:
    from chargeback.config.address import Cluster, Place


def chosen(text: str, config_path: Path | None, archive_path: Place | None) -> Revision:
    """The revision that is meant; a path needs neither configuration nor archive."""
    if is_address(text):
        return addressed_revision(text)
    if archive_path is None and "\0" not in text and (Path(text) / MANIFEST_PATH).exists():
        return named_revision(Archive(Path(text)), str(Path(text).absolute()))
    return named_revision(Archive(archive_root(config_path, archive_path)).require(), text)


def rebuild_and_tell(original: Revision, folder: Path | None, *, json_output: bool, workers: int | Cluster = 1) -> int:
    """Rebuild, tell what came of it, and return the exit code."""
    target = folder or Path(f"{original.name.period}-r{original.name.number}")
    done = 0

    def count(path: str) -> None:
        nonlocal done
        done += 1
        show("write", done, None)
        note("written", path=path)

    with progress_on_terminal({"write": "writes files"}) as show:
        result = rebuild(original, target.absolute(), count, workers=workers)
    if json_output:
        write_json(document(result))
    else:
        for line in lines(result):
            say(line)
    return result.exit


def lines(result: Rebuilt) -> Iterator[str]:
    """Where it is, and whether it is the same; then what differs."""
    name, count = result.original.name, len(result.revision.records)
    yield f"{name} rebuilt: {result.revision.root}, {count} files, head {result.revision.sha256}"
    if result.foreign:
        yield f"{name} was made by another version ({', '.join(result.foreign)})"
    if not result.differing:
        yield "byte for byte the same"
        return
    yield f"{counted(len(result.differing), 'file')} with other bytes: {', '.join(result.differing[:_MOST_LINES])}"
    yield from (f"  {difference}" for difference in result.differences[:_MOST_LINES])
    if result.foreign and not result.differences:
        yield "ledgers and checks are the same"
    elif not result.foreign:
        yield "the archived revision does not follow from its evidence -> run chargeback verify and look at once"


def document(result: Rebuilt) -> dict[str, Any]:
    """The rebuild for machines."""
    value: dict[str, Any] = {"schema": 1, "status": "rebuilt", "exit": result.exit}
    if result.exit == 7:
        message = f"{result.original.root}: does not follow from its evidence: {', '.join(result.differing)}"
        errors = [{"account": "", "message": message, "remedy": "run chargeback verify and look at once"}]
        value |= {"status": "failed", "errors": errors}
    return {
        **value,
        "period": str(result.original.name.period),
        "revision": result.original.name.number,
        "path": str(result.revision.root),
        "head": result.revision.sha256,
        "original_head": result.original.sha256,
        "identical": not result.differing,
        "other_versions": list(result.foreign),
        "differing_files": list(result.differing),
        "differences": [terminal_text(difference, keep_spaces=True) for difference in result.differences],
    }
