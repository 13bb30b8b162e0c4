"""A ConfigMap, a volume claim and two CronJobs for ``kubectl apply -f -``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chargeback.operate.deploy.needs import (
    AGAIN_TOMORROW,
    USAGE_TIME,
    ZONED_DAYS,
    ZONED_TIME,
    SchedulePlan,
    cron_fields,
    daily_fields,
)

CONFIG_FOLDER, ARCHIVE_FOLDER = "/etc/chargeback", "/archive"
USER = 10001
"""The user of the image, who owns the archive."""


def text(plan: SchedulePlan) -> str:
    """All resources as YAML; secrets are those of a Secret called ``chargeback``, by key."""
    return "".join(_head(plan)) + "".join(f"---\n{yaml(resource)}" for resource in resources(plan))


def resources(plan: SchedulePlan) -> list[dict[str, Any]]:
    """The resources as plain values."""
    month = ["--ok", AGAIN_TOMORROW]
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "chargeback"},
            "data": {"config.toml": plan.config.source.decode("utf-8-sig")},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": "chargeback-archive"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
        },
        _cron_job(plan, "chargeback", cron_fields(ZONED_DAYS, ZONED_TIME), [*plan.run, *month]),
        _cron_job(plan, "chargeback-usage", daily_fields(USAGE_TIME), plan.usage),
    ]


def _head(plan: SchedulePlan) -> Iterator[str]:
    yield "# kubectl apply -f - ; the secrets beforehand, once:\n"
    literals = " ".join(f'--from-literal={name}="${name}"' for name in plan.secrets)
    yield f"#   kubectl create secret generic chargeback {literals}\n"


def _cron_job(plan: SchedulePlan, name: str, schedule: str, arguments: list[str]) -> dict[str, Any]:
    """A job that starts once a time, is never started twice at once, and never again by itself."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": schedule,
            "timeZone": plan.config.timezone_name,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 6 * 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": plan.seconds,
                    "template": {"spec": _pod(plan, arguments)},
                }
            },
        },
    }


def _pod(plan: SchedulePlan, arguments: list[str]) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": USER, "runAsGroup": USER, "fsGroup": USER},
        "containers": [_container(plan, arguments)],
        "volumes": [
            {"name": "config", "configMap": {"name": "chargeback"}},
            {"name": "archive", "persistentVolumeClaim": {"claimName": "chargeback-archive"}},
            {"name": "tmp", "emptyDir": {}},
        ],
    }


def _container(plan: SchedulePlan, arguments: list[str]) -> dict[str, Any]:
    reference = {"name": "chargeback"}
    return {
        "name": "chargeback",
        "image": plan.image,
        "args": [*arguments, "-c", f"{CONFIG_FOLDER}/config.toml", "--archive", ARCHIVE_FOLDER],
        "env": [{"name": name, "valueFrom": {"secretKeyRef": {**reference, "key": name}}} for name in plan.secrets],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": "2Gi"}},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True},
            {"name": "archive", "mountPath": ARCHIVE_FOLDER},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 (the container's own)
        ],
    }


def yaml(value: object) -> str:
    """Plain values as block YAML: scalars as JSON has them, which YAML 1.2 reads; long texts as literal blocks."""
    return "".join(f"{line}\n" for line in _lines(value))


def _lines(value: object) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _entry(f"{key}:", inner)
    elif isinstance(value, list) and value:
        for inner in value:
            first, *rest = _lines(inner)
            yield f"- {first}"
            yield from (f"  {line}" if line else line for line in rest)
    else:
        yield json.dumps(value, ensure_ascii=False)


def _entry(key: str, value: object) -> Iterator[str]:
    if isinstance(value, str) and "\n" in value and value.replace("\n", "").isprintable():
        yield f"{key} |2{'' if value.endswith(chr(10)) else '-'}"
        yield from (f"  {line}" if line else "" for line in value.rstrip("\n").split("\n"))
    elif isinstance(value, (dict, list)) and value:
        yield key
        yield from (f"  {line}" if line else line for line in _lines(value))
    else:
        yield f"{key} {json.dumps(value, ensure_ascii=False)}"
