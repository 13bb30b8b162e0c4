"""What was asked, when, and what came back; and what else a month's result depends on.

``evidence/index.json`` is the list of ``Answer``; ``evidence/run.json`` is the ``RunRecord`` (INTERFACE, archive).
Together with the files they name and ``config.toml`` they determine every byte of a revision. Their fields' types are
what reading them back holds them to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, islice
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import asdict, replace

from chargeback.errors import AnswerError
from chargeback.evidence.period import Period
from chargeback.evidence.stores import Store, are_those
from chargeback.evidence.typed_json import decoded, decoded_list

SCHEMA = 3
"""2 within version 0.3: names that the month was booked with, and the digest of its result. 3: earlier months by the
SHA-256 of their manifests, where versions before repeated what they say."""
INDEX_PATH = "evidence/index.json"
_ENTRIES_AT_ONCE = 1_000
RUN_PATH = "evidence/run.json"
JOURNAL_PATH = "exports/journal.csv"
"""What the exports of a month's later revision need of the revision before."""
PREVIOUS_JOURNAL_PATH = "evidence/_previous/journal.csv"
"""The journal of the revision before this one of the month: what ``journal-change.*`` is reckoned from."""

Sha256 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Bytes = Annotated[int, Meta(ge=0, lt=1 << 62)]
Number = Annotated[int, Meta(ge=1, lt=1_000_000_000)]
"""A revision's number, as its folder can have it."""
Status = Annotated[int, Meta(ge=0, lt=1000)]
AmountText = Annotated[str, Meta(pattern=r"\A-?[0-9]+(\.[0-9]+)?\Z", max_length=1000)]
"""A plain decimal as text."""


class Answer(Struct, frozen=True):
    """One answer of the platform, as received.

    ``path`` is relative to the revision, None for an answer that holds a signed link and is not kept; ``account`` is
    the platform's id, "" for a call that concerns none; ``request`` is the JSON body sent; ``requested_at`` an RFC
    3339 instant in UTC; ``date`` the answer's ``Date`` header verbatim, None where it had none; ``size`` in bytes.
    """

    path: str | None
    account: str
    function: str
    endpoint: str
    request: Mapping[str, Any]
    requested_at: str
    date: str | None
    status: Status
    size: Bytes
    sha256: Sha256


class DocumentRecord(Struct, frozen=True):
    """What came of one document, an invoice's PDF or its receipt.

    ``kind`` is "invoice" or "receipt"; ``number`` the invoice's number, or its id where it has none. ``outcome``:
    "read" (its text was searched: ``names_number``, ``names_total``, and ``currencies``, the ISO 4217 codes that may be
    meant beside the total), "unreadable" (it is a PDF, its text cannot be read within the limits), "fragment" (a PDF
    that is not whole), "not-pdf", or "unavailable" (nothing could be had). ``detail`` says why in a few words;
    ``path``, ``size`` and ``sha256`` are None where no file is kept. ``carried`` where the latest revision's file was
    kept. ``looked_for``: the numbers and the total that its text was searched for, as written; a later run that would
    search the same bytes for the same texts takes the answer from here.
    """

    account: str
    invoice: str
    number: str
    kind: str
    outcome: str
    detail: str = ""
    path: str | None = None
    size: Bytes | None = None
    sha256: Sha256 | None = None
    names_number: bool = False
    names_total: bool = False
    currencies: tuple[str, ...] = ()
    carried: bool = False
    looked_for: tuple[str, ...] = ()

    def misses(self, currency: str) -> tuple[str, ...]:
        """What a document that could be read does not name: its invoice's number, its total, or its currency."""
        named = {
            "number": self.names_number,
            "total": self.names_total,
            "currency": not self.currencies or currency in self.currencies,
        }
        return tuple(name for name, is_named in named.items() if not is_named)


