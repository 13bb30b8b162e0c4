"""The ledger's lines in columns (BOOKING 4.7; decision record 12); ``model.ledger_register`` says what is written of
them.

A month may have 300,000 lines, so a line is no object: what lines share stands once in a table, and each line has the
place of its entry there. Who looks at single lines gets a ``LedgerLine`` each time, and keeps none.
"""

from __future__ import annotations

import csv
import dataclasses
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import accumulate, chain
from operator import attrgetter, itemgetter
from typing import Any, Generic, NamedTuple, TypeVar, overload

from msgspec import Struct
from msgspec.structs import replace

from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.money import format_minor, format_minors, whole_numbers
from chargeback.model.spool import Held, InMemory, Spool
from chargeback.model.totals import add_up_columns

csv.field_size_limit(2**31 - 1)
"""What the program writes it reads back: a name from outside may be longer than the csv module's 131,072 characters."""

ROWS_AT_ONCE = 5_000
"""Lines that are written at once: enough that what they share is written once, few enough to hold as texts."""


class Basis(StrEnum):
    """How a line came to its team and resource (BOOKING 4.7)."""

    INVOICE_LINE = "invoice-line"
    REPORT_SHARE = "report-share"
    SHARED_SPLIT = "shared-split"
    ADJUSTMENT = "adjustment"


class InvoiceLabel(Struct, frozen=True):
    """What all lines of one invoice share; ``invoice`` is the number, or the id if there is none."""

    account: str
    account_name: str
    invoice: str
    invoice_id: str
    status: str
    currency: str
    digits: int


class LedgerProject(Struct, frozen=True):
    """What all lines of one project share in a month; all "" for what belongs to no project."""

    sid: str
    name: str
    environment: str


class Origin(Struct, frozen=True):
    """How a line came to its team and resource: ``share_percent`` as written, "" unless a split gave it."""

    basis: Basis
    share_percent: str


class InvoiceItem(Struct, frozen=True):
    """The invoice line: ``number`` counts ``lineItems`` from 1, 0 for an adjustment."""

    number: int
    description: str


class LedgerLine(NamedTuple):
    """One row an invoice line × project × resource × team; ``net``, ``tax`` and ``gross`` in minor units, gross = net
    + tax.

    ``usage`` and ``share_percent`` are written text, "" if there is none; ``invoice_line`` counts ``lineItems`` from
    1, 0 for an adjustment; ``line`` counts the rows of ``all.csv`` from 1.
    """

    label: InvoiceLabel
    team: LedgerTeam
    project: str
    project_name: str
    environment: str
    resource: str
    usage: str
    share_percent: str
    net: int
    tax: int
    gross: int
    basis: Basis
    invoice_line: int
    description: str
    line: int = 0


Entry = TypeVar("Entry")
Value = TypeVar("Value")


class Codes(dict[Entry, int]):
    """The entries that lines share, each with its place in the order in which it came first."""

    def __missing__(self, entry: Entry) -> int:
        code = self[entry] = len(self)
        return code


class Coded(Struct, Generic[Entry], frozen=True):
    """A column of which many lines have the same: ``codes`` are the places of the lines' entries in ``table``, which
    may have entries that no line has."""

    codes: array[int]
    table: Sequence[Entry]

    @classmethod
    def of(cls, values: Iterable[Entry]) -> Coded[Entry]:
        """The column of these values, a value a line."""
        known = Codes[Entry]()
        codes = array("I", list(map(known.__getitem__, values)))  # of a list an array is made in half the time
        return cls(codes, list(known))

    def __iter__(self) -> Iterator[Entry]:
        """Each line's entry."""
        return map(self.table.__getitem__, self.codes)

    def at(self, places: Sequence[int]) -> Coded[Entry]:
        """The column of the lines in these places alone."""
        return Coded(array("I", _taken(self.codes, places)), self.table)

    def between(self, start: int, end: int) -> Coded[Entry]:
        """The column of the lines from one place up to another."""
        return Coded(self.codes[start:end], self.table)

    def used(self) -> list[Entry]:
        """The entries that lines have, each once, in the table's order."""
        return [self.table[code] for code in sorted(set(self.codes))]

    def alone(self) -> Coded[Entry]:
        """The same column with no entry in its table that no line has."""
        kept = sorted(set(self.codes))
        places = {code: place for place, code in enumerate(kept)}
        return Coded(array("I", list(map(places.__getitem__, self.codes))), [self.table[code] for code in kept])

    def each(self, made: Callable[[Entry], Value]) -> list[Value]:
        """What is made of each line's entry: once an entry, in the order in which lines have them first."""
        known = {code: made(self.table[code]) for code in dict.fromkeys(self.codes)}
        return list(map(known.__getitem__, self.codes))


