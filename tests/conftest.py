"""For all tests: ``--nightly`` also runs the long ones, and lets hypothesis look further; ``--renew`` writes the
expected files of ``tests/months`` again."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

from chargeback.archive.staging import Staging
from tests.kit.azure_server import MISSING as NO_AZURITE
from tests.kit.azure_server import azure_server, azurite
from tests.kit.s3_server import MISSING, S3Server, s3_server, weed

settings.register_profile("default", deadline=None)
settings.register_profile("nightly", deadline=None, max_examples=2_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds ``--nightly`` and ``--renew``."""
    parser.addoption("--nightly", action="store_true", help="also run the tests marked nightly")
    parser.addoption(
        "--renew", action="store_true", help="write tests/months/*/expected from the second opinion, to be reviewed"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Chooses hypothesis' profile; its own option --hypothesis-profile wins. Who starts the tests in the background, or
    with nohup, has them ignore signals: commands that they start would too."""
    for ignored, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(ignored) is signal.SIG_IGN:
            signal.signal(ignored, handler)
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("nightly" if config.getoption("--nightly") else "default")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves the tests marked nightly to ``--nightly``."""
    if config.getoption("--nightly"):
        return
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.skip(reason="long; runs with --nightly"))


@pytest.fixture(scope="session")
def s3_at_work() -> Iterator[S3Server]:
    """An S3 server, started when the first test asks for it; without its program those tests are skipped."""
    program = weed()
    if program is None:
        pytest.skip(MISSING)
    with s3_server(program) as server:
        yield server


@pytest.fixture
def s3(s3_at_work: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The S3 server, to which the environment leads."""
    for name, value in s3_at_work.environ.items():
        monkeypatch.setenv(name, value)
    return s3_at_work


@pytest.fixture(scope="session")
def azure_at_work() -> Iterator[dict[str, str]]:
    """Azure's emulator, started when the first test asks for it; without its program those tests are skipped."""
    program = azurite()
    if program is None:
        pytest.skip(NO_AZURITE)
    with azure_server(program) as environ:
        yield environ


@pytest.fixture
def azure(azure_at_work: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment leads to the emulator."""
    for name, value in azure_at_work.items():
        monkeypatch.setenv(name, value)


SHAPES = {"one manifest": Staging.files_a_manifest, "tree": 3}


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test with revisions of one manifest, and again with every manifest a tree of parts of three files."""
    monkeypatch.setattr(Staging, "files_a_manifest", SHAPES[request.param])
    return str(request.param)


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every manifest is a tree of parts of three files."""
    monkeypatch.setattr(Staging, "files_a_manifest", SHAPES["tree"])