class SettlementRecord(Struct, frozen=True):
    """A payment of an invoice that a month's journal books (BOOKING 9); amounts in minor units.

    ``invoice`` is the id, ``number`` the number (or id); ``concerns`` the month whose journal accrued it; ``total`` and
    ``tax`` the invoice's, ``withheld`` what was paid to the revenue office; ``tax_pending`` what its accrual left on
    *input VAT not due*. Rates as the invoice states them, "" where it states none; ``paid_at`` an RFC 3339 instant in
    UTC, "" where nobody states one; ``buyer`` the kind of buyer that it names; ``detail`` the answer in this month's
    evidence that shows it all.
    """

    account: str
    invoice: str
    number: str
    receipt: str
    concerns: Period
    currency: str
    total: int
    tax: int
    withheld: int
    tax_pending: int
    tax_rate: str
    withholding_rate: str
    paid_at: str
    tax_id: str
    buyer: str
    detail: str


class UnsettledPayment(Struct, frozen=True):
    """A payment within the month that no journal of this archive books, and why: its invoice was accrued elsewhere."""

    account: str
    number: str
    concerns: Period
    reason: str


class EarlierInvoice(Struct, frozen=True):
    """An invoice as a month's latest revision has it; ``total`` in minor units; ``void`` where it is listed as void;
    ``booked`` where the month's journal accrues it (the detail decides, whatever the list says); ``tax_pending`` the
    tax that its accrual left on *input VAT not due*, ``accrued`` what it left on *payable*, in minor units;
    ``issued_at`` an RFC 3339 instant in UTC, "" where nobody states one; ``disputed``: settled, and void, open or
    otherwise than it was settled.
    """

    account: str
    invoice: str
    number: str
    currency: str
    total: int
    void: bool
    tax_pending: int = 0
    booked: bool = True
    accrued: int = 0
    issued_at: str = ""
    disputed: bool = False


class EarlierTotal(Struct, frozen=True):
    """A team's total in a month's latest revision, in minor units; ``net`` None where a version before 0.3 wrote it."""

    team: str
    currency: str
    gross: int
    net: int | None = None


Reason = Literal["evidence", "configuration", "version"]
REASONS: tuple[Reason, ...] = get_args(Reason)
"""What a restatement can come from, in the order in which it is shown."""
_OF_0_2 = {", ".join(found): found for count in range(1, 4) for found in combinations(REASONS, count)}
"""The sentences in which versions before 0.3 wrote the reasons."""


class RestatedTotal(Struct, frozen=True):
    """A team's gross in one currency before and after, in minor units, and why, in the order of ``REASONS``.

    ``net_before`` and ``net_after`` the same before tax, None where the revision before does not say it; ``reason`` is
    the sentence that a version before 0.3 wrote instead of ``reasons``.
    """

    team: str
    currency: str
    before: int
    after: int
    reasons: tuple[Reason, ...] = ()
    reason: str = ""
    net_before: int | None = None
    net_after: int | None = None

    @property
    def why(self) -> tuple[Reason, ...]:
        """The reasons, whichever version wrote them."""
        return self.reasons or _OF_0_2.get(self.reason, ())


EventKind = Literal["replaced", "voided", "gone", "new", "changed", "paid", "moved", "split", "proportional"]


class RestatementEvent(Struct, frozen=True):
    """One thing that happened since the revision before, and that explains what a restatement changes.

    ``kind``: of an invoice "replaced" (by ``other``), "voided", "gone", "new", "changed" or "paid", ``difference`` its
    gross now less before; of a project "moved" (from the teams ``before`` to ``after``) or "split" (in other parts
    among them) by the configuration, or "proportional" (billed to ``account``, because of what the accounts ``other``
    were billed), ``difference`` then what moved between teams. Minor units of ``currency``; ``at`` an ISO date, ""
    where none is known.
    """

    kind: EventKind
    account: str = ""
    invoice: str = ""
    other: str = ""
    project: str = ""
    before: str = ""
    after: str = ""
    at: str = ""
    currency: str = ""
    difference: int = 0


class EarlierMonth(Struct, frozen=True):
    """What a result needs of an earlier archived month: its latest revision's invoices, team totals and accounts, and
    the payments that its journal books (None where a version without them wrote it).
    """

    period: Period
    revision: Number
    accounts: tuple[str, ...]
    invoices: tuple[EarlierInvoice, ...]
    totals: tuple[EarlierTotal, ...]
    settlements: tuple[SettlementRecord, ...] | None = None


class EarlierManifest(Struct, frozen=True):
    """The latest revision that an earlier month had when a run looked at it, by the SHA-256 of its manifest."""

    period: Period
    revision: Number
    sha256: Sha256


