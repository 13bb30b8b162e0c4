"""Who is told what, how often, and that nothing in telling ever fails a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace
from prometheus_client.parser import text_string_to_metric_families

from chargeback.config import Config, Notify
from chargeback.errors import ChargebackError, CredentialError, LockedError
from chargeback.job.results import MonthResult
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.operate.notify import Watcher, notify, watched
from chargeback.operate.notify.messages import address, of_failure, signal_of
from chargeback.operate.notify.services import filled
from tests.kit.platform import Place, place
from tests.operate.receivers import Receiver, receiving

pytest.importorskip("apprise", reason="notifications are an extra: pip install '.[notify]'")

Closed = tuple[Place, list[MonthResult], Config, datetime]
SECRET = "s3cr3t/with@signs"


@dataclass(slots=True)
class Desk:
    """A platform, somebody who listens, and what was said on stderr."""

    at: Place
    receiver: Receiver
    said: list[str]

    results: list[MonthResult]
    """What the run gave that made the archive's revision."""

    def run(self, *, again: bool = False, error: Exception | None = None, silent: bool = False) -> None:
        """The end of a run that wrote the revision, of one that found nothing new (``again``), or that failed."""
        at = self.at
        with watched(at.config, at.environ, at.clock, self.said.append, silent=silent) as watcher:
            if error is not None:
                raise error
            watcher.results = [replace(result, written=not again) for result in self.results]

    def fail(self, error: Exception) -> None:
        with pytest.raises(type(error)):
            self.run(error=error)

    def paths(self) -> list[str]:
        return [path for path, _ in self.receiver.received]


@pytest.fixture(scope="module", params=["clean"])
def closed(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Closed]:
    """A month that is closed, with the platform still there."""
    with place(tmp_path_factory.mktemp("notify"), scenario=request.param) as at:
        yield at, run(at.config, RunRequest(), Surroundings(at.environ, at.clock)), at.config, at.clock.now()


@pytest.fixture
def desk(closed: Closed, tmp_path: Path) -> Iterator[Desk]:
    """The same month for every test, with nobody told yet."""
    at, results, config, now = closed
    at.server.clock.set(now)
    (config.archive / ".told.json").unlink(missing_ok=True)
    with receiving() as receiver:
        at.environ["HOOK"] = SECRET
        settings = Notify(
            urls=(f"json://{receiver.host}/hook/${{HOOK}}",),
            healthcheck_url=f"http://{receiver.host}/ping/${{HOOK}}",
            metrics=tmp_path,
        )
        at.config = replace(config, notify=settings)
        yield Desk(at, receiver, [], results)


def test_a_run_is_told_with_status_totals_path_and_head(desk: Desk) -> None:
    desk.run()
    (text,) = desk.receiver.texts()
    head = next((desk.at.config.archive / "2026-05/r1").glob("manifest.json"))
    assert "2026-05 reconciled, r1" in text and "web: " in text and "THB" in text
    assert str(head.parent) in text and "head " in text
    assert desk.said == []


def test_nothing_new_is_not_told(desk: Desk) -> None:
    desk.run()
    desk.at.clock.pass_days(1)
    desk.run(again=True)
    assert len(desk.receiver.texts()) == 1


@pytest.mark.parametrize("closed", ["invoice-tax"], indirect=True)
def test_exceptions_are_told_once_then_weekly(desk: Desk) -> None:
    for day in range(9):
        desk.run(again=day > 0)
        desk.at.clock.pass_days(1)
    first, second = desk.receiver.texts()
    for text in (first, second):
        assert re.search(r"^  finding F-[0-9a-f]{10} invoice-tax ", text, re.MULTILINE)
        assert "    to do: " in text and "    operator: " in text


def test_failures_are_told_once_then_weekly_and_when_they_change(desk: Desk) -> None:
    for error in [CredentialError("refused, after 3 attempts in 90 seconds")] * 3 + [CredentialError("unset")] * 2:
        desk.fail(error)
    assert len(desk.receiver.texts()) == 2
    desk.at.clock.pass_days(7)
    desk.fail(CredentialError("unset"))
    assert len(desk.receiver.texts()) == 3


def test_a_failure_that_comes_back_after_a_success_is_told_again(desk: Desk) -> None:
    desk.fail(CredentialError("refused"))
    desk.run(again=True)
    desk.fail(CredentialError("refused"))
    assert [text.split("\n")[0] for text in desk.receiver.texts()] == ["chargeback: run failed (exit 5)"] * 2


def test_another_run_at_work_is_nothing_to_tell(desk: Desk) -> None:
    desk.fail(LockedError("held"))
    assert desk.receiver.texts() == []


def test_a_dry_run_tells_and_pings_nobody(desk: Desk) -> None:
    desk.run(silent=True)
    assert desk.receiver.received == []


