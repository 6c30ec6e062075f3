"""How well the way to the server is protected: what is asked for, what is refused, which authorities are trusted."""

import ipaddress
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg

from nicu_dashboard.adapters.sql.addresses.address import AddressFault, Host, TlsDemand
from nicu_dashboard.adapters.sql.addresses.parameters import CHOICES

ALLOWED_BY = "NICU_ALLOW_INSECURE_DATABASE"
_STRENGTH = CHOICES["sslmode"]
# Options that an older libpq does not know, and the version that does.
_SINCE = {"load_balance_hosts": 16, "require_auth": 16, "sslcertmode": 16, "sslnegotiation": 17}


@dataclass(frozen=True, slots=True)
class Protection:
    """The sslmode to ask for, the certificates to ask with, and what a person should know about it."""

    sslmode: str
    options: Mapping[str, str]
    warnings: tuple[str, ...] = ()


def is_local(host: Host, address: str | None = None) -> bool:
    """Return whether the way to a host stays on this machine; `address` is libpq's hostaddr, which wins."""
    if address is None and (host.is_socket or host.name.lower() == "localhost"):
        return True
    try:
        return ipaddress.ip_address((address or host.name).split("%", 1)[0]).is_loopback
    except ValueError:
        return False


def protect(options: Mapping[str, str], demand: TlsDemand, environ: Mapping[str, str], setting: str) -> Protection:
    """Return what to ask libpq for where `demand` holds; raises AddressFault for less than is safe there."""
    _check_version(options, setting)
    files = _client_certificate(options, setting)
    asked = options.get("sslmode") or environ.get("PGSSLMODE") or None
    if asked and asked not in _STRENGTH:
        raise AddressFault(f"PGSSLMODE takes one of {', '.join(_STRENGTH)}.")
    mode = asked or ("prefer" if demand == "none" else demand)
    root = options.get("sslrootcert") or environ.get("PGSSLROOTCERT")
    if root == "system" and mode != "verify-full":
        if asked:
            raise AddressFault(f"{setting}: sslrootcert=system needs sslmode=verify-full; write that.")
        mode = "verify-full"
    if mode.startswith("verify") or root:
        files["sslrootcert"] = _authorities(root, environ, setting)
    return Protection(mode, files, () if demand == "none" else _judge(mode, environ, setting))


def _judge(mode: str, environ: Mapping[str, str], setting: str) -> tuple[str, ...]:
    if mode == "verify-full":
        return ()
    if mode == "verify-ca":
        return (f"{setting}: sslmode=verify-ca does not compare the server's name; write sslmode=verify-full.",)
    if mode == "require":
        return (f"{setting}: sslmode=require proves no identity; write sslmode=verify-full where the server can.",)
    if environ.get(ALLOWED_BY) != "1":
        raise AddressFault(
            f"{setting}: sslmode={mode} lets others on the network read patients' data and the password; write"
            f" sslmode=verify-full (only for a trial, set {ALLOWED_BY}=1)."
        )
    return (f"{setting}: sslmode={mode} is only for a trial: others on the network can read patients' data.",)


def _authorities(root: str | None, environ: Mapping[str, str], setting: str) -> str:
    """Return the file of trusted authorities; the machine's own where none is named."""
    if root and root != "system":
        return _readable(root, "sslrootcert", setting)
    own = Path(environ.get("HOME") or "/nonexistent") / ".postgresql" / "root.crt"
    if not root and own.is_file():
        return str(own)
    # By path, as libpq built into a wheel looks for the machine's authorities in a folder of its builder.
    bundle = environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    if bundle and Path(bundle).is_file():
        return bundle
    if psycopg.pq.version() >= 160_000:
        return "system"
    raise AddressFault(
        f"{setting}: this machine's list of authorities was not found, and sslrootcert=system needs libpq 16"
        f" (here {psycopg.pq.version() // 10_000}); install ca-certificates or name a file in sslrootcert."
    )


def _client_certificate(options: Mapping[str, str], setting: str) -> dict[str, str]:
    files = {}
    if ("sslcert" in options) != ("sslkey" in options):
        raise AddressFault(
            f"{setting}: a client's certificate needs sslcert and sslkey; the server's authority goes into sslrootcert."
        )
    for key in ("sslcert", "sslkey", "sslcrl"):
        if key in options:
            files[key] = _readable(options[key], key, setting)
    if "sslkey" in files and is_open_to_others(Path(files["sslkey"]).stat()):
        raise AddressFault(
            f"{setting}: the file in sslkey can be read by others; run: chmod 600 on it (640 where root owns it)."
        )
    return files


def is_open_to_others(key: os.stat_result) -> bool:
    """Return whether a key's file has more rights than libpq lets it have: one of root's may be read by its group."""
    return bool(key.st_mode & (0o037 if key.st_uid == 0 else 0o077))


def _readable(name: str, key: str, setting: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise AddressFault(
            f"{setting}: the file in {key} cannot be read ({reason}); look at its path and rights."
        ) from None


def _check_version(options: Mapping[str, str], setting: str) -> None:
    here = psycopg.pq.version() // 10_000
    for key, since in _SINCE.items():
        if key in options and here < since:
            raise AddressFault(f"{setting}: {key} needs libpq {since}, here is {here}; take it out or update psycopg.")
