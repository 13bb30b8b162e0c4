"""``schedule``: the monthly job and the daily look, ready to paste: cron, systemd, Kubernetes, deploys.app."""

from __future__ import annotations

from collections.abc import Callable

from chargeback.operate.deploy import cron, deploys, kubernetes, systemd
from chargeback.operate.deploy.needs import SchedulePlan, plan

__all__ = ["FORMS", "SchedulePlan", "plan"]

FORMS: dict[str, Callable[[SchedulePlan], str]] = {
    "cron": cron.crontab,
    "systemd": systemd.text,
    "kubernetes": kubernetes.text,
    "deploys": deploys.text,
}
"""By scheduler, the text to paste."""
