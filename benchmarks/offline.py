"""A month of so many accounts, closed and published without any network: ``python -m benchmarks.offline 1000``.

The evidence is generated when it is read, so that neither a disk nor a platform is what is measured: each account has
``projects`` projects of ``resources`` resources, one ledger line each, in one invoice and its proved report. The files
are made, counted and let go. Printed are the processor seconds of each stage and the peak memory of the process that
worked on it, the lines a second, and the bytes a line.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from chargeback.config import Config, parse
from chargeback.evidence import Answer, DocumentRecord, Evidence, RunRecord, sha256_of
from chargeback.evidence.period import Period
from chargeback.job.workers import ThisMachine, mapped, shards_closed
from chargeback.month_end import close_month
from chargeback.publish.revision_files import PublishedFile

TEAMS = 60
CONFIGURATION = 'archive = "archive"\ntimezone = "Asia/Bangkok"\n[publish]\nleave_out = {left_out}\n' + "".join(
    f'[[teams]]\nid = "team-{team:02d}"\nprojects = ["*-{team:02d}"]\n' for team in range(TEAMS)
)
_ACCOUNT = b"0123456"
"""The account that the pattern of all answers is of: seven digits, which each other account's replace."""
_AT, _DATE = "2026-06-03T03:00:00Z", "Wed, 03 Jun 2026 03:00:00 GMT"
_DAYS = 31


@dataclass(frozen=True)
class GeneratedStore:
    """The answers of every account, made from one pattern when they are read."""

    patterns: Mapping[str, bytes]

    def read(self, path: str) -> bytes:
        """The answer that lies there."""
        _, account, name = path.split("/")
        return self.patterns[name].replace(_ACCOUNT, account.encode())

    def write(self, path: str, data: bytes) -> None:
        """Nothing is written to what is generated."""
        raise NotImplementedError(path)


def month(accounts: int, projects: int, resources: int) -> Evidence:
    """The evidence of a month of so many accounts."""
    store = GeneratedStore(_patterns(projects, resources))
    names = [f"{1_000_000 + number}" for number in range(accounts)]
    listed = sha256_of(store.patterns["project.list.json"])
    size = len(store.patterns["project.list.json"])
    path = "evidence/_platform/project.list.json"
    answers = [Answer(path, "", "project.list", "http://127.0.0.1/", {}, _AT, _DATE, 200, size, listed)]
    for name in names:
        for file in ("billing.get", "billing.getInvoice", "billing.listInvoices", "billing.report"):
            path = f"evidence/{name}/{file}.json"
            data = store.read(path)
            request = {"id": name, "invoiceId": f"i{name}"} if file == "billing.getInvoice" else {"id": name}
            answers.append(
                Answer(path, name, file, "http://127.0.0.1/", request, _AT, _DATE, 200, len(data), sha256_of(data))
            )
    documents = tuple(
        DocumentRecord(name, f"i{name}", f"INV-{name}", "invoice", "read", names_number=True, names_total=True)
        for name in names
    )
    run = RunRecord(
        Period(2026, 5),
        _AT,
        "http://127.0.0.1/",
        1,
        None,
        tuple(names),
        documents=documents,
        versions={"chargeback": "0"},
    )
    return Evidence(tuple(answers), run, store)


