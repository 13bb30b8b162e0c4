"""Two CronJob deployments on deploys.app itself, which reckon in UTC, as calls of its API.

The body is JSON and not the platform's command line, whose lists of arguments are split at commas. A job has one disk,
and files beside it are mounted as plain text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chargeback.errors import ConfigurationError
from chargeback.operate.deploy.needs import (
    USAGE_TIME,
    UTC_DAYS,
    UTC_TIME,
    Deployment,
    bucket_proposal,
    cron_fields,
    daily_fields,
    image_gaps,
)


def text(made: Deployment) -> str:
    """Shell commands; secrets are those of an environment group called ``chargeback``.

    ``ConfigurationError`` where the configuration needs what the platform does not have: a second disk, a secret file.
    """
    if made.head_folder and made.archive and made.head_folder != made.archive:
        raise ConfigurationError(
            "head_file: a job on deploys.app has one disk, and the head must not lie beside what it guards",
            remedy="leave head_file out of this configuration and keep the heads that [notify] sends",
        )
    if made.token_file:
        raise ConfigurationError(
            "[api] token_file: deploys.app mounts files as plain text, never a secret",
            remedy="use a service account's key in DEPLOYS_AUTH_USER and DEPLOYS_AUTH_PASS",
        )
    return "".join(_parts(made))


def gaps(made: Deployment) -> Iterator[str]:
    """What a job there does not keep, and what the image has to hold."""
    if made.metrics:
        yield f"metrics: {made.metrics} ends with the job, so no collector reads it: use healthcheck_url"
    yield from image_gaps(made)


def deployments(made: Deployment) -> list[dict[str, Any]]:
    """The bodies of ``deployment.deploy``."""
    return [
        _deployment(made, "chargeback", cron_fields(UTC_DAYS, UTC_TIME), made.run),
        _deployment(made, "chargeback-usage", daily_fields(USAGE_TIME), made.usage),
    ]


def _parts(made: Deployment) -> Iterator[str]:
    zone = made.config.timezone_name
    yield "# deploys.app CronJobs use UTC: at these times it is the 3rd or later in every zone, and the same\n"
    yield f"# month as in {zone}. The secrets and the disk beforehand, once:\n"
    values = " ".join(f'-env {name}="${name}"' for name in made.variables)
    where = f"-project {made.project}"
    yield f"#   deploys envgroup create {where} -name chargeback {values}\n"
    for disk in _disk(made).values():
        yield f"#   deploys disk create {where} -location {made.location} -name {disk['name']} -size 10\n"
    yield from bucket_proposal(made)
    yield from (f"# Missing here: {gap}\n" for gap in gaps(made))
    for body in deployments(made):
        yield 'curl --fail --silent --show-error --user "$DEPLOYS_AUTH_USER:$DEPLOYS_AUTH_PASS" \\\n'
        yield "  --header 'Content-Type: application/json' --data-binary @- \\\n"
        yield "  https://api.deploys.app/deployment.deploy <<'JSON'\n"
        yield f"{json.dumps(body, ensure_ascii=False, indent=2)}\nJSON\n"


def _deployment(made: Deployment, name: str, schedule: str, arguments: list[str]) -> dict[str, Any]:
    return {
        "project": made.project,
        "location": made.location,
        "name": name,
        "type": "CronJob",
        "image": made.image,
        "schedule": schedule,
        "args": arguments,
        "envGroups": ["chargeback"],
        "mountData": {str(made.path): made.source},
        **_disk(made),
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
    }


def _disk(made: Deployment) -> dict[str, dict[str, str]]:
    """The one disk that a job there has: the archive's, or where that is no volume the head's."""
    if made.archive:
        return {"disk": {"name": "chargeback-archive", "mountPath": str(made.archive)}}
    if made.head_folder:
        return {"disk": {"name": "chargeback-head", "mountPath": str(made.head_folder)}}
    return {}
