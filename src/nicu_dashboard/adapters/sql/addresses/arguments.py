"""What psycopg and PostgreSQL are told at the start of a connection and of a transaction."""

from typing import Any

from nicu_dashboard.adapters.sql.addresses.address import Address

# A statement of the dashboard takes milliseconds; what takes longer than these is stuck and holds others up. A process
# that freezes within a transaction must let the engine that takes over have its rows within seconds.
TIMEOUTS_MS = {
    "statement_timeout": 60_000,
    "lock_timeout": 10_000,
    "idle_in_transaction_session_timeout": 5_000,
}


# The alarm path's client gives up after 3 s; what the server still holds for it must be let go before the next try.
HASTE_MS = {"statement_timeout": 4_000, "lock_timeout": 3_000, "idle_in_transaction_session_timeout": 3_000}
PATIENCE_MS = {**TIMEOUTS_MS, "statement_timeout": 0, "idle_in_transaction_session_timeout": 0}
# Its keeper may have set these for people: psycopg reads no date but ISO's, and a figure is to be read whole.
READABLE = {"datestyle": "ISO", "extra_float_digits": "1"}
# A transaction begins with it, so it cannot be made within one.
ISOLATION = {"default_transaction_isolation": "read committed"}


def connect_arguments(address: Address) -> dict[str, Any]:
    """Return psycopg.connect's arguments for a PostgreSQL address, all but the password."""
    arguments: dict[str, Any] = {
        # Empty, not absent: what libpq would read from PGHOSTADDR was never judged.
        "hostaddr": "",
        **address.options,
        "host": ",".join(host.name for host in address.hosts),
        "port": ",".join(str(host.port) for host in address.hosts),
        "dbname": address.database,
        "sslmode": address.sslmode,
        "connect_timeout": address.pool.connect_timeout_s,
        "options": _startup(address),
        "prepare_threshold": address.prepare_threshold,
        # A role, a database or PGCLIENTENCODING may ask for another: text in COPY's binary form would be read as that.
        "client_encoding": "utf8",
    }
    if address.user is not None:
        arguments["user"] = address.user
    if address.key_password is not None:
        arguments["sslpassword"] = address.key_password
    return arguments


def transaction_settings(address: Address) -> dict[str, str]:
    """Return the settings to make in each transaction: only behind a pooler, which forgets them after it."""
    if address.pool_mode != "transaction":
        return {}
    settings = _settings(address)
    if address.pins_on_set:  # it would no longer pool at all, so the role carries the time-outs
        return {name: value for name, value in settings.items() if name == "search_path"}
    return settings


def session_settings(address: Address) -> dict[str, str]:
    """Return the settings to make once a session has begun: behind a pooler of sessions, which takes no `options`."""
    return {**ISOLATION, **_settings(address)} if address.pool_mode == "session" else {}


def _settings(address: Address) -> dict[str, str]:
    path = {"search_path": address.search_path} if address.search_path else {}
    limits = PATIENCE_MS if address.patient else HASTE_MS if address.hasty else TIMEOUTS_MS
    return {**path, **READABLE, **{name: str(limit) for name, limit in limits.items()}}


def _startup(address: Address) -> str:
    """Return libpq's `options`; poolers refuse ours."""
    settings = {**ISOLATION, **_settings(address)} if address.pool_mode == "direct" else {}
    ours = [f"-c {name}={_escaped(value)}" for name, value in settings.items()]
    return " ".join([*ours, address.startup]).strip()


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")