@dataclass(frozen=True, slots=True)
class LedgerLines(Sequence[LedgerLine]):
    """Lines in columns, all of the same length, in the ledger's order.

    Amounts are in minor units of the label's currency. ``usage`` is in millionths; ``measured`` has a 1 for each line
    with usage and a 0 for each other. ``numbers`` are the lines' places in ``all.csv``, from 1.
    """

    labels: Coded[InvoiceLabel]
    teams: Coded[LedgerTeam]
    projects: Coded[LedgerProject]
    resources: Coded[str]
    usage: Sequence[int]
    measured: bytes
    origins: Coded[Origin]
    net: Sequence[int]
    tax: Sequence[int]
    gross: Sequence[int]
    items: Coded[InvoiceItem]
    numbers: Sequence[int]

    def __len__(self) -> int:
        return len(self.numbers)

    def __iter__(self) -> Iterator[LedgerLine]:
        sids, names, environments = (self.projects.each(attrgetter(name)) for name in ("sid", "name", "environment"))
        columns = (
            self.labels, self.teams, sids, names, environments, self.resources, self.usage_texts(),
            self.origins.each(attrgetter("share_percent")), self.net, self.tax, self.gross,
            self.origins.each(attrgetter("basis")), self.items.each(attrgetter("number")),
            self.items.each(attrgetter("description")), self.numbers,
        )  # fmt: skip
        return map(LedgerLine._make, zip(*columns, strict=True))

    @overload
    def __getitem__(self, place: int) -> LedgerLine: ...
    @overload
    def __getitem__(self, place: slice) -> LedgerLines: ...
    def __getitem__(self, place: int | slice) -> LedgerLine | LedgerLines:
        if isinstance(place, slice):
            start, end, step = place.indices(len(self))
            return self._between(start, max(start, end)) if step == 1 else self.at(range(start, end, step))
        return next(iter(self.at([range(len(self))[place]])))

    def at(self, places: Sequence[int]) -> LedgerLines:
        """The lines in these places alone."""
        return self._of_each(lambda column: column.at(places) if isinstance(column, Coded) else _at(column, places))

    def of_projects(self, sids: Collection[str]) -> LedgerLines:
        """The lines of these projects alone."""
        wanted = {code for code in set(self.projects.codes) if self.projects.table[code].sid in sids}
        return self.at([place for place, code in enumerate(self.projects.codes) if code in wanted] if wanted else ())

    def _between(self, start: int, end: int) -> LedgerLines:
        return self._of_each(
            lambda column: column.between(start, end) if isinstance(column, Coded) else column[start:end]
        )

    def _of_each(self, made: Callable[[Any], Any]) -> LedgerLines:
        """Lines of what is made of each column."""
        return LedgerLines(*(made(getattr(self, name)) for name in _COLUMNS))

    def chunks(self) -> Iterator[LedgerLines]:
        """The lines in their order, some thousands at a time."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield self._between(start, start + ROWS_AT_ONCE)

    def batches(self) -> Iterator[LedgerLines]:
        """The lines in their order, as many at a time as lie together: here all."""
        yield self

    def whole(self) -> LedgerLines:
        """All lines in one piece."""
        return self

    def behind(self, lines: int) -> LedgerLines:
        """These lines numbered as they are behind so many others."""
        if isinstance(self.numbers, range):
            numbers: Sequence[int] = range(self.numbers.start + lines, self.numbers.stop + lines)
        else:
            numbers = array("I", [number + lines for number in self.numbers])
        return dataclasses.replace(self, numbers=numbers)

    def alone(self) -> LedgerLines:
        """These lines, with nothing in their tables that none of them has."""
        return self._of_each(lambda column: column.alone() if isinstance(column, Coded) else column)

    def usage_texts(self) -> list[str]:
        """Each line's usage as written."""
        if 0 not in self.measured:
            return list(map(format_usage, self.usage))
        pairs = zip(self.usage, self.measured, strict=True)
        return [format_usage(millionths) if measured else "" for millionths, measured in pairs]

    def amount_texts(self, name: str) -> list[str]:
        """Each line's amount of that name, written with the minor digits of its currency."""
        units: Sequence[int] = getattr(self, name)
        digits = {self.labels.table[code].digits for code in set(self.labels.codes)}
        if len(digits) == 1:
            return format_minors(units, digits.pop())
        return list(map(format_minor, units, self.labels.each(attrgetter("digits"))))

    def in_order(self) -> LedgerLines:
        """The lines by account, invoice (number, then id), project, resource, team and invoice line: raw text by code
        point; what is alike in all of these keeps its order."""
        ranks = (
            _ranked(self.labels, attrgetter("account", "invoice", "invoice_id")),
            _ranked(self.projects, attrgetter("sid")),
            _ranked(self.resources, str),
            _ranked(self.teams, attrgetter("id")),
            _ranked(self.items, attrgetter("number")),
        )
        keys = list(zip(*ranks, strict=True))
        return self.at(sorted(range(len(keys)), key=keys.__getitem__))


