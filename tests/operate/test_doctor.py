"""Each thing that a run needs, missing once: marked, with its remedy, and never raised."""

from __future__ import annotations

import base64
import errno
import fcntl
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from chargeback.archive.file_system import FileSystem
from chargeback.archive.head_file import write_head_file
from chargeback.archive.rehearsal import file_system_name
from chargeback.collect.credentials import Credential as Held
from chargeback.collect.credentials import basic, bearer
from chargeback.config import Config, Journal, Notify, Team
from chargeback.model.bookkeeping import ChartOfAccounts
from chargeback.operate.doctor import DoctorLine, Examination, Mark, archive, examine, exit_of, machine
from chargeback.operate.doctor.lines import guarded
from chargeback.operate.doctor.platform import credential_lifetime
from chargeback.sandbox import Credential, sample_configuration
from tests.kit.archives import write_archive
from tests.kit.platform import ENVIRON, Place, PlatformClock, place

LEGS = list(ChartOfAccounts.__struct_fields__)
NOW = datetime(2026, 6, 5, 2, tzinfo=UTC)


def found(at: Place, folder: Path, text: str | None = None, **environ: str) -> dict[str, list[DoctorLine]]:
    """By check, what is found with that configuration (None: the sample's)."""
    path = folder / "config.toml"
    path.write_text(text or sample_configuration(at.server.platform.world, endpoint=at.server.endpoint))
    path.chmod(0o640)
    return by_check(list(examine(Examination(path, None, {**ENVIRON, **environ}, at.clock))))


def by_check(findings: list[DoctorLine]) -> dict[str, list[DoctorLine]]:
    grouped: dict[str, list[DoctorLine]] = {}
    for finding in findings:
        assert finding.mark is Mark.GOOD or finding.remedy, finding
        assert "\n" not in finding.line()
        grouped.setdefault(finding.check, []).append(finding)
    return grouped


def code(checks: dict[str, list[DoctorLine]]) -> int:
    return exit_of(finding for findings in checks.values() for finding in findings)


