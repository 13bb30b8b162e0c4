"""A config.toml for a world: text that gives every project with cost an owner."""

from __future__ import annotations

from collections.abc import Iterable

from chargeback.sandbox.records import Project
from chargeback.sandbox.world import World

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
