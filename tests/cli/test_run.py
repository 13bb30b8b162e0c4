"""``chargeback run`` as cron, a script and a person see it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chargeback.sandbox.credentials import Credential
from tests.kit.workplace import CREDENTIALS, Workplace, listening

from .calling import Called, call

KEYS = [
    "schema",
    "period",
    "status",
    "revision",
    "endpoint",
    "accepted",
    "not_performed",
    "accounts",
    "checks",
    "findings",
    "path",
    "head",
    "changes",
    "events",
]
"""INTERFACE's document, in its order."""
ACCOUNT_KEYS = [
    "account", "currency", "invoices", "report_total", "line_total", "invoice_total", "ledger_total", "variance",
    "status",
]  # fmt: skip
CHECK_KEYS = {
    "check", "account", "invoice", "subject", "outcome", "expected", "actual", "variance", "currency", "tolerance",
    "message", "finding", "cause",
}  # fmt: skip
HEAVY = (
    "pandas",
    "numpy",
    "openpyxl",
    "httpx",
    "lxml",
    "arro3",
    "nanoarrow",
    "pypdf",
    "msgspec",
    "rich",
    "iso4217",
)


def run(where: Workplace, *arguments: str) -> Called:
    environ: dict[str, Any] = dict.fromkeys(CREDENTIALS)
    return call("run", "-c", where.config_path, *arguments, **{**environ, **where.environ})


