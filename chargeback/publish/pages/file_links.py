"""Links to every file of a revision, in the groups in which people look for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import quote

from markupsafe import escape
from msgspec import Struct

from chargeback.model.manifest_division import PARTS_FOLDER, part_paths
from chargeback.publish.pages.elements import section
from chargeback.publish.pages.rendering import isolated, plain

MANIFEST, SUMS, PAGE = "manifest.json", "SHA256SUMS", "index.html"

_ABOUT = {
    "ledgers/all.csv": "every line of every team",
    "ledgers/all.xlsx": "the same as a table, and teams × accounts × cost centres",
    "reconciliation/reconciliation.xlsx": "the auditor's workpaper",
    "reconciliation/reconciliation.csv": "one row a check",
    "reconciliation/reconciliation.json": "the same for machines",
    "exports/focus.csv": "FOCUS cost and usage, for FinOps tools",
    "exports/focus-invoice-detail.csv": "FOCUS invoice detail: the invoices' own side of it",
    "exports/focus-billing-period.csv": "FOCUS billing period: the month and whether it is closed",
    "exports/journal.csv": "the entry to book",
    "exports/journal.xlsx": "the same as a workbook, a sheet a company, with input VAT and tax withheld",
    "exports/journal.beancount": "the entry in plain-text accounting",
    "exports/journal-change.csv": "the difference to the revision before: the entry to book where that one is booked",
    "exports/journal-change.xlsx": "the same as a workbook",
    "exports/journal-change.beancount": "the same in plain-text accounting",
    "exports/tax.csv": "input VAT and tax withheld that the journal reports",
    "exports/ledger.parquet": "the lines for a data warehouse",
    "reconciliation/month.json": "what later months need of this one",
    "evidence/_previous/journal.csv": "the journal of the revision before",
    "evidence/index.json": "what was asked, when, and what came back",
    "evidence/run.json": "what else the result depends on",
    MANIFEST: "checksums, totals and the chain of revisions",
    SUMS: "for sha256sum -c",
    "config.toml": "the configuration it ran with",
}


class FileLink(Struct, frozen=True):
    """One file: ``href`` relative to the page, ``about`` what it is, "" where its name says so."""

    href: str
    name: str
    about: str = ""


class Folder(Struct, frozen=True):
    """The files of one account, or of a whole group where ``name`` is ""."""

    name: str
    links: tuple[FileLink, ...]


class FileGroup(Struct, frozen=True):
    """A group of files; ``is_folded`` where it is one that few people open; ``note`` says what it lacks, else ""."""

    title: str
    count: int
    folders: tuple[Folder, ...]
    is_folded: bool
    note: str = ""


_GROUPS = (
    ("ledgers", "Ledgers", False),
    ("reconciliation", "Reconciliation", False),
    ("exports", "Exports", False),
    ("invoices", "Invoices and receipts", True),
    ("evidence", "Evidence: the platform's answers", True),
    ("", "Proof and configuration", False),
    (PARTS_FOLDER, "Parts of the manifest", True),
)


def file_groups(paths: Iterable[str], notes: Mapping[str, str] = MappingProxyType({})) -> tuple[FileGroup, ...]:
    """Every file of the revision but the page itself, manifest with its parts and sums too, which are written after it;
    ``notes`` by the folder that a group is of."""
    named = {*paths, PAGE}
    every = sorted({*named, *part_paths(named), MANIFEST, SUMS} - {PAGE})
    by_group: dict[str, list[str]] = {}
    for path in every:
        top = path.partition("/")[0] if "/" in path else ""
        by_group.setdefault(top, []).append(path)
    known = {top for top, _, _ in _GROUPS}
    others = [(top, top, True) for top in by_group if top not in known]
    return tuple(
        _group(title, by_group[top], folded, notes.get(top, ""))
        for top, title, folded in (*_GROUPS, *others)
        if top in by_group
    )


def _group(title: str, paths: list[str], folded: bool, note: str) -> FileGroup:
    folders: dict[str, list[FileLink]] = {}
    for path in paths:
        parts = path.split("/")
        folder = "/".join(parts[1:-1])
        folders.setdefault(folder, []).append(FileLink(href(path), parts[-1], _ABOUT.get(path, "")))
    found = tuple(Folder(name, tuple(links)) for name, links in folders.items())
    return FileGroup(title, len(paths), found, folded, note)


def href(path: str) -> str:
    """A relative link to a path: every character beyond the plain ones is percent-encoded, so it is never a scheme."""
    return quote(path, errors="replace")


def files_section(groups: Iterable[FileGroup]) -> str:
    """Every file as a link, in its group."""
    return section("files", "Every file of this revision", *map(_group_html, groups))


def _group_html(group: FileGroup) -> str:
    title = f"<h3>{plain(group.title)}</h3>"
    note = f'<p class="soft">{escape(group.note)}</p>\n' if group.note else ""
    content = f"{note}{''.join(map(_folder_html, group.folders))}"
    if not group.is_folded:
        return f"{title}\n{content}"
    return f'<details><summary>{title} <span class="soft">({group.count:,})</span></summary>\n{content}</details>\n'


def _folder_html(folder: Folder) -> str:
    name = f'<p class="folder">{isolated(folder.name)}</p>\n' if folder.name else ""
    return f'{name}<ul class="list">\n{"".join(map(_link_html, folder.links))}</ul>\n'


def _link_html(link: FileLink) -> str:
    about = f' <span class="soft">{escape(link.about)}</span>' if link.about else ""
    return f'<li><a href="{link.href}">{plain(link.name)}</a>{about}</li>\n'
