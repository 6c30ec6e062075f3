"""pg_dump and pg_restore: found in the version that fits the server, run without a secret on their command line."""

import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from nicu_dashboard.adapters.sql.addresses.address import Address
from nicu_dashboard.adapters.sql.addresses.arguments import connect_arguments
from nicu_dashboard.adapters.sql.addresses.faults import SENTENCES, recognised
from nicu_dashboard.adapters.sql.addresses.tokens import mint
from nicu_dashboard.operations.reporting import Report
from nicu_dashboard.operations.sessions import CannotCare

SETTING = "NICU_POSTGRES_PROGRAMS"
_FOLDERS = (
    "usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "usr/local/pgsql/bin", "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin", "Applications/Postgres.app/Contents/Versions/*/bin",
)  # fmt: skip
_OWN = frozenset({"prepare_threshold", "options", "hostaddr", "password"})
_TELLING = (
    (
        re.compile(r"No space left|File too large|Disk quota", re.IGNORECASE),
        "the disk is full; free some space, or name another place",
    ),
    (
        re.compile(r"row.level security", re.IGNORECASE),
        "row level security hides rows from this user; use a superuser or a role with BYPASSRLS in DATABASE_DIRECT_URL",
    ),
    (
        re.compile(r"unsupported version .* in file header", re.IGNORECASE),
        f"the copy was made by a newer pg_dump; install that version's programs, or name their folder in {SETTING}",
    ),
    (
        re.compile(r"input file (appears|does not|is too short)|could not read from input|corrupt", re.IGNORECASE),
        "the copy is damaged or no copy at all; take another one",
    ),
    (
        re.compile(r"already exists", re.IGNORECASE),
        "the target is not empty; create an empty database and name it in DATABASE_URL",
    ),
)


def find(name: str, server_major: int) -> Path:
    """Return the program of the server's own major version, else of the next newer one; raises CannotCare."""
    found = {major: path for path in _candidates(name) if (major := _major(path)) is not None and major >= server_major}
    if found:
        return found[min(found)]
    raise CannotCare(
        f"{name} of PostgreSQL {server_major} or newer was not found; install postgresql-client-{server_major}, or name"
        f" the folder of its programs in {SETTING}"
    )


def _candidates(name: str) -> Iterator[Path]:
    """Yield the programs on this machine, those on the usual path last, so that they win over equals."""
    named = os.environ.get(SETTING)
    if named:
        yield Path(named) / name
        return
    for folder in _FOLDERS:
        yield from (path / name for path in sorted(Path("/").glob(folder)))
    if on_path := shutil.which(name):
        yield Path(on_path)


@cache
def _major(program: Path) -> int | None:
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    version = re.search(r"\(PostgreSQL\) (\d+)", told.stdout)
    return int(version[1]) if version else None


@contextmanager
def connected(address: Address) -> Iterator[dict[str, str]]:
    """Yield an environment in which PostgreSQL's programs reach the database, place and password in private files."""
    with tempfile.TemporaryDirectory(prefix="nicu-") as folder:  # only its owner may enter
        service, passwords = Path(folder) / "service", Path(folder) / "passwords"
        arguments = {key: str(value) for key, value in connect_arguments(address).items() if key not in _OWN}
        startup = " ".join(["-c statement_timeout=0 -c lock_timeout=0", address.startup]).strip()
        if address.pool_mode == "direct":
            arguments["options"] = startup
        lines = [f"{key}={value}" for key, value in arguments.items() if value]
        _private(service, "\n".join(["[nicu]", *lines, ""]))
        password = mint(address)
        escaped = (password or "").replace("\\", "\\\\").replace(":", "\\:")
        _private(passwords, f"*:*:*:*:{escaped}\n" if password else "")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "DATABASE_", "NICU_"))}
        # Only where no password was given may libpq look where it usually does.
        files = {"PGSERVICEFILE": str(service), "PGSERVICE": "nicu"}
        yield {**kept, **files, "LC_ALL": "C", **({"PGPASSFILE": str(passwords)} if password else {})}


def run(command: Sequence[str | Path], address: Address, report: Report, grows: Path | None = None) -> None:
    """Run one of PostgreSQL's programs to its end; raises CannotCare naming the fault, never what the program said."""
    with connected(address) as environment, tempfile.TemporaryFile() as said:
        program = subprocess.Popen(
            [str(part) for part in command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            restore_signals=False,  # a limit on files then reads like a full disk instead of killing the program
        )
        try:
            while program.poll() is None:
                time.sleep(0.05)
                if grows is not None and grows.exists():
                    report.at(grows.stat().st_size)
        finally:
            if program.poll() is None:
                program.terminate()
                program.wait()
        if program.returncode:
            said.seek(0)
            text = said.read().decode("utf-8", "replace")
            raise CannotCare(f"{Path(command[0]).name} failed: {_fault(text, program.returncode)}")


def listed(program: Path, copied: Path) -> str:
    """Return what pg_restore lists of a dump; nothing where it cannot, since restoring will say why."""
    done = subprocess.run(
        [program, "--list", copied], capture_output=True, text=True, errors="replace", check=False, env={"LC_ALL": "C"}
    )
    return done.stdout


def _fault(text: str, code: int) -> str:
    for sign, sentence in _TELLING:
        if sign.search(text):
            return sentence
    if kind := recognised(text):
        return SENTENCES[kind]
    return (
        f"it was stopped by signal {-code}; try again" if code < 0 else f"exit code {code}; run it by hand to see why"
    )


def _private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