_COLUMNS = tuple(column.name for column in dataclasses.fields(LedgerLines))
_CODED = ("labels", "teams", "projects", "resources", "origins", "items")


class LinesBatch(Struct, frozen=True):
    """Lines that lie together in a large month: those from ``start`` to ``end`` of what is held, ``before`` lines of
    the ledger standing before the first of it."""

    held: Held[LedgerLines]
    before: int
    start: int
    end: int

    @property
    def lines(self) -> LedgerLines:
        """The lines."""
        lines = self.held.value
        return (lines if self.end - self.start == len(lines) else lines[self.start : self.end]).behind(self.before)


@dataclass(frozen=True, slots=True)
class LedgerBatches(Sequence[LedgerLine]):
    """The lines of a large month, or of a team in it, batch by batch: each is read when it is looked at."""

    parts: tuple[LinesBatch, ...]

    def __len__(self) -> int:
        return sum(part.end - part.start for part in self.parts)

    def __iter__(self) -> Iterator[LedgerLine]:
        return chain.from_iterable(self.batches())

    @overload
    def __getitem__(self, place: int) -> LedgerLine: ...
    @overload
    def __getitem__(self, place: slice) -> LedgerBatches: ...
    def __getitem__(self, place: int | slice) -> LedgerLine | LedgerBatches:
        if not isinstance(place, slice):
            at = range(len(self))[place]
            return next(iter(self[at : at + 1]))
        start, end, step = place.indices(len(self))
        if step != 1:
            raise ValueError("lines of a large month are looked at in their order")
        found, first = [], 0
        for part in self.parts:
            begin, stop = max(start - first, 0), min(end - first, part.end - part.start)
            if begin < stop:
                found.append(replace(part, start=part.start + begin, end=part.start + stop))
            first += part.end - part.start
        return LedgerBatches(tuple(found))

    def batches(self) -> Iterator[LedgerLines]:
        """The lines in their order, as many at a time as lie together."""
        return (part.lines for part in self.parts)

    def chunks(self) -> Iterator[LedgerLines]:
        """The lines in their order, some thousands at a time: as many as if they lay together, since the order of texts
        in a workbook comes from them."""
        waiting: list[LedgerLines] = []
        room = ROWS_AT_ONCE
        for lines in self.batches():
            start = 0
            while start < len(lines):
                some = lines[start : start + room]
                waiting.append(some)
                start += len(some)
                room -= len(some)
                if not room:
                    yield _in_one_piece(waiting)
                    waiting.clear()
                    room = ROWS_AT_ONCE
        if waiting:
            yield _in_one_piece(waiting)

    def whole(self) -> LedgerLines:
        """All lines in one piece."""
        return _in_one_piece(list(self.batches()))


