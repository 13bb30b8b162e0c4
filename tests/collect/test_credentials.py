"""Where a credential comes from, how it is renewed, and that it shows up nowhere."""

from __future__ import annotations

import base64
import logging
import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chargeback.collect.clock import SystemClock
from chargeback.collect.credentials import Credential, Credentials, Grant, basic, bearer, token_command
from chargeback.collect.run_time import RunTime
from chargeback.config import AccountEntry, Api
from chargeback.errors import CredentialError, InterruptedRunError
from chargeback.evidence.gate import Gate
from tests.collect.conftest import Open
from tests.collect.servers import Asked, ok, said

SECRET = "s3cret/t0ken+value=="
SHELL_ENVIRONMENT = {"PATH": os.environ["PATH"]}


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-I", "-c", code)


def grant_of(api: Api | None = None, environ: dict[str, str] | None = None, entry: AccountEntry | None = None) -> Grant:
    return Credentials(api or Api(), {**SHELL_ENVIRONMENT, **(environ or {})}).of(entry).grant()


SERVICE_ACCOUNT = {"DEPLOYS_AUTH_USER": "me@acme.serviceaccount.deploys.app", "DEPLOYS_AUTH_PASS": "key"}
COMMAND = Api(token_command=python("print('from-command')"))


def test_sources_are_tried_in_the_documented_order() -> None:
    entry = AccountEntry("ba_1", token_env="ACME")
    every = {"ACME": "from-acme", **SERVICE_ACCOUNT, "DEPLOYS_TOKEN": "from-token"}
    assert grant_of(COMMAND, every, entry).authorization == "Bearer from-acme"
    encoded = base64.b64encode(b"me@acme.serviceaccount.deploys.app:key").decode()
    assert grant_of(COMMAND, every).authorization == f"Basic {encoded}"
    assert grant_of(COMMAND, {"DEPLOYS_TOKEN": "from-token"}).authorization == "Bearer from-token"
    assert grant_of(COMMAND).authorization == "Bearer from-command"


def test_half_a_service_account_is_none() -> None:
    half = {"DEPLOYS_AUTH_USER": "me", "DEPLOYS_AUTH_PASS": "", "DEPLOYS_TOKEN": "token"}
    assert grant_of(environ=half).authorization == "Bearer token"


@pytest.mark.parametrize(("environ", "state"), [({}, "not set"), ({"ACME": ""}, "empty"), ({"ACME": " \n"}, "empty")])
def test_variable_that_an_account_names_must_be_set(environ: dict[str, str], state: str) -> None:
    with pytest.raises(CredentialError, match=f"the environment variable ACME is {state}") as caught:
        grant_of(environ={"DEPLOYS_TOKEN": "other", **environ}, entry=AccountEntry("ba_1", token_env="ACME"))
    assert caught.value.account == "ba_1" and caught.value.exit_code == 5


def test_no_source_at_all_is_told() -> None:
    with pytest.raises(CredentialError, match="no credential: DEPLOYS_AUTH_USER with DEPLOYS_AUTH_PASS, DEPLOYS_TOKEN"):
        grant_of()


@pytest.mark.parametrize("value", ["two words", "two\nlines", "nul\0", "töken", "bell\x07"])
def test_token_that_no_header_can_carry_is_refused_without_showing_it(value: str) -> None:
    with pytest.raises(CredentialError) as caught:
        grant_of(environ={"DEPLOYS_TOKEN": value})
    assert value not in str(caught.value) and value[:3] not in caught.value.message.replace("the", "")


def test_surrounding_white_space_is_not_part_of_a_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"\n {SECRET}\r\n")
    assert grant_of(environ={"DEPLOYS_TOKEN": f"{SECRET}\n"}).secrets == (SECRET,)
    assert grant_of(Api(token_file=file)).secrets == (SECRET,)


def test_a_file_holds_the_key_of_the_service_account_that_the_environment_names(tmp_path: Path) -> None:
    (file := tmp_path / "key").write_text(f"{SECRET}\n")
    environ = {"DEPLOYS_AUTH_USER": "job@acme.serviceaccount.deploys.app"}
    named = {**environ, "DEPLOYS_AUTH_PASS": SECRET}
    assert grant_of(Api(token_file=file), environ=environ) == grant_of(environ=named)


