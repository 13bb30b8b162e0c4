"""A daily look with what surrounds it: notifications and metrics."""

from __future__ import annotations

from collections.abc import Mapping

from chargeback.collect.clock import Clock, SystemClock
from chargeback.config import Config
from chargeback.operate.usage import UsageReport, look


def look_and_note(config: Config, environ: Mapping[str, str], clock: Clock | None = None) -> UsageReport:
    """Look, then tell whom it concerns; the errors of the look."""
    return look(config, environ, clock or SystemClock())
