"""A machine of its own, as far as files, users, processes and mounts go: what a schedule needs to be executed.

Its root is read-only but for what the caller mounts; ``/etc``, ``/srv`` and ``/var`` lie on a disk that outlasts a
boot. The program is installed in ``/opt/chargeback``, as in the image. The network is this machine's loopback, so that
the simulated platform can be reached. Made with namespaces of Linux, for which one has to be root.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = "/opt/chargeback/bin/chargeback"
EXITS = "/var/spool/chargeback-exits"
"""Where the program notes how it ended, if the file is there: crond tells nobody."""
_LAUNCHER = f"""\
#!/opt/chargeback/bin/python
import sys

from chargeback.__main__ import main

code = main()
try:
    with open("{EXITS}", "r+") as exits:
        exits.seek(0, 2)
        exits.write(f"{{sys.argv[1]}} {{code}}\\n")
except OSError:
    pass
sys.exit(code)
"""
_NODES = ("null", "zero", "full", "random", "urandom")
_NEEDED = ("unshare", "pivot_root", "setpriv", "mount")


@dataclass(frozen=True, slots=True)
class Mount:
    """A file or folder of this machine, and where the other one sees it."""

    source: Path
    target: str
    writable: bool = False


@dataclass(slots=True)
class Machine:
    """A disk, and what can be booted from it; ``folder`` holds all that it is made of."""

    folder: Path
    disk: Path = field(init=False)

    def __post_init__(self) -> None:
        skip_where_impossible()
        self.folder.mkdir()
        self.disk = self.folder / "disk"
        for name in ("srv", "var/lib", "var/spool", "var/log", "var/tmp"):
            (self.disk / name).mkdir(parents=True)
        (self.disk / "var/run").symlink_to("/run")
        shutil.copytree("/etc", self.disk / "etc", symlinks=True)
        (self.folder / "root").mkdir()
        self._install()

    def path(self, path: object) -> Path:
        """Where a path of the machine's disk lies on this one."""
        return self.disk / str(path).lstrip("/")

    def boot(
        self,
        script: str,
        *,
        mounts: Sequence[Mount] | None = None,
        temporary: Sequence[str] = ("/tmp", "/run"),
        environ: Mapping[str, str] | None = None,
        expected: int | None = 0,
    ) -> str:
        """What a script of the shell says on stdout and stderr; it is the machine's first process, root's.

        ``expected``: how it has to end, None: in any way.
        ``mounts``: what is seen beside the system and the program, by default the whole disk, all of it writable.
        """
        if mounts is None:
            mounts = [Mount(self.disk / name, f"/{name}", writable=True) for name in ("etc", "srv", "var")]
        made = "\n".join(["set -e", *self._made(mounts, temporary), script])
        try:
            ran = subprocess.run(
                ["unshare", "-m", "-p", "-f", "-u", "-C", "--kill-child", "--propagation", "private", "sh", "-c", made],
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=120,
            )
        except subprocess.TimeoutExpired as late:
            pytest.fail(f"the machine still runs after {late.timeout:.0f} s: {(late.output or b'').decode()[-2000:]}")
        assert expected in (None, ran.returncode), f"exit {ran.returncode}: {ran.stdout}"
        return ran.stdout

    def _install(self) -> None:
        """The program as a virtual environment of its own: the tests' libraries, this checkout's source."""
        target = self.folder / "chargeback"
        site = target / f"lib/python3.{sys.version_info.minor}/site-packages"
        for folder in (target / "bin", site, target / "libraries", target / "source/chargeback"):
            folder.mkdir(parents=True)
        base = Path(os.path.realpath(sys.executable))
        (target / "bin/python").symlink_to(base)
        (target / "pyvenv.cfg").write_text(f"home = {base.parent}\ninclude-system-site-packages = false\n")
        (site / "chargeback.pth").write_text("/opt/chargeback/source\n/opt/chargeback/libraries\n")
        launcher = target / "bin/chargeback"
        launcher.write_text(_LAUNCHER)
        launcher.chmod(0o755)

    def _made(self, mounts: Sequence[Mount], temporary: Sequence[str]) -> Iterator[str]:
        """The lines that make the root and enter it."""
        libraries = Path(pytest.__file__).parents[1]
        system = [Mount(Path("/usr"), "/usr"), *(_system_folders())]
        if not Path(sys.base_prefix).is_relative_to("/usr"):
            system.append(Mount(Path(sys.base_prefix), sys.base_prefix))
        program = [
            Mount(self.folder / "chargeback", "/opt/chargeback"),
            Mount(libraries, "/opt/chargeback/libraries"),
            Mount(ROOT / "chargeback", "/opt/chargeback/source/chargeback"),
        ]
        root = shlex.quote(str(self.folder / "root"))
        yield f"mount -t tmpfs -o mode=0755 machine {root}; cd {root}; mkdir dev proc sys old"
        yield from (f"cp -a /{name} ." for name in ("bin", "sbin", "lib", "lib64") if Path(f"/{name}").is_symlink())
        for path in temporary:
            inside = shlex.quote(f".{path}")
            yield f"mkdir -p {inside}; mount -t tmpfs -o mode=1777 tmpfs {inside}"
        seen = [*system, *program, *sorted(mounts, key=lambda mount: mount.target)]
        for mount in seen:
            yield from _mounted(mount)
        for mount in seen:
            if not mount.writable:  # only now: the places of inner mounts are made within outer ones
                yield f"mount -o remount,bind,ro {shlex.quote(f'.{mount.target}')}"
        yield "mount -t proc proc proc; mount -o bind,ro proc/sys proc/sys; mount -t sysfs -o ro sysfs sys"
        yield "mount -t tmpfs -o mode=0755 tmpfs dev; mkdir dev/shm dev/pts"
        yield from (f"touch dev/{node}; mount --bind /dev/{node} dev/{node}" for node in _NODES)
        yield "pivot_root . old; cd /; umount -l /old; rmdir /old; mount -o remount,ro /"


def skip_where_impossible() -> None:
    """Skips the test, with what is missing."""
    if sys.platform != "linux" or os.getuid():
        pytest.skip("a machine of its own needs Linux and root")
    if missing := [name for name in _NEEDED if shutil.which(name) is None]:
        pytest.skip(f"{', '.join(missing)}: not installed (Debian: util-linux), so no schedule is executed here")
    tried = subprocess.run(["unshare", "-m", "-p", "-f", "-u", "-C", "mount", "-t", "tmpfs", "tmpfs", "/mnt"])
    if tried.returncode:
        pytest.skip("this container may not mount anything, so no schedule is executed here")


def _system_folders() -> Iterator[Mount]:
    for name in ("bin", "sbin", "lib", "lib64"):
        path = Path(f"/{name}")
        if path.is_dir() and not path.is_symlink():
            yield Mount(path, f"/{name}")


def _mounted(mount: Mount) -> Iterator[str]:
    source, target = shlex.quote(str(mount.source)), shlex.quote(f".{mount.target}")
    if mount.source.is_dir():
        yield f"mkdir -p {target}"
    else:
        yield f'mkdir -p "$(dirname {target})"; touch {target}'
    yield f"mount --bind {source} {target}"
