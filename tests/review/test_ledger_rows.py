"""The archived ledger read back: every line with exact amounts, raw texts, and nothing that does not foot."""

from __future__ import annotations

import pytest

from chargeback.archive.reading import Archive
from chargeback.archive.revision import Revision
from chargeback.errors import AnswerError, DamagedError
from chargeback.evidence.period import Period
from chargeback.model.totals import Amounts
from chargeback.review import ledger_rows
from chargeback.review.ledger_rows import by_account, read_rows, totals_of, written
from tests.kit.reviewed import MAY, Reviewed, csv_rows


def latest(office: Reviewed) -> Revision:
    return Archive(office.root).latest(Period.parse(MAY))


def test_every_line_of_the_file_is_read_with_its_amounts(office: Reviewed) -> None:
    rows = read_rows(latest(office))
    in_file = csv_rows(office.root / MAY / "r3/ledgers/all.csv")
    assert [(row.team, written(row.gross, row.currency)) for row in rows] == [
        (line["team"], line["gross"]) for line in in_file
    ]
    assert sum(map(len, by_account(rows).values())) == len(rows) > 0


def test_totals_are_those_of_the_manifest(office: Reviewed) -> None:
    revision = latest(office)
    stated = {total.currency: total.gross for total in revision.manifest.totals}
    found = totals_of(read_rows(revision))
    assert {currency: written(amounts.gross, currency) for currency, amounts in found.items()} == stated
    assert list(found) == ["JPY", "KWD", "THB"]


def test_a_ledger_that_does_not_add_up_to_its_manifest_is_damage(
    office: Reviewed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_rows, "totals_of", lambda rows: {"THB": Amounts(1, 0, 1)})
    with pytest.raises(DamagedError, match=r"its lines add up to .*THB.*, the manifest says"):
        read_rows(latest(office))


@pytest.mark.parametrize("data", [b"", b"team,gross\n", b"\xff\xfe"])
def test_what_is_no_ledger_is_refused(data: bytes) -> None:
    with pytest.raises(AnswerError, match="not a ledger"):
        ledger_rows._rows(data)
