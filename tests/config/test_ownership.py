"""``[[teams]]``, ``[[shared]]`` and ``[environments]``."""

from __future__ import annotations

from decimal import Decimal

import pytest

from chargeback.config import ProjectClaim, SharedProject, Team
from chargeback.evidence.period import Period

from .conftest import Read, Refused

TWO_TEAMS = "[[teams]]\nid = 'web'\n[[teams]]\nid = 'data'\n"


def test_teams_are_read_in_order(read: Read) -> None:
    written = (
        '[[teams]]\nid = "web"\nname = "Web & Shop"\ncost_center = "CC-1"\ngl_account = "0420"\n'
        'projects = ["acme-web", "acme-*", { match = "shop", from = "2026-04", until = "2026-09" }]\n'
        '[[teams]]\nid = "data"'
    )
    claims = (ProjectClaim("acme-web"), ProjectClaim("acme-*"), ProjectClaim("shop", Period(2026, 4), Period(2026, 9)))
    assert read(written).teams == (Team("web", "Web & Shop", "CC-1", "0420", claims), Team("data", "data"))


def test_shared_projects_are_read(read: Read) -> None:
    written = (
        '[[shared]]\nproject = "a"\nsplit = "even"\n'
        '[[shared]]\nproject = "b-*"\nfrom = "2026-04"\nsplit = "proportional"\n'
        '[[shared]]\nproject = "c"\nsplit = { data = 33.3, web = 0 }'
    )
    weights = {"web": Decimal(0), "data": Decimal("33.3")}
    even, proportional, weighted = read(TWO_TEAMS + written).shared
    assert even == SharedProject("a", split="even")
    assert proportional == SharedProject("b-*", Period(2026, 4), split="proportional")
    assert weighted == SharedProject("c", split=weights)


def test_weights_are_in_the_order_of_the_teams(read: Read) -> None:
    split = read(TWO_TEAMS + '[[shared]]\nproject = "c"\nsplit = { data = 1, web = 2 }').shared[0].split
    assert list(split) == ["web", "data"]


def test_environments_are_a_pattern_or_several(read: Read) -> None:
    environments = read('[environments]\nstaging = "*-staging"\n"ทดสอบ" = ["*-dev", "sandbox"]').environments
    assert dict(environments) == {
        "staging": (ProjectClaim("*-staging"),),
        "ทดสอบ": (ProjectClaim("*-dev"), ProjectClaim("sandbox")),
    }


@pytest.mark.parametrize("name", ["web", "a", "0", "a-", "web-2", "a" * 64, "console", "com", "com10"])
def test_team_ids(name: str, read: Read) -> None:
    assert read(f"[[teams]]\nid = '{name}'").teams[0].id == name


@pytest.mark.parametrize(
    ("name", "fragment"),
    [
        ("Web", "not a team id"),
        ("web_1", "not a team id"),
        ("../web", "not a team id"),
        ("web team", "not a team id"),
        ("wéb", "not a team id"),
        ("-", "not a team id"),
        ("--", "not a team id"),
        ("-a", "not a team id"),
        ("a" * 65, "at most 64"),
        ("", "empty"),
        ("all", "name of another ledger"),
        ("unassigned", "name of another ledger"),
        ("adjustments", "name of another ledger"),
        *[(device, "device") for device in ("con", "prn", "aux", "nul", "com1", "com9", "lpt1", "lpt9")],
    ],
)
def test_other_team_ids_are_errors(name: str, fragment: str, refused: Refused) -> None:
    refused(f"[[teams]]\nid = '{name}'", "teams[0].id: ", fragment)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("name = 'Web'", ['teams[0]: the key "id" is missing']),
        ("id = 7", ["teams[0].id: this is a number", '"7"']),
        ("id = 'web'\n[[teams]]\nid = 'web'", ['teams[1]: the team "web" is there already, as teams[0]']),
        ("id = 'web'\nname = ''", ["teams[0].name: the text is empty"]),
        ("id = 'web'\ngl_account = 6420", ["teams[0].gl_account", '"6420"']),
        ("id = 'web'\ncost_center = ''", ["teams[0].cost_center: the text is empty", "leave the key out"]),
        ("id = 'web'\nprojects = 'a'", ["teams[0].projects: this is a text, not a list"]),
        ("id = 'web'\nprojects = ['a', '']", ["teams[0].projects[1]: the text is empty"]),
        ("id = 'web'\nprojects = [1]", ["teams[0].projects[0]: this is a number"]),
        (
            "id = 'web'\nprojects = ['a, b']",
            ['teams[0].projects[0]: "a, b" is not a sid or glob', "one sid or glob a string"],
        ),
        ("id = 'web'\nprojects = ['a b']", ["teams[0].projects[0]"]),
        ('id = "web"\nprojects = ["a\\u007f"]', ["teams[0].projects[0]", "control character"]),
        ("id = 'web'\nprojects = [{ from = '2026-01' }]", ['teams[0].projects[0]: the key "match" is missing']),
        ("id = 'web'\nprojects = [{ match = 'a', from = '2026-00' }]", ["teams[0].projects[0].from", "not a month"]),
        (
            "id = 'web'\nprojects = [{ match = 'a', from = '2026-03', until = '2026-02' }]",
            ["teams[0].projects[0]: from 2026-03 is later than until 2026-02"],
        ),
    ],
)
def test_wrong_teams_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[[teams]]\n{written}", *fragments)


