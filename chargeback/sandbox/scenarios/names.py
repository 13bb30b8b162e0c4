"""Names that are hostile to files, spreadsheets, pages and terminals, on a bill that is otherwise right."""

from __future__ import annotations

from dataclasses import replace

from chargeback.sandbox.records import Account, Books, Project, Resource
from chargeback.sandbox.scenario import Scenario, Setup
from chargeback.sandbox.world import World

PROJECT_NAMES = (
    "../../../../etc/passwd",
    "=cmd|'/c calc'!A1",
    "\u200b\u202e=1+1",
    "control\x00\x07\x1b[31m\r\nred",
    "x" * 300,
    "โครงการทดสอบ ๑๒๓",
    "\u202eevitagen\u202c مرحبا",
    "",
    '<script>alert("x")</script>',
    "@SUM(A1:A9)",
    "equal/after*cleaning",
    "equal:after?cleaning",
    "CON",
    "-2+3",
)
ACCOUNT_NAMES = ("+Acme/..\\Billing", "สยาม\tคลาวด์\n", "CON.", '"><img src=x onerror=alert(1)>')
RESOURCE_NAMES = ("=CPU", "Memory\u0000", "\uff0bEgress", "  Disk  ", "@Replica")
NUMBERS = ("../INV/2026", "INV:2026", "INV?2026", "=INV(2026)", "con", "INV 2026.")


def _hostile(setup: Setup) -> Setup:
    world = setup.world
    projects = tuple(
        replace(project, name=PROJECT_NAMES[place % len(PROJECT_NAMES)]) for place, project in enumerate(world.projects)
    )
    accounts = tuple(_account(account) for account in world.accounts)
    resources = tuple(_resource(resource, place) for place, resource in enumerate(world.resources))
    projects = tuple(_sid(project) for project in projects)
    renamed = replace(world, projects=projects, accounts=accounts, resources=resources)
    return replace(setup, world=renamed.changed(_numbered))


def _account(account: Account) -> Account:
    return replace(account, name=ACCOUNT_NAMES[account.position % len(ACCOUNT_NAMES)])


def _resource(resource: Resource, place: int) -> Resource:
    return replace(resource, label=RESOURCE_NAMES[place % len(RESOURCE_NAMES)])


def _sid(project: Project) -> Project:
    """Two sids that are paths and formulas; the others stay, so that globs of the configuration hold."""
    sids = {"acme-shop": "../../escape", "acme-data": "=acme+data"}
    return replace(project, sid=sids.get(project.sid, project.sid))


def _numbered(world: World, books: Books) -> Books:
    """Numbers that are equal once made safe for a file system, unique as they are."""
    numbered = (
        replace(invoice, number=f"{NUMBERS[(books.month.ordinal + place) % len(NUMBERS)]}-{invoice.id}")
        for place, invoice in enumerate(books.invoices)
    )
    return replace(books, invoices=tuple(numbered))


NAMES: dict[str, Scenario] = {
    "hostile-names": Scenario("names that are paths, formulas, control characters, very long, empty", _hostile),
}
