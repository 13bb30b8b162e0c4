"""``schedule``: the monthly job and the daily look, ready to paste, for five targets from one list of needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from chargeback.operate.deploy import compose, cron, deploys, kubernetes, systemd
from chargeback.operate.deploy.needs import Deployment, deployment

__all__ = ["TARGETS", "Deployment", "Target", "deployment"]


class Target(Struct, frozen=True):
    """What can start the job: ``text`` is what to paste, ``gaps`` what of the needs the target cannot keep."""

    text: Callable[[Deployment], str]
    gaps: Callable[[Deployment], Iterable[str]]


TARGETS = {
    "cron": Target(cron.text, cron.gaps),
    "systemd": Target(systemd.text, systemd.gaps),
    "kubernetes": Target(kubernetes.text, kubernetes.gaps),
    "compose": Target(compose.text, compose.gaps),
    "deploys": Target(deploys.text, deploys.gaps),
}
