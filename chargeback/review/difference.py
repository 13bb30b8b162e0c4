"""Two revisions of one month against each other, and why they differ: other evidence, another configuration, another
version (BOOKING 7). For ``diff``.

As text: totals and teams, then invoices and lines that changed, then why.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict, replace

from chargeback.archive.boundary import interpreting
from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.config.address import Place
from chargeback.errors import ConfigurationError
from chargeback.evidence import Answer, DocumentRecord, Evidence, RestatementEvent
from chargeback.evidence.period import Period
from chargeback.model import archived_checks
from chargeback.model.archive_overview import RevisionName, RevisionOverview, event_text
from chargeback.model.archived_checks import read_checks
from chargeback.model.check import Outcome
from chargeback.model.ledger_register import LedgerRow
from chargeback.model.wording import counted
from chargeback.publish.revision_files import CONFIG_PATH
from chargeback.review.changes import (
    Change,
    change_lines,
    invoice_changes,
    line_changes,
    team_changes,
    total_changes,
    total_lines,
)
from chargeback.review.ledger_rows import read_rows
from chargeback.review.revision_choice import identity, overview_of, revision_number, standing, standing_json
from chargeback.review.terminal import Terminal, readable, wrapped

EVIDENCE, CONFIGURATION, VERSION = "evidence", "configuration", "version"
_TOLD = (Outcome.EXCEPTION, Outcome.ACCEPTED)
CheckKey = tuple[str, str, str, str]


class CheckChange(Struct, frozen=True):
    """A check that is an exception, accepted or not, on one side; "" where that side does not have it."""

    key: CheckKey
    before: str
    after: str


class Causes(Struct, frozen=True):
    """What differs of all that a result follows from.

    ``answers`` and ``documents``: sentences, one each; ``configuration``: lines added and removed; ``versions``:
    name -> (before, after); ``reasons``: (team, currency) -> what each restatement on the way said;
    ``events``: what happened between them.
    """

    answers: tuple[str, ...]
    documents: tuple[str, ...]
    configuration: tuple[int, int]
    versions: Mapping[str, tuple[str, str]]
    checks: tuple[CheckChange, ...]
    reasons: Mapping[tuple[str, str], tuple[str, ...]]
    events: tuple[RestatementEvent, ...] = ()

    @property
    def differing(self) -> tuple[str, ...]:
        """Which of the three differ at all."""
        found = {
            EVIDENCE: bool(self.answers or self.documents),
            CONFIGURATION: any(self.configuration),
            VERSION: bool(self.versions),
        }
        return tuple(name for name, differs in found.items() if differs)

    def reason(self, team: str, currency: str) -> str:
        """Why a team's total changed, as the run that restated it said."""
        return ", ".join(self.reasons.get((team, currency), ()))

    def to_json(self) -> dict[str, Any]:
        """The causes for machines."""
        added, removed = self.configuration
        return {
            "differing": list(self.differing),
            "events": [{**asdict(event), "message": event_text(event)} for event in self.events],
            "evidence": {"answers": list(self.answers), "documents": list(self.documents)},
            "configuration": {"lines_added": added, "lines_removed": removed},
            "versions": {name: {"before": old, "after": new} for name, (old, new) in self.versions.items()},
        }


def causes(archive: Archive, before: Revision, after: Revision) -> Causes:
    """What differs between the two revisions' evidence, configuration and versions, and what the runs between said."""
    old, new = before.evidence(), after.evidence()
    return Causes(
        answers=tuple(_answer_changes(old, new)),
        documents=tuple(_document_changes(old.run.documents, new.run.documents)),
        configuration=_configuration_changes(before, after),
        versions=_version_changes(old.run.versions, new.run.versions),
        checks=check_changes(outcomes(before), outcomes(after)),
        reasons=_reasons(archive, before, after),
        events=tuple(event for revision in _after(archive, before, after) for event in revision.run_record().events),
    )


def outcomes(revision: Revision) -> dict[CheckKey, str]:
    """The outcome of each check of a revision, by check, account, invoice and subject."""
    return outcomes_of(check.to_row() for check in revision.interpret(archived_checks.PATH, read_checks).checks)


def outcomes_of(rows: Iterable[Mapping[str, Any]]) -> dict[CheckKey, str]:
    """The outcome of each check, as ``reconciliation.json`` has them; of several with one key the worst."""
    found: dict[CheckKey, str] = {}
    for row in rows:
        key = (row["check"], row["account"], row["invoice"], row["subject"])
        if found.get(key) not in _TOLD:
            found[key] = row["outcome"]
    return found


def check_changes(before: Mapping[CheckKey, str], after: Mapping[CheckKey, str]) -> tuple[CheckChange, ...]:
    """The exceptions that came, went, or were accepted."""
    changed = (
        CheckChange(key, before.get(key, ""), after.get(key, ""))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    )
    return tuple(each for each in changed if each.before in _TOLD or each.after in _TOLD)