@pytest.mark.parametrize(
    ("split", "fragments"),
    [
        ("'evenly'", ['shared[0].split: "evenly" is not known here', 'did you mean "even"?']),
        ("'x'", ['write "even" or "proportional"']),
        ("''", ["shared[0].split: the text is empty"]),
        ("60", ["shared[0].split: this is a number, not a split", "{ team = weight"]),
        ("[60, 40]", ["shared[0].split: this is a list"]),
        ("{}", ["shared[0].split: no team has a weight above zero"]),
        ("{ web = 0, data = 0.0 }", ["shared[0].split: no team has a weight above zero"]),
        ("{ web = -1, data = 2 }", ["shared[0].split.web: -1 is negative"]),
        ("{ web = true }", ["shared[0].split.web: this is true or false, not a number"]),
        ("{ web = '60' }", ["shared[0].split.web: this is a text, not a number", "without quotes"]),
        ("{ web = nan }", ["shared[0].split.web: the number is not finite"]),
        ("{ web = inf }", ["shared[0].split.web: the number is not finite"]),
        ("{ web = 1e31 }", ["shared[0].split.web: the number has too many digits"]),
        ("{ web = 1e-31 }", ["shared[0].split.web: the number has too many digits"]),
        ("{ wed = 60, data = 40 }", ["shared[0].split.wed: there is no such team", 'did you mean "web"?']),
        ("{ finance = 1 }", ["there is no such team", "teams are: web, data"]),
    ],
)
def test_wrong_splits_are_errors(split: str, fragments: list[str], refused: Refused) -> None:
    refused(f"{TWO_TEAMS}[[shared]]\nproject = 'p'\nsplit = {split}", *fragments)


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("split = 'even'", ['shared[0].split: "even" needs teams', "[[teams]]"]),
        ("split = 'proportional'", ['shared[0].split: "proportional" needs teams']),
        ("split = { web = 1 }", ["shared[0].split.web: there is no such team", "[[teams]]"]),
        ("", ['shared[0]: the key "split" is missing']),
        ("until = '2026'\nsplit = 'even'", ["shared[0].until"]),
    ],
)
def test_shared_entries_need_teams_and_a_split(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[[shared]]\nproject = 'p'\n{written}", *fragments)


def test_a_shared_entry_needs_a_project(refused: Refused) -> None:
    refused(f"{TWO_TEAMS}[[shared]]\nsplit = 'even'", 'shared[0]: the key "project" is missing')


WEB, DATA = "[[teams]]\nid = 'web'\nprojects = [{}]\n", "[[teams]]\nid = 'data'\nprojects = [{}]\n"
SHARED = "[[shared]]\nproject = 'p'\n{}split = 'even'\n"
UNTIL_MARCH, FROM_MARCH = "{ match = 'p', until = '2026-03' }", "{ match = 'p', from = '2026-03' }"
FROM_APRIL = "{ match = 'p', from = '2026-04' }"


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        (
            WEB.format("'p'") + DATA.format("'p'"),
            ['teams[1].projects[0]: "p" of team "data"', 'team "web", at teams[0].projects[0]'],
        ),
        (WEB.format("'p-*'") + DATA.format("'p-*'"), ['"p-*"']),
        (WEB.format(UNTIL_MARCH) + DATA.format("'p'"), ["teams[1].projects[0]"]),
        (WEB.format(UNTIL_MARCH) + DATA.format(FROM_MARCH), ["teams[1].projects[0]", "do not overlap"]),
        (WEB.format("'p', 'q', 'p'"), ['teams[0].projects[2]: "p" of team "web"', "at teams[0].projects[0]"]),
        (WEB.format("'p'") + SHARED.format(""), ['shared[0]: "p" of [[shared]] is claimed already by team "web"']),
        (WEB.format(UNTIL_MARCH) + SHARED.format("from = '2026-03'\n"), ["shared[0]"]),
        (WEB.format("'q'") + SHARED.format("") * 2, ["shared[1]", "at shared[0]"]),
    ],
)
def test_one_pattern_claimed_twice_for_a_month_is_an_error(
    written: str, fragments: list[str], refused: Refused
) -> None:
    refused(written, *fragments)


@pytest.mark.parametrize(
    "written",
    [
        WEB.format(UNTIL_MARCH) + DATA.format(FROM_APRIL),
        WEB.format(FROM_APRIL) + DATA.format(UNTIL_MARCH),
        WEB.format(f"{UNTIL_MARCH}, {FROM_APRIL}"),
        WEB.format(UNTIL_MARCH) + SHARED.format("from = '2026-04'\n"),
        WEB.format("'q'") + SHARED.format("until = '2026-03'\n") + SHARED.format("from = '2026-04'\n"),
        WEB.format("'p*'") + DATA.format("'p'"),
    ],
)
def test_a_pattern_may_change_hands(written: str, read: Read) -> None:
    assert read(written).teams


@pytest.mark.parametrize(
    ("written", "fragments"),
    [
        ("a = '*-x'\nb = '*-x'", ['environments.b: "*-x" stands for "a" already']),
        ("a = ['*-x', '*-x']", ['environments.a: "*-x" stands for "a" already']),
        ("a = ['*-y']\nb = ['*-x', '*-y']", ["environments.b"]),
        ("a = ''", ["environments.a: the text is empty"]),
        ("a = ['']", ["environments.a[0]: the text is empty"]),
        ("a = 1", ["environments.a: this is a number"]),
        ("a = { match = 'x' }", ["environments.a: this is a table"]),
        ("'' = 'x'", ["environments", "the text is empty"]),
        ('"a\\u0001" = "x"', ["environments", "control character"]),
    ],
)
def test_wrong_environments_are_errors(written: str, fragments: list[str], refused: Refused) -> None:
    refused(f"[environments]\n{written}", *fragments)