Lines = LedgerLines | LedgerBatches
"""Lines in one piece, or in several."""


def pieces(lines: Lines) -> Iterator[LedgerLines]:
    """The lines in their order as they lie, at most some thousands at a time: where no byte depends on how many."""
    return chain.from_iterable(some.chunks() for some in lines.batches())


def used(lines: Lines, *columns: str) -> list[list[Any]]:
    """The entries of each of the columns' tables that lines have, each once."""
    found: list[dict[Any, None]] = [{} for _ in columns]
    for some in lines.batches():
        for entries, column in zip(found, columns, strict=True):
            entries.update(dict.fromkeys(getattr(some, column).used()))
    return list(map(list, found))


def _ranked(column: Coded[Entry], key: Callable[[Entry], object]) -> list[int]:
    """Each line's rank among the entries by that key: whole numbers are compared faster than texts."""
    keys = list(map(key, column.table))
    ranks = {each: rank for rank, each in enumerate(sorted(set(keys)))}  # type: ignore[type-var]
    of = [ranks[each] for each in keys]
    return list(map(of.__getitem__, column.codes))


def _at(column: Sequence[int], places: Sequence[int]) -> Sequence[int]:
    """The numbers in these places, held as the column holds its own."""
    found = _taken(column, places)
    if isinstance(column, bytes):
        return bytes(found)
    if isinstance(column, range):
        return array("I", found)
    return array(column.typecode, found) if isinstance(column, array) else list(found)


def _taken(column: Sequence[int], places: Sequence[int]) -> Sequence[int]:
    """The numbers in these places."""
    return itemgetter(*places)(column) if len(places) > 1 else [column[place] for place in places]


def joined(batches: Sequence[LedgerLines]) -> LedgerLines:
    """The lines of all batches, one after the other, numbered from 1."""

    def column(name: str) -> Any:
        found = [getattr(batch, name) for batch in batches]
        if name == "numbers":
            return range(1, sum(map(len, batches)) + 1)
        if name == "measured":
            return b"".join(found)
        return _joined(found) if name in _CODED else _joined_numbers(found)

    return LedgerLines(*map(column, _COLUMNS))


def _in_one_piece(batches: Sequence[LedgerLines]) -> LedgerLines:
    """The lines of all batches, one after the other, with the numbers that they have."""
    if len(batches) == 1:
        return batches[0]
    numbers = array("I", chain.from_iterable(lines.numbers for lines in batches))
    return dataclasses.replace(joined(batches), numbers=numbers)


def _joined(columns: Iterable[Coded[Entry]]) -> Coded[Entry]:
    """One column with one table, each entry once."""
    known = Codes[Entry]()
    codes = array("I")
    for column in columns:
        places = list(map(known.__getitem__, column.table))
        codes.fromlist(list(map(places.__getitem__, column.codes)))
    return Coded(codes, list(known))


def _joined_numbers(columns: Sequence[Sequence[int]]) -> Sequence[int]:
    if all(isinstance(column, array) for column in columns):
        found = array("q")
        for column in columns:
            found.extend(column)
        return found
    return [number for column in columns for number in column]


class LedgerPart(Struct, frozen=True):
    """What of one invoice one team bears: the amounts of so many lines in minor units, and ``magnitude``, the sum of
    their absolute values."""

    label: InvoiceLabel
    team: LedgerTeam
    net: int
    tax: int
    gross: int
    lines: int
    magnitude: int


def by_team(part: LedgerPart) -> tuple[str, str]:
    """A team's id and the currency: what parts are added up by."""
    return part.team.id, part.label.currency


