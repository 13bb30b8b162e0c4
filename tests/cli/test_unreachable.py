"""An address where nobody answers: one line that counts the accounts and names the address, within seconds."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from tests.kit.workplace import CREDENTIALS, listening

from .calling import Called, call

ACCOUNTS = "".join(f'[[accounts]]\nid = "ba_{number}"\n' for number in range(5))


def run(folder: Path, endpoint: str, *arguments: str, accounts: str = ACCOUNTS) -> Called:
    file = folder / "config.toml"
    file.write_text(f'archive = "archive"\n{accounts}')
    file.chmod(0o644)
    environ: dict[str, str | None] = dict.fromkeys(CREDENTIALS)
    return call("run", "-c", file, *arguments, **{**environ, "DEPLOYS_ENDPOINT": endpoint, "DEPLOYS_TOKEN": "token-1"})


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("more", [(), ("--catch-up",), ("--dry-run",)])
def test_five_accounts_at_an_address_that_is_down_are_one_line_within_seconds(
    tmp_path: Path, closed_port: int, more: tuple[str, ...]
) -> None:
    begun = time.monotonic()
    called = run(tmp_path, f"http://127.0.0.1:{closed_port}/", *more)
    (line,) = called.err.splitlines()
    assert called.exit == 6 and time.monotonic() - begun < 30  # it took two minutes
    assert line.startswith("chargeback: 5 accounts (ba_0, ba_1, ba_2, ba_3, ba_4): no connection (Connection refused)")
    assert f"http://127.0.0.1:{closed_port}/" in line and "$DEPLOYS_ENDPOINT" in line


def test_json_names_each_account(tmp_path: Path, closed_port: int) -> None:
    called = run(tmp_path, f"http://127.0.0.1:{closed_port}/", "--output", "json")
    told = [error["account"] for error in called.document["errors"] if error["account"]]
    assert called.exit == 6 and told == [f"ba_{number}" for number in range(5)]


def test_no_account_listed_is_one_line_too(tmp_path: Path, closed_port: int) -> None:
    called = run(tmp_path, f"http://127.0.0.1:{closed_port}/", accounts="")
    assert called.exit == 6 and len(called.err.splitlines()) == 1


def test_a_wrong_token_of_all_accounts_says_so_in_one_line(tmp_path: Path) -> None:
    with listening(tmp_path) as where:
        accounts = "".join(f'[[accounts]]\nid = "ba_{number}"\n' for number in (1042, 1043, 1044, 1045))
        called = run(tmp_path, where.server.endpoint, accounts=accounts)
    (line,) = called.err.splitlines()
    assert called.exit == 5
    assert line.startswith("chargeback: 4 accounts (ba_1042, ba_1043, ba_1044, ba_1045): the platform refused the cred")
    assert "DEPLOYS_TOKEN" in line and "token-1" not in line


@pytest.mark.parametrize(
    ("faults", "cause"),
    [
        ("billing.report:gzip-bomb", "the answer is larger than"),
        ("billing.report:redirect(http://127.0.0.1:9/)", "which is never followed"),
        ("billing.report:echo-credential(200)", "the answer repeats the credential"),
        ("billing.get:huge(40)", "the answer is larger than"),
    ],
)
def test_one_cause_for_every_account_is_one_line(tmp_path: Path, faults: str, cause: str) -> None:
    with listening(tmp_path, faults=faults) as where:
        environ: dict[str, str | None] = dict.fromkeys(CREDENTIALS)
        called = call("run", "-c", where.config_path, **{**environ, **where.environ})
    (line,) = called.err.splitlines()
    assert called.exit == 6 and "accounts (" in line and cause in line
