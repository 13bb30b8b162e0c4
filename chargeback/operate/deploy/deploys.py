"""Two CronJob deployments on deploys.app itself, which reckon in UTC, as calls of its API.

The body is JSON and not the platform's command line, whose lists of arguments are split at commas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chargeback.operate.deploy.kubernetes import ARCHIVE_FOLDER, CONFIG_FOLDER
from chargeback.operate.deploy.needs import (
    AGAIN_TOMORROW,
    USAGE_TIME,
    UTC_DAYS,
    UTC_TIME,
    SchedulePlan,
    cron_fields,
    daily_fields,
)


def text(plan: SchedulePlan) -> str:
    """Shell commands; secrets are those of an environment group called ``chargeback``."""
    return "".join(_parts(plan))


def deployments(plan: SchedulePlan) -> list[dict[str, Any]]:
    """The bodies of ``deployment.deploy``."""
    month = [*plan.run, "--ok", AGAIN_TOMORROW]
    return [
        _deployment(plan, "chargeback", cron_fields(UTC_DAYS, UTC_TIME), month),
        _deployment(plan, "chargeback-usage", daily_fields(USAGE_TIME), plan.usage),
    ]


def _parts(plan: SchedulePlan) -> Iterator[str]:
    zone = plan.config.timezone_name
    yield "# deploys.app CronJobs reckon in UTC: at these times it is the 3rd or later in every zone, and the same\n"
    yield f"# month as in {zone}. The secrets and the archive's disk beforehand, once:\n"
    values = " ".join(f'-env {name}="${name}"' for name in plan.secrets)
    where = f"-project {plan.project}"
    yield f"#   deploys envgroup create {where} -name chargeback {values}\n"
    yield f"#   deploys disk create {where} -location {plan.location} -name chargeback-archive -size 10\n"
    for body in deployments(plan):
        yield 'curl --fail --silent --show-error --user "$DEPLOYS_AUTH_USER:$DEPLOYS_AUTH_PASS" \\\n'
        yield "  --header 'Content-Type: application/json' --data-binary @- \\\n"
        yield "  https://api.deploys.app/deployment.deploy <<'JSON'\n"
        yield f"{json.dumps(body, ensure_ascii=False, indent=2)}\nJSON\n"


def _deployment(plan: SchedulePlan, name: str, schedule: str, arguments: list[str]) -> dict[str, Any]:
    return {
        "project": plan.project,
        "location": plan.location,
        "name": name,
        "type": "CronJob",
        "image": plan.image,
        "schedule": schedule,
        "args": [*arguments, "-c", f"{CONFIG_FOLDER}/config.toml", "--archive", ARCHIVE_FOLDER],
        "envGroups": ["chargeback"],
        "mountData": {f"{CONFIG_FOLDER}/config.toml": plan.config.source.decode("utf-8-sig")},
        "disk": {"name": "chargeback-archive", "mountPath": ARCHIVE_FOLDER},
        "resources": {"requests": {"cpu": "250m", "memory": "512Mi"}, "limits": {"cpu": "1", "memory": "2Gi"}},
    }
