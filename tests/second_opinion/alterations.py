"""Rules of BOOKING.md, each altered alone in a copy of the second opinion: what a comparison must notice.

A rule whose alteration no seeded month shows is a rule that the comparison does not prove. A copy is loaded from the
sources with one passage replaced, under a name of its own; it shares nothing with the others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType
from typing import NamedTuple

SOURCES = Path(__file__).parent
COPY = f"{__package__}_altered"


class Alteration(NamedTuple):
    """One rule, as it is not: the passage of a module, and what stands in its place."""

    rule: str
    module: str
    passage: str
    instead: str


class Copy(SourceFileLoader):
    """Loads a module of the copy; without a cache, since the copies differ under one name."""

    def __init__(self, name: str, path: str, alteration: Alteration) -> None:
        super().__init__(name, path)
        self.alteration = alteration

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, the passage replaced; ``ValueError`` where it does not stand there exactly once."""
        rule, module, passage, instead = self.alteration
        text = Path(self.path).read_text(encoding="utf-8")
        if Path(self.path).stem == module:
            if text.count(passage) != 1:
                raise ValueError(f"{rule}: the passage stands {text.count(passage)} times in {module}.py")
            text = text.replace(passage, instead)
        return compile(text, self.path, "exec")


class Copies(MetaPathFinder):
    """Finds the modules of the copy."""

    def __init__(self, alteration: Alteration) -> None:
        self.alteration = alteration

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None) -> ModuleSpec | None:
        """The module of the copy; None for any other."""
        if fullname != COPY and not fullname.startswith(f"{COPY}."):
            return None
        source = SOURCES / f"{fullname.removeprefix(COPY).removeprefix('.') or '__init__'}.py"
        return spec_from_file_location(fullname, source, loader=Copy(fullname, str(source), self.alteration))


@contextmanager
def altered(alteration: Alteration) -> Iterator[tuple[ModuleType, ModuleType]]:
    """The copy's ``booking`` and ``findings``."""
    finder = Copies(alteration)
    sys.meta_path.insert(0, finder)
    try:
        booking = import_module(f"{COPY}.booking")
        yield booking, import_module(f"{COPY}.findings")
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.startswith(COPY)]:
            del sys.modules[name]


def in_module(module: str, rules: Iterable[tuple[str, str, str]]) -> list[Alteration]:
    """The alterations of one module."""
    return [Alteration(rule, module, passage, instead) for rule, passage, instead in rules]