def _answer_changes(old: Evidence, new: Evidence) -> Iterable[str]:
    before, after = _answers(old), _answers(new)
    for name in sorted({*before, *after}):
        if name not in before or name not in after:
            yield f"{name}: {'gone' if name in before else 'new'}"
        elif before[name].sha256 != after[name].sha256:
            yield f"{name}: changed"


def _answers(evidence: Evidence) -> dict[str, Answer]:
    """The answers that are kept, by what was asked: those with a signed link differ every time."""
    return {_asked(answer): answer for answer in evidence.answers if answer.path is not None}


def _asked(answer: Answer) -> str:
    invoice = str(answer.request.get("invoiceId", ""))
    return " ".join(part for part in (answer.function, invoice, answer.account and f"of {answer.account}") if part)


def _document_changes(old: Iterable[DocumentRecord], new: Iterable[DocumentRecord]) -> Iterable[str]:
    before, after = ({_titled(each): each.outcome for each in records} for records in (old, new))
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            yield f"{name}: {before.get(name, 'none')} -> {after.get(name, 'none')}"


def _titled(record: DocumentRecord) -> str:
    return f"{record.kind} {record.number} of {record.account}"


def _configuration_changes(before: Revision, after: Revision) -> tuple[int, int]:
    old, new = (each.read(CONFIG_PATH).decode("utf-8", "replace").splitlines() for each in (before, after))
    lines = [line[:1] for line in difflib.ndiff(old, new)]
    return lines.count("+"), lines.count("-")


