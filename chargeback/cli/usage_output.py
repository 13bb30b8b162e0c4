"""A daily look with what surrounds it: notifications and metrics."""

from __future__ import annotations

from collections.abc import Mapping

from chargeback.cli.printing import tell
from chargeback.collect.clock import Clock, SystemClock
from chargeback.config import Config
from chargeback.errors import ChargebackError
from chargeback.operate.notify import Watcher, notify_usage, notify_usage_failure
from chargeback.operate.usage import UsageReport, look


def look_and_note(config: Config, environ: Mapping[str, str], clock: Clock | None = None) -> UsageReport:
    """Look, then tell whom it concerns and leave metrics; the errors of the look."""
    watcher = Watcher(config, environ, clock or SystemClock(), tell)
    try:
        report = look(config, environ, watcher.clock)
    except ChargebackError as error:
        notify_usage_failure(watcher, error)
        raise
    notify_usage(watcher, report)
    return report