class MonthsElsewhereError(LookupError):
    """Something looks at earlier months whose revisions are not at hand: the caller says so, or it is a bug."""


class MonthsElsewhere(tuple[EarlierMonth, ...]):
    """Stands for earlier months that a run has looked at and whose revisions are not at hand now. Nobody takes them for
    months that there never were: looking at any of them is ``MonthsElsewhereError``."""

    __slots__ = ()

    def __iter__(self) -> Iterator[EarlierMonth]:
        """Nothing is known of them."""
        raise MonthsElsewhereError("the revisions of the earlier months are not at hand")


class ProjectPair(Struct, frozen=True):
    """What a source states of a project: its id, its sid and its display name, "" for what it does not say."""

    id: str
    sid: str
    name: str


class RegisterState(Struct, frozen=True):
    """A file beside the revisions that is only appended to (``signatures.csv``), as it was when a run was made: its
    size and the SHA-256 of these first bytes."""

    path: str
    size: Bytes
    sha256: Sha256


class DispositionRecord(Struct, frozen=True):
    """What was decided about a finding, by whom and when, as the last line of ``dispositions.csv`` about it says.

    ``period`` and ``revision`` are those whose finding was looked at; ``amount`` and ``checks`` what it was there, the
    amount as text, None where it had none.
    """

    finding: str
    period: Period
    revision: Number
    disposition: str
    by: str
    disposed_at: str
    amount: AmountText | None
    checks: int


class RunRecord(Struct, frozen=True):
    """What the result depends on besides the answers (``evidence/run.json``).

    ``run_at`` an RFC 3339 instant in UTC; ``revision`` the number this result gets; ``previous`` the sha256 of the
    manifest it chains to; ``accounts`` the billing accounts of the month in order; ``known_accounts`` those of the
    archive's newest revision; ``earlier``: what the latest revisions of the earlier months say, which is written only
    where a version before 0.3 wrote it: else ``earlier_manifests`` names those revisions, and ``earlier`` is read from
    them; ``billed_before``: the accounts of which the month before has an issued invoice there, None in a record that
    repeats the months; ``restated``: what differs from the revision before this one of the month, whose
    journal lies under ``PREVIOUS_JOURNAL_PATH`` (from the second revision on); ``projects`` and ``account_names``:
    what that revision was booked with, which stays (BOOKING 5); ``digest``: of this result, part by part, which decides
    whether a later one is another (BOOKING 7); ``registers``: the archive's own files at that time;
    ``profiles``: by name, the user's own profiles of ERP files;
    ``settlements``: the payments that the month's journal books, None where a version without them wrote the record;
    ``settled``: those of the month's own invoices that other months book; ``unsettled``: payments that none can;
    ``events``: what happened since that revision, which explains what differs;
    ``dispositions``: the last decision about each finding, of this month or an earlier one;
    ``versions`` chargeback, Python and every library that shapes a byte.
    """

    period: Period
    run_at: str
    endpoint: str
    revision: Number
    previous: Sha256 | None
    accounts: tuple[str, ...]
    known_accounts: tuple[str, ...] = ()
    earlier: tuple[EarlierMonth, ...] = ()
    earlier_manifests: tuple[EarlierManifest, ...] = ()
    billed_before: tuple[str, ...] | None = None
    documents: tuple[DocumentRecord, ...] = ()
    restated: tuple[RestatedTotal, ...] = ()
    events: tuple[RestatementEvent, ...] = ()
    projects: tuple[ProjectPair, ...] = ()
    account_names: Mapping[str, str] = field(default_factory=dict)
    digest: Mapping[str, str] = field(default_factory=dict)
    registers: tuple[RegisterState, ...] = ()
    profiles: Mapping[str, str] = field(default_factory=dict)
    settlements: tuple[SettlementRecord, ...] | None = None
    settled: tuple[SettlementRecord, ...] = ()
    unsettled: tuple[UnsettledPayment, ...] = ()
    dispositions: tuple[DispositionRecord, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> bytes:
        """The bytes of ``run.json``: sorted keys, two spaces, UTF-8, one newline at the end."""
        written = replace(self, earlier=()) if self.earlier_manifests else self
        return b"".join(canonical_chunks({"schema": SCHEMA, **asdict(written)}))

    @classmethod
    def from_json(cls, data: bytes) -> RunRecord:
        """Read ``run.json`` back; ``AnswerError`` where it is none, ``SchemaError`` where a newer version wrote it."""
        run = decoded(data, cls, path=RUN_PATH, schema=SCHEMA, noun="a run record")
        return replace(run, earlier=MonthsElsewhere()) if run.earlier_manifests else run

    @property
    def looks_elsewhere(self) -> bool:
        """Whether earlier months count for the result that are not at hand."""
        return isinstance(self.earlier, MonthsElsewhere)


def canonical_json(value: object) -> bytes:
    """JSON with one spelling: keys sorted, two spaces, real UTF-8, a newline at the end; records are objects, months
    texts."""
    # With an indent Python's own encoder is written in Python, and takes three times as long.
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_plain)
    return msgspec.json.format(text.encode(), indent=2) + b"\n"


