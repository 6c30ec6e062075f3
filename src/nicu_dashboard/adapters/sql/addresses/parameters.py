"""The keys an address may hold, and the values each takes; what is not here is refused by name."""

import difflib
import re
from collections.abc import Mapping, Sequence

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.url import Pair

SECRETS = frozenset({"password", "sslpassword"})
PLACE = frozenset({"host", "port", "dbname", "user", "password"})
LIBPQ = frozenset({
    "hostaddr", "passfile", "channel_binding", "connect_timeout", "options", "application_name", "keepalives",
    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslmode", "sslnegotiation",
    "sslcert", "sslkey", "sslpassword", "sslcertmode", "sslrootcert", "sslcrl", "sslcrldir", "sslsni", "require_auth",
    "requirepeer", "ssl_min_protocol_version", "ssl_max_protocol_version", "gssencmode", "krbsrvname",
    "target_session_attrs", "load_balance_hosts",
})  # fmt: skip
PRISMA = frozenset({
    "schema", "connection_limit", "pool_timeout", "pgbouncer", "socket_timeout", "sslaccept", "statement_cache_size",
    "max_connection_lifetime", "max_idle_connection_lifetime", "ssl",
})  # fmt: skip
SQLITE = frozenset({"connection_limit", "socket_timeout", "connect_timeout", "pool_timeout"})

NUMBERS: Mapping[str, tuple[int, int, str]] = {
    "connect_timeout": (1, 120, " seconds"),
    "keepalives": (0, 1, ""),
    "keepalives_idle": (1, 7_200, " seconds"),
    "keepalives_interval": (1, 7_200, " seconds"),
    "keepalives_count": (1, 100, ""),
    "tcp_user_timeout": (1_000, 600_000, " milliseconds"),
    "connection_limit": (1, 200, " connections"),
    "pool_timeout": (1, 300, " seconds"),
    "socket_timeout": (1, 600, " seconds"),
    "statement_cache_size": (0, 10_000, " statements"),
    "max_connection_lifetime": (1, 86_400, " seconds"),
    "max_idle_connection_lifetime": (1, 3_600, " seconds"),
    "DB_POOL_SIZE": (1, 200, " connections"),
    "DB_CONNECT_TIMEOUT": (100, 120_000, " milliseconds"),
    "DB_IDLE_TIMEOUT": (1_000, 3_600_000, " milliseconds"),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslaccept": ("strict", "accept_invalid_certs"),
    "pgbouncer": ("true", "false"),
    "ssl": ("true",),
    "channel_binding": ("disable", "prefer", "require"),
    "target_session_attrs": ("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    "load_balance_hosts": ("disable", "random"),
    "sslnegotiation": ("postgres", "direct"),
}
# What other drivers call the same thing.
ELSEWHERE: Mapping[str, str] = {
    "database": "dbname", "username": "user", "pool_size": "connection_limit", "max": "connection_limit",
    "timeout": "connect_timeout", "search_path": "schema", "currentschema": "schema", "ssl_mode": "sslmode",
    "sslca": "sslrootcert", "ssl_ca": "sslrootcert", "preparethreshold": "statement_cache_size",
    "prepared_statements": "pgbouncer",
}  # fmt: skip
_WHY_NOT: Mapping[str, str] = {
    "sslidentity": "split the PKCS 12 file with `openssl pkcs12` and name its parts in sslcert and sslkey",
    "service": "write what the service file says into the URL itself",
    "servicefile": "write what the service file says into the URL itself",
    "replication": "this program takes no replication stream",
    "client_encoding": "this program always speaks UTF-8",
}


def checked(pairs: Sequence[Pair], known: frozenset[str], setting: str) -> dict[str, str]:
    """Return the pairs as a mapping; raises AddressFault for an unknown, doubled, empty or out-of-range one."""
    found: dict[str, str] = {}
    before = ""
    for key, value in pairs:
        if key not in known:
            raise AddressFault(f"{setting}: {_unknown(key, before, known)}.")
        if key in found:
            raise AddressFault(f"{setting}: {key} is given twice; keep one{_hosts_together(key)}.")
        if not value and key not in SECRETS:
            raise AddressFault(f"{setting}: {key} has no value; give it one or leave it out.")
        found[key] = value
        before = key
        _check(key, value, setting)
    return found


def number(name: str, value: str, setting: str) -> int:
    """Return a whole number in the range of its key; raises AddressFault naming the range."""
    low, high, unit = NUMBERS[name]
    # Longer than any range, and Python's int() of thousands of digits is slow.
    given = int(value) if re.fullmatch(r"[0-9]{1,9}", value) else -1
    if not low <= given <= high:
        where = name if name == setting else f"{setting}: {name}"
        raise AddressFault(f"{where} takes a whole number{' of' if unit else ''}{unit} from {low} to {high}.")
    return given


def _check(key: str, value: str, setting: str) -> None:
    if key in NUMBERS:
        number(key, value, setting)
    if key in CHOICES and value not in CHOICES[key]:
        raise AddressFault(f"{setting}: {key} takes one of {', '.join(CHOICES[key])}.")


def _unknown(key: str, before: str, known: frozenset[str]) -> str:
    # Behind a password given as a key, an unknown one is most likely the password's own rest.
    if before in SECRETS or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}", key):
        return (
            "a key is unknown, perhaps the rest of a password;"
            " escape it (& is %26, = is %3D), or put it in single quotes in the key=value form"
        )
    if reason := _WHY_NOT.get(key):
        return f"{key} is not taken; {reason}"
    near = ELSEWHERE.get(key.lower()) or next(iter(difflib.get_close_matches(key.lower(), sorted(known), 1, 0.7)), None)
    return f"{key} is not known; " + (f"perhaps {near} is meant" if near in known else "take it out")


def _hosts_together(key: str) -> str:
    return ", and write several hosts as A:5432,B:5432" if key in {"host", "port"} else ""