def test_a_month_is_told_in_one_line_when_written_and_in_none_when_nothing_is_new(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        first, again, verbose = run(where), run(where), run(where, "-v")
    assert (first.exit, first.err) == (0, "")
    (line,) = first.out.splitlines()
    assert "  reconciled  4 accounts  " in line
    assert f"written: {where.archive}" in line
    assert (again.exit, again.out, again.err) == (0, "", "")
    assert verbose.exit == 0 and "stage ends stage=collect" in verbose.err
    assert f"nothing new: {where.archive}" in verbose.out
    assert first.out.split("head ")[1] == verbose.out.split("head ")[1]


def test_a_pdf_reader_that_cannot_be_started_is_a_notice_and_the_month_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hardened machines forbid it; the PDFs are archived, and only what they say is not looked at."""

    def forbidden(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    with listening(tmp_path) as where:
        monkeypatch.setattr("chargeback.collect.pdf_reader.subprocess.Popen", forbidden)
        called = run(where, "--output", "json")
    assert (called.exit, called.err) == (0, "")
    found = [check for check in called.document["checks"] if check["check"] == "invoice-pdf"]
    assert {check["outcome"] for check in found} == {"notice"}
    assert "its reader cannot be started: Permission denied" in found[0]["message"]
    assert list((Path(called.document["path"]) / "invoices").glob("*/*.pdf"))


def test_findings_are_a_line_each_on_stderr_and_are_told_again(tmp_path: Path) -> None:
    with listening(tmp_path, "ownership") as where:
        for _ in range(2):
            called = run(where, "--dry-run")
            assert called.exit == 3
            assert "1 exception" in called.out
            (line,) = called.err.splitlines()
            assert " ownership " in line
            assert "nobody owns legacy-batch: its cost is in the ledger unassigned -> Give each project" in line


def test_json_is_one_document_with_interfaces_keys_and_nothing_else_on_stdout(tmp_path: Path) -> None:
    with listening(tmp_path, "several-currencies") as where:
        written, again, dry = (
            run(where, "--output", "json"),
            run(where, "--output", "json"),
            run(where, "--output", "json", "--dry-run"),
        )
    assert (written.exit, written.err) == (0, "")
    document = written.document
    assert list(document) == KEYS
    assert [list(account) for account in document["accounts"]] == [ACCOUNT_KEYS] * 6
    assert all(set(check) == CHECK_KEYS for check in document["checks"])
    assert {account["currency"] for account in document["accounts"]} == {"THB", "JPY", "KWD"}
    texts = [value for row in (*document["accounts"], *document["checks"]) for value in row.values()]
    assert all(value is None or isinstance(value, str | list) for value in texts)
    assert Path(document["path"]).name == "r1"
    for other in (again, dry):
        assert other.document == {**document, "revision": 1} | {"checks": other.document["checks"]}
    published = json.loads((Path(document["path"]) / "reconciliation/reconciliation.json").read_bytes())
    assert {name: document[name] for name in published} == published


def test_json_of_a_dry_run_without_an_archive_has_no_revision(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        document = run(where, "--output", "json", "--dry-run").document
    assert [document[name] for name in ("revision", "path", "head", "changes")] == [None, None, None, None]
    assert not where.archive.exists()


def test_json_with_catch_up_has_the_periods(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        document = run(where, "--output", "json", "--dry-run", "--catch-up").document
    assert list(document) == ["schema", "periods"]
    assert [list(each) for each in document["periods"]] == [KEYS]


def test_json_with_catch_up_on_a_failing_exit_has_the_failure_too(tmp_path: Path) -> None:
    with listening(tmp_path, faults="billing.listInvoices:error(api: forbidden)") as where:
        called = run(where, "--output", "json", "--catch-up")
    assert (called.exit, list(called.document)) == (5, ["schema", "status", "exit", "errors", "periods"])
    assert called.document["errors"] == called.document["periods"][0]["errors"]


@pytest.mark.parametrize("arguments", [
    ("--output", "json", "--bogus"), ("--bogus", "--output=json"), ("--output", "json", "-p"), ("--output=json", "x"),
])  # fmt: skip
def test_json_of_a_wrong_command_line_is_a_failure_too(arguments: tuple[str, ...]) -> None:
    """A script that reads stdout would find nothing there."""
    called = call("run", *arguments)
    assert (called.exit, called.document["status"], called.document["exit"]) == (2, "failed", 2)
    (error,) = called.document["errors"]
    assert error["message"] in called.err
    assert error["remedy"]


def test_changes_are_the_latest_revisions_where_nothing_was_written(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        assert run(where, "--output", "json").document["changes"] == []
        where.config_path.write_text(where.config_path.read_text().replace('split = "proportional"', 'split = "even"'))
        dry, written, again = (run(where, "--output", "json", *more) for more in (("--dry-run",), (), ()))
    assert dry.document["changes"] == [], "those of r1, which is what is there"
    assert "would restate" in dry.err and "r2" not in dry.err
    assert (written.document["revision"], again.document["revision"]) == (2, 2)
    assert again.document["changes"] == written.document["changes"] != []
    assert again.err == "", "told once"


def test_a_dry_run_says_that_a_run_would_write(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        first = run(where, "--dry-run")
        run(where)
        same = run(where, "--dry-run")
        where.config_path.write_text(where.config_path.read_text().replace('split = "proportional"', 'split = "even"'))
        other = run(where, "--dry-run")
    assert "a run would write r1" in first.out
    assert "nothing new: " in same.out
    assert "a run would write r2" in other.out and "nothing new" not in other.out


@pytest.mark.parametrize(("arguments", "faults", "exit_code"), [
    (("-p", "soon"), "", 2),
    (("--dry-run",), "billing.listInvoices:page-token", 6),
    (("--dry-run",), "billing.listInvoices:error(api: forbidden)", 5),
])  # fmt: skip
def test_json_of_a_failure_is_interfaces_failure(
    tmp_path: Path, arguments: tuple[str, ...], faults: str, exit_code: int
) -> None:
    with listening(tmp_path, faults=faults) as where:
        called = run(where, "--output", "json", *arguments)
    assert called.exit == exit_code
    document = called.document
    assert (document["schema"], document["status"], document["exit"]) == (1, "failed", exit_code)
    assert all(list(error) == ["account", "message", "remedy"] for error in document["errors"])
    assert len(called.err.splitlines()) == 1 <= len(document["errors"])
    if faults:
        assert [error["account"] for error in document["errors"]] == sorted(
            account.id for account in where.server.platform.world.accounts
        )


def test_json_of_a_month_that_is_not_over_is_a_not_ready_document(tmp_path: Path) -> None:
    from .test_outcome import THIS_MONTH

    with listening(tmp_path) as where:
        called = run(where, "--output", "json", "-p", str(THIS_MONTH))
    assert (called.exit, called.document["status"], called.document["period"]) == (4, "not-ready", str(THIS_MONTH))
    assert set(KEYS) <= set(called.document)


def test_json_of_an_account_that_is_not_ready_has_its_accounts_and_checks(tmp_path: Path) -> None:
    with listening(tmp_path, "not-ready") as where:
        called = run(where, "--output", "json", "--dry-run")
    assert (called.exit, called.document["status"], called.document["revision"]) == (4, "not-ready", None)
    statuses = [account["status"] for account in called.document["accounts"]]
    assert statuses == ["reconciled", "reconciled", "reconciled", "not-ready"]


def test_accepted_exceptions_are_counted_wherever_the_status_is_shown(tmp_path: Path) -> None:
    with listening(tmp_path, "ownership") as where:
        account = where.server.platform.world.accounts[0].id
        accepted = f'[[accepted]]\ncheck = "ownership"\naccount = "{account}"\nuntil = "2999-12"\n'
        where.configure(f'{accepted}reason = "known"\nby = "me"\n')
        text, document = run(where, "--dry-run", "-v"), run(where, "--dry-run", "--output", "json").document
    assert text.exit == 0 and "chargeback:" not in text.err
    assert "  reconciled, 1 accepted  " in text.out
    assert (document["status"], document["accepted"]) == ("reconciled", {"count": 1, "amounts": []})


def hostile(where: Workplace) -> None:
    world = where.server.platform.world
    accounts = tuple(replace(account, name="a\x1b[31m\nb\u202e") for account in world.accounts)
    projects = tuple(
        replace(project, sid=f"{project.sid}\x1b[2J\u202e\nx" if not project.team else project.sid, size=30)
        for project in world.projects
    )
    where.server.platform.world = replace(world, accounts=accounts, projects=projects)


def test_names_that_steer_a_terminal_are_told_inert(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        hostile(where)
        called = run(where, "--dry-run", "-v")
    assert called.exit == 3
    assert not {"\x1b", "\u202e", "\x07"} & set(called.out + called.err)
    assert all(line.startswith("20") for line in (called.out + called.err).splitlines())


def test_no_secret_shows_whatever_is_answered(tmp_path: Path) -> None:
    secret = "s3cret-t0ken-of-this-test"
    for faults in ("billing.report:echo-credential(400)", "billing.getInvoice:echo-credential(500)"):
        with listening(tmp_path, faults=faults) as where:
            where.server.platform.keyring.add(Credential(token=secret, role="owner"))
            environ: dict[str, Any] = dict.fromkeys(CREDENTIALS)
            where.configure()
            called = call(
                "run",
                "-c",
                where.config_path,
                "-v",
                "--output",
                "json",
                "--dry-run",
                **{**environ, "DEPLOYS_TOKEN": secret},
            )
        assert called.exit == 6, called.err
        assert secret not in called.out + called.err


def test_an_archive_named_on_the_command_line_is_the_one_written(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        called = run(where, "--archive", str(tmp_path / "elsewhere"))
    assert called.exit == 0
    assert (tmp_path / "elsewhere/index.html").is_file()
    assert not where.archive.exists()


def imported(code: str, *more: str) -> str:
    """Which of the heavy modules a process has imported after the code."""
    shown = f"import sys; print(*sorted({{*{HEAVY}, *{more}}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", f"{code}\n{shown}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


HELP = """
from chargeback.cli import main
try:
    main({arguments!r}, prog_name="chargeback")
except SystemExit as ended:
    assert not ended.code
"""


def test_help_and_version_import_nothing_heavy() -> None:
    assert imported(HELP.format(arguments=["--help"]), "dateutil", "chargeback.model") == ""
    assert imported(HELP.format(arguments=["--version"]), "dateutil", "chargeback.model") == ""
    assert imported(HELP.format(arguments=["run", "--help"])) == ""


def test_help_names_every_command_and_teaches(monkeypatch: pytest.MonkeyPatch) -> None:
    called = call("--help")
    assert called.exit == 0
    commands = [
        "run",
        "demo",
        "sandbox",
        "list",
        "show",
        "explain",
        "diff",
        "plan",
        "verify",
        "rebuild",
        "sign",
        "init",
        "doctor",
        "usage",
        "schedule",
    ]
    assert all(f"\n  {name} " in called.out for name in commands)
    for name in commands:
        shown = call(name, "--help")
        assert (shown.exit, shown.err) == (0, "")
        assert len(shown.out) > 200
