"""A config.toml for a world: text that gives every project with cost an owner.

A year in which something happens every month, for tests that let months pass.

By month from the first one (0), each about one account of the small world (0 paid at once with withholding, 1 by SKU
until June 2026, 2 two invoices a month, 3 open). Days are counted from that month's end:

    0   nothing                                            6   account 3 is issued three months late
    1   account 3 is void on day 20, replaced on day 25    7   no PDF can be had until day 7
    2   account 1 is issued on the 12th                    8   account 1's withholding is recorded 30 days after payment
    3   the platform is away on days 0 to 4                9   account 2 gets one more invoice for month 7, on day 3
    4   account 2 is gone on days 0 to 40, then back       10  account 1 is inactive on days 0 to 10
    5   account 0 gets a credit note of 107.00 on day 3    11  nothing
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chargeback.sandbox.months import Month, days_after
from chargeback.sandbox.records import Project
from chargeback.sandbox.timeline import credit_note, extra, issued, voiding, withholding
from chargeback.sandbox.world import Absent, Away, DocumentsAway, Event, Inactive, World

CREDIT = 10_700  # minor units, gross
NO_PDF_NOW = "api: could not generate the invoice pdf, please try again"


def eventful_year(world: World, first: Month) -> World:
    """The world with that year's events, from the first month on."""

    def moment(month: int, days: float) -> datetime:
        return days_after(first.plus(month).end(world.zone), days)

    paid_first, by_sku, parts, open_ = (account.id for account in world.accounts[:4])
    changed = world.changed(
        voiding(open_, first.plus(1), moment(1, 20), moment(1, 25)),
        issued(by_sku, first.plus(2), moment(2, 11.25)),
        credit_note(paid_first, first.plus(5), moment(5, 3), CREDIT),
        issued(open_, first.plus(6), moment(9, 1.25)),
        withholding(by_sku, first.plus(8), moment(8, 46)),
        extra(parts, first.plus(7), moment(9, 3), CREDIT),
    )
    happenings: tuple[Event, ...] = (
        Away(moment(3, 0), moment(3, 4)),
        Absent(moment(4, 0), moment(4, 40), account=parts),
        DocumentsAway(moment(7, 0), moment(7, 7), message=NO_PDF_NOW),
        Inactive(moment(10, 0), moment(10, 10), account=by_sku),
    )
    return changed.happening(*happenings)


_TEAM_NAMES = {"web": "Web", "shop": "Shop", "data": "Data", "siam": "Siam Cloud"}


ACCOUNTS = {
    "expense": "6400",
    "unassigned": "6499",
    "adjustments": "6498",
    "input_vat": "1154",
    "input_vat_pending": "1155",
    "payable": "2110",
    "withholding": "2160",
    "clearing": "1190",
}
"""The journal's accounts, so that its entries can be booked."""


def sample_configuration(
    world: World, *, endpoint: str = "", archive: str = "archive", token_env: str = "", accounts: bool = True,
    shared: str = "proportional",
) -> str:  # fmt: skip
    """The configuration's text; the unowned project stays unowned.

    `endpoint` and `token_env` are left out if empty; without `accounts` every account that is listed is meant.
    `shared` is how shared projects are split: `proportional`, `even`, or `weights`.
    """
    parts = [f"archive = {quoted(archive)}\ntimezone = {quoted(world.zone.key)}\n"]
    if endpoint:
        parts.append(f"[api]\nendpoint = {quoted(endpoint)}\n")
    if accounts:
        parts += [_account(account.id, account.name, token_env) for account in world.accounts]
    teams = sorted({project.team for project in world.projects} - {"", "shared"})
    parts += [_team(place, team, _owned(world, team)) for place, team in enumerate(teams)]
    parts += [_shared(project, teams, shared) for project in world.projects if project.team == "shared"]
    parts.append('[environments]\nstaging = "*-staging"\ndevelopment = "*-dev"\n')
    parts.append("\n".join(["[journal]", *(f'{leg} = "{account}"' for leg, account in ACCOUNTS.items()), ""]))
    return "\n".join(parts)


def quoted(text: str) -> str:
    """A TOML basic string."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if ord(character) < 0x20 or ord(character) == 0x7F:
        return f"\\u{ord(character):04X}"
    return character


def _owned(world: World, team: str) -> list[str]:
    return [project.sid for project in world.projects if project.team == team]


def _account(account_id: str, name: str, token_env: str) -> str:
    lines = ["[[accounts]]", f"id = {quoted(account_id)}", f"name = {quoted(name)}"]
    return "\n".join([*lines, *([f"token_env = {quoted(token_env)}"] if token_env else []), ""])


def _team(place: int, team: str, sids: Iterable[str]) -> str:
    return "\n".join(
        [
            "[[teams]]",
            f"id = {quoted(team)}",
            f"name = {quoted(_TEAM_NAMES.get(team, team))}",
            f'cost_center = "CC-{100 * (place + 1)}"',
            f'gl_account = "{6410 + 10 * place}"',
            f"projects = [{', '.join(quoted(sid) for sid in sids)}]",
            "",
        ]
    )


def _shared(project: Project, teams: list[str], way: str) -> str:
    weights = ", ".join(f"{team} = {60 - 10 * place if place < 5 else 10}" for place, team in enumerate(teams))
    split = f"{{ {weights} }}" if way == "weights" else quoted(way)
    return f"[[shared]]\nproject = {quoted(project.sid)}\nsplit = {split}\n"
