"""A compose file: the job in a container that sees the machine's own paths, so that its configuration holds."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

from chargeback.operate.deploy.needs import (
    ENVIRONMENT_FILE,
    IMAGE_USER,
    MACHINE_DAYS,
    MACHINE_TIME,
    USAGE_TIME,
    Deployment,
    cron_fields,
    daily_fields,
    image_gaps,
    steps,
)
from chargeback.operate.deploy.yaml_text import yaml

FILE = "/etc/chargeback/compose.yaml"


def text(made: Deployment) -> str:
    """The file, and the crontab lines that start its services."""
    return "".join(f"{line}\n" for line in _head(made)) + yaml({"name": "chargeback", "services": services(made)})


def gaps(made: Deployment) -> Iterator[str]:
    """What the image has to hold."""
    yield from image_gaps(made)


def services(made: Deployment) -> dict[str, Any]:
    """``run``, ``usage`` and ``doctor``, each started once and then gone."""
    doctor = ["doctor", "-c", str(made.path)]
    commands = {"run": made.run, "usage": made.usage, "doctor": doctor}
    return {name: _service(made, command) for name, command in commands.items()}


def _head(made: Deployment) -> Iterator[str]:
    yield f"# {FILE}; a root's crontab starts it (the machine's zone; it is the 3rd or later in every zone):"
    monthly, daily = cron_fields(MACHINE_DAYS, MACHINE_TIME), daily_fields(USAGE_TIME)
    yield f"#   {monthly} timeout {made.seconds} docker compose -f {FILE} run --rm run"
    yield f"#   {daily} docker compose -f {FILE} run --rm usage"
    yield "# Once before, as root:"
    *prepared, _ = steps(made)
    yield from (f"#   {step}" for step in prepared)
    yield f"#   docker compose -f {shlex.quote(FILE)} run --rm doctor"
    yield from (f"# Missing here: {gap}" for gap in gaps(made))


def _service(made: Deployment, command: list[str]) -> dict[str, Any]:
    uid = IMAGE_USER if made.uid is None else made.uid
    gid = IMAGE_USER if made.gid is None else made.gid
    found: dict[str, Any] = {
        "image": made.image,
        "command": [_literal(word) for word in command],
        "user": f"{uid}:{gid}",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "restart": "no",
    }
    if made.variables:
        found["env_file"] = [str(ENVIRONMENT_FILE)]
    read = [made.path, *([made.token_file] if made.token_file else [])]
    found["volumes"] = [
        *({"type": "bind", "source": _literal(path), "target": _literal(path), "read_only": True} for path in read),
        *({"type": "bind", "source": _literal(path), "target": _literal(path)} for path in made.written),
        # Without a name: it goes with the container. On a disk, as a large month's working file lies there.
        {"type": "volume", "target": "/tmp"},  # noqa: S108 (the container's own)
    ]
    return found


def _literal(text: object) -> str:
    """Compose takes ``$`` for a variable."""
    return str(text).replace("$", "$$")
