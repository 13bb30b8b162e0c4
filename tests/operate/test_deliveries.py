"""Each team gets its own statement and workbook, once, over real SMTP; nothing of another team's, no address kept."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from openpyxl import load_workbook

from chargeback.archive import bucket as bucket_module
from chargeback.archive.deliveries import DeliveryKey, claim_delivery, claim_path, read_deliveries
from chargeback.archive.locked_archive import open_for_writing
from chargeback.archive.reading import Archive
from chargeback.config import Config, parse
from chargeback.config.address import Address
from chargeback.errors import DamagedError
from chargeback.evidence.period import Period
from chargeback.job.run import RunRequest, Surroundings, run
from chargeback.operate.doctor import machine
from chargeback.operate.doctor.lines import Mark
from chargeback.operate.notify import deliveries, watched
from chargeback.operate.notify.deliveries import deliver, services
from tests.cli.calling import call
from tests.kit.platform import Place, place
from tests.kit.s3_server import PLAIN, S3Server
from tests.kit.some import some
from tests.operate.receivers import MailServer, mailing, receiving

pytest.importorskip("apprise", reason="notifications are an extra: pip install '.[notify]'")

WEB, SHOP, SHOP_2 = "web-lead@acme.example", "shop-lead@acme.example", "shop-deputy@acme.example"
SMTP_URL = "mailto://127.0.0.1:${SMTP_PORT}?from=job@acme.example&mode=insecure&to="
RECIPIENTS = {"web": f'["{SMTP_URL}{WEB}"]', "shop": f'["{SMTP_URL}{SHOP}", "{SMTP_URL}{SHOP_2}"]'}
MONTH = Period(2026, 5)


class Desk:
    """An archive of its own, somebody who takes mails, and what was said on stderr."""

    def __init__(self, at: Place, config: Config, mails: MailServer) -> None:
        self.at, self.config, self.mails = at, config, mails
        self.environ = {**at.environ, "SMTP_PORT": str(mails.port)}
        self.said: list[str] = []

    def run(self, *, dry_run: bool = False, config: Config | None = None) -> None:
        """A run as the command does it."""
        config = config or self.config
        with watched(config, self.environ, self.at.clock, self.said.append, silent=dry_run) as watcher:
            request = RunRequest(dry_run=dry_run)
            watcher.results = run(config, request, Surroundings(self.environ, self.at.clock))

    def deliver(self) -> None:
        deliver(self.config, self.environ, self.at.clock, self.said.append)

    @property
    def recipients(self) -> list[str]:
        return sorted(to for recipients, _ in self.mails.messages for to in recipients)

    @property
    def recorded(self) -> list[tuple[str, int, str, str]]:
        return [tuple(each.key) for each in read_deliveries(self.config.archive)]

    def attached(self, recipient: str) -> dict[str, bytes]:
        """The newest files that somebody got."""
        (message, *_) = [message for to, message in reversed(self.mails.messages) if recipient in to]
        return {str(each.get_filename()): each.get_payload(decode=True) for each in message.iter_attachments()}  # type: ignore[misc]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Place, datetime]]:
    """A month that is closed, of which nothing was sent yet."""
    with place(tmp_path_factory.mktemp("deliveries"), told=RECIPIENTS) as at:
        run(at.config, RunRequest(), Surroundings(at.environ, at.clock))
        yield at, at.clock.now()


@pytest.fixture
def desk(closed: tuple[Place, datetime], tmp_path: Path) -> Iterator[Desk]:
    at, now = closed
    at.server.clock.set(now)
    shutil.copytree(at.config.archive, tmp_path / "archive", symlinks=True)
    with mailing() as mails:
        yield Desk(at, replace(at.config, archive=tmp_path / "archive"), mails)


WEB_KEY = DeliveryKey(MONTH, 1, "web", "mailto")
ALL = [(MONTH, 1, "shop", "mailto"), (MONTH, 1, "shop", "mailto 2"), (MONTH, 1, "web", "mailto")]


def test_each_team_gets_its_own_statement_and_workbook_once(desk: Desk) -> None:
    desk.deliver()
    desk.deliver()
    assert desk.said == []
    assert desk.recipients == sorted([WEB, SHOP, SHOP_2])
    ledgers = desk.config.archive / str(MONTH) / "r1/ledgers"
    for team, recipient in (("web", WEB), ("shop", SHOP), ("shop", SHOP_2)):
        wanted = {f"{team}-{MONTH}-r1.{kind}": (ledgers / f"{team}.{kind}").read_bytes() for kind in ("html", "xlsx")}
        assert desk.attached(recipient) == wanted
    assert sorted(desk.recorded) == ALL


def test_the_record_names_no_address_and_is_only_appended_to(desk: Desk) -> None:
    desk.deliver()
    data = (desk.config.archive / "deliveries.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbfsent_at,period,revision,team,service\r\n2026-06-05T02:00:00Z,2026-05,1,shop,")
    assert b"@" not in data and b"127.0.0.1" not in data
    moved = desk.config.source.replace(b'"somchai-blog", ', b"")
    moved = moved.replace(b'"acme-shop", ', b'"acme-shop", "somchai-blog", ')
    desk.run(config=replace(parse(moved, desk.config.path or Path("x")), archive=desk.config.archive))
    assert (desk.config.archive / "deliveries.csv").read_bytes().startswith(data)
    assert sorted(desk.recorded)[3:] == [(period, 2, team, service) for period, _, team, service in ALL]
    assert "somchai-blog" in desk.attached(SHOP)[f"shop-{MONTH}-r2.html"].decode()
    assert "came to this team by the configuration" in desk.attached(SHOP)[f"shop-{MONTH}-r2.html"].decode()
    assert len(desk.recipients) == 6


def test_a_mail_is_text_whatever_a_name_holds(desk: Desk) -> None:
    teams = (replace(each, name="<b>Web</b> & Co." if each.id == "web" else each.name) for each in desk.config.teams)
    desk.config = replace(desk.config, teams=tuple(teams))
    desk.deliver()
    (message,) = [message for to, message in desk.mails.messages if WEB in to]
    body = message.get_body(("plain", "html"))
    assert body is not None and body.get_content_type() == "text/plain"
    assert "<b>Web</b> & Co." in body.get_content()


def test_a_mail_has_nothing_of_another_teams(desk: Desk) -> None:
    desk.deliver()
    (message,) = [message for to, message in desk.mails.messages if WEB in to]
    body = message.get_body(("plain", "html"))
    assert body is not None
    attached = desk.attached(WEB)
    book = load_workbook(io.BytesIO(attached[f"web-{MONTH}-r1.xlsx"]), read_only=True)
    cells = " ".join(str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    text = f"{message['subject']} {body.get_content()} {attached[f'web-{MONTH}-r1.html'].decode()} {cells}"
    assert "Web" in str(message["subject"]) and "acme-web" in text
    others = ("acme-shop", "acme-data", "siam-app", "Siam Cloud", "CC-200", "CC-300")
    assert [name for name in others if name in text] == []
    assert [to for to in (SHOP, SHOP_2) if to in message.as_string()] == []


def test_what_fails_is_told_and_sent_by_the_next_run_alone(desk: Desk) -> None:
    desk.mails.refusing = {SHOP_2}
    desk.deliver()
    assert sorted(desk.recorded) == [ALL[0], ALL[2]]
    (told,) = desk.said
    assert told == (
        f"deliveries: {MONTH} r1 to team shop (mailto 2): the message was not taken -> the next run tries again"
    )
    desk.mails.refusing = set()
    desk.run()  # nothing new is written, and what is due is sent
    assert sorted(desk.recorded) == ALL
    assert desk.recipients == sorted([WEB, SHOP, SHOP_2])


def test_a_variable_that_is_not_set_is_told_and_no_failure(desk: Desk) -> None:
    del desk.environ["SMTP_PORT"]
    desk.run()
    assert [line for line in some(desk.said) if "not set: SMTP_PORT" not in line] == []
    assert desk.recorded == []
    assert desk.recipients == []


def test_a_dry_run_sends_nothing(desk: Desk) -> None:
    desk.run(dry_run=True)
    assert desk.recipients == []
    assert not (desk.config.archive / "deliveries.csv").exists()


def test_a_team_that_is_told_only_now_gets_no_month_of_before(desk: Desk) -> None:
    now = replace(desk.config, teams=tuple(
        replace(team, notify=team.notify or desk.config.teams[-1].notify) for team in desk.config.teams
    ))  # fmt: skip
    assert {team.id for team in now.teams if team.notify} > {"web", "shop"}
    deliver(now, desk.environ, desk.at.clock, desk.said.append)
    assert sorted(desk.recorded) == ALL


def test_what_was_being_sent_when_a_run_was_ended_is_told_and_not_sent_twice(desk: Desk) -> None:
    with open_for_writing(desk.config.archive, started="2026-06-05T02:00:00Z") as writer:
        claim_delivery(writer, WEB_KEY, "2026-06-05T01:00:00Z")
    desk.deliver()
    desk.deliver()
    assert desk.recipients == sorted([SHOP, SHOP_2])
    assert len(set(desk.said)) == 1
    assert "web (mailto): a run began to send it at 2026-06-05T01:00:00Z and did not record" in desk.said[0]
    claim = Path(str(desk.config.archive / claim_path(WEB_KEY)))
    assert str(claim) in desk.said[0]
    claim.unlink()
    desk.deliver()
    assert sorted(desk.recorded) == ALL
    assert not claim.parent.exists()


def test_an_interruption_leaves_what_was_being_sent_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(deliveries, "send_to", interrupted)
    with pytest.raises(KeyboardInterrupt):
        desk.deliver()
    monkeypatch.undo()
    desk.deliver()
    assert len(desk.recorded) == 2 and len(desk.said) == 1


@pytest.fixture(scope="module")
def in_bucket(closed: tuple[Place, datetime]) -> tuple[Place, Config, Any]:
    """The same month closed into the client's memory, and the store itself."""
    obstore = pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    at, now = closed
    at.server.clock.set(now)
    config, memory = replace(at.config, archive=Address("s3://memory/deliveries/archive")), obstore.store.MemoryStore()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bucket_module, "_client", lambda *arguments, **options: memory)
        run(config, RunRequest(), Surroundings(at.environ, at.clock))
    return at, config, memory


