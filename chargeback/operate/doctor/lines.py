"""What ``doctor`` finds: a mark, what was found, and on the same line what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from typing import Any

from msgspec import Struct

from chargeback.config import Config
from chargeback.config.loader import understood
from chargeback.errors import ChargebackError, ConfigurationError, decisive_exit, each_error

EXITS = (2, 5, 6)
"""What ``doctor`` exits with where something is wrong (issue "Operating it"); any other cause counts as the first."""


class Mark(StrEnum):
    """Good, worth a look, or in the way of a run."""

    GOOD = "good"
    NOTICE = "notice"
    WRONG = "wrong"


SYMBOLS = {Mark.GOOD: "✓", Mark.NOTICE: "!", Mark.WRONG: "✗"}


class DoctorLine(Struct, frozen=True):
    """One line; ``remedy`` is "" where nothing is to be done, ``exit`` 0 unless the mark is ``WRONG``."""

    check: str
    mark: Mark
    message: str
    remedy: str = ""
    exit: int = 0

    def line(self) -> str:
        """The finding for people."""
        remedy = f" -> {self.remedy}" if self.remedy else ""
        return f"{SYMBOLS[self.mark]} {self.check}: {self.message}{remedy}"

    def to_json(self) -> dict[str, Any]:
        """The finding for machines."""
        return {
            "check": self.check,
            "mark": self.mark.value,
            "message": self.message,
            "remedy": self.remedy,
            "exit": self.exit,
        }


def good(check: str, message: str) -> DoctorLine:
    """Nothing to do."""
    return DoctorLine(check, Mark.GOOD, message)


def notice(check: str, message: str, remedy: str) -> DoctorLine:
    """Worth a look; a run works nevertheless."""
    return DoctorLine(check, Mark.NOTICE, message, remedy)


def wrong(check: str, message: str, remedy: str, code: int = ConfigurationError.exit_code) -> DoctorLine:
    """In the way of a run, which would end with that exit code."""
    return DoctorLine(check, Mark.WRONG, message, remedy, code if code in EXITS else EXITS[0])


def of_error(check: str, error: ChargebackError) -> Iterator[DoctorLine]:
    """A finding for each cause of an error."""
    for cause in each_error(error):
        yield wrong(check, cause.message, cause.remedy or "correct it, then run doctor again", cause.exit_code)


def guarded(check: str, look: Callable[[], Iterable[DoctorLine]]) -> list[DoctorLine]:
    """What the look finds; whatever it raises becomes a finding too, so that ``doctor`` always ends with all lines."""
    found: list[DoctorLine] = []
    try:
        found.extend(look())
    except ChargebackError as error:
        found.extend(of_error(check, error))
    except Exception as error:  # the other checks must still be reported
        found.append(wrong(check, f"could not be checked: {type(error).__name__}: {error}", "report it"))
    return found


def document(findings: Sequence[DoctorLine], code: int, config: Config | None = None) -> dict[str, Any]:
    """All findings for machines, and the configuration as it is understood where one is given; what is in the way also
    as INTERFACE's JSON of a failed command has it."""
    value: dict[str, Any] = {"schema": 1, "status": "failed" if code else "good", "exit": code}
    if code:
        value["errors"] = [
            {"account": "", "message": f"{each.check}: {each.message}", "remedy": each.remedy}
            for each in findings
            if each.mark is Mark.WRONG
        ]
    configuration = {} if config is None else {"configuration": understood(config)}
    return {**value, "checks": [finding.to_json() for finding in findings], **configuration}


def exit_of(findings: Iterable[DoctorLine]) -> int:
    """The exit code that decides among the findings, 0 where none is wrong."""
    return decisive_exit(finding.exit for finding in findings)