def _version_changes(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return {name: (old.get(name, "absent"), new.get(name, "absent")) for name in names}


def _after(archive: Archive, before: Revision, after: Revision) -> Iterator[Revision]:
    """The month's revisions behind the one, up to the other; none where they stand the other way round."""
    numbers = range(before.name.number + 1, after.name.number + 1)
    return (each for each in archive.revisions(before.name.period) if each.name.number in numbers)


def _reasons(archive: Archive, before: Revision, after: Revision) -> dict[tuple[str, str], tuple[str, ...]]:
    """What the restatements between the two said, each word once, in the order evidence, configuration, version."""
    first, last = sorted((before, after), key=lambda revision: revision.name)
    found: dict[tuple[str, str], set[str]] = {}
    for revision in _after(archive, first, last):
        for change in revision.run_record().restated:
            found.setdefault((change.team, change.currency), set()).update(change.why)
    order = (EVIDENCE, CONFIGURATION, VERSION)
    return {key: tuple(name for name in order if name in said) for key, said in found.items()}


_MOST_CAUSES = 10
_LINE_COLUMNS = ("invoice", "line", "project", "resource", "team")

_LINE_NAMES = ("account", "invoice", "invoice_line", "project", "resource", "team")
_CHECK_NAMES = ("check", "account", "invoice", "subject")


def difference_lines(found: Difference, terminal: Terminal) -> Iterator[str]:
    """Everything that changed; a table that has no rows says so."""
    yield from _heading(found, terminal)
    teams = [change for change in found.teams if any(change.difference)]
    reasons = [found.causes.reason(change.key[0], change.currency) for change in teams]
    yield from _section("teams", teams, ("team",), terminal, reasons)
    yield from _section("invoices", found.invoices, ("account", "invoice"), terminal)
    lines = [replace(change, key=_over(change)) for change in found.lines]
    yield from _section("lines", lines, _LINE_COLUMNS, terminal)
    yield from _why(found, terminal)


def _over(change: Change) -> tuple[Any, ...]:
    """A line's key without its account; where its invoice replaced another one, both: "INV-1 -> INV-1R"."""
    _, invoice, *rest = change.key
    return (f"{change.replaces} -> {invoice}" if change.replaces else invoice, *rest)


def _heading(found: Difference, terminal: Terminal) -> Iterator[str]:
    old, new = found.overviews
    names = f"{found.before.name.period} r{found.before.name.number} -> r{found.after.name.number}"
    yield from wrapped(f"{names}  {standing(old)} -> {standing(new)}", terminal, strong=True)
    yield ""
    yield from total_lines(found.totals, terminal)


def _section(
    title: str, changes: Sequence[Change], names: Sequence[str], terminal: Terminal, reasons: Sequence[str] = ()
) -> Iterator[str]:
    yield ""
    if not changes:
        yield f"{title}: none changed"
        return
    yield terminal.strong(f"{title}: {counted(len(changes), 'change')}")
    yield from change_lines(changes, names, terminal, reasons)


def _why(found: Difference, terminal: Terminal) -> Iterator[str]:
    causes = found.causes
    yield ""
    yield terminal.strong(f"why: {', '.join(causes.differing) or 'evidence, configuration and version are the same'}")
    yield from _listed("event", [event_text(event) for event in causes.events], terminal)
    yield from _listed("evidence", (*causes.answers, *causes.documents), terminal)
    if any(causes.configuration):
        added, removed = causes.configuration
        yield f"  configuration  config.toml: {counted(added, 'line')} added, {removed:,} removed"
    yield from _listed("version", [f"{name} {old} -> {new}" for name, (old, new) in causes.versions.items()], terminal)
    yield from _listed("check", [check_text(each) for each in causes.checks], terminal)


def _listed(name: str, texts: Sequence[str], terminal: Terminal) -> Iterator[str]:
    for text in texts[:_MOST_CAUSES]:
        yield from wrapped(readable(text), terminal, indent=f"  {name:<13}  ")
    if len(texts) > _MOST_CAUSES:
        yield f"  {name:<13}  and {len(texts) - _MOST_CAUSES:,} more: --output json has all"


def check_text(change: CheckChange) -> str:
    """A check's change: "invoice-pdf 1042 INV-2026-0009: exception -> pass"."""
    where = " ".join(part for part in change.key if part)
    return f"{where}: {change.before or 'none'} -> {change.after or 'none'}"


class Difference(Struct, frozen=True):
    """What changed from one revision to another, and why; each list of rows sums to the difference of the totals."""

    before: Revision
    after: Revision
    overviews: tuple[RevisionOverview, RevisionOverview]
    totals: tuple[Change, ...]
    teams: tuple[Change, ...]
    invoices: tuple[Change, ...]
    lines: tuple[Change, ...]
    causes: Causes

    def to_json(self) -> dict[str, Any]:
        """The difference for machines."""
        old, new = self.overviews
        return {
            "schema": 1,
            "period": str(self.before.name.period),
            "before": {**identity(self.before), **standing_json(old)},
            "after": {**identity(self.after), **standing_json(new)},
            "totals": [change.to_json() for change in self.totals],
            "teams": [self._team(change) for change in self.teams],
            "invoices": [self._named(change, "account", "invoice") for change in self.invoices],
            "lines": [self._named(change, *_LINE_NAMES) for change in self.lines],
            "checks": [
                {**dict(zip(_CHECK_NAMES, each.key, strict=True)), "before": each.before, "after": each.after}
                for each in self.causes.checks
            ],
            "why": self.causes.to_json(),
        }

    def _team(self, change: Change) -> dict[str, Any]:
        reason = self.causes.reason(change.key[0], change.currency)
        return {"team": change.key[0], **change.to_json(), "reason": reason}

    def _named(self, change: Change, *names: str) -> dict[str, Any]:
        key: dict[str, Any] = dict(zip(names, change.key, strict=True))
        if key.get("invoice_line") == 0:
            key["invoice_line"] = None
        over = {"replaces": change.replaces or None} if "invoice_line" in key else {}
        return {**key, **over, **change.to_json(), "note": change.note}


def difference(root: Place, period: str, first: str | None, second: str | None) -> Difference:
    """What changed in a month from the first revision to the second; by default to the latest from the one before it.

    With one of them given, from that one to the latest. ``ConfigurationError`` where the month lacks one of them.
    """
    archive = Archive(root).require()
    before, after = _chosen(archive, Period.parse(period), first, second)
    old, new = read_rows(before), read_rows(after)
    with interpreting(after.root):
        return _difference(archive, before, after, old, new)


def _difference(
    archive: Archive, before: Revision, after: Revision, old: list[LedgerRow], new: list[LedgerRow]
) -> Difference:
    return Difference(
        before=before,
        after=after,
        overviews=(overview_of(archive, before), overview_of(archive, after)),
        totals=tuple(total_changes(old, new)),
        teams=tuple(team_changes(old, new)),
        invoices=tuple(invoice_changes(old, new)),
        lines=tuple(line_changes(old, new)),
        causes=causes(archive, before, after),
    )


def _chosen(archive: Archive, period: Period, first: str | None, second: str | None) -> tuple[Revision, Revision]:
    names = archive.names(period)
    if not names:
        there = ", ".join(map(str, archive.periods())) or "none"
        raise ConfigurationError(f"{archive.root}: has no {period}", remedy=f"there are: {there}")
    after = _named(archive, names, revision_number(second)) if second else archive.revision(names[-1])
    if first is not None:
        return _named(archive, names, revision_number(first)), after
    if len(names) == 1:
        raise ConfigurationError(
            f"{period} has one revision, {names[0]}: there is nothing to compare it with",
            remedy="`chargeback show` has its figures",
        )
    return archive.revision(names[-2]), after


def _named(archive: Archive, names: tuple[RevisionName, ...], number: int) -> Revision:
    for name in names:
        if name.number == number:
            return archive.revision(name)
    raise ConfigurationError(
        f"{names[0].period} has no r{number}", remedy=f"there are: {', '.join(f'r{name.number}' for name in names)}"
    )
