"""``[notify]``: the variables that its URLs name are set; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chargeback.config import Config
from chargeback.operate.doctor.lines import DoctorLine, good, notice
from chargeback.operate.notify.addresses import missing_variables, scheme_of


def notification(config: Config, environ: Mapping[str, str]) -> Iterator[DoctorLine]:
    """Whether somebody will hear of a month that needs a person."""
    settings = config.notify
    if not settings.urls and settings.healthcheck_url is None:
        yield notice("notify", "nobody is notified of exceptions or failures", "add [notify] to the configuration")
        return
    urls = [*settings.urls, *([settings.healthcheck_url] if settings.healthcheck_url else [])]
    missing = sorted({name for url in urls for name in missing_variables(url, environ)})
    if missing:
        yield notice("notify", f"not set: {', '.join(missing)}", "set the variables where the job runs")
    else:
        yield good("notify", ", ".join(scheme_of(url) for url in urls))
