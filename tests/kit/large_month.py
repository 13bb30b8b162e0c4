"""A large ledger, for measuring: the time of writing its workbooks against that of streaming the same cells bare."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile

from msgspec.structs import replace

from chargeback.config import Config, parse
from chargeback.evidence.period import Period
from chargeback.model.bookkeeping import LedgerTeam
from chargeback.model.books import Books
from chargeback.model.ledger import Basis, InvoiceLabel, LedgerLine
from chargeback.model.ledger_register import REGISTER, written_rows
from chargeback.publish.team_workbook import files
from tests.kit import sample
from tests.kit.ledger_lines import columns, ledger

PROJECTS = 60
RESOURCES = ("CPU", "Disk", "Egress", "Memory", "Replica")

MONTH = Period(2026, 5)


@dataclass(frozen=True)
class Measured:
    """Seconds of this process: the workbooks', and the floor's; and bytes of each."""

    seconds: float
    floor: float
    size: int
    floor_size: int

    @property
    def ratio(self) -> float:
        """How many times the floor."""
        return self.seconds / self.floor


def large_books(lines: int, teams: int) -> tuple[Books, Config]:
    """Books of so many lines: accounts of 60 projects with 5 resources each, projects spread over the teams."""
    known = [LedgerTeam(f"team-{number:02d}", f"Team {number}", f"CC-{number}", "6420") for number in range(teams)]
    found = list(_lines(lines, known))
    books = sample.books()
    made = ledger(MONTH, found, known)
    text = "archive = 'a'\n" + "".join(f'[[teams]]\nid = "{team.id}"\n' for team in known)
    config = parse(text.encode(), Path("config.toml"))
    return replace(books, posting=replace(books.posting, ledger=made), checks=()), config


def _lines(count: int, teams: list[LedgerTeam]) -> Iterator[LedgerLine]:
    each = PROJECTS * len(RESOURCES)
    for number in range(count):
        account, rest = divmod(number, each)
        project, resource = divmod(rest, len(RESOURCES))
        if not rest:
            name = f"บัญชี {account}"
            label = InvoiceLabel(f"ba_{account:04d}", name, f"INV-{account:04d}", f"i{account}", "open", "THB", 2)
        gross = 100 + number * 7919 % 999_900
        tax = gross * 7 // 107
        yield LedgerLine(
            label=label,
            team=teams[(account + project) % len(teams)],
            project=f"acc{account}-project-{project}",
            project_name=f"โครงการ {project}",
            environment="production",
            resource=RESOURCES[resource],
            usage=f"{gross / 1000:.3f}".rstrip("0").rstrip("."),
            share_percent="",
            net=gross - tax,
            tax=tax,
            gross=gross,
            basis=Basis.REPORT_SHARE,
            invoice_line=project + 1,
            description=f"Project {project}",
            line=number + 1,
        )


def streamed_floor(books: Books) -> int:
    """The same cells of *Lines* as bare XML in a ZIP file a team, as fast as strings are joined; bytes written."""
    by_team = defaultdict(list)
    for line in books.ledger.lines:
        by_team[line.team.id].append(line)
    return sum(_bare_sheet(lines) for lines in by_team.values())


def _bare_sheet(lines: list[LedgerLine]) -> int:
    target, known = BytesIO(), dict[str, str]()
    letters = [(chr(65 + place), column.kind.is_number) for place, column in enumerate(REGISTER)]
    with ZipFile(target, "w", ZIP_DEFLATED) as archive, archive.open("xl/worksheets/sheet1.xml", "w") as part:
        batch = ["<worksheet><sheetData>"]
        for number, line in enumerate(lines, start=2):
            cells = []
            for (letter, is_number), text in zip(
                letters, next(written_rows(Period(2026, 5), columns([line]))), strict=True
            ):
                if is_number and text:
                    cells.append(f'<c r="{letter}{number}" s="1"><v>{text}</v></c>')
                elif text:
                    shown = known.get(text) or known.setdefault(text, escape(text))
                    cells.append(f'<c r="{letter}{number}" t="inlineStr"><is><t>{shown}</t></is></c>')
            batch.append(f'<row r="{number}">{"".join(cells)}</row>')
            if len(batch) == 500:
                part.write("".join(batch).encode())
                batch.clear()
        part.write(("".join(batch) + "</sheetData></worksheet>").encode())
    return len(target.getvalue())


def measure(lines: int = 100_000, teams: int = 40) -> Measured:
    """Write the workbooks of a large ledger, and the floor; in processor time, so that neighbours count less."""
    books, config = large_books(lines, teams)
    start = time.process_time()
    floor_size = streamed_floor(books)
    between = time.process_time()
    size = sum(len(chunk) for _, chunks in files(books, config) for chunk in chunks)
    return Measured(time.process_time() - between, between - start, size, floor_size)


if __name__ == "__main__":
    print(measure())