def _patterns(projects: int, resources: int) -> dict[str, bytes]:
    account = _ACCOUNT.decode()
    sids = [f"p{account}-{number:02d}" for number in range(projects)]
    values = [[100 + (project * 31 + each * 7) % 997 for each in range(resources)] for project in range(projects)]
    rows = [
        {"projectSid": sid, "name": f"Resource {each:02d}", "usageValue": 1.5 + each, "billingValue": value + 0.25}
        for sid, of_project in zip(sids, values, strict=True)
        for each, value in enumerate(of_project)
    ]
    gross = [sum(of_project) + resources * 0.25 for of_project in values]
    total = sum(gross)
    tax = round(total * 7 / 107, 2)
    days = [f"2026-05-{day:02d}" for day in range(1, _DAYS + 1)]
    series = [
        {"name": f"Project {sid}", "data": [round(amount / _DAYS, 2)] * (_DAYS - 1) + [_rest(amount)]}
        for sid, amount in zip(sids, gross, strict=True)
    ]
    header: dict[str, Any] = {
        "id": f"i{account}", "number": f"INV-{account}", "currency": "THB", "status": "open",
        "periodStart": "2026-04-30T17:00:00Z", "periodEnd": "2026-05-31T17:00:00Z",
        "issuedAt": "2026-06-01T17:00:00Z", "subtotal": round(total - tax, 2), "taxAmount": tax, "total": total,
    }  # fmt: skip
    lines = [
        {"projectId": f"9{sid[1:]}", "project": sid, "description": f"Project {sid}", "amount": amount}
        for sid, amount in zip(sids, gross, strict=True)
    ]
    listed = [{"sid": sid, "name": f"Project {sid}"} for sid in sids]
    return {
        f"{name}.json": json.dumps({"ok": True, "result": result}).encode()
        for name, result in {
            "project.list": {"items": []},
            "billing.get": {"id": account, "name": f"Account {account}", "type": "company"},
            "billing.listInvoices": {"items": [header]},
            "billing.getInvoice": {**header, "taxRate": 0.07, "lineItems": lines},
            "billing.report": {
                "range": "prev_month", "list": rows, "projectList": listed,
                "chart": {"categories": days, "series": series},
            },
        }.items()
    }  # fmt: skip


def _rest(amount: float) -> float:
    return round(amount - round(amount / _DAYS, 2) * (_DAYS - 1), 2)


def _peak() -> float:
    """MB that this process has held at the most since the last look."""
    status = Path("/proc/self/status").read_text()
    Path("/proc/self/clear_refs").write_text("5")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def _seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


class Made(NamedTuple):
    """A file that was made, whoever made it: its path, its bytes, and the processor seconds and MB that it took."""

    path: str
    size: int
    seconds: float
    peak: float


def made(file: PublishedFile) -> Made:
    """Make a file and let go of it."""
    path, chunks = file
    _peak()
    began = time.process_time()
    size = sum(map(len, chunks))
    return Made(path, size, time.process_time() - began, _peak())


class _Stages:
    def __init__(self) -> None:
        self._took: dict[str, tuple[float, float]] = {}

    @property
    def peak(self) -> float:
        """MB of the stage that held most."""
        return max(peak for _, peak in self._took.values())

    def add(self, name: str, seconds: float, peak: float) -> None:
        """The stage of this name, or a part of it, took so much."""
        before, most = self._took.get(name, (0.0, 0.0))
        self._took[name] = before + seconds, max(most, peak)

    def show(self) -> None:
        """Print what each stage took."""
        for name, (seconds, peak) in self._took.items():
            print(f"{name:<36} {seconds:8.2f} CPU s {peak:7.0f} MB")


def main(arguments: Iterable[str]) -> None:
    """Close the month, make its files, print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("accounts", type=int)
    parser.add_argument("--projects", type=int, default=60)
    parser.add_argument("--resources", type=int, default=5)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--leave-out", action="store_true", help="the workbooks")
    parser.add_argument("--close-only", action="store_true")
    parser.add_argument("--only", default="", help="of the files those alone whose path begins so")
    asked = parser.parse_args(list(arguments))
    stages = _Stages()
    evidence = month(asked.accounts, asked.projects, asked.resources)
    stages.add("evidence", _seconds(), _peak())
    config = _config(leave_out=asked.leave_out)
    engine, began = ThisMachine(asked.workers), _seconds()
    books = close_month(evidence, config, each=partial(shards_closed, engine))
    lines = len(books.ledger.lines)
    stages.add("close", _seconds() - began, _peak())
    print(f"{books.status}, {lines:,} lines", flush=True)
    size = 0
    if not asked.close_only:
        with engine.files(books, config, evidence) as files:
            chosen = (file for file in files if file[0].startswith(tuple(asked.only.split(","))))
            for file in mapped(made, chosen, asked.workers):
                size += file.size
                stages.add(re.sub(r"team-\d\d", "team-*", file.path), file.seconds, file.peak)
    stages.show()
    print(f"{size:,} bytes, {size / lines:.0f} a line")
    print(f"{lines / _seconds():,.0f} lines a CPU second, peak {stages.peak:.0f} MB")


def _config(*, leave_out: bool) -> Config:
    text = CONFIGURATION.format(left_out='["xlsx"]' if leave_out else "[]")
    return parse(text.encode(), Path("/config.toml"))


if __name__ == "__main__":
    main(sys.argv[1:])