def test_all_is_well(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        checks = found(at, tmp_path)
    assert code(checks) == 0
    good = {name for name, findings in checks.items() if all(each.mark is Mark.GOOD for each in findings)}
    assert good >= {"python", "packages", "configuration", "platform", "clock", "account", "time zone", "archive"}
    assert "legacy-batch" in checks["unowned projects"][0].message
    assert "7 days" in checks["credential"][0].message


def test_a_wrong_zone_is_told_with_the_right_one(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        text = sample_configuration(at.server.platform.world, endpoint=at.server.endpoint)
        checks = found(at, tmp_path, text.replace("Asia/Bangkok", "Europe/Berlin"))
    (finding,) = checks["time zone"]
    assert (finding.mark, finding.remedy) == (Mark.WRONG, 'write timezone = "Asia/Bangkok"') and code(checks) == 2


def test_what_is_configured_and_does_not_exist_is_told(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        text = sample_configuration(at.server.platform.world, endpoint=at.server.endpoint)
        text += '[[teams]]\nid = "gone"\nprojects = ["gone-web"]\n[[accounts]]\nid = "999"\n'
        text += '[notify]\nurls = ["${NOT_SET}"]\n'
        checks = found(at, tmp_path, text)
    assert "gone-web" in checks["configured projects"][0].message
    assert any("999" in each.message and each.exit == 5 for each in checks["account"])
    assert "NOT_SET" in checks["notify"][0].message and code(checks) == 5


@pytest.mark.parametrize(("environ", "exit_code"), [({"DEPLOYS_TOKEN": "wrong"}, 5), ({"DEPLOYS_TOKEN": ""}, 5)])
def test_a_credential_that_fails_is_exit_5(tmp_path: Path, environ: dict[str, str], exit_code: int) -> None:
    with place(tmp_path) as at:
        assert code(found(at, tmp_path, **environ)) == exit_code


def test_the_proxy_is_named_without_its_password(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        assert "proxy" not in found(at, tmp_path)
        checks = found(at, tmp_path, HTTPS_PROXY="http://user:hidden@proxy.example:3128")
    (finding,) = checks["proxy"]
    assert finding.message == (
        f"http://proxy.example:3128 ($HTTPS_PROXY); {at.server.endpoint} is asked without it (it is this machine, or "
        "NO_PROXY names it)"
    )
    assert not any("hidden" in each.line() for findings in checks.values() for each in findings)


def test_a_role_without_billing_is_exit_5(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        at.server.platform.keyring.add(Credential(token="viewer-token", role="viewer"))
        checks = found(at, tmp_path, DEPLOYS_TOKEN="viewer-token")
    assert "the role is viewer" in checks["account"][0].message and code(checks) == 5


def test_no_configuration_and_a_broken_one_are_exit_2(tmp_path: Path) -> None:
    missing = by_check(list(examine(Examination(tmp_path / "none.toml", None, {}, _clock()))))
    assert "chargeback init" in missing["configuration"][0].remedy and code(missing) == 2
    (tmp_path / "config.toml").write_text("archiv = 1")
    broken = by_check(list(examine(Examination(tmp_path / "config.toml", None, {}, _clock()))))
    assert code(broken) == 2 and "platform" not in broken


def test_a_clock_that_is_off_is_told(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        at.clock = PlatformClock(at.server.clock, ahead=timedelta(hours=30))
        (finding,) = found(at, tmp_path)["clock"]
    assert finding.mark is Mark.WRONG and "108,000 s ahead" in finding.message


def test_the_archive_is_looked_at(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        (tmp_path / "archive").mkdir()
        with (tmp_path / "archive/.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            checks = found(at, tmp_path)
    assert checks["archive lock"][0].mark is Mark.NOTICE
    assert checks["archive verify"][0].message == "no revision, though a run has used this archive (.lock is there)"
    assert "mount or restore" in checks["archive verify"][0].remedy


def test_the_archive_is_written_as_a_run_writes_it_and_its_file_system_named(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        checks = found(at, tmp_path)
        assert checks["archive"][0].mark is Mark.GOOD
        assert "will be created by the first run" in checks["archive"][0].message
        assert checks["user"][0].mark is Mark.GOOD
        kind = file_system_name(tmp_path)
        assert f"({kind})" in checks["archive"][0].message or not kind
        with patch.object(FileSystem, "sync", side_effect=OSError(errno.EINVAL, "Invalid argument")):
            (finding,) = found(at, tmp_path)["archive"]
    assert (finding.mark, finding.exit) == (Mark.WRONG, 2)
    assert "cannot hold an archive" in finding.message
    assert "docs/operations.md" in finding.remedy
    assert not list(tmp_path.glob(".staging-*"))


def test_an_archive_that_its_head_file_knows_is_never_called_new(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        (tmp_path / "head").write_text("0" * 64 + "\n")
        text = sample_configuration(at.server.platform.world, endpoint=at.server.endpoint)
        checks = found(at, tmp_path, f'head_file = "head"\n{text}')
    (finding,) = checks["archive"]
    assert finding.mark is Mark.WRONG
    assert "missing, not mounted or was rolled back" in finding.message
    assert not any("will be created" in each.message for findings in checks.values() for each in findings)


def test_a_head_file_is_told_before_the_first_run_and_after_it(tmp_path: Path) -> None:
    config = Config(archive=tmp_path / "archive", head_file=tmp_path / "head")
    before = by_check(list(archive.archive(config, NOW)))["head file"]
    head = write_archive(tmp_path / "archive", "2026-05").head()
    assert head is not None
    write_head_file(tmp_path / "head", head.sha256)
    after = by_check(list(archive.archive(config, NOW)))["head file"]
    assert [(line.mark, line.message) for line in (*before, *after)] == [
        (Mark.GOOD, f"{tmp_path}/head will be written by the first run"),
        (Mark.GOOD, f"the archive holds the revision that {tmp_path}/head names"),
    ]


def test_a_configuration_without_a_head_file_is_told(tmp_path: Path) -> None:
    with place(tmp_path) as at:
        (finding,) = found(at, tmp_path)["head file"]
    assert (finding.mark, "head_file" in finding.remedy) == (Mark.NOTICE, True)


@pytest.mark.parametrize("exists", [True, False])
def test_the_metrics_folder_is_looked_at(tmp_path: Path, exists: bool) -> None:
    folder = tmp_path / "metrics"
    if exists:
        folder.mkdir()
    (finding,) = machine.metrics(Config(archive=tmp_path / "archive", notify=Notify(metrics=folder)))
    assert finding.mark is (Mark.GOOD if exists else Mark.WRONG)
    assert not exists or list(folder.iterdir()) == []
    assert list(machine.metrics(Config(archive=tmp_path))) == []


def test_accounts_that_the_journal_lacks_are_told(tmp_path: Path) -> None:
    (finding,) = machine.journal(Config(archive=tmp_path, journal=Journal(expense="6400", payable="2110")))
    assert finding.mark is Mark.NOTICE
    assert "no account for input_vat_pending, input_vat, withholding, clearing:" in finding.message
    assert 'input_vat = "…"' in finding.remedy
    complete = Journal(**dict.fromkeys(LEGS, "1"))
    assert [each.mark for each in machine.journal(Config(archive=tmp_path, journal=complete))] == [Mark.GOOD]


def test_a_team_without_an_account_is_named_where_no_account_stands_for_all(tmp_path: Path) -> None:
    legs = dict.fromkeys(set(LEGS) - {"expense"}, "1")
    teams = (Team("web", "Web", gl_account="6420"), Team("data", "Data"))
    (finding,) = machine.journal(Config(archive=tmp_path, journal=Journal(**legs), teams=teams))
    assert "no account for expense; team data has no gl_account either" in finding.message
    assert [
        each.mark for each in machine.journal(Config(archive=tmp_path, journal=Journal(**legs), teams=teams[:1]))
    ] == [Mark.GOOD]


def token(days: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": (NOW + timedelta(days=days)).timestamp()}).encode()).decode()
    return f"e30.{claims.rstrip('=')}.x"


@pytest.mark.parametrize(
    ("source", "grant", "mark", "fragment"),
    [
        ("the environment variable DEPLOYS_TOKEN", bearer(token(7)), Mark.NOTICE, "before next month"),
        ("the environment variable DEPLOYS_TOKEN", bearer(token(-1)), Mark.WRONG, "expired"),
        ("the environment variable DEPLOYS_TOKEN", bearer(token(400)), Mark.GOOD, "valid until"),
        ("the environment variable DEPLOYS_TOKEN", bearer("ya29.abc"), Mark.NOTICE, "one hour"),
        ("token_command deploys", bearer("x"), Mark.GOOD, "makes a new token"),
        ("token_file /run/x", bearer("x"), Mark.GOOD, "at every run"),
        ("DEPLOYS_AUTH_USER and DEPLOYS_AUTH_PASS", basic("u", "p"), Mark.GOOD, "service account"),
        ("DEPLOYS_AUTH_USER and token_file /run/x", basic("u", "p"), Mark.GOOD, "service account"),
    ],
)
def test_how_long_a_credential_lives(source: str, grant: object, mark: Mark, fragment: str) -> None:
    held = Held(source, lambda: grant, renewable=False)  # type: ignore[arg-type,return-value]
    (finding,) = credential_lifetime(held, "job@acme.serviceaccount.deploys.app", NOW)
    assert finding.mark is mark and fragment in finding.message


def test_nothing_is_ever_raised() -> None:
    def broken() -> list[DoctorLine]:
        raise ZeroDivisionError("x")

    (finding,) = guarded("any", broken)
    assert finding.mark is Mark.WRONG and finding.exit == 2


def _clock() -> object:
    from chargeback.collect.clock import SystemClock

    return SystemClock()