def canonical_chunks(value: Mapping[str, object]) -> Iterator[bytes]:
    """What ``canonical_json`` makes of an object, its lists some entries at a time; one of them may be made while it is
    written."""
    opening = "{"
    for key in sorted(value):
        entry = value[key]
        yield f"{opening}\n  {json.dumps(key)}: ".encode()
        if isinstance(entry, list | tuple | Iterator):
            yield from _list_chunks(entry, "  ")
        else:
            yield canonical_json(entry).rstrip(b"\n").replace(b"\n", b"\n  ")
        opening = ","
    yield b"\n}\n"


def _list_chunks(entries: Iterable[object], margin: str) -> Iterator[bytes]:
    """A list as ``canonical_json`` writes it, so far from the margin."""
    opening, remaining = "[", iter(entries)
    while some := list(islice(remaining, _ENTRIES_AT_ONCE)):
        written = canonical_json(some).decode().removeprefix("[").removesuffix("\n]\n")
        yield (opening + written.replace("\n", f"\n{margin}")).encode()
        opening = ","
    yield f"\n{margin}]".encode() if opening == "," else b"[]"


def _plain(value: object) -> str | dict[str, Any]:
    if isinstance(value, Struct):
        return asdict(value)
    if not isinstance(value, Period):
        raise TypeError(f"{type(value).__name__} has no spelling in JSON")
    return str(value)


class Evidence(Struct, frozen=True):
    """All that a month's result follows from, besides the configuration."""

    answers: tuple[Answer, ...]
    run: RunRecord
    store: Store

    def kept(self) -> Iterator[Answer]:
        """The answers whose bytes are kept: all but those that held a signed link. Beside such a one stands what was
        kept of it, where the month needs it."""
        return (answer for answer in self.answers if answer.path is not None)

    def of(self, function: str, account: str | None = None) -> Iterator[Answer]:
        """The answers to a function that are kept, in the order of the index; of one account, or of all."""
        for answer in self.kept():
            if answer.function == function and (account is None or answer.account == account):
                yield answer

    def body(self, answer: Answer) -> bytes:
        """The bytes received; ``AnswerError`` where they are not those that the index names."""
        if answer.path is None:
            raise AnswerError(f"{answer.function} of {answer.account}: the answer holds a signed link and is not kept")
        data = self.store.read(answer.path)
        if not are_those(data, answer.size, answer.sha256):
            raise AnswerError(f"{answer.path}: not the bytes that {INDEX_PATH} names")
        return data

    def index_json(self) -> Iterator[bytes]:
        """The bytes of ``index.json``, some thousands of answers at a time: one object an answer, in order of account,
        function and path; what ``canonical_json`` makes of them all."""
        yield from _list_chunks(self.answers, "")
        yield b"\n"


def answers_from_json(data: bytes) -> tuple[Answer, ...]:
    """Read ``index.json`` back; ``AnswerError`` where it is not one.

    What many answers have alike is kept once: the index of a large month has a hundred thousand of them.
    """
    alike: dict[str, str] = {}

    def once(text: str) -> str:
        return alike.setdefault(text, text)

    return tuple(
        replace(
            each,
            account=once(each.account),
            function=once(each.function),
            endpoint=once(each.endpoint),
            requested_at=once(each.requested_at),
            date=None if each.date is None else once(each.date),
        )
        for each in decoded_list(data, Answer, path=INDEX_PATH, noun="an index of evidence")
    )