def test_it_is_pinged_on_start_and_end(desk: Desk) -> None:
    desk.run()
    desk.fail(CredentialError("refused"))
    pings = [path for path in desk.paths() if path.startswith("/ping")]
    encoded = "/ping/s3cr3t%2Fwith%40signs"
    assert pings == [f"{encoded}/start", encoded, f"{encoded}/start", f"{encoded}/fail"]


def test_overdue_is_told_daily_from_close_by_on(tmp_path: Path) -> None:
    with receiving() as receiver, place(tmp_path, now="2026-06-08T02:00:00Z") as at:
        at.config.archive.mkdir()
        at.config = replace(at.config, notify=Notify(urls=(f"json://{receiver.host}/",), on=("overdue",)))
        watcher = Watcher(at.config, at.environ, at.clock, pytest.fail)
        for _ in range(4):
            for _ in range(2):
                notify(watcher, [of_failure(CredentialError("refused"))])
            at.clock.pass_days(1)
    assert [text.split("\n")[0] for text in receiver.texts()] == ["chargeback: 2026-05 is overdue"] * 2


def test_only_what_is_asked_for_is_told(desk: Desk) -> None:
    desk.at.config = replace(desk.at.config, notify=replace(desk.at.config.notify, on=("failed",)))
    desk.run()
    assert desk.receiver.texts() == []


def test_what_was_told_is_no_stranger_in_the_archive(desk: Desk) -> None:
    from chargeback.archive.reading import Archive

    desk.run()
    assert (desk.at.config.archive / ".told.json").exists()
    assert Archive(desk.at.config.archive).strangers() == ()


@pytest.mark.parametrize(
    "url", ["json://127.0.0.1:1/${HOOK}", "nosuchservice://${HOOK}", "json://${NOT_SET}/", "${HOOK}"]
)
def test_a_notification_that_fails_fails_nothing_and_shows_no_secret(
    desk: Desk, url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = Notify(urls=(url,), healthcheck_url="http://127.0.0.1:1/${HOOK}", metrics=Path("/no/such/folder"))
    desk.at.config = replace(desk.at.config, notify=settings)
    desk.run()
    assert (desk.at.config.archive / "2026-05/r1/manifest.json").exists()
    shown = "\n".join([*desk.said, *capfd.readouterr()])
    assert len(desk.said) == 4 and all(line.startswith("[notify]") for line in desk.said)
    assert "s3cr3t" not in shown


def test_a_server_error_is_told_on_stderr(desk: Desk) -> None:
    desk.receiver.status = 500
    desk.run()
    assert [line for line in desk.said if "not taken" in line] and any("HTTP 500" in line for line in desk.said)


def test_a_run_leaves_metrics_that_prometheus_reads(desk: Desk, tmp_path: Path) -> None:
    desk.run()
    families = list(text_string_to_metric_families((tmp_path / "chargeback.prom").read_text()))
    values = {(each.name, *sorted(each.labels.values())): each.value for family in families for each in family.samples}
    assert values["chargeback_run_exit_code",] == 0
    assert values["chargeback_last_closed_period", "1", "2026-05"] == 1
    assert values["chargeback_last_closed_status", "reconciled"] == 1
    assert values["chargeback_last_closed_exceptions",] == 0
    due = datetime(2026, 7, 10, tzinfo=ZoneInfo("Asia/Bangkok"))  # of 2026-06, the first month without a revision
    assert values["chargeback_close_due_timestamp_seconds",] == due.timestamp()
    assert values["chargeback_last_closed_end_age_seconds",] > 4 * 86400
    assert [path.name for path in tmp_path.glob("*.prom*")] == ["chargeback.prom"]


@pytest.mark.parametrize(
    ("code", "overdue", "signal"),
    [(0, True, "success"), (3, True, "success"), (4, False, "success"), (8, False, "success"), (4, True, "fail")]
    + [(code, False, "fail") for code in (1, 2, 5, 6, 7, 9, 130)],
)
def test_what_an_exit_code_says_to_the_watcher(code: int, overdue: bool, signal: str) -> None:
    assert signal_of(code, overdue=overdue) == signal


def test_addresses_are_filled_from_the_environment() -> None:
    environ = {"A": "a/b@c", "WHOLE": "json://x/y"}
    assert filled("json://h/${A}", environ) == "json://h/a%2Fb%40c"
    assert filled("${WHOLE}", environ) == "json://x/y"
    assert filled("json://${MISSING}", environ) is None
    assert address("https://hc.example/p/1?x=2", "start") == "https://hc.example/p/1/start?x=2"


def test_a_bug_is_told_without_its_words(desk: Desk) -> None:
    desk.fail(ZeroDivisionError("secret words"))
    (text,) = desk.receiver.texts()
    assert "unexpected ZeroDivisionError" in text and "secret words" not in text


def test_errors_keep_their_class(desk: Desk) -> None:
    with pytest.raises(ChargebackError):
        desk.run(error=LockedError("held"))
