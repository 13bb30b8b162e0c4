"""Why two revisions of a month differ: other evidence, another configuration, another version (BOOKING 7)."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.evidence import Answer, DocumentRecord, Evidence, RestatementEvent
from chargeback.model import archived_checks
from chargeback.model.archive_overview import event_text
from chargeback.model.archived_checks import read_checks
from chargeback.model.check import Outcome
from chargeback.publish.revision_files import CONFIG_PATH

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
