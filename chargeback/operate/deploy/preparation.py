"""What is to be done once on the machine before its schedulers can start the job: user, folders, secrets."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from chargeback.operate.deploy.needs import ENVIRONMENT_FILE, SERVICE_USER, Deployment


def steps(made: Deployment) -> Iterator[str]:
    """Commands for root, in order, ready to paste; nothing that is there already is changed in what it holds."""
    user = shlex.quote(made.user)
    if made.uid is None:
        home = f"/var/lib/{SERVICE_USER}"
        yield f"useradd --system --user-group --create-home --home-dir {home} --shell /usr/sbin/nologin {user}"
    for folder in made.written:
        mode = "0755" if folder == made.metrics else "0750"  # the metrics are another user's to read
        yield f"install -d -o {user} -g {user} -m {mode} {shlex.quote(str(folder))}"
    yield f"chgrp {user} {shlex.quote(str(made.path))} && chmod 0640 {shlex.quote(str(made.path))}"
    if made.token_file:
        token = shlex.quote(str(made.token_file))
        yield f"chown {user} {token} && chmod 0400 {token}"
    names = (*made.variables, *made.trust)
    if names:
        yield f"install -d -m 0755 {ENVIRONMENT_FILE.parent}"
        yield f"test -e {ENVIRONMENT_FILE} || install -o {user} -g {user} -m 0400 /dev/null {ENVIRONMENT_FILE}"
        yield f"$EDITOR {ENVIRONMENT_FILE}   # a line NAME=value for each of: {' '.join(names)}"
    doctor = f"{shlex.quote(str(made.executable))} doctor -c {shlex.quote(str(made.path))}"
    loaded = f"set -a; . {ENVIRONMENT_FILE}; set +a; " if names else ""
    yield f"runuser -u {user} -- sh -c {shlex.quote(f'cd /; {loaded}exec {doctor}')}"