def test_service_account_that_basic_cannot_carry_is_refused() -> None:
    for user, password in (("a:b", "key"), ("me", "k\ney")):
        with pytest.raises(CredentialError, match="HTTP Basic cannot carry"):
            grant_of(environ={"DEPLOYS_AUTH_USER": user, "DEPLOYS_AUTH_PASS": password})


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import sys; print('s3cret'); sys.exit(3)", "failed with exit code 3"),
        ("pass", "gave no token"),
        ("print('s3cret-a'); print('s3cret-b')", "gave more than one line"),
        ("print('s3cret-\\x1b[0m')", "a control"),
        ("import sys; sys.stdout.buffer.write(b's3cret\\xff')", "not text"),
        ("print('s3cret' * 20000)", "more than 65,536 bytes"),
        ("import os, signal; print('s3cret'); os.kill(os.getpid(), signal.SIGTERM)", "failed with exit code -15"),
    ],
)
def test_failing_command_is_told_by_name_without_its_output(code: str, found: str) -> None:
    with pytest.raises(CredentialError, match=found) as caught:
        grant_of(Api(token_command=python(code)))
    assert sys.executable in str(caught.value)
    assert "s3cret" not in "".join(traceback.format_exception(caught.value)).replace(code, "")


def test_command_that_does_not_exist_is_told() -> None:
    with pytest.raises(CredentialError, match="token_command no-such-command: No such file"):
        grant_of(Api(token_command=("no-such-command",)))


def test_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = ("sh", "-c", f"sleep 60 & echo $! $$ > {pids}; wait")
    begun = time.monotonic()
    with pytest.raises(CredentialError, match=r"token_command sh: no token after 0\.5 seconds, so it was killed"):
        token_command(command, SHELL_ENVIRONMENT, 0.5)
    assert time.monotonic() - begun < 3
    for pid in pids.read_text().split():
        _assert_ends(int(pid))


def test_command_is_killed_at_once_when_the_run_is_stopped(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    command = ("sh", "-c", f"echo $$ > {pids}; sleep 60")
    run_time = RunTime(SystemClock(), 600)
    credential = Credentials(Api(token_command=command), SHELL_ENVIRONMENT, run_time.left).of()
    with ThreadPoolExecutor(1) as pool:
        questions = pool.submit(credential.grant)
        while not (pids.exists() and pids.read_text().strip()):
            time.sleep(0.01)
        begun = time.monotonic()
        run_time.stop()
        with pytest.raises(InterruptedRunError):
            questions.result()
    assert time.monotonic() - begun < 3
    _assert_ends(int(pids.read_text()))


def test_child_that_a_command_leaves_behind_does_not_hold_it_up() -> None:
    begun = time.monotonic()
    grant = grant_of(Api(token_command=("sh", "-c", "sleep 60 & echo token-1")))
    assert grant.secrets == ("token-1",) and time.monotonic() - begun < 5


def test_command_runs_without_a_shell(tmp_path: Path) -> None:
    assert grant_of(Api(token_command=("printf", "%s", "$(id);`id`"))).secrets == ("$(id);`id`",)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_token_file_must_be_a_regular_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "token")
    with pytest.raises(CredentialError, match=r"token_file .*token: "):
        grant_of(Api(token_file=tmp_path / "token"))


def test_missing_token_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match="token: No such file or directory"):
        grant_of(Api(token_file=tmp_path / "token"))


def test_accounts_with_the_same_source_share_one_credential() -> None:
    opened = Gate()
    credentials = Credentials(Api(), {"DEPLOYS_TOKEN": "one", "ACME": "two"}, gate=opened)
    assert credentials.of() is credentials.of(AccountEntry("ba_1"))
    acme = credentials.of(AccountEntry("ba_2", token_env="ACME"))
    assert acme is credentials.of(AccountEntry("ba_3", token_env="ACME")) and acme is not credentials.of()
    credentials.of().grant(), acme.grant()
    assert opened.holds_secret("one") and opened.holds_secret("two")


def test_command_runs_once_however_many_threads_ask(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    credentials = Credentials(Api(token_command=("sh", "-c", f"echo run >> {runs}; echo token-1")), SHELL_ENVIRONMENT)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: credentials.of().grant(), range(64)))
    assert runs.read_text() == "run\n"


