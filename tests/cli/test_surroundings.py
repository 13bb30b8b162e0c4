"""Every command in every surroundings that can be made here: what it ends with, and that it says so in plain lines.

A command is run once where all is well; what it must do elsewhere follows from its own exit code and from what it said
there (INTERFACE, exit codes). A command that is added to the table must be added here.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from chargeback.cli.lazy import COMMANDS
from chargeback.errors import decisive_exit
from tests.kit.some import some
from tests.kit.workplace import LOGGED, Workplace, listening

from .calling import call

MOST_SECONDS = 120
LEAVES_WORK = {"run", "init", "sign", "usage", "rebuild", "demo"}
"""Commands that are called for what they leave behind: an output that nobody wants takes nothing away."""
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "init": ("-c", "{fresh}/config.toml", "--non-interactive"),
    "config": ("show", "-c", "{config}"),
    "doctor": ("-c", "{config}"),
    "run": ("-c", "{config}", "-v"),
    "sandbox": ("--list",),
    "usage": ("-c", "{config}", "-v"),
    "schedule": ("cron", "-c", "{config}"),
    "list": ("-c", "{config}"),
    "open": ("-c", "{config}", "{month}"),
    "show": ("-c", "{config}"),
    "explain": ("-c", "{config}", "{month}", "1"),
    "diff": ("-c", "{config}", "{month}"),
    "plan": ("-c", "{config}"),
    "findings": ("-c", "{config}", "{month}"),
    "sign": ("-c", "{config}", "{month}", "--by", "Signer {count}", "--role", "preparer"),
    "verify": ("-c", "{config}", "--quick"),
    "rebuild": ("-c", "{config}", "{month}", "-o", "{fresh}/rebuilt"),
}
SLOW = {"demo": ("{fresh}/demo",)}
"""What only --nightly runs everywhere."""


WITHOUT_A_READER = """
import os, sys
reader, writer = os.pipe()
os.close(reader)
os.dup2(writer, 3)
os.closerange(4, 20)
os.execvp(sys.argv[1], sys.argv[1:])
"""
"""Starts a shell whose descriptor 3 is a pipe that nobody reads."""


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    exit: int
    out: str
    err: str


@dataclass
class Place:
    """An office with one closed month, where commands are run as processes."""

    office: Workplace
    month: str
    count: int = 0

    def arguments(self, command: str) -> list[str]:
        """The command's arguments; each call gets a fresh folder."""
        self.count += 1
        fresh = self.office.root / f"fresh-{self.count}"
        fresh.mkdir()
        values = {"config": str(self.office.config_path), "month": self.month, "fresh": str(fresh), "count": self.count}
        return [command, *(each.format(**values) for each in {**ARGUMENTS, **SLOW}[command])]

    def ended(self, command: str, surroundings: Surroundings) -> Ended:
        """Run it in these surroundings."""
        arguments = [sys.executable, "-m", "chargeback", *self.arguments(command)]
        environ = {**self.office.environment(), "DEPLOYS_ENDPOINT": self.office.server.endpoint}
        prefix = f"{surroundings.before} " if surroundings.before else ""
        done = subprocess.run(
            [
                sys.executable,
                "-c",
                WITHOUT_A_READER,
                "sh",
                "-c",
                f'{prefix}"$@" {surroundings.redirected}',
                "sh",
                *arguments,
            ],
            env={**environ, **surroundings.environ},
            cwd=self.office.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
        return Ended(done.returncode, done.stdout.decode(), done.stderr.decode())


@dataclass(frozen=True)
class Surroundings:
    """What the shell does before the command and with its streams, and which exit code follows."""

    redirected: str = ""
    before: str = ""
    environ: dict[str, str] = field(default_factory=dict)
    out: str = "well"
    err: str = "well"

    def exit_code(self, command: str, well: Ended) -> int:
        """INTERFACE's: output that cannot be written is 9, but for work that stands where a stream is only closed."""
        codes = {well.exit}
        if well.out and (self.out == "full" or (self.out == "closed" and not _stands(command, well))):
            codes.add(9)
        if well.err and self.err == "full":
            codes.add(9)
        return decisive_exit(codes)


def _stands(command: str, well: Ended) -> bool:
    return command in LEAVES_WORK and well.exit in (0, 3)


STREAMS = {
    "stdout closed": Surroundings(">&-", out="closed"),
    "stderr closed": Surroundings("2>&-", err="closed"),
    "both closed": Surroundings(">&- 2>&-", out="closed", err="closed"),
    "all three closed": Surroundings("<&- >&- 2>&-", out="closed", err="closed"),
    "stdin closed": Surroundings("<&-"),
    "stdout full": Surroundings(">/dev/full", out="full"),
    "stderr full": Surroundings("2>/dev/full", err="full"),
    "both full": Surroundings(">/dev/full 2>&1", out="full", err="full"),
    "stdout's reader gone": Surroundings(">&3", out="closed"),
    "stderr's reader gone": Surroundings("2>&3", err="closed"),
    "both readers gone": Surroundings(">&3 2>&3", out="closed", err="closed"),
}


GONE = "d=$(mktemp -d); cd $d; rmdir $d;"
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
HARMLESS = {
    "the working folder no longer exists": Surroundings(before=GONE),
    "an ASCII locale": Surroundings(environ=ASCII),
    "the C locale": Surroundings(environ={"LC_ALL": "C"}),
    "ASCII streams": Surroundings(environ={"PYTHONIOENCODING": "ascii"}),
    "an unknown locale": Surroundings(environ={"LC_ALL": "tlh_QO.KOI9"}),
    "no home, no PATH, no TERM": Surroundings(environ={"HOME": "/nonexistent", "PATH": "/usr/bin:/bin", "TERM": ""}),
    "odd sizes and colours": Surroundings(
        environ={"COLUMNS": "wide", "LINES": "-1", "FORCE_COLOR": "", "NO_COLOR": "x"}
    ),
    "another time zone": Surroundings(environ={"TZ": "Nowhere/Land", "PYTHONTZPATH": "relative"}),
    "no temporary folder": Surroundings(environ={"TMPDIR": "/nonexistent"}),
    "a proxy that is none": Surroundings(environ={"https_proxy": "::::", "NO_PROXY": "*"}),
}
"""Surroundings that change nothing: what these commands are given has absolute paths."""


WHOLLY = ("list",)
"""Commands that see every surroundings in each run of the tests; the others share them out, but with --nightly."""


def tried(
    command: str, table: dict[str, Surroundings], request: pytest.FixtureRequest
) -> list[tuple[str, Surroundings]]:
    """What the command is run in: a third of the table, another one for each command."""
    rows = list(table.items())
    if command in WHOLLY or request.config.getoption("--nightly"):
        return rows
    return rows[list(ARGUMENTS).index(command) % 3 :: 3]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A closed month with two revisions."""
    with listening(tmp_path_factory.mktemp("office"), "hostile-names") as where:
        environ = {**dict.fromkeys(("DEPLOYS_AUTH_USER", "DEPLOYS_AUTH_PASS"), ""), **where.environ}
        assert call("run", "-c", where.config_path, **environ).exit in (0, 3)
        where.configure('[[teams]]\nid = "later"\nprojects = ["later-*"]\n')
        assert call("run", "-c", where.config_path, **environ).exit in (0, 3)
        month = next(where.archive.glob("*/r2")).parent.name
        yield Place(where, month)


def test_every_command_of_the_table_is_tried() -> None:
    assert {*ARGUMENTS, *SLOW} == set(COMMANDS)


@pytest.mark.parametrize("command", ARGUMENTS)
def test_streams_that_are_closed_full_or_without_a_reader(
    place: Place, command: str, request: pytest.FixtureRequest
) -> None:
    well = place.ended(command, Surroundings())
    assert well.out
    assert not set("\x1b\x9b\x07\r\u202e\u2066\u2028") & set(well.out + well.err), "a name steers the terminal"
    for name, surroundings in some(tried(command, STREAMS, request)):
        ended = place.ended(command, surroundings)
        assert ended.exit == surroundings.exit_code(command, well), (name, ended)
        assert "Traceback" not in ended.err, name
        assert "Exception ignored" not in ended.err, name
        assert "report it" not in ended.err, name


@pytest.mark.parametrize("command", ARGUMENTS)
def test_surroundings_that_change_nothing(place: Place, command: str, request: pytest.FixtureRequest) -> None:
    well = place.ended(command, Surroundings())
    for name, surroundings in some(tried(command, HARMLESS, request)):
        ended = place.ended(command, surroundings)
        assert ended.exit == well.exit, (name, ended)
        assert "Traceback" not in ended.err, name
        assert ended.err.count("\n") == well.err.count("\n"), (name, ended.err)


WRONG: dict[str, tuple[str, set[int]]] = {
    "SSL_CERT_FILE=/nonexistent.pem": ("$SSL_CERT_FILE: /nonexistent.pem", {2}),
    "SSL_CERT_FILE=/": ("$SSL_CERT_FILE: / ", {2}),
    "SSL_CERT_FILE=/etc/passwd": ("$SSL_CERT_FILE: /etc/passwd holds no certificate", {2}),
    "SSL_CERT_DIR=/nonexistent": ("$SSL_CERT_DIR: /nonexistent is not a folder", {2}),
    "SSL_CERT_DIR=/proc:/sys": ("$SSL_CERT_DIR: /proc:/sys is not a folder with certificates", {2}),
    "SSLKEYLOGFILE=/nonexistent/log": ("$SSLKEYLOGFILE: /nonexistent/log", {2}),
    "DEPLOYS_ENDPOINT=ftp://elsewhere.example/": ("DEPLOYS_ENDPOINT", {2}),
    "DEPLOYS_TOKEN=": ("DEPLOYS_TOKEN", {5}),
}
"""A variable that is wrong: what is said of it, and the exit codes that it may lead to. Never 1, "report it"."""


@pytest.mark.parametrize(("variable", "told", "codes"), [(name, *row) for name, row in WRONG.items()])
@pytest.mark.parametrize("command", ["run", "doctor", "usage", "init"])
def test_a_variable_that_is_wrong_is_named(
    place: Place, command: str, variable: str, told: str, codes: set[int]
) -> None:
    name, value = variable.split("=", 1)
    ended = place.ended(command, Surroundings(environ={"SSL_CERT_FILE": "", "SSL_CERT_DIR": "", name: value}))
    assert ended.exit in codes, ended
    assert told in ended.err + ended.out, ended
    assert "report it" not in ended.err + ended.out


LIMITS = [
    (command, f"ulimit -{limit};")
    for command, limits in {
        "run": ("v 20000", "v 350000", "n 8", "n 12", "n 20", "f 0"),
        "show": ("v 110000", "v 270000", "n 8"),
        "verify": ("v 250000", "v 350000", "f 0"),
        "rebuild": ("v 270000", "n 12", "f 0"),
    }.items()
    for limit in limits
]


@pytest.mark.parametrize(("command", "limit"), LIMITS)
def test_what_a_limit_forbids_is_told_and_exit_9(place: Place, command: str, limit: str) -> None:
    ended = place.ended(command, Surroundings(before=limit))
    assert ended.exit in (0, 3, 6, 9), ended
    assert "Traceback" not in ended.err
    assert "report it" not in ended.err
    if ended.exit == 9:
        said = LOGGED.sub("", ended.err)  # a thread may log after the error
        lines = [line for line in said.splitlines() if not line.startswith("<jemalloc>")]
        assert lines
        assert lines[-1].startswith("chargeback: "), ended


def test_relative_paths_from_a_working_folder_that_is_gone(place: Place) -> None:
    for arguments in (["list"], ["list", "--archive", "archive"], ["run", "-c", "config.toml"], ["verify", "archive"]):
        done = subprocess.run(
            ["sh", "-c", f'{GONE} "$@"', "sh", sys.executable, "-m", "chargeback", *arguments],
            env=place.office.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (9, ""), done
        assert done.stderr == (
            "chargeback: the working folder no longer exists, so relative paths cannot be used"
            " -> cd into a folder that exists\n"
        )


@pytest.mark.nightly
@pytest.mark.parametrize("name", [*STREAMS, *HARMLESS])
def test_the_demonstration_everywhere(place: Place, name: str) -> None:
    well = place.ended("demo", Surroundings())
    surroundings = {**STREAMS, **HARMLESS}[name]
    ended = place.ended("demo", surroundings)
    assert ended.exit == surroundings.exit_code("demo", well), ended
    assert "Traceback" not in ended.err
