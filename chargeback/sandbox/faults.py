"""A small language for what goes wrong between the platform and its client.

    SPEC  = RULE { (";" | ",") RULE }
    RULE  = TARGET [ "@" SUBJECT ] ":" FAULT [ "(" ARGUMENT ")" ] { "*" COUNT | "+" SKIP | "%" PROBABILITY }

TARGET is a function or a pattern of them (`billing.report`, `billing.*`, `*`), or `pdf` for the documents on the
files' host. SUBJECT limits it to one account, invoice or project id. `*2`: only the first two calls that match;
`+1`: after the first; `%0.1`: each with that probability (by the seed). The first rule that applies to a call wins.

    billing.report:503*2                     the first two reports answer 503, then all is well
    *:429(retry-after=1)%0.1                 a tenth of all calls
    billing.getInvoice@24316…:reset          one invoice's connection is always cut
    pdf:huge(64)                             documents of 64 MB

Faults:
    100..599(retry-after=S)  that HTTP status, HTML as from a proxy      html200     200 with a page of HTML
    reset                    the connection is cut without an answer     half-body   it is cut in the middle
    stall(S)                 nothing for S seconds (10), then the answer drip(S)     byte by byte over S seconds (10)
    wrong-length             Content-Length promises more than comes     empty       200 without a body
    gzip-bomb(MB)            little that unpacks to so much (64)         huge(MB)    so large a body (32)
    redirect(URL)            to elsewhere                                redirect-loop   to itself
    duplicate-keys deep bad-utf8 1e400 nan      hostile JSON             truncated   JSON that ends early
    ids-as-numbers           ids are JSON numbers                        page-token(NAME)  the list says there is more
    wrong-account wrong-invoice                 another one's answer     echo-credential   an error repeats the secret
    error(MESSAGE)           `ok: false` with this message               unauthorized      the kind's own refusal
    other bomb               for pdf: another document; a PDF whose stream unpacks to 64 MB (also html, empty)
"""

from __future__ import annotations

import random
import re
import threading
from collections import Counter
from dataclasses import dataclass
from fnmatch import fnmatchcase

FAULTS = (
    "html200", "html", "reset", "half-body", "stall", "drip", "wrong-length", "empty", "gzip-bomb", "huge", "redirect",
    "redirect-loop", "duplicate-keys", "deep", "bad-utf8", "1e400", "nan", "truncated", "ids-as-numbers", "page-token",
    "wrong-account", "wrong-invoice", "echo-credential", "error", "unauthorized", "other", "bomb",
)  # fmt: skip
_RULE = re.compile(
    r"(?P<target>[A-Za-z.*]+)(?:@(?P<subject>[^:@]+))?:(?P<name>[0-9a-z-]+)(?:\((?P<argument>[^()]*)\))?"
    r"(?P<limits>(?:\*\d+|\+\d+|%[0-9.]+)*)"
)
_LIMIT = re.compile(r"([*+%])([0-9.]+)")
_RULE_END = re.compile(r"[;,](?![^(]*\))")  # not within an argument
SHAPE = "TARGET[@SUBJECT]:FAULT[(ARGUMENT)][*COUNT][+SKIP][%PROBABILITY], as billing.report:503*2"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to one answer."""

    name: str
    argument: str = ""

    @property
    def status(self) -> int:
        """The HTTP status that the fault is; 0 for a fault of another kind."""
        return int(self.name) if self.name.isdigit() else 0

    def amount(self, default: float) -> float:
        """The argument as a number (seconds, megabytes)."""
        return float(self.argument) if self.argument else default


@dataclass(frozen=True, slots=True)
class Rule:
    """Which calls a fault is done to."""

    target: str
    subject: str
    fault: Fault
    count: int | None = None
    skip: int = 0
    probability: float = 1.0

    def matches(self, function: str, subject: str) -> bool:
        return fnmatchcase(function, self.target) and self.subject in ("", subject)


class Faults:
    """The rules at work, and how often each matched."""

    def __init__(self, rules: tuple[Rule, ...] = (), seed: int = 1) -> None:
        self.rules = rules
        self._random = random.Random(f"faults/{seed}")  # noqa: S311  (must repeat)
        self._matched: Counter[int] = Counter()
        self._lock = threading.Lock()

    @classmethod
    def parse(cls, spec: str, seed: int = 1) -> Faults:
        """The faults that a text asks for; ValueError says what is wrong where, and what would be right."""
        return cls(parse_rules(spec), seed)

    def take(self, function: str, subject: str) -> Fault | None:
        """The fault to do to this call, counted; None for none."""
        if not self.rules:
            return None
        with self._lock:
            for place, rule in enumerate(self.rules):
                if rule.matches(function, subject) and self._applies(place, rule):
                    return rule.fault
        return None

    def _applies(self, place: int, rule: Rule) -> bool:
        if rule.probability < 1 and self._random.random() >= rule.probability:
            return False
        self._matched[place] += 1
        seen = self._matched[place] - rule.skip
        return seen > 0 and (rule.count is None or seen <= rule.count)


def parse_rules(spec: str) -> tuple[Rule, ...]:
    """The rules of a specification, in order; none for an empty one."""
    return tuple(_parse_rule(text.strip()) for text in _RULE_END.split(spec) if text.strip())


def _parse_rule(text: str) -> Rule:
    matched = _RULE.fullmatch(text)
    if matched is None:
        raise ValueError(f"faults: {text!r} is no rule; write {SHAPE}")
    fault = Fault(matched["name"], matched["argument"] or "")
    _check(text, fault)
    limits: dict[str, float] = {}
    for sign, value in _LIMIT.findall(matched["limits"]):
        try:
            limits[sign] = float(value)
        except ValueError:
            raise ValueError(f"faults: {value!r} in {text!r} is no number; write {SHAPE}") from None
    if not 0 <= limits.get("%", 1) <= 1:
        raise ValueError(f"faults: the probability {limits['%']} in {text!r} is not between 0 and 1")
    count = int(limits["*"]) if "*" in limits else None
    return Rule(
        matched["target"], matched["subject"] or "", fault, count, int(limits.get("+", 0)), limits.get("%", 1.0)
    )


def _check(text: str, fault: Fault) -> None:
    if fault.name not in FAULTS and not (fault.status and 100 <= fault.status <= 599):
        known = ", ".join(FAULTS)
        raise ValueError(f"faults: {fault.name!r} in {text!r} is no fault; take a status 100..599 or one of {known}")
    if fault.name in ("stall", "drip", "huge", "gzip-bomb", "bomb"):
        try:
            fault.amount(0)
        except ValueError:
            raise ValueError(f"faults: {fault.argument!r} in {text!r} is no number; as {fault.name}(10)") from None
    if fault.name == "redirect" and not fault.argument:
        raise ValueError(f"faults: {text!r} does not say where to; as redirect(https://elsewhere.example/)")