def test_source_that_fails_is_not_asked_again() -> None:
    asked: list[int] = []

    def obtain() -> Grant:
        asked.append(1)
        raise CredentialError("token_command x: failed")

    credential = Credential("token_command x", obtain, renewable=True)
    for _ in range(3):
        with pytest.raises(CredentialError, match="token_command x: failed"):
            credential.grant()
    assert len(asked) == 1


def test_refused_credential_is_renewed_by_one_thread_for_all(bench: Open, tmp_path: Path) -> None:
    runs, barrier = tmp_path / "runs", threading.Barrier(16)

    def script(asked: Asked, connection: socket.socket) -> bytes:
        if asked.headers["authorization"] == "Bearer token-2":
            return ok()
        barrier.wait(5)
        return said(b"", 401)

    command = ("sh", "-c", f"echo run >> {runs}; echo token-$(wc -l < {runs} | tr -d ' ')")
    given = bench(script, environ=SHELL_ENVIRONMENT, token_command=command)
    with ThreadPoolExecutor(16) as pool:
        replies = list(pool.map(lambda n: given.call(path=f"{n}.json"), range(16)))
    assert all(reply.ok for reply in replies)
    assert runs.read_text() == "run\nrun\n" and given.turns == 32


def test_second_refusal_ends_every_call(bench: Open, tmp_path: Path) -> None:
    command = ("sh", "-c", f"echo run >> {tmp_path}/runs; echo token-$(wc -c < {tmp_path}/runs | tr -d ' ')")
    given = bench(lambda asked, connection: said(b"", 401), environ=SHELL_ENVIRONMENT, token_command=command)
    for _ in range(3):
        with pytest.raises(CredentialError, match=r"account ba_1: billing.report: the platform refused the credential"):
            given.call()
    assert given.turns == 2


def test_source_that_gives_the_same_again_is_given_up(bench: Open, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("token-1")
    given = bench(lambda asked, connection: said(b"", 401), environ={}, token_file=tmp_path / "token")
    with pytest.raises(CredentialError, match="gives the same one again"):
        given.call()
    assert given.turns == 1


def test_file_that_was_rewritten_gives_the_new_token(bench: Open, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("token-1")

    def script(asked: Asked, connection: socket.socket) -> bytes:
        file.write_text("token-2")
        return ok() if asked.headers["authorization"] == "Bearer token-2" else said(b"", 401)

    assert bench(script, environ={}, token_file=file).call().ok


def test_both_tokens_of_a_renewal_are_looked_for(bench: Open, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("token-1")
    opened = Gate()
    credential = Credentials(Api(token_file=file), {}, gate=opened).of()
    first = credential.grant()
    assert opened.holds_secret("token-1") and not opened.holds_secret("token-2")
    file.write_text("token-2")
    credential.renew(first)
    assert opened.holds_secret("token-1") and opened.holds_secret("token-2")


def test_no_secret_in_any_representation() -> None:
    for grant in (bearer(SECRET), basic("me", SECRET)):
        credential = Credential("somewhere", lambda grant=grant: grant, renewable=False)  # type: ignore[misc]
        credential.grant()
        shown = f"{grant!r} {grant} {credential!r} {credential}"
        assert not any(secret in shown for secret in grant.secrets)


def test_no_secret_in_any_log_error_or_stored_byte(bench: Open, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, logger="httpx")
    encoded = base64.b64encode(f"me:{SECRET}".encode()).decode()
    environ = {"DEPLOYS_AUTH_USER": "me", "DEPLOYS_AUTH_PASS": SECRET}
    answers = [
        ok(),
        said(b"", 401),
        said(SECRET.encode(), 404),
        said(encoded.encode()),
        said(b"", 302, {"Location": SECRET}),
    ]
    shown = []
    for answer in answers:
        given = bench(lambda asked, connection, answer=answer: answer, environ=environ)
        try:
            shown.append(repr(given.call()))
        except Exception as error:
            shown.extend(traceback.format_exception(error))
        shown.extend(repr(data) for data in given.store.files.values())
    text = "".join(shown) + caplog.text
    assert SECRET not in text and encoded not in text


def _assert_ends(pid: int) -> None:
    for _ in range(100):
        try:
            if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
                return
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} still runs")
