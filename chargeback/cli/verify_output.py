"""A verification as a person or a machine reads it: a line a layer, a line a damaged file with what to do, or JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chargeback.archive.head_file import check_head_file, read_head_file
from chargeback.archive.manifest import is_sha256
from chargeback.archive.reading import Archive
from chargeback.archive.verification import Layer
from chargeback.cli.options import chosen_archive
from chargeback.cli.outcome import error_lines
from chargeback.cli.printing import Show, progress_on_terminal, say, tell, terminal_text, write_json
from chargeback.collect.clock import SystemClock
from chargeback.errors import ChargebackError, ConfigurationError, decisive_exit, each_error
from chargeback.evidence.run_log import note, report
from chargeback.job.stages import Spending
from chargeback.job.verify import Verification, VerifyRequest, verify
from chargeback.model.wording import counted

_COUNTED = {
    "files": "files",
    "chain": "revisions",
    "control totals": "totals",
    "re-performance": "files made again",
}
_MOST_LINES = 200

if TYPE_CHECKING:
    from chargeback.config.address import Cluster, Place


def places(
    paths: Sequence[Place], config_path: Path | None, archive_path: Place | None
) -> tuple[tuple[Place, ...], tuple[str, ...], str | None, int]:
    """What is verified, the heads that are kept elsewhere (the configured archive's ``head_file``), the manifest that
    the configured archive begins after, and how many processes it wants."""
    if paths:
        chosen = chosen_archive(config_path, paths[0]) if len(paths) == 1 else None
        found = tuple(path.absolute() for path in paths)
        return found, (), chosen.base if chosen else None, chosen.workers if chosen else 0
    try:
        chosen = chosen_archive(config_path, archive_path)
    except ConfigurationError as error:
        remedy = f"{error.remedy}; or name the archive: chargeback verify PATH"
        raise ConfigurationError(error.message, remedy=remedy) from error
    if chosen.head_file and isinstance(chosen.root, Path) and not chosen.root.exists():
        check_head_file(chosen.head_file, Archive(chosen.root))
    head = read_head_file(chosen.head_file) if chosen.head_file else None
    return (chosen.root,), (head,) if head else (), chosen.base, chosen.workers


def verify_and_tell(
    paths: Sequence[Place],
    *,
    quick: bool,
    heads: Sequence[str],
    base: str | None,
    json_output: bool,
    verbose: bool,
    workers: int | Cluster = 1,
) -> int:
    """Verify each path, tell what came of it, and return the exit code."""
    for name, value in (*(("--head", head) for head in heads), ("--base", base)):
        if value is not None and not is_sha256(value):
            raise ConfigurationError(f"{name}: {value!a:.80} is not a SHA-256", remedy="write 64 lower-case hex digits")
    request = VerifyRequest(quick, tuple(heads), base, workers)
    results: list[Verification] = []
    failed: list[ChargebackError] = []
    with progress_on_terminal({}) as show:
        progress = _Layers(show)
        for path in paths:
            try:
                results.append(verify(path, request, progress))
            except ChargebackError as error:
                failed += each_error(error)
        progress.end()
    if json_output:
        write_json(document(results, failed))
    else:
        for result in results:
            for line in lines(result, several=len(paths) > 1):
                say(line)
    for line in error_lines(failed):
        tell(line, error=True)
    return _exit(results, failed)


def _exit(results: Sequence[Verification], failed: Sequence[ChargebackError]) -> int:
    return decisive_exit([*(result.exit for result in results), *(error.exit_code for error in failed)])


class _Layers:
    """How far each layer is: to whoever watches and, layer by layer, to the log."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._at, self._done = "", 0
        self._spending = Spending(SystemClock())

    def __call__(self, layer: str, what: str) -> None:
        """The layer looks at this next."""
        if layer != self._at:
            self.end()
            self._at, self._done, self._spending = layer, 0, Spending(SystemClock())
            report("stage begins", stage=layer, what=what)
        self._done += 1
        self._show(layer, self._done, None)
        note("verifying", stage=layer, what=what)

    def end(self) -> None:
        """The layer that was at work is done."""
        if self._at:
            report("stage ends", stage=self._at, **self._spending.facts())


def lines(result: Verification, *, several: bool) -> Iterator[str]:
    """A line a layer, what is wrong beneath it, then the verdict."""
    if several:
        yield f"{result.path}"
    for layer in result.layers:
        yield _layer_line(layer)
        for finding in layer.findings[:_MOST_LINES]:
            yield f"  {finding} -> {finding.remedy}"
        if len(layer.findings) > _MOST_LINES:
            yield f"  and {len(layer.findings) - _MOST_LINES} more: --output json has all"
        if layer.note:
            yield f"  {layer.note}"
    yield from (f"  {difference}" for difference in result.differences[:_MOST_LINES])
    yield from (f"  {note}" for note in result.notes)
    yield _verdict(result)


def _layer_line(layer: Layer) -> str:
    state = "sound" if layer.sound else f"{len(layer.findings)} DAMAGED"
    return f"{layer.name:<15} {layer.count:>8} {_COUNTED[layer.name]:<17} {state}"


def _verdict(result: Verification) -> str:
    head = f", head {result.head}" if result.head else ""
    if result.findings:
        return f"DAMAGED: {counted(len(result.findings), 'finding')}{head}"
    if result.differences:
        return f"intact, but this version calculates other ledgers or checks{head}"
    return f"{'intact (quick: totals and re-performance not checked)' if len(result.layers) == 2 else 'proved'}{head}"


def document(results: Sequence[Verification], failed: Sequence[ChargebackError] = ()) -> dict[str, Any]:
    """The verification for machines; damage, and paths that could not be verified, as INTERFACE's JSON of a failed
    command has them."""
    code = _exit(results, failed)
    status = {0: "verified", 3: "different"}.get(code, "failed")
    value: dict[str, Any] = {"schema": 1, "status": status, "exit": code}
    if code not in (0, 3):
        value["errors"] = [
            {"account": "", "message": _clean(str(finding)), "remedy": finding.remedy}
            for result in results
            for finding in result.findings
        ]
        value["errors"] += [{"account": "", "message": _clean(each.message), "remedy": each.remedy} for each in failed]
    return {**value, "paths": [_path_document(result) for result in results]}


def _path_document(result: Verification) -> dict[str, Any]:
    return {
        "path": _clean(str(result.path)),
        "exit": result.exit,
        "head": result.head,
        "layers": [_layer_document(layer) for layer in result.layers],
        "differences": [_clean(difference) for difference in result.differences],
        "notes": [_clean(note) for note in result.notes],
    }


def _layer_document(layer: Layer) -> dict[str, Any]:
    return {
        "layer": layer.name,
        "count": layer.count,
        "sound": layer.sound,
        "note": _clean(layer.note),
        "findings": [
            {"kind": each.kind.value, "path": _clean(each.path), "detail": _clean(each.detail), "remedy": each.remedy}
            for each in layer.findings
        ],
    }


def _clean(text: str) -> str:
    """The text without what could steer a terminal, and without bytes that no name in UTF-8 has."""
    return terminal_text(text, keep_spaces=True)