def by_currency(part: LedgerPart) -> str:
    """The currency: what parts are added up by."""
    return part.label.currency


@dataclass(frozen=True, slots=True)
class PartsByInvoice(Mapping[tuple[str, str], Sequence[LedgerPart]]):
    """(account, invoice id) -> what each team bears of the invoice, in the order of the lines; kept in columns, and
    made into parts whenever they are asked for."""

    labels: Coded[InvoiceLabel]
    teams: Coded[LedgerTeam]
    figures: tuple[Sequence[int], ...]
    """Each part's net, tax, gross, lines and magnitude."""
    spans: Mapping[tuple[str, str], slice]
    """Where each invoice's parts stand."""

    @classmethod
    def of(cls, lines: LedgerLines) -> PartsByInvoice:
        """The lines added up by invoice and team."""
        sums = add_up_columns(lines.net, lines.tax, lines.gross, lines.labels.codes, lines.teams.codes)
        of_invoice: dict[tuple[str, str], list[tuple[int, ...]]] = {}
        for codes in sums:
            label = lines.labels.table[codes[0]]
            of_invoice.setdefault((label.account, label.invoice_id), []).append(codes)
        ends = accumulate(map(len, of_invoice.values()))
        spans = {key: slice(end - len(of_invoice[key]), end) for key, end in zip(of_invoice, ends, strict=True)}
        every = [codes for each in of_invoice.values() for codes in each]
        labels, teams = (array("I", [codes[place] for codes in every]) for place in (0, 1))
        names = ("net", "tax", "gross", "lines", "magnitude")
        figures = tuple(whole_numbers([getattr(sums[codes], name) for codes in every]) for name in names)
        return cls(Coded(labels, lines.labels.table), Coded(teams, lines.teams.table), figures, spans)

    def __getitem__(self, key: tuple[str, str]) -> Sequence[LedgerPart]:
        place = self.spans[key]
        labels = map(self.labels.table.__getitem__, self.labels.codes[place])
        teams = map(self.teams.table.__getitem__, self.teams.codes[place])
        return list(map(LedgerPart, labels, teams, *(column[place] for column in self.figures)))

    def at(self, places: Sequence[int]) -> Iterator[LedgerPart]:
        """The parts that stand there."""
        columns = (self.labels.codes, self.teams.codes, *self.figures)
        labels, teams, *figures = (map(column.__getitem__, places) for column in columns)
        named = map(self.labels.table.__getitem__, labels), map(self.teams.table.__getitem__, teams)
        return map(LedgerPart, *named, *figures)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self.spans)


class LedgerShard(Struct, frozen=True):
    """The lines of accounts that follow each other, numbered from 1; by team those that are its own, by the same
    numbers; and what each team bears of each invoice."""

    lines: Held[LedgerLines]
    count: int
    of_team: Mapping[str, tuple[Held[LedgerLines], int]]
    parts: PartsByInvoice

    @classmethod
    def of(cls, accounts: Sequence[LedgerLines], spool: Spool | None) -> LedgerShard:
        """The accounts' lines, each sorted, one after the other, in the spool's file; in memory if there is none."""
        lines = joined(accounts)
        if spool is None:
            return cls(InMemory(lines), len(lines), {}, PartsByInvoice.of(lines))
        teams = {team: lines.at(places).alone() for team, places in places_by_team(lines.teams).items() if places}
        return cls(
            spool.write(lines),
            len(lines),
            {team: (spool.write(mine), len(mine)) for team, mine in teams.items()},
            PartsByInvoice.of(lines),
        )


NO_LINES = LedgerShard(InMemory(joined(())), 0, {}, PartsByInvoice.of(joined(())))


class MonthParts(Mapping[tuple[str, str], Sequence[LedgerPart]]):
    """The parts of all shards: no invoice is in two of them."""

    def __init__(self, shards: Iterable[PartsByInvoice]) -> None:
        self._shards = {key: parts for parts in shards for key in parts}

    def __getitem__(self, key: tuple[str, str]) -> Sequence[LedgerPart]:
        return self._shards[key][key]

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._shards)

    def __len__(self) -> int:
        return len(self._shards)


