"""Passwords that are minted for each connection: RDS IAM tokens live 15 minutes, Entra's about an hour."""

import os
import select
import shlex
import subprocess
from collections.abc import Mapping
from importlib.metadata import entry_points
from time import perf_counter, sleep

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault, PasswordSource

COMMAND = "DB_PASSWORD_COMMAND"
ENTRY_POINT = "DB_PASSWORD_ENTRY_POINT"
GROUP = "nicu_dashboard.database_passwords"
_PATIENCE_S = 20
# Tokens of a cloud have about 2,000 characters; what is much longer is no password, and must not fill the memory.
_LONGEST = 65_536
_LOOK_MS = 50


def password_source(environ: Mapping[str, str], password: str | None, setting: str) -> PasswordSource | None:
    """Return what mints the passwords, or None; raises AddressFault where two things claim to know it."""
    command, name = environ.get(COMMAND, "").strip(), environ.get(ENTRY_POINT, "").strip()
    if command and name:
        raise AddressFault(f"{COMMAND} and {ENTRY_POINT} both mint the password; keep one.")
    if not command and not name:
        return None
    if password is not None:
        raise AddressFault(f"{setting} holds a password and {COMMAND if command else ENTRY_POINT} mints one; keep one.")
    return PasswordSource(_words(command)) if command else PasswordSource(entry_point=_known(name))


def mint(address: Address) -> str | None:
    """Return the password for the next connection, None where the address has none; raises AddressFault."""
    source = address.password_source
    if source is None:
        return address.password
    return _from_entry_point(source.entry_point, address) if source.entry_point else _from_command(source, address)


def _words(command: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(command))
    except ValueError:
        raise AddressFault(f"{COMMAND} has a quote that is not closed.") from None


def _known(name: str) -> str:
    if not entry_points(group=GROUP, name=name):
        raise AddressFault(f"{ENTRY_POINT} names no entry point of the group {GROUP}; install its package.")
    return name


def _from_entry_point(name: str, address: Address) -> str:
    (found, *_) = entry_points(group=GROUP, name=name)
    try:
        password = found.load()(host=address.host, port=address.port, user=address.user, database=address.database)
    except Exception as error:
        # A package of the installation's own may raise anything, and may put a secret into its message.
        raise AddressFault(f"{ENTRY_POINT} failed with {type(error).__name__}; look at its package.") from None
    return _one_line(password if isinstance(password, str) else "", ENTRY_POINT)


def _from_command(source: PasswordSource, address: Address) -> str:
    place = {"PGHOST": address.host, "PGPORT": str(address.port), "PGDATABASE": address.database}
    env = {**os.environ, **place, **({"PGUSER": address.user} if address.user else {})}
    nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
    try:
        with subprocess.Popen(source.command, env=env, stdin=nothing, stdout=pipe, stderr=nothing) as program:
            try:
                text = _told(program).decode()
            finally:
                program.kill()
    except (OSError, UnicodeDecodeError) as error:
        reason = (getattr(error, "strerror", None) or "its output is not text").lower()
        raise AddressFault(f"{COMMAND} cannot be run ({reason}); write the program's full path.") from None
    if program.returncode:
        raise AddressFault(f"{COMMAND} ended with exit code {program.returncode}; run it by hand to see why.")
    return _one_line(text, COMMAND)


def _told(program: "subprocess.Popen[bytes]") -> bytes:
    """Return what a command printed when it has ended, whatever it leaves running behind; raises AddressFault."""
    assert program.stdout is not None
    news, told, is_open = select.poll(), b"", True
    news.register(program.stdout, select.POLLIN)
    until = perf_counter() + _PATIENCE_S
    while perf_counter() < until:
        has_ended = program.poll() is not None
        if is_open and news.poll(0 if has_ended else _LOOK_MS):
            piece = os.read(program.stdout.fileno(), _LONGEST)
            told, is_open = told + piece, bool(piece)
        elif has_ended:
            return told
        elif not is_open:
            sleep(_LOOK_MS / 1_000)
        if len(told) > _LONGEST:
            raise AddressFault(
                f"{COMMAND} must give the password as its only line; it gave more than {_LONGEST} bytes."
            )
    raise AddressFault(f"{COMMAND} gave no password within {_PATIENCE_S} seconds; run it by hand.")


def _one_line(text: str, setting: str) -> str:
    lines = text.splitlines()
    if len(lines) != 1 or not lines[0] or "\x00" in text:
        raise AddressFault(f"{setting} must give the password as its only line; it gave {len(lines)} lines.")
    return lines[0]
