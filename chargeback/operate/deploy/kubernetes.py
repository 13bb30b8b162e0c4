"""A ConfigMap, volume claims and two CronJobs for ``kubectl apply -f -``.

The pod sees the configuration and the folders under the paths that they have on this machine, so that the configuration
holds as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chargeback.operate.deploy.needs import (
    IMAGE_USER,
    USAGE_TIME,
    ZONED_DAYS,
    ZONED_TIME,
    Deployment,
    bucket_proposal,
    cron_fields,
    daily_fields,
    image_gaps,
)
from chargeback.operate.deploy.yaml_text import yaml

MEMORY_LIMIT = "2Gi"
_TOKEN = "token"  # noqa: S105 (the name of a key)


def text(made: Deployment) -> str:
    """All resources as YAML; secrets are those of a Secret called ``chargeback``, by key."""
    return "".join(_head(made)) + "".join(f"---\n{yaml(resource)}" for resource in resources(made))


def gaps(made: Deployment) -> Iterator[str]:
    """What a pod does not keep, and what the image has to hold."""
    if made.metrics:
        yield f"metrics: {made.metrics} lies in the pod and ends with it, so no collector reads it: use healthcheck_url"
    yield from image_gaps(made)


def resources(made: Deployment) -> list[dict[str, Any]]:
    """The resources as plain values."""
    claims = [_claim("chargeback-archive", "10Gi")] if made.archive else []
    if made.head_folder and made.head_folder != made.archive:
        claims.append(_claim("chargeback-head", "1Gi"))
    return [
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "chargeback"},
            "data": {"config.toml": made.source},
        },
        *claims,
        _cron_job(made, "chargeback", cron_fields(ZONED_DAYS, ZONED_TIME), made.run),
        _cron_job(made, "chargeback-usage", daily_fields(USAGE_TIME), made.usage),
    ]


def _head(made: Deployment) -> Iterator[str]:
    yield "# kubectl apply -f - ; the secrets beforehand, once:\n"
    literals = [f'--from-literal={name}="${name}"' for name in made.variables]
    if made.token_file:
        literals.append(f"--from-file={_TOKEN}=FILE")
    yield f"#   kubectl create secret generic chargeback {' '.join(literals)}\n"
    yield from bucket_proposal(made)
    yield from (f"# Missing here: {gap}\n" for gap in gaps(made))


def _claim(name: str, size: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}},
    }


def _cron_job(made: Deployment, name: str, schedule: str, arguments: list[str]) -> dict[str, Any]:
    """A job that starts once a time, is never started twice at once, and never again by itself."""
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": name},
        "spec": {
            "schedule": schedule,
            "timeZone": made.config.timezone_name,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 6 * 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 0,
                    "activeDeadlineSeconds": made.seconds,
                    "template": {"spec": _pod(made, arguments)},
                }
            },
        },
    }


def _pod(made: Deployment, arguments: list[str]) -> dict[str, Any]:
    user, mounts = IMAGE_USER, dict(_mounts(made))
    outer_first = sorted((mount for mount, _ in mounts.values()), key=lambda mount: str(mount["mountPath"]))
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user},
        "containers": [_container(made, arguments, outer_first)],
        "volumes": [{"name": name, **volume} for name, (_, volume) in mounts.items()],
    }


def _mounts(made: Deployment) -> Iterator[tuple[str, tuple[dict[str, Any], dict[str, Any]]]]:
    """Volume name -> where the pod sees it, and what it is."""

    def mount(name: str, path: object, volume: dict[str, Any], **more: Any) -> Any:
        return name, ({"name": name, "mountPath": str(path), **more}, volume)

    config = {"configMap": {"name": "chargeback"}}
    yield mount("config", made.path, config, subPath="config.toml", readOnly=True)
    if made.archive:
        yield mount("archive", made.archive, {"persistentVolumeClaim": {"claimName": "chargeback-archive"}})
    if made.head_folder and made.head_folder != made.archive:
        yield mount("head", made.head_folder, {"persistentVolumeClaim": {"claimName": "chargeback-head"}})
    if made.metrics and made.metrics not in (made.archive, made.head_folder):
        yield mount("metrics", made.metrics, {"emptyDir": {}})
    if made.token_file:
        items = [{"key": _TOKEN, "path": _TOKEN}]
        secret = {"secret": {"secretName": "chargeback", "defaultMode": 0o440, "items": items}}
        yield mount("token", made.token_file, secret, subPath=_TOKEN, readOnly=True)
    yield mount("tmp", "/tmp", {"emptyDir": {}})  # noqa: S108 (the container's own)


def _container(made: Deployment, arguments: list[str], mounts: list[dict[str, Any]]) -> dict[str, Any]:
    reference = {"name": "chargeback"}
    return {
        "name": "chargeback",
        "image": made.image,
        "args": arguments,
        "env": [{"name": name, "valueFrom": {"secretKeyRef": {**reference, "key": name}}} for name in made.variables],
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"memory": MEMORY_LIMIT}},
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": mounts,
    }