@pytest.fixture
def bucket_desk(in_bucket: tuple[Place, Config, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A desk before that archive, of which nothing was sent yet."""
    at, config, memory = in_bucket
    monkeypatch.setattr(bucket_module, "_client", lambda *arguments, **options: memory)
    for meta in chain.from_iterable(memory.list("deliveries/archive")):
        if "/deliveries" in meta["path"][len("deliveries/archive") :] or "/.delivering/" in meta["path"]:
            memory.delete(meta["path"])
    with mailing() as mails:
        yield Desk(at, config, mails)


@pytest.mark.parametrize("round_", range(5))
def test_runs_at_once_on_a_bucket_send_each_statement_once(bucket_desk: Desk, round_: int) -> None:
    ready = threading.Barrier(4)

    def one() -> None:
        ready.wait()
        bucket_desk.deliver()

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(one) for _ in range(4)]:
            done.result()
    assert bucket_desk.recipients == sorted([WEB, SHOP, SHOP_2])
    assert sorted(bucket_desk.recorded) == ALL
    bucket_desk.said.clear()
    bucket_desk.deliver()
    assert (bucket_desk.said, len(bucket_desk.recipients)) == ([], 3)


def test_a_run_that_looked_before_another_one_sent_sends_nothing_again(
    bucket_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = deliveries._due

    def late(config: Config, archive: Archive) -> list[deliveries.Due]:
        due = list(looked(config, archive))
        monkeypatch.undo()
        bucket_desk.deliver()
        return due

    def first(config: Config, archive: Archive) -> list[deliveries.Due]:
        monkeypatch.setattr(deliveries, "_due", late)
        return list(looked(config, archive))

    monkeypatch.setattr(deliveries, "_due", first)
    bucket_desk.deliver()
    assert bucket_desk.recipients == sorted([WEB, SHOP, SHOP_2])
    assert sorted(bucket_desk.recorded) == ALL


def test_a_run_that_sends_holds_the_others_off_that_statement_alone(
    bucket_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending, go_on, send = threading.Event(), threading.Event(), deliveries.send_to

    def slow(url: str, *rest: Any) -> str:
        if WEB in url and not sending.is_set():
            sending.set()
            go_on.wait(60)
        return send(url, *rest)

    monkeypatch.setattr(deliveries, "send_to", slow)
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(bucket_desk.deliver)
        assert sending.wait(60)
        bucket_desk.deliver()
        told, before = list(bucket_desk.said), bucket_desk.recipients
        go_on.set()
        other.result()
    assert (before.count(WEB), len(told)) == (0, 1)
    assert "web (mailto): a run began to send it at" in told[0]
    assert bucket_desk.recipients == sorted([WEB, SHOP, SHOP_2])
    assert sorted(bucket_desk.recorded) == ALL


def test_another_run_at_work_sends_and_the_next_one_knows(desk: Desk) -> None:
    with open_for_writing(desk.config.archive, started="2026-06-05T02:00:00Z"):
        desk.deliver()
    assert desk.said == ["deliveries: another run is at work; the next run sends what is due"]
    assert desk.recipients == []


def test_a_mail_server_that_is_down_holds_no_run_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    passed = iter(range(0, 10**6, 400))
    monkeypatch.setattr(desk.at.clock, "monotonic", lambda: next(passed))
    desk.deliver()
    assert len(desk.recorded) == 1
    assert desk.said == ["deliveries: 600 seconds are over; the next run sends the other 2"]
    desk.deliver()
    desk.deliver()
    assert sorted(desk.recorded) == ALL


def test_a_changed_statement_is_never_sent(desk: Desk) -> None:
    path = desk.config.archive / str(MONTH) / "r1/ledgers/shop.html"
    path.chmod(0o640)
    path.write_bytes(path.read_bytes().replace(b"Shop", b"Ship"))
    with pytest.raises(DamagedError, match=r"shop\.html"):
        desk.deliver()
    assert desk.recipients == []


def test_a_record_that_is_none_stops_sending(desk: Desk) -> None:
    (desk.config.archive / "deliveries.csv").write_text("something else\r\n")
    with pytest.raises(DamagedError, match="its first line is not sent_at,period"):
        desk.deliver()
    assert desk.recipients == []


def test_services_are_named_by_scheme_and_place() -> None:
    config = parse(
        b'[[teams]]\nid = "a"\nnotify = ["mailto://x?to=a@b.cc", "json://y", "mailto://x?to=c@d.cc", "${URL}"]\n',
        Path("/config.toml"),
    )
    assert [name for name, _ in services(config.teams[0])] == ["mailto", "json", "mailto 2", "${URL}"]


@pytest.mark.parametrize(
    ("urls", "environ", "mark", "text"),
    [
        ('["mailto://127.0.0.1:1?from=x@b.example&to=a@b.example"]', {}, Mark.GOOD, "sent to 1 team: a"),
        ('["mailto://127.0.0.1:1?to=${WHO}"]', {}, Mark.NOTICE, "not set, for [[teams]] notify: WHO"),
        ('["syslog://"]', {}, Mark.NOTICE, "a service that takes no files, or none that apprise knows: a (syslog)"),
        ('["${URL}"]', {"URL": "nothing://x"}, Mark.NOTICE, "a (${URL})"),
    ],
)  # fmt: skip
def test_doctor_says_whether_teams_can_be_told(urls: str, environ: dict[str, str], mark: Mark, text: str) -> None:
    config = parse(f'[[teams]]\nid = "a"\nnotify = {urls}\n'.encode(), Path("/config.toml"))
    (line,) = machine.deliveries(config, environ)
    assert (line.mark, text in line.message) == (mark, True)


def test_doctor_is_silent_where_no_team_is_to_be_told() -> None:
    assert list(machine.deliveries(Config(archive=Path("archive")), {})) == []


def test_a_service_that_takes_no_files_sends_nothing(closed: tuple[Place, datetime], tmp_path: Path) -> None:
    at, _ = closed
    shutil.copytree(at.config.archive, tmp_path / "archive", symlinks=True)
    said: list[str] = []
    teams = tuple(replace(team, notify=("syslog://",) if team.id == "web" else ()) for team in at.config.teams)
    deliver(replace(at.config, teams=teams, archive=tmp_path / "archive"), {}, at.clock, said.append)
    (told,) = said
    assert "team web (syslog): this service takes no files" in told
    assert read_deliveries(tmp_path / "archive") == ()


def test_a_web_hook_gets_the_files_too(closed: tuple[Place, datetime], tmp_path: Path) -> None:
    at, _ = closed
    shutil.copytree(at.config.archive, tmp_path / "archive", symlinks=True)
    with receiving() as receiver:
        teams = tuple(
            replace(team, notify=(f"json://{receiver.host}/hook",) if team.id == "web" else ())
            for team in at.config.teams
        )
        deliver(replace(at.config, teams=teams, archive=tmp_path / "archive"), {}, at.clock, pytest.fail)
    ((_, body),) = receiver.received
    assert [each["filename"] for each in body["attachments"]] == [f"web-{MONTH}-r1.html", f"web-{MONTH}-r1.xlsx"]


def test_an_archive_in_a_bucket_keeps_the_record_too(closed: tuple[Place, datetime], s3: S3Server) -> None:
    pytest.importorskip("obstore", reason="no obstore: pip install '.[object]'")
    at, now = closed
    at.server.clock.set(now)
    address = Address(f"s3://{PLAIN}/deliveries/archive")
    with mailing() as mails:
        desk = Desk(at, replace(at.config, archive=address), mails)
        desk.run()
        desk.run()
        assert desk.recipients == sorted([WEB, SHOP, SHOP_2])
        assert sorted(tuple(each.key) for each in read_deliveries(address)) == ALL
        assert desk.said == []


@pytest.mark.parametrize(
    "arguments",
    [("list",), ("show", str(MONTH)), ("findings", str(MONTH)), ("explain", str(MONTH), "web"), ("verify",)],
    ids=lambda arguments: str(arguments[0]),
)
def test_a_command_that_reads_sends_nothing(
    desk: Desk, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configuration = tmp_path / "config.toml"
    configuration.write_bytes(desk.config.source)
    for name, value in desk.environ.items():
        monkeypatch.setenv(name, value)
    called = call(*arguments, "-c", str(configuration), "--archive", str(desk.config.archive))
    assert called.exit == 0, called.err
    assert desk.recipients == []
    assert not (Path(str(desk.config.archive)) / "deliveries.csv").exists()