ALTERATIONS = [
    *in_module(
        "arithmetic",
        (
            (
                "largest remainder: of equal fractions the earlier, whatever the weights",
                "key=lambda index: (floors[index] - shares[index], -weights[index], index))",
                "key=lambda index: (floors[index] - shares[index], index))",
            ),
            (
                "largest remainder: of equal fractions the smaller weight",
                "(floors[index] - shares[index], -weights[index], index)",
                "(floors[index] - shares[index], weights[index], index)",
            ),
            (
                "largest remainder: the larger weight by its size, not with its sign",
                "(floors[index] - shares[index], -weights[index], index)",
                "(floors[index] - shares[index], -abs(weights[index]), index)",
            ),
            (
                "largest remainder: of equal fractions and weights the later",
                "(floors[index] - shares[index], -weights[index], index)",
                "(floors[index] - shares[index], -weights[index], -index)",
            ),
            (
                "largest remainder: the larger weight first, whatever the fraction",
                "(floors[index] - shares[index], -weights[index], index)",
                "(-weights[index], index)",
            ),
            (
                "a negative amount is divided as it is",
                "if whole < 0:",
                "if whole < 0 and whole > 0:",
            ),
            ("halves are rounded to even", "return whole if value >= 0 else -whole", "return round(value)"),
            (
                "halves are rounded up",
                "return whole if value >= 0 else -whole",
                "return floor(value + Fraction(1, 2))",
            ),
            (
                "lines are rounded each by itself",
                "return [whole + (index in order[:needed]) for index, whole in enumerate(floors)]",
                "return [half_away(each) for each in exact]",
            ),
            (
                "lines: of equal fractional parts the later line's unit first",
                "key=lambda index: (floors[index] - exact[index], index))\n    return [whole",
                "key=lambda index: (floors[index] - exact[index], -index))\n    return [whole",
            ),
            (
                "lines are negated before they are rounded together",
                "floors = [floor(each) for each in exact]\n    needed",
                "floors = [int(each) for each in exact]\n    needed",
            ),
            (
                "tax follows the weights, not the parts' gross",
                "[Fraction(part) for part in parts] if any(parts) else weights",
                "weights",
            ),
            ("an unknown currency has no minor digits", "UNKNOWN_DIGITS = 2", "UNKNOWN_DIGITS = 0"),
            ("rounding explains half a unit a part", "min(5 * parts, 10 + isqrt(100 * parts))", "5 * parts"),
            (
                "rounding explains no more than the root",
                "min(5 * parts, 10 + isqrt(100 * parts))",
                "10 + isqrt(100 * parts)",
            ),
            ("the root is taken of whole units", "isqrt(100 * parts)", "10 * isqrt(parts)"),
            (
                "trailing zeros stay",
                'return written.rstrip("0").rstrip(".") if "." in written else written',
                "return written",
            ),
        ),
    ),
    *in_module(
        "calendar",
        (
            (
                "a label without a year is of the year before",
                "for back in range(LEAP_YEARS_APART + 1)",
                "for back in range(1, LEAP_YEARS_APART + 1)",
            ),
            (
                "a label without a year may lie after the question",
                "each is not None and each <= asked",
                "each is not None",
            ),
            ("a tie of months: the latest", "if held > longest:", "if held >= longest:"),
            ("a range is read in the configured zone alone", "zones = (zone, *ZONES_OF_THE_SERVER)", "zones = (zone,)"),
            ("a range is read in UTC alone", "zones = (zone, *ZONES_OF_THE_SERVER)", 'zones = ("UTC",)'),
            (
                "a range of several months names this one",
                "ONE_MONTH[named]) for each in zones} if named in ONE_MONTH else",
                "ONE_MONTH.get(named, -1)) for each in zones} if named else",
            ),
            (
                "months are those of UTC",
                "return moment.astimezone(ZoneInfo(zone)).strftime",
                "return moment.astimezone(UTC).strftime",
            ),
        ),
    ),
    *in_module(
        "reports",
        (
            ("one day of the month is enough", "return all(day.strftime", "return any(day.strftime"),
            ("an echoed range never disproves the days", " and not says_another", ""),
            (
                "a range disproves where one zone has another month",
                "named in ONE_MONTH and period not in by_question",
                "named in ONE_MONTH and by_question != {period}",
            ),
            (
                "the Date header is not asked",
                "by_question == {period} and by_answer == {period}",
                "by_question == {period}",
            ),
            (
                "the day of the question is not asked",
                "by_question == {period} and by_answer == {period}",
                "by_answer == {period}",
            ),
            ("a missing Date header is no matter", "if answered else set()", "if answered else by_question"),
            ("an empty answer is always proof", "empty = not billed_before and is_empty", "empty = is_empty"),
            ("an empty answer is never proof", "empty = not billed_before and is_empty", "empty = False and is_empty"),
            (
                "rows that cancel out are no cost",
                'return any(amount(item, "billingValue") for item in self.items)',
                "return bool(self.total)",
            ),
            (
                "a day without a label shows no cost",
                "return self.proved and day in self.days and shown and",
                "return self.proved and bool(self.days) and",
            ),
            (
                "series that cancel out show no cost",
                "and not any(self.values_on(day))",
                "and not sum(self.values_on(day))",
            ),
            ("a negative value weighs", "return max(self.value, Fraction(0))", "return self.value"),
            (
                "the projectList of a report that is not used counts",
                "if self.proved else []\n\n    @property\n    def total",
                "\n\n    @property\n    def total",
            ),
        ),
    ),
    *in_module(
        "readiness",
        (
            (
                "silence where the account was billed before and the report shows nothing",
                'Standing("exception" if billed_before else "pass")',
                "Standing()",
            ),
            (
                "an old month's lack is never an exception",
                'Standing("exception") if speaks_against else Standing("notice", unproved="notice")',
                'Standing("notice", unproved="notice")',
            ),
            (
                "an old month's lack after a billed one is a notice",
                "billed_before or bool(invoices) or report.proved",
                "bool(invoices) or report.proved",
            ),
            (
                "void invoices of an old month say nothing",
                "billed_before or bool(invoices) or report.proved",
                "billed_before or report.proved",
            ),
            (
                "an inactive account that was billed before is a notice",
                'Standing("exception" if billed_before else "notice", unproved="notice")',
                'Standing("notice", unproved="notice")',
            ),
            ("an inactive account may have void invoices", "and not invoices:", "and (invoices or not invoices):"),
            ("an acceptance needs no ceiling", "and rules.is_within(entry, variance)", ""),
        ),
    ),
    *in_module(
        "invoices",
        (
            ("draft invoices are booked", 'BOOKED = {"open", "paid"}', 'BOOKED = {"open", "paid", "draft"}'),
            ("open invoices are not booked", 'BOOKED = {"open", "paid"}', 'BOOKED = {"paid"}'),
            (
                "any other status is of any month",
                'in {period, ""}:\n            known_status(row)',
                "in {period}:\n            known_status(row)",
            ),
            (
                "an unknown status holds up every month",
                'if has_unknown_status(row) and booking_month(row, zone) in {period, ""}:',
                "if has_unknown_status(row):",
            ),
            (
                "the list row decides, not the detail",
                "return {**self.row, **{key: value for key, value in detail.items() if says(key, value)}}",
                "return {**detail, **{key: value for key, value in self.row.items() if says(key, value)}}",
            ),
            (
                "an empty field of the detail decides",
                "for key, value in detail.items() if says(key, value)",
                "for key, value in detail.items()",
            ),
            (
                "net is the subtotal",
                "return self.total - (self.tax if self.shape == BY_SKU else 0)",
                'return self.total if self.shape != BY_SKU else self.header("subtotal")',
            ),
            (
                "an invoice of both shapes is booked as it is",
                "if self.shape in {MIXED, NO_LINES}:",
                "if self.shape == NO_LINES:",
            ),
            (
                "tax is divided by the size of the lines",
                "divided(self.tax, [Fraction(each) for each in amounts])",
                "divided(self.tax, [Fraction(abs(each)) for each in amounts])",
            ),
            (
                "lines that add up to zero keep the tax",
                "return [\n            self.line(index, each if by_project",
                "taxes = taxes if sum(amounts) else [sum(taxes), *[0] * (len(taxes) - 1)]\n"
                "        return [\n            self.line(index, each if by_project",
            ),
            ("by-project lines are net", "each if by_project else each + tax, tax)", "each + tax, tax)"),
            ("by-SKU lines are gross", "each if by_project else each + tax, tax)", "each, tax)"),
            (
                "a wrong answer is booked",
                "Invoice(account, row, None if wrong else reply.result, has_wrong_detail=wrong)",
                "Invoice(account, row, reply.result, has_wrong_detail=wrong)",
            ),
            (
                "without a period: the month of its issue",
                "return shifted(month_of(issued, zone), -1)",
                "return month_of(issued, zone)",
            ),
            (
                "without a period and issue: no month",
                'instant(row.get("issuedAt")) or instant(row.get("createdAt"))',
                'instant(row.get("issuedAt"))',
            ),
            (
                "a line is by project only with a sid",
                'return bool(first_text(item, "project", "projectId"))',
                'return bool(first_text(item, "project"))',
            ),
            (
                "a line by SKU is called by its description",
                "return self.sku or self.description",
                "return self.description or self.sku",
            ),
        ),
    ),
    *in_module(
        "owners",
        (
            (
                "the later source wins",
                "return Directory([*archived, *both, *answered, *known]",
                "return Directory([*known, *answered, *both, *archived]",
            ),
            (
                "lines that state both are no source",
                "return Directory([*archived, *both, *answered, *known]",
                "return Directory([*archived, *answered, *known]",
            ),
            (
                "the report's projectList is no source",
                "return Directory([*archived, *both, *answered, *known]",
                "return Directory([*archived, *both, *known]",
            ),
            (
                "project.list is no source",
                "return Directory([*archived, *both, *answered, *known]",
                "return Directory([*archived, *both, *answered]",
            ),
            (
                "a line's id counts before its sid",
                "return self.spelled(sid) if sid else self.sids.get(composed(id_), id_)",
                "return self.sids.get(composed(id_), id_) if id_ else self.spelled(sid)",
            ),
            (
                "a row names its project by sid alone",
                "if composed(name) in self.sids:\n                return self.sids[composed(name)]\n",
                "if False:\n                return name\n",
            ),
            (
                "an exact sid is no stronger than a glob",
                "return EXACT if pattern == sid else 0",
                "return len(pattern) + 1 if pattern == sid else 0",
            ),
            ("of two globs the shorter wins", "return len(literal) + 1 if", "return 1000 - len(literal) if"),
            ("equal claims: the first", 'raise StopError(2, f"{sid!r} is claimed twice alike")', "pass"),
            ("a claim holds in every month", "if each.since <= self.period <= each.until", "if True"),
            ("an acceptance holds for ever", 'if entry["until"] >= self.period', "if True"),
            ("the platform's account name before the configured one", 'return str(entry["name"])', "return platform"),
            (
                "the tolerance is the smaller of both",
                "return max(absolute, abs(expected) * percent / 100)",
                "return min(absolute, abs(expected) * percent / 100)",
            ),
            ("production is no environment", 'PRODUCTION = "production"', 'PRODUCTION = ""'),
            (
                "a project that only project.list shows may be claimed twice alike",
                "frozenset(each.sid for each in known)",
                "frozenset()",
            ),
        ),
    ),
    *in_module(
        "booking",
        (
            (
                "a line counts rows of its SKU and its description together",
                "if named:\n            return named\n    return []",
                "if named and label == line.description:\n            return named\n    return named",
            ),
            ("names are compared as they are", "return composed(name).casefold()", "return name"),
            ("names are compared without NFC", "return composed(name).casefold()", "return name.casefold()"),
            (
                "resources are told apart by their spelling",
                "spelled[composed(row.name)].append(row)",
                "spelled[row.name].append(row)",
            ),
            (
                "a resource has the name of the last spelling",
                "resource = min(row.name for row in named)",
                "resource = max(row.name for row in named)",
            ),
            ("a line that no row is named like is not divided", "rows = named or report\n", "rows = named\n"),
            (
                "teams share in the order of the configuration",
                "teams = sorted(self.rules.teams)",
                "teams = list(self.rules.teams)",
            ),
            ("weights are in the order of the configuration", "teams = sorted(split)", "teams = list(split)"),
            (
                "proportional: negative direct cost weighs",
                "max(direct.get((team, currency), 0), 0)",
                "direct.get((team, currency), 0)",
            ),
            (
                "proportional: over all currencies",
                "direct[owner, part.invoice.currency] += part.gross",
                "for each in {other.invoice.currency for other in parts}:\n"
                "                    direct[owner, each] += part.gross",
            ),
            (
                "proportional: of net",
                "direct[owner, part.invoice.currency] += part.gross",
                "direct[owner, part.invoice.currency] += part.gross - part.tax",
            ),
            (
                "proportional without weights: to the first",
                "else [Fraction(1)] * len(teams)",
                "else [Fraction(1), *[Fraction(int(split == 'even'))] * (len(teams) - 1)]",
            ),
            (
                "usage is divided by net",
                "weights = [Fraction(max(posting.gross, 0)) for posting in reached]",
                "weights = [Fraction(max(posting.gross - posting.tax, 0)) for posting in reached]",
            ),
            ("usage of rows without gross goes to the last", "weights[0] = Fraction(1)", "weights[-1] = Fraction(1)"),
            ("usage has five decimals", "USAGE_DIGITS = 6", "USAGE_DIGITS = 5"),
            ("a share has three decimals", "SHARE_DIGITS = 4", "SHARE_DIGITS = 3"),
            (
                "rows with usage alone are dropped",
                "return not (self.gross or self.tax or self.usage)",
                "return not (self.gross or self.tax)",
            ),
            ("empty rows are kept", "return not (self.gross or self.tax or self.usage)", "return False"),
            (
                "usage of a row of value zero is dropped",
                "reached = [posting for posting in postings if row in posting.sources]",
                "reached = [posting for posting in postings if row in posting.sources and row.weight]",
            ),
            (
                "lines by project are divided over teams after resources",
                'basis = "shared-split" if posting.share else "report-share"',
                'basis = "report-share"',
            ),
            (
                "the ledger is sorted by the line before the team",
                "last = posting.team, posting.line.number",
                "last = str(posting.line.number), posting.team",
            ),
            (
                "direct cost of one account alone",
                "direct = self.direct_gross(whole)",
                "direct = self.direct_gross([each for each in whole if each.account == self.accounts[0].id])",
            ),
            (
                "a month before all may be booked",
                "if firsts and self.month.period < min(firsts) and not proved:",
                "if False:",
            ),
            (
                "a month before all may not be booked whatever is proved",
                "if firsts and self.month.period < min(firsts) and not proved:",
                "if firsts and self.month.period < min(firsts):",
            ),
            (
                "the archive's month before does not count as billed",
                "return any(not each.void for each in known)",
                "return False",
            ),
            (
                "a void invoice in the archive counts as billed",
                "return any(not each.void for each in known)",
                "return any(True for _ in known)",
            ),
        ),
    ),
    *in_module(
        "checking",
        (
            ("a tie-out by SKU counts one part a line", "1 if line.by_project == rules.report_is_gross else 3", "1"),
            ("a tie-out counts three parts a line", "1 if line.by_project == rules.report_is_gross else 3", "3"),
            (
                "the tie-out compares gross with whatever",
                "return line.gross if books.rules.report_is_gross else line.gross - line.tax",
                "return line.gross",
            ),
            (
                "of both shapes nothing is compared",
                "basis = basis._replace(bound=len(shapes) > 1)",
                "shapes = shapes if len(shapes) == 1 else set()",
            ),
            (
                "of both shapes the figures must be equal",
                "basis = basis._replace(bound=len(shapes) > 1)",
                "basis = basis._replace(bound=False)",
            ),
            (
                "lines of zero are of a shape",
                "for _, line in lines if not line.is_zero} or",
                "for _, line in lines} or",
            ),
            ("a negative row is told of no line", "if negative and not line.is_zero:", "if False:"),
            (
                "a negative row is an exception by project too",
                '"notice" if line.by_project else "exception"',
                '"exception"',
            ),
            ("a line that is not divided is compared too", "if side.subject not in replaced and", "if"),
            (
                "credit notes cover",
                "issued = [each for each in [*account.booked, *others(books, account)] if not is_credit(each)]",
                "issued = [*account.booked, *others(books, account)]",
            ),
            ("days before the first invoice are a gap", "if periods:\n        first", "if False:\n        first"),
            (
                "the first day is covered from its first hour on only",
                "periods.append((first, min(start for start, _ in periods[:-1])))",
                "pass",
            ),
            (
                "invoices of other months do not cover",
                "[*account.booked, *others(books, account)] if not is_credit",
                "account.booked if not is_credit",
            ),
            (
                "the chart says nothing of coverage",
                "if not account.report.shows_nothing_on(day)\n        and not covered",
                "if not covered",
            ),
            ("a day that is covered in part is covered", "if since <= start:", "if since <= start or since < end:"),
            (
                "an uncovered day costs the gross",
                "if account.report.proved:\n        cost = sum(",
                "if False:\n        cost = sum(",
            ),
            ("tax without a rate is right", "if rate is None and tax:", "if False:"),
            ("the tax may not be reckoned back from the total", "abs(total / (1 + rate) - subtotal)", "Fraction(1)"),
            (
                "an amount finer than the unit is right",
                "if any(is_finer(invoice, key) for key in AMOUNTS) else",
                "if False else",
            ),
            ("float noise is an exception", "NOISE = Fraction(1, 2**48)", "NOISE = Fraction(0)"),
            (
                "a report that is not proved leaves nothing untied",
                "yield from by_currency(base, account)\n\n\ndef by_currency",
                "yield untied(base, None)\n\n\ndef by_currency",
            ),
            (
                "an identity leaves nothing untied",
                "return check if agrees else untied_as_listed(check, invoice)",
                "return check if agrees else untied(check, None)",
            ),
            (
                "a status that is unknown in another month is told nowhere",
                "yield from unknown_statuses(books, account)",
                "yield from ()",
            ),
            (
                "report-* covers report-total alone",
                'entry["check"] == "report-*" and check.check.startswith("report-")',
                'entry["check"] == "report-*" and check.check == "report-total"',
            ),
            ("an acceptance covers every account", 'same = entry["account"] == check.account and', "same ="),
            (
                "a row that a project has twice is no duplicate",
                "line.by_project and line.gross > 0",
                "line.by_project and line.gross < 0",
            ),
            (
                "unowned projects are no exception",
                'base._replace(subject=sid, outcome="exception") for sid in unowned',
                "base for sid in unowned if False",
            ),
            (
                "a project's uncovered days cost what the whole chart shows",
                "uncovered=uncovered_cost(books, account, side.subject if of_project else None),",
                "uncovered=uncovered_cost(books, account, None),",
            ),
            (
                "a project's series bears its display name alone",
                "for each in (project, books.directory.name(project)) if each}",
                "for each in (books.directory.name(project),) if each}",
            ),
            (
                "a project's series bears its sid alone",
                "for each in (project, books.directory.name(project)) if each}",
                "for each in (project,) if each}",
            ),
            (
                "a void invoice counts whole for each project",
                "    if side.is_account:\n",
                "    if True:\n",
            ),
            (
                "a void invoice counts with its tax everywhere",
                "invoice.total if books.rules.report_is_gross else net",
                "invoice.total",
            ),
            (
                "a void invoice counts for the account by its first line",
                "    if side.is_account:\n",
                "    if False:\n",
            ),
            (
                "an account without a currency has none",
                "if each.currency), THE_CONSOLES)",
                'if each.currency), "")',
            ),
            (
                "one currency is as good as two",
                "several = [base] if len(found) > 1 else []",
                "several: list[Check] = []",
            ),
        ),
    ),
    *in_module(
        "causes",
        (
            (
                "causes are tried on the whole variance alone",
                "for left in (row.variance, row.variance - row.uncovered):",
                "for left in (row.variance,):",
            ),
            (
                "causes are tried on what the uncovered days leave alone",
                "for left in (row.variance, row.variance - row.uncovered):",
                "for left in (row.variance - row.uncovered,):",
            ),
            (
                "a cause explains what is as large, whatever its sign",
                "abs(left - figure) <=",
                "abs(abs(left) - abs(figure)) <=",
            ),
            ("a cause explains what it equals to the last digit", "<= row.allowed", "<= 0"),
            ("rounding is no cause", "if abs(left) <= row.rounding:", "if False:"),
            (
                "uncovered days are no cause",
                'yield "uncovered-days", row.uncovered',
                "yield from ()",
            ),
            (
                "uncovered days come last",
                'yield "uncovered-days", row.uncovered\n    yield from (("void-invoice", total) for total in row.void)',
                'yield from (("void-invoice", total) for total in row.void)\n    yield "uncovered-days", row.uncovered',
            ),
            ("a void invoice is no cause", '(("void-invoice", total) for total in row.void)', "()"),
            ("a credit is no cause", '(("credit", -amount) for amount in credits_in(row))', "()"),
            ("a credit lowers the report", '("credit", -amount)', '("credit", amount)'),
            ("a credit may be one that the report shows", "if any(value < 0 for value in row.shown):", "if False:"),
            ("the other tax basis is no cause", '(("tax-basis", figure) for figure in off_by_the_rate(row))', "()"),
            ("a report without tax is no cause", "yield from (-within, on_top)", "yield from (on_top,)"),
            ("a report with tax is no cause", "yield from (-within, on_top)", "yield from (-within,)"),
            (
                "what is counted twice is no cause",
                '(("counted-twice", -amount) for amount in counted_twice(row))',
                "()",
            ),
            ("what is counted twice raises the report", '("counted-twice", -amount)', '("counted-twice", amount)'),
            ("a lone line is counted twice", "if len(row.charges) > 1:", "if row.charges:"),
            ("a lone invoice is counted twice", "if len(invoices) > 1:", "if invoices:"),
            ("what the report lacks is counted twice", "if sum(row.shown, ZERO) <= 0:", "if False:"),
            ("only invoices are counted twice", "if len(row.charges) > 1:", "if False:"),
            ("only lines are counted twice", "if len(invoices) > 1:", "if False:"),
        ),
    ),
    *in_module(
        "findings",
        (
            (
                "an accepted exception has no finding",
                'OUTCOMES = {"exception", "accepted"}',
                'OUTCOMES = {"exception"}',
            ),
            (
                "unowned projects are a finding an account",
                'return Group("ownership", "", "")',
                'return Group("ownership", check.account, "")',
            ),
            (
                "what nothing explains is one finding",
                "return Group(check.check, check.account, currency)",
                'return Group(check.check, check.account, currency, "none")',
            ),
            (
                "currencies share a finding",
                "return Group(check.check, check.account, currency)",
                'return Group(check.check, check.account, "")',
            ),
            (
                "accounts share a finding",
                "return Group(check.check, check.account, currency)",
                'return Group(check.check, "", currency)',
            ),
            ("what uncovered days explain is a finding of its own", 'if check.cause == "uncovered-days":', "if False:"),
            (
                "what is counted twice is always a finding of its own",
                "any(each.outcome in OUTCOMES for each in twice)",
                "False",
            ),
            (
                "what is counted twice always follows the duplicates",
                "any(each.outcome in OUTCOMES for each in twice)",
                "True",
            ),
            (
                "causes share a finding",
                'return Group("", check.account, check.currency, check.cause or "")',
                'return Group("", check.account, check.currency, "explained")',
            ),
            (
                "a finding that a cause explains hashes like any other",
                "*([group.cause] if group.cause else [])",
                "",
            ),
            (
                "a finding says what its first exception is of",
                'return texts.pop() if len(texts) == 1 else ""',
                "return min(texts)",
            ),
            (
                "amounts of one finding offset each other",
                "variances = [abs(each.variance)",
                "variances = [each.variance",
            ),
            (
                "an id hashes the amount's currency not",
                "hashed = [check, account, invoice, subject, currency,",
                "hashed = [check, account, invoice, subject,",
            ),
            (
                "an id hashes the subject not",
                "hashed = [check, account, invoice, subject, currency,",
                "hashed = [check, account, invoice, currency,",
            ),
            (
                "an id hashes texts without their control characters",
                "hashed = [check, account, invoice, subject, currency,",
                "hashed = [check, account, without_controls(invoice), subject, currency,",
            ),
            ("an id has other digits", "ID_DIGITS = 10", "ID_DIGITS = 9"),
        ),
    ),
    *in_module(
        "spreadsheet",
        (
            ("a semicolon needs no quotes", "for character in ',\"\\r\\n;\\t|'", "for character in ',\"\\r\\n|'"),
            ("a bar needs no quotes", "for character in ',\"\\r\\n;\\t|'", "for character in ',\"\\r\\n;'"),
            ("full-width signs are no formula", 'FORMULA = set("=+-@＝＋－＠")', 'FORMULA = set("=+-@")'),
            ("unseen marks hide a formula", 'UNSEEN = {"Zs", "Zl", "Zp", "Cf", "Cc"}', "UNSEEN: set[str] = set()"),
            ("control characters stay", 'if unicodedata.category(character) != "Cc"', "if True"),
        ),
    ),
]
"""In order of the modules; each is noticed by ``test_altered_rules``."""
OF_SAMENESS = in_module(
    "sameness",
    (
        ("an account's name makes a new result", "UNCOUNTED = {ACCOUNT_NAME, ", "UNCOUNTED = {"),
        ("a project's name makes a new result", "INVOICE_STATUS, PROJECT_NAME}", "INVOICE_STATUS}"),
        ("a payment makes a new result", "ACCOUNT_NAME, INVOICE_STATUS, PROJECT_NAME}", "ACCOUNT_NAME, PROJECT_NAME}"),
        (
            "tax withheld since makes a new result",
            'OF_A_PAYMENT = {"invoice-withholding"}',
            "OF_A_PAYMENT: set[str] = set()",
        ),
        (
            "tax withheld never makes a new result",
            "if not (check.check in OF_A_PAYMENT and (check.account, check.invoice) in unpaid)",
            "if check.check not in OF_A_PAYMENT",
        ),
        ("a team without lines makes no new result", "teams=sorted(books.rules.teams)", "teams=[]"),
        (
            "the ledgers make no new result",
            "ledger=[tuple(cell for place, cell in enumerate(cells) if place not in UNCOUNTED) for cells in ledger]",
            "ledger=[]",
        ),
        (
            "the invoices' own facts make no new result",
            "exported=[exported(invoice) for account in books.accounts for invoice in account.booked]",
            "exported=[]",
        ),
        ("exceptions make no new result", "exceptions=Counter(exceptions)", "exceptions=Counter()"),
        (
            "passes make a new result",
            "        if check.outcome in OUTCOMES\n",
            "        if check.outcome in {*OUTCOMES, 'pass'}\n",
        ),
        (
            "figures count to their last digit",
            "return None if figure is None else to_minor(figure, digits_of(check.currency))",
            "return figure",
        ),
        (
            "figures of exceptions do not count",
            "check.outcome, check.currency, *figures)",
            "check.outcome, check.currency)",
        ),
        (
            "the day of issue makes no new result",
            '("periodStart", "periodEnd", "issuedAt")',
            '("periodStart", "periodEnd")',
        ),
        ("a rate makes no new result", '        amount(fields, "taxRate"),\n', ""),
        (
            "quantities and prices make no new result",
            '(text(item.get("sku")), amount(item, "quantity"), amount(item, "unitPrice"))',
            'text(item.get("sku"))',
        ),
    ),
)
"""The rules of what is another result; each is noticed by ``test_sameness``."""
