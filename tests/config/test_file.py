"""Which file it is, and its bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chargeback.config import find, load
from chargeback.config.loader import LARGEST
from chargeback.errors import ConfigurationError

CWD = Path("/home/finance")


@pytest.mark.parametrize(
    ("option", "environ", "expected"),
    [
        (None, {}, "/home/finance/config.toml"),
        (None, {"CHARGEBACK_CONFIG": ""}, "/home/finance/config.toml"),
        (None, {"CHARGEBACK_CONFIG": "/etc/c.toml"}, "/etc/c.toml"),
        (None, {"CHARGEBACK_CONFIG": "c.toml"}, "/home/finance/c.toml"),
        (Path("o.toml"), {"CHARGEBACK_CONFIG": "/etc/c.toml"}, "/home/finance/o.toml"),
        (Path("/o.toml"), {}, "/o.toml"),
    ],
)
def test_the_option_wins_then_the_variable(option: Path | None, environ: dict[str, str], expected: str) -> None:
    assert find(option, environ, CWD) == Path(expected)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A valid configuration that only its owner may write."""
    path = tmp_path / "config.toml"
    path.write_text('timezone = "Asia/Bangkok"\n')
    path.chmod(0o644)
    return path


def refusal(path: Path, *, network: bool = False) -> str:
    """Why the file is refused, in one line, and what to do."""
    with pytest.raises(ConfigurationError) as caught:
        load(path, network=network)
    assert caught.value.exit_code == 2 and caught.value.remedy
    return f"{caught.value.message} | {caught.value.remedy}"


@pytest.mark.parametrize("network", [True, False])
def test_a_file_is_loaded(config: Path, network: bool) -> None:
    loaded = load(config, network=network)
    assert (loaded.timezone_name, loaded.path, loaded.source) == ("Asia/Bangkok", config, config.read_bytes())


def test_a_missing_file_is_told_with_what_writes_one(tmp_path: Path) -> None:
    told = refusal(tmp_path / "config.toml")
    assert "config.toml: there is no such file" in told and "chargeback init" in told and "CHARGEBACK_CONFIG" in told


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    assert "this is a folder" in refusal(tmp_path)


def test_a_path_through_a_file_is_told(config: Path) -> None:
    assert "cannot be read: Not a directory" in refusal(config / "config.toml")


def test_a_path_that_no_system_takes_is_told() -> None:
    assert "cannot be read" in refusal(Path("a\0b"))
    assert "cannot be read: File name too long" in refusal(Path("a" * 5000))


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "not a regular file" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(config: Path) -> None:
    config.chmod(0)
    assert "cannot be read: Permission denied" in refusal(config)


def test_a_failing_read_is_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", denied)
    assert "cannot be read: Permission denied" in refusal(config)


def test_a_huge_file_is_refused(config: Path) -> None:
    config.write_bytes(b"#" * LARGEST)
    assert load(config, network=True).timezone_name == "UTC"
    config.write_bytes(b"#" * (LARGEST + 1))
    assert "larger than 1048576 bytes" in refusal(config)


def test_one_that_everybody_may_write_is_refused_for_the_network(config: Path) -> None:
    config.chmod(0o646)
    assert "everybody may write this file" in refusal(config, network=True)
    assert f"chmod o-w {config}" in refusal(config, network=True)
    assert load(config, network=False).path == config


def test_an_archived_one_is_refused_for_the_network(config: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    assert "an archived configuration, beside a manifest.json" in refusal(config, network=True)
    assert load(config, network=False).path == config


def test_a_link_to_an_archived_one_is_refused_for_the_network(config: Path, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{}")
    link = tmp_path / "elsewhere" / "config.toml"
    link.parent.mkdir()
    link.symlink_to(config)
    assert "an archived configuration" in refusal(link, network=True)


def test_a_wrong_file_is_named(config: Path) -> None:
    config.write_text("colour = 1")
    assert refusal(config).startswith(f"{config}:1: colour: unknown key")
