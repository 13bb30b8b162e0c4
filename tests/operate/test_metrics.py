"""Files for Prometheus: what the collector reads, whatever a label holds, and never half of it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from chargeback.errors import StorageError
from chargeback.operate.metrics import Gauge, exposition, write_textfile

NAME = 'acme "web"\\shop\n2'


def test_what_is_written_is_what_prometheus_reads() -> None:
    written = exposition([Gauge("cost", "What\nit costs.", (({"project": NAME}, Decimal("1E+3")), ({}, 0.5)))])
    (family,) = text_string_to_metric_families(written)
    assert family.documentation == "What\nit costs."
    assert [(sample.labels, sample.value) for sample in family.samples] == [({"project": NAME}, 1000.0), ({}, 0.5)]


def test_a_gauge_without_samples_is_left_out() -> None:
    assert exposition([Gauge("cost", "What it costs.", ())]) == ""


def test_the_collector_may_read_the_file_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_textfile(tmp_path / "chargeback.prom", "first\n")
    write_textfile(tmp_path / "chargeback.prom", "second\n")
    (path,) = tmp_path.iterdir()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("second\n", 0o644)


def test_a_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="nowhere"):
        write_textfile(tmp_path / "nowhere/chargeback.prom", "text\n")