def places_by_team(column: Coded[LedgerTeam]) -> Mapping[str, Sequence[int]]:
    """Where each team stands in the column, from one pass over it."""
    found = [array("I") for _ in column.table]
    append = [each.append for each in found]
    for place, code in enumerate(column.codes):
        append[code](place)
    return {team.id: places for team, places in zip(column.table, found, strict=True)}


def _with_lines_before(shards: Sequence[LedgerShard]) -> Iterator[tuple[int, LedgerShard]]:
    """Each shard, and how many of the month's lines come before its own."""
    return zip(accumulate((shard.count for shard in shards), initial=0), shards, strict=False)


class Ledger(Struct, frozen=True, dict=True):
    """All lines of a month, sorted and numbered; ``teams`` are those that get a file, configured ones first;
    ``shards`` are what the lines of a large month lie in."""

    period: Period
    lines: Lines
    teams: tuple[LedgerTeam, ...]
    shards: tuple[LedgerShard, ...] = ()

    @classmethod
    def of(cls, period: Period, shards: Sequence[LedgerShard], teams: tuple[LedgerTeam, ...]) -> Ledger:
        """The ledger that the shards make, in their order."""
        if len(shards) == 1:
            return cls(period, shards[0].lines.value, teams)
        batches = tuple(
            LinesBatch(shard.lines, before, 0, shard.count)
            for before, shard in _with_lines_before(shards)
            if shard.count
        )
        return cls(period, LedgerBatches(batches), teams, tuple(shards))

    def of_team(self, team: str) -> Lines:
        """The team's lines, in order."""
        if isinstance(self.lines, LedgerLines):
            return self.lines.at(self._places.get(team, ()))
        mine = ((before, shard.of_team.get(team)) for before, shard in _with_lines_before(self.shards))
        return LedgerBatches(tuple(LinesBatch(each[0], before, 0, each[1]) for before, each in mine if each))

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        return places_by_team(self.lines.whole().teams)

    @cached_property
    def parts(self) -> Mapping[tuple[str, str], Sequence[LedgerPart]]:
        """What each team bears of each invoice: added up once, and whatever is summed over whole invoices and teams is
        added up from these."""
        return MonthParts(self._parts)

    @cached_property
    def _parts(self) -> Sequence[PartsByInvoice]:
        return [shard.parts for shard in self.shards] or [PartsByInvoice.of(self.lines.whole())]

    @cached_property
    def _places_of_parts(self) -> Sequence[Mapping[str, Sequence[int]]]:
        return [places_by_team(parts.teams) for parts in self._parts]

    def parts_of(self, team: str) -> Iterator[LedgerPart]:
        """What the team bears of each invoice, in the order of the lines."""
        each = zip(self._parts, self._places_of_parts, strict=True)
        return chain.from_iterable(parts.at(places.get(team, ())) for parts, places in each)

    def every_part(self) -> Iterator[LedgerPart]:
        """The parts of all invoices, in the order of the lines."""
        return chain.from_iterable(self.parts.values())


def format_usage(millionths: int) -> str:
    """Usage as written: at most six decimals, no trailing zeros, no exponent."""
    if millionths < 0:
        return f"-{format_usage(-millionths)}"
    rest = millionths % 1_000
    if rest:
        return f"{millionths // 1_000_000}{_THOUSANDTHS[millionths // 1_000 % 1_000]}{_LAST_DIGITS[rest]}"
    return f"{millionths // 1_000_000}{_LAST_THOUSANDTHS[millionths // 1_000 % 1_000]}"


# Every line has a usage, which is written in six files: its decimals are written beforehand, three and three.
_THOUSANDTHS = tuple(f".{number:03d}" for number in range(1_000))
_LAST_DIGITS = tuple(f"{number:03d}".rstrip("0") for number in range(1_000))
_LAST_THOUSANDTHS = tuple(f".{number:03d}".rstrip("0").rstrip(".") for number in range(1_000))
