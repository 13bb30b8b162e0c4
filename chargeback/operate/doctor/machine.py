"""The machine: Python, the packages that the job needs, and whether something will start it every month.

``[notify]`` and the teams' ``notify``: the variables that their URLs name are set; nothing is sent.
"""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from chargeback import __version__
from chargeback.config import Config
from chargeback.config.loader import read_profiles
from chargeback.errors import ConfigurationError, StorageError
from chargeback.model.bookkeeping import ADJUSTMENTS, NO_TEAM, UNASSIGNED, LedgerTeam, Leg, key_of
from chargeback.model.wording import counted
from chargeback.operate.doctor.lines import DoctorLine, good, notice, wrong
from chargeback.operate.metrics import write_textfile
from chargeback.operate.notify.deliveries import services
from chargeback.operate.notify.services import missing_variables, scheme_of, takes_files

LEAST_PYTHON = (3, 11)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)\s*(?:>=\s*([0-9.]+))?")
_SCHEDULE_FOLDERS = ("/etc/cron.d", "/etc/systemd/system", "/usr/lib/systemd/system")
_SCHEDULE_FILES = ("/etc/crontab",)


def notification(config: Config, environ: Mapping[str, str]) -> Iterator[DoctorLine]:
    """Whether somebody is notified of a month that needs a person."""
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


def deliveries(config: Config, environ: Mapping[str, str]) -> Iterator[DoctorLine]:
    """Whether each team that is to get its statement can; nothing where none is. Nothing is sent."""
    teams = [team for team in config.teams if team.notify]
    if not teams:
        return
    missing = sorted({name for team in teams for url in team.notify for name in missing_variables(url, environ)})
    if missing:
        remedy = "set the variables where the job runs"
        yield notice("statements", f"not set, for [[teams]] notify: {', '.join(missing)}", remedy)
        return
    without = [f"{team.id} ({name})" for team in teams for name, url in services(team) if not takes_files(url, environ)]
    if without:
        problem = f"a service that takes no files, or none that apprise knows: {', '.join(without)}"
        yield notice("statements", problem, "name one that does in [[teams]] notify, such as mailtos://")
    else:
        yield good("statements", f"sent to {counted(len(teams), 'team')}: {', '.join(team.id for team in teams)}")


def python() -> Iterator[DoctorLine]:
    """The interpreter, and this program's version."""
    versions = f"Python {platform.python_version()}, chargeback {__version__}"
    if sys.version_info[:2] < LEAST_PYTHON:
        yield wrong("python", versions, f"install Python {'.'.join(map(str, LEAST_PYTHON))} or later")
    else:
        yield good("python", versions)


def packages(config: Config) -> Iterator[DoctorLine]:
    """Every library that the distribution names is there and new enough; apprise where notifications are configured."""
    try:
        needed = [text for text in requires("chargeback") or [] if "extra ==" not in text]
    except PackageNotFoundError:
        yield notice("packages", "chargeback is not installed as a package", "pip install chargeback")
        return
    problems = [problem for text in needed if (problem := _missing(text))]
    if (config.notify.urls or any(team.notify for team in config.teams)) and (problem := _missing("apprise")):
        problems.append(f"{problem}, needed by [notify] and by teams' notify")
    if problems:
        yield wrong("packages", "; ".join(problems), "pip install --upgrade '.[notify]' in the checkout")
    else:
        yield good("packages", f"{len(needed)} libraries present")


def _missing(requirement: str) -> str:
    """What is wrong with an installed library, "" where nothing is."""
    match = _REQUIREMENT.match(requirement)
    name, least = (match[1], match[2]) if match else (requirement, None)
    try:
        found = version(name)
    except PackageNotFoundError:
        return f"{name} is not installed"
    return f"{name} {found} is older than {least}" if least and _numbers(found) < _numbers(least) else ""


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:3])


def metrics(config: Config) -> Iterator[DoctorLine]:
    """Whether the folder of the textfile collector takes a file; nothing where no metrics are written."""
    folder = config.notify.metrics
    if folder is None:
        return
    try:
        write_textfile(folder / ".chargeback-doctor.prom", "")
        (folder / ".chargeback-doctor.prom").unlink()
    except (StorageError, OSError) as error:
        yield wrong("metrics", f"{error}", "create the folder of [notify] metrics, and let this user write there")
    else:
        yield good("metrics", f"{folder} can be written")


def journal(config: Config) -> Iterator[DoctorLine]:
    """Which accounts of ``[journal]`` a journal's legs would lack."""
    chart, teams = config.journal, [LedgerTeam(team.id, gl_account=team.gl_account) for team in config.teams]
    without = [team.id for team in teams if not chart.of(Leg.COST, team)]
    bearers = [*teams, LedgerTeam(UNASSIGNED), LedgerTeam(ADJUSTMENTS)]
    legs = [*((Leg.COST, team) for team in bearers), *((leg, NO_TEAM) for leg in Leg if leg is not Leg.COST)]
    missing = list(dict.fromkeys(key_of(leg, team) for leg, team in legs if not chart.of(leg, team)))
    if missing:
        lines = " ".join(f'{key} = "…"' for key in missing)
        yield notice(
            "journal",
            f"[journal] names no account for {', '.join(missing)}"
            + (f"; team {', '.join(without)} has no gl_account either" if without else "")
            + ": entries with such a leg cannot be booked",
            f"add to [journal], each on a line of its own: {lines}",
        )
    else:
        yield good("journal", "every leg has an account")
    try:
        own = read_profiles(config)
    except ConfigurationError as error:
        yield wrong("journal", error.message, error.remedy)
    else:
        if config.journal.format:
            yield good("journal", f"{counted(len(config.journal.format), 'ERP format')}, {len(own)} of your own")


def schedule(environ: Mapping[str, str]) -> Iterator[DoctorLine]:
    """Whether a crontab, a timer or a cluster starts ``chargeback``; other machines cannot be seen from here."""
    found = _scheduled_in(environ)
    if found:
        yield good("schedule", f"found in {', '.join(found)}")
    else:
        yield notice(
            "schedule", "nothing on this machine starts chargeback", "chargeback schedule cron (or systemd, kubernetes)"
        )


def _scheduled_in(environ: Mapping[str, str]) -> list[str]:
    found = ["this cluster"] if environ.get("KUBERNETES_SERVICE_HOST") else []
    home = environ.get("HOME")
    folders = [*_SCHEDULE_FOLDERS, *([f"{home}/.config/systemd/user"] if home else [])]
    paths = [Path(name) for name in _SCHEDULE_FILES]
    for folder in folders:
        paths += sorted(Path(folder).glob("*.timer" if "systemd" in folder else "*"))
    found += [str(path) for path in paths if _mentions(path)]
    return [*found, *(["crontab"] if "chargeback" in _crontab(environ) else [])]


def _mentions(path: Path) -> bool:
    """Whether a schedule is ours: a timer by its name, a crontab by a line that is no comment."""
    if path.suffix == ".timer":
        return "chargeback" in path.name
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    except OSError:
        return False
    return any("chargeback" in line and not line.lstrip().startswith("#") for line in lines)


def _crontab(environ: Mapping[str, str]) -> str:
    """The user's crontab without comments; "" if there is none, or no cron."""
    command = shutil.which("crontab", path=environ.get("PATH"))
    if command is None:
        return ""
    try:
        listed = subprocess.run([command, "-l"], capture_output=True, timeout=5, check=False)  # noqa: S603 (no shell)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = listed.stdout.decode(errors="replace").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))
