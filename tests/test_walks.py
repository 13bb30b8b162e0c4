"""The controller's and the auditor's walk: their commands are run as they stand on the page."""

from __future__ import annotations

import re
from pathlib import Path

from chargeback.archive.reading import Archive
from tests.kit.reviewed import MAY, Reviewed
from tests.review.conftest import office, own_office
from tests.test_recovery import shell

__all__ = ["office", "own_office"]

PAGE = (Path(__file__).parents[1] / "docs" / "walks.md").read_text(encoding="utf-8")


def blocks(heading: str) -> list[str]:
    """The commands below a heading, in order."""
    _, _, rest = PAGE.partition(f"\n## {heading}")
    assert rest
    return re.findall(r"```sh\n(.*?)```", rest.partition("\n## ")[0], re.DOTALL)


def test_both_walks_go_as_they_are_written(own_office: Reviewed, tmp_path: Path) -> None:
    head_file = tmp_path / "head"
    places = {
        "ARCHIVE": own_office.root, "COPY": tmp_path / "copy", "HEAD_FILE": head_file, "MONTH": MAY, "TEAM": "web",
    }  # fmt: skip
    head = Archive(own_office.root).head()
    assert head is not None
    head_file.write_text(head.sha256)
    (names,) = re.findall(r"```sh\n(.*?)```", PAGE.partition("\n## ")[0], re.DOTALL)
    assert re.findall(r"^(\w+)=", names, re.MULTILINE) == list(places)
    mine = "".join(f"{name}='{place}'\n" for name, place in places.items())
    controller, auditor = blocks("The controller"), blocks("The auditor")
    assert (len(controller), len(auditor)) == (7, 6)
    told = shell(mine + "".join(controller))
    wanted = (f"head {head.sha256}", "1 finding, 1 open", "moved from", f"{MAY}/r3/ledgers/web.html", "as reviewer")
    assert [each for each in wanted if each not in told] == []
    told = shell(mine + "".join(auditor))
    assert "reviewer,Ben" in told and "credit note of 107.00, agreed by phone" in told
    assert "billing.getInvoice" in told


def test_each_step_is_numbered_in_order() -> None:
    for heading in ("The controller", "The auditor"):
        steps = re.findall(r"^\*\*(\d+)\. ", PAGE.partition(f"\n## {heading}")[2].partition("\n## ")[0], re.MULTILINE)
        assert steps == [str(number) for number in range(1, 8)]
