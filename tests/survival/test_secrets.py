"""The credential is in nothing that a run leaves or prints; files have INTERFACE's modes; hostile text is inert."""

from __future__ import annotations

import base64
import csv
import io
import re
import stat
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from chargeback.sandbox import Credential, prepared, running
from chargeback.sandbox.makers import instant
from tests.kit.some import some
from tests.kit.workplace import NOW, Ended, Workplace

from ..cli.calling import call

SECRET = "s3cr3t-Tok.en_7f83b1657ff1fc53b92dc18148a1d65d"
LINK = re.compile(rb"https?://[^\s\"'<>]*[?&](?:sig|signature|token|expires|X-Amz)[^\s\"'<>]*", re.IGNORECASE)
FAULTS = ["", "billing.report:echo-credential(400)", "billing.getInvoice:echo-credential(200)", "pdf:403", "*:503"]


@pytest.fixture(params=[*((fault, "text") for fault in FAULTS), (FAULTS[1], "json"), (FAULTS[-1], "json")])
def finished(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Workplace, Ended]]:
    """A run with ``-v``, and what it said, with a platform that may repeat the secret."""
    faults, log = request.param
    platform = prepared("clean", now=instant(NOW), faults=faults)
    platform.keyring = type(platform.keyring)((Credential(token=SECRET, role="owner"),))
    with running(platform) as server:
        office = Workplace(tmp_path, platform, server, "timeout = 2\ndeadline = 4\n" if faults == "*:503" else "")
        office.environ["DEPLOYS_TOKEN"] = SECRET
        yield office, office.run(json_output=True, log=log)


def unpacked(path: str, data: bytes) -> Iterator[bytes]:
    """A file's bytes, and those of each part of a workbook."""
    yield data
    if path.endswith(".xlsx"):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            yield from (package.read(name) for name in package.namelist())


def test_the_credential_is_nowhere(finished: tuple[Workplace, Ended]) -> None:
    office, told = finished
    assert "Traceback" not in told.err and "stage begins" in told.err
    kinds = (SECRET.encode(), base64.b64encode(SECRET.encode()), SECRET[:20].encode())
    for path, data in office.files().items():
        for part in unpacked(path, data):
            assert not any(secret in part for secret in kinds), path
    assert SECRET[:20] not in told.out + told.err


def test_signed_links_are_nowhere_in_the_archive_nor_said(finished: tuple[Workplace, Ended]) -> None:
    office, told = finished
    for path, data in office.files().items():
        for part in unpacked(path, data):
            assert not LINK.search(part), path
    assert not LINK.search((told.out + told.err).encode())


def test_modes_are_as_interface_says(finished: tuple[Workplace, Ended]) -> None:
    office, _ = finished
    for path in some(office.archive.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        inside = re.search(r"/20\d\d-\d\d/r\d+/", str(path))
        assert mode == (0o750 if path.is_dir() else 0o440 if inside else 0o640), (path, oct(mode))


def test_documents_are_asked_for_without_the_credential(finished: tuple[Workplace, Ended]) -> None:
    office, _ = finished
    assert office.server is not None
    received = [each for each in office.server.recorder.documents() if each["host"] == "files"]
    assert not any(each["credential"] for each in received)


@pytest.fixture(scope="module", params=["C", "D"])
def hostile(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Workplace, Ended]]:
    """A month whose every name is hostile, with exceptions so that checks name them too."""
    platform = prepared("hostile-names", kind=request.param, now=instant(NOW))
    with running(platform) as server:
        office = Workplace(tmp_path_factory.mktemp("hostile"), platform, server, shared="even")
        text = office.config_path.read_text(encoding="utf-8")
        office.config_path.write_text(re.sub(r"projects = \[.*\]", "projects = []", text), encoding="utf-8")
        yield office, office.run()


def test_a_hostile_month_is_archived_and_proved(hostile: tuple[Workplace, Ended]) -> None:
    office, told = hostile
    assert told.exit == 3, told.err
    assert office.verify().exit == 0


def test_no_cell_of_any_csv_starts_a_formula_or_holds_a_control(hostile: tuple[Workplace, Ended]) -> None:
    for path, data in some(each for each in hostile[0].files().items() if each[0].endswith(".csv")):
        for row in some(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""))):
            for cell in some(row):
                first = re.sub(r"^[\s\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+", "", cell)[:1]
                assert first not in "=+@＝＋－＠" or not first, (path, cell)
                assert first != "-" or re.fullmatch(r"-[\d.]+", cell), (path, cell)
                assert not re.search(r"[\x00-\x1f\x7f]", cell), (path, cell)


def test_no_workbook_has_a_formula_from_outside_a_macro_or_a_link_out(hostile: tuple[Workplace, Ended]) -> None:
    for _, data in some(each for each in hostile[0].files().items() if each[0].endswith(".xlsx")):
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            text = b"".join(package.read(name) for name in names)
        assert not any("vba" in name.lower() or "external" in name.lower() for name in names)
        assert b'TargetMode="External"' not in text
        assert not re.search(rb"<f>[^<]*(cmd\||HYPERLINK|WEBSERVICE|DDE)", text)


class Elements(HTMLParser):
    """Every element that a browser would see, with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.seen.append((tag, dict(attrs)))


def test_no_page_has_a_script_or_an_outside_request(hostile: tuple[Workplace, Ended]) -> None:
    pages = {path: data.decode() for path, data in hostile[0].files().items() if path.endswith(".html")}
    assert pages
    for path, text in pages.items():
        parser = Elements()
        parser.feed(text)
        assert not {tag for tag, _ in parser.seen} & {"script", "iframe", "object", "embed", "img", "base", "form"}, (
            path
        )
        for tag, attributes in parser.seen:
            assert not any(name.startswith("on") for name in attributes), (path, tag, attributes)
            for name in ("src", "href"):
                target = attributes.get(name) or ""
                assert not re.match(r"\s*(//|[a-z+.-]+:)", target, re.IGNORECASE), (path, target)
        assert "Content-Security-Policy" in text
        assert "\u202e" not in text


def test_every_path_is_a_plain_name_within_the_revision(hostile: tuple[Workplace, Ended]) -> None:
    office, _ = hostile
    paths = [path.relative_to(office.root) for path in office.root.rglob("*")]
    folded = {str(path).casefold() for path in paths}
    assert len(folded) == len(paths)
    for path in paths:
        for part in path.parts:
            assert not re.search(r'[\x00-\x1f\\:*?"<>|]', part), path
            assert not part.endswith((" ", ".")), path
            assert not re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", part, re.IGNORECASE), path


def test_what_is_told_cannot_steer_a_terminal_and_is_still_readable(hostile: tuple[Workplace, Ended]) -> None:
    office, told = hostile
    named = call("show", "2026-05", "--by", "project", "--archive", office.archive)
    said = told.out + told.err + named.out + named.err
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)
    assert "escape" in named.out
