"""Find programs and files that tests need, or install them from Debian's packages: `ensure.py chromium pgbouncer`.

Prints each program's path; exits 2 with one line on what to do when it cannot be had. Standard library alone.
"""

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

LOCK = Path(__file__).resolve().parent.parent / ".tools" / "ensure.lock"


@dataclass(frozen=True)
class Program:
    """Where a program may be: a setting that names it, its usual names, folders beyond PATH, its Debian package.

    With `file`, it is no program but a file that the package brings.
    """

    setting: str
    names: Sequence[str]
    package: str
    folders: str = ""
    file: str = ""


PROGRAMS = {
    "caddy": Program("NICU_CADDY", ("caddy",), "caddy"),
    "chromium": Program(
        "NICU_CHROMIUM", ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"), "chromium"
    ),
    "pgbackrest": Program("NICU_PGBACKREST", ("pgbackrest",), "pgbackrest"),
    "pgbouncer": Program("NICU_PGBOUNCER", ("pgbouncer",), "pgbouncer", "usr/sbin"),
    "pgloader": Program("NICU_PGLOADER", ("pgloader",), "pgloader"),
    "postgres": Program("NICU_POSTGRES", ("postgres",), "postgresql", "usr/lib/postgresql/*/bin"),
    "proj.db": Program("NICU_PROJ_DB", (), "proj-data", file="/usr/share/proj/proj.db"),
    "psql": Program("NICU_PSQL", ("psql",), "postgresql-client"),
    "sqlite3": Program("NICU_SQLITE3", ("sqlite3",), "sqlite3"),
    "systemd-analyze": Program("NICU_SYSTEMD_ANALYZE", ("systemd-analyze",), "systemd"),
}


class NotToBeHad(Exception):
    """The program is neither here nor installable; the message says what to do."""


def find(name: str) -> Path | None:
    """The path of a known program on this machine, or None. A setting that names nothing is an error."""
    program = PROGRAMS[name]
    if program.file:
        held = Path(os.environ.get(program.setting, program.file))
        return held if held.is_file() else None
    if named := os.environ.get(program.setting):
        if found := shutil.which(named):
            return Path(found)
        raise NotToBeHad(f"{program.setting} names {named}, which is not a program")
    beyond = sorted(Path("/").glob(program.folders), reverse=True) if program.folders else []
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *map(str, beyond)])
    return next((Path(found) for each in program.names if (found := shutil.which(each, path=path))), None)


def apt() -> list[str] | None:
    """The start of an apt-get command that may install, or None."""
    if not shutil.which("apt-get"):
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    may = shutil.which("sudo") and subprocess.run(("sudo", "-n", "true"), capture_output=True, check=False)
    return ["sudo", "-n", "apt-get"] if may and may.returncode == 0 else None


def install(package: str) -> bool:
    """Install a Debian package; whether that worked. Its output goes to standard error."""
    start = apt()
    if start is None:
        return False
    print(f"Installing {package} from Debian's packages", file=sys.stderr)
    # RUNLEVEL=1 keeps a database package from starting a server of its own.
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    commands = ([*start, "-q", "update"], [*start, "-q", "install", "-y", "--no-install-recommends", package])
    return all(subprocess.run(each, env=env, stdout=sys.stderr, check=False).returncode == 0 for each in commands)


def one_at_a_time() -> IO[str]:
    """An open, locked file: two test workers must not run apt-get at once."""
    LOCK.parent.mkdir(exist_ok=True)
    held = LOCK.open("w")
    fcntl.flock(held, fcntl.LOCK_EX)
    return held


def ensure(name: str) -> Path:
    """The path of a known program, installed when it was missing; NotToBeHad when it cannot be."""
    if found := find(name):
        return found
    with one_at_a_time():
        program = PROGRAMS[name]
        found = find(name) or (find(name) if install(program.package) else None)
    if found is None:
        raise NotToBeHad(f"{name} is missing: install it, or name it in {program.setting}, then run this again")
    return found


def main(arguments: Sequence[str]) -> int:
    """Print the paths of the named programs; exit code 0 found, 2 could not."""
    if not arguments or not set(arguments) <= PROGRAMS.keys():
        print(f"usage: ensure.py {'|'.join(PROGRAMS)} …", file=sys.stderr)
        return 2
    try:
        for name in arguments:
            print(ensure(name))
    except NotToBeHad as reason:
        print(reason, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
