"""What the scheduled job needs of whatever starts it: one list, from which every target is written.

Paths are absolute, without ``..`` and links, since systemd ignores others without a word. A target that cannot give one
of the needs says so (``gaps``), or refuses where the job could not work without it.

Invoices are issued from the 2nd on, so the monthly job starts daily from the 3rd (exit 4 and 6 mean: again tomorrow).
Where a scheduler takes a time zone it gets the configuration's. Where it does not (cron reckons in the machine's,
deploys.app in UTC) the days and hours are chosen so that, at that instant, it is the 3rd or later in every zone of the
world, and still the same month: zones lie between UTC-12 and UTC+14.

What is to be done once on the machine before its schedulers can start the job: user, folders, secrets.
"""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from chargeback.collect.credentials import PASSWORD, TOKEN, USER
from chargeback.config import Config
from chargeback.config.address import Address
from chargeback.config.forms import VARIABLE
from chargeback.errors import ConfigurationError

ZONED_DAYS, ZONED_TIME = (3, 31), (9, 17)
"""In the configuration's own zone: days of the month, hour and minute."""
UTC_DAYS, UTC_TIME = (3, 27), (13, 17)
"""In UTC: from 12:00 on the 3rd it is the 3rd everywhere; the 27th at 13:17 is the 28th in UTC+14, in February too."""
MACHINE_DAYS, MACHINE_TIME = (4, 27), (9, 17)
"""In a zone that is not known: another may be 26 hours behind or ahead."""
USAGE_TIME = (12, 47)
"""When the daily look at usage starts, whatever the zone: far from midnight in most."""
AGAIN_TOMORROW = ("4", "8")
"""Exit codes that a scheduler need not report: not ready, another run at work. A platform that is away (6) may be a
wrong address, so that is reported."""
GRACE = 600
"""Seconds beyond the run's own deadline before it is killed from outside."""
SERVICE_USER = "chargeback"
"""The user that runs the job where the archive does not exist yet, or is root's."""
IMAGE_USER = 10001
"""The user of the image, and its group."""
ENVIRONMENT_FILE = Path("/etc/chargeback/environment")
"""Where a machine's own schedulers read the variables from: a line ``NAME=value`` for each."""
TEMPORARY = "/var/tmp"  # noqa: S108 (a file without a name lies there)
"""Where a large month's working file lies: /tmp is memory on many machines, this folder is on a disk."""
_SURROUNDINGS = ("DEPLOYS_ENDPOINT", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")
"""Variables that change where a run goes: needed there where they are set here."""
_TRUST = ("SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that name files of this machine: whom a run trusts."""


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


class Deployment(Struct, frozen=True):
    """What the job needs; no path has ``..`` or a link in it.

    ``variables`` are names of environment variables, secrets among them; ``trust`` those that name certificates of this
    machine. ``uid`` and ``gid`` are the numbers of ``user`` on this machine, None where it has no such user.
    ``archive``, ``head_folder`` and ``metrics`` are folders that the job writes, ``token_file`` a file that it reads,
    ``program`` what it starts for a token.
    """

    config: Config
    path: Path
    executable: Path
    image: str
    user: str
    uid: int | None
    gid: int | None
    variables: tuple[str, ...]
    trust: tuple[str, ...]
    archive: Path | None
    head_folder: Path | None
    metrics: Path | None
    token_file: Path | None
    program: str | None
    project: str = "PROJECT"
    location: str = "gke.cluster-rcf2"

    @property
    def run(self) -> list[str]:
        """The monthly job's arguments, for a scheduler that takes every exit but 0 for a failure."""
        return [*self.plain_run, "--ok", ",".join(AGAIN_TOMORROW)]

    @property
    def plain_run(self) -> list[str]:
        """The monthly job's arguments, for a scheduler that can be configured with the codes of success."""
        return ["run", "--catch-up", "-c", str(self.path)]

    @property
    def usage(self) -> list[str]:
        """The daily look's arguments."""
        return ["usage", "--quiet", "-c", str(self.path)]

    @property
    def seconds(self) -> int:
        """How long a run may take before it is killed from outside."""
        return int(self.config.api.deadline) + GRACE

    @property
    def written(self) -> tuple[Path, ...]:
        """The folders that the job writes, the archive first; none twice."""
        folders = (self.archive, self.head_folder, self.metrics)
        return tuple(dict.fromkeys(folder for folder in folders if folder is not None))

    @property
    def source(self) -> str:
        """The configuration's text."""
        return self.config.source.decode("utf-8-sig")


def deployment(
    config: Config,
    path: Path,
    environ: Mapping[str, str],
    executable: Path,
    *,
    image: str,
    user: str | None = None,
    project: str = "PROJECT",
    location: str = "gke.cluster-rcf2",
) -> Deployment:
    """The needs of a configuration; ``environ`` tells which credential is in use and which surroundings are set.

    ``user`` None: the archive's owner, unless that is root. ``ConfigurationError`` where a path holds a line break or
    another control character, which no scheduler's file can write.
    """
    archive = None if isinstance(config.archive, Address) else _resolved(config.archive)
    owner = user or (_owner(archive) if archive else SERVICE_USER)
    known = _known_user(owner)
    made = Deployment(
        config=config,
        path=_resolved(path),
        executable=_resolved(executable.parent) / executable.name,
        image=image,
        user=owner,
        uid=known.pw_uid if known else None,
        gid=known.pw_gid if known else None,
        variables=tuple(
            dict.fromkeys([*secret_names(config, environ), *_set(_SURROUNDINGS, environ), *_of_store(config, environ)])
        ),
        trust=_set(_TRUST, environ),
        archive=archive,
        head_folder=_resolved(config.head_file.parent) if config.head_file else None,
        metrics=_resolved(config.notify.metrics) if config.notify.metrics else None,
        token_file=_resolved(config.api.token_file) if config.api.token_file else None,
        program=config.api.token_command[0] if config.api.token_command else None,
        project=project,
        location=location,
    )
    _refuse_unwritable(made)
    return made


def secret_names(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The environment variables that a run reads secrets from, by name, in order."""
    named = [match[1] for url in _addresses(config) for match in VARIABLE.finditer(url)]
    return tuple(dict.fromkeys([*credential_names(config, environ), *named]))


def credential_names(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The environment variables that a run reads the platform's credentials from, by name, in order."""
    own = [entry.token_env for entry in config.accounts if entry.token_env]
    everybody_has_one = bool(config.accounts) and len(own) == len(config.accounts)
    configured = config.api.token_command is not None or config.api.token_file is not None
    general = [USER] if config.api.token_file and environ.get(USER) else []  # the file holds this one's key
    if not everybody_has_one and not configured:
        general = [TOKEN] if environ.get(TOKEN) and not environ.get(USER) else [USER, PASSWORD]
    return tuple(dict.fromkeys([*general, *own]))


def program_folders(made: Deployment) -> tuple[Path, ...]:
    """Folders to look for programs in: a scheduler's own list is shorter than a person's."""
    usual = [Path("/usr/local/bin"), Path("/usr/bin"), Path("/bin")]
    where = shutil.which(made.program) if made.program else None
    folder = [_resolved(Path(where).parent)] if where else []
    return tuple(dict.fromkeys([*folder, *usual]))


def image_gaps(made: Deployment) -> Iterator[str]:
    """What this machine has and an image does not."""
    remedy = "build an image that holds it"
    if made.program:
        yield f"token_command: {made.program} is not in the image: {remedy}, or use a service account's key"
    for name in made.trust:
        yield f"{name}: names certificates of this machine: {remedy}"


def bucket_proposal(made: Deployment) -> Iterator[str]:
    """Lines of comment: how the job does without a disk that lasts, if its archive lies in a folder."""
    if made.archive:
        yield f'# No disk that lasts? Write archive = "s3://bucket/prefix" in {made.path.name}; the job then needs no\n'
        yield "# volume for the archive (docs/object-storage.md).\n"


def cron_fields(days: tuple[int, int], time: tuple[int, int]) -> str:
    """The five fields of a crontab's line: every day from the first of the days to the last."""
    return f"{time[1]} {time[0]} {days[0]}-{days[1]} * *"


def daily_fields(time: tuple[int, int]) -> str:
    """The five fields for every day."""
    return f"{time[1]} {time[0]} * * *"


def _addresses(config: Config) -> Iterator[str]:
    """Every address to which messages go, with the names of the variables in it."""
    yield from config.notify.urls
    for team in config.teams:
        yield from team.notify
    if config.notify.healthcheck_url:
        yield config.notify.healthcheck_url


def _set(names: Iterable[str], environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in names if environ.get(name))


def _of_store(config: Config, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables of the archive's own client that are set, where it lies in object storage."""
    if not isinstance(config.archive, Address):
        return ()
    begin = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}[config.archive.scheme]
    return tuple(sorted(name for name in environ if name.startswith(begin) and environ[name]))


def _resolved(path: Path) -> Path:
    """The path as the system finds it; links that are missing yet stay as they are written."""
    return Path(os.path.realpath(path))


def _owner(archive: Path) -> str:
    """Who the archive belongs to; the service user where it is nobody's yet or root's."""
    try:
        uid = archive.stat().st_uid
        return pwd.getpwuid(uid).pw_name if uid else SERVICE_USER
    except (OSError, KeyError):
        return SERVICE_USER


def _known_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _refuse_unwritable(made: Deployment) -> None:
    for path in (made.path, made.executable, *made.written, made.token_file):
        if path is not None and not str(path).isprintable():
            raise ConfigurationError(
                f"{str(path)!r}: a schedule cannot name a path with a line break or control character",
                remedy="move it to a path without them",
            )
