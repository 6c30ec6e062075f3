"""Parameters of Prisma's URLs in libpq's terms, which refuses them: `invalid URI query parameter: "schema"`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from nicu_dashboard.adapters.sql.addresses.address import AddressFault
from nicu_dashboard.adapters.sql.addresses.parameters import PRISMA

_ENCRYPTED = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True, slots=True)
class Translated:
    """What is left for libpq, and what was meant for the client. A limit that was not given is None."""

    options: Mapping[str, str] = field(repr=False)
    search_path: str | None
    transaction_pooler: bool | None
    connection_limit: int | None
    pool_timeout_s: int | None
    lifetime_s: int | None
    idle_s: int | None
    statement_cache_size: int | None


def translate(given: Mapping[str, str], setting: str) -> Translated:
    """Return the checked parameters in libpq's terms; raises AddressFault where two of them contradict each other."""
    options = {key: value for key, value in given.items() if key not in PRISMA}
    if "socket_timeout" in given:
        _only_one(given, "socket_timeout", "tcp_user_timeout", setting)
        options["tcp_user_timeout"] = f"{given['socket_timeout']}000"
    _tls(given, options, setting)
    pooler = given.get("pgbouncer")
    return Translated(
        options,
        _quoted(given["schema"], setting) if "schema" in given else None,
        None if pooler is None else pooler == "true",
        _whole(given, "connection_limit"),
        _whole(given, "pool_timeout"),
        _whole(given, "max_connection_lifetime"),
        _whole(given, "max_idle_connection_lifetime"),
        _whole(given, "statement_cache_size"),
    )


def _tls(given: Mapping[str, str], options: dict[str, str], setting: str) -> None:
    if "ssl" in given:
        _only_one(given, "ssl", "sslmode", setting)
        options["sslmode"] = "require"
    if accept := given.get("sslaccept"):
        if given.get("sslmode") == "disable":
            raise AddressFault(f"{setting}: sslmode=disable and sslaccept contradict each other; keep one.")
        strict = accept == "strict"
        options["sslmode"] = "verify-full" if strict else "require"
        if not strict and given.get("sslmode") in _ENCRYPTED[1:]:
            raise AddressFault(f"{setting}: sslmode={given['sslmode']} and sslaccept contradict each other; keep one.")
        # Prisma's sslcert is the server's authority; libpq's is the client's own certificate, which has a key.
        if "sslcert" in given and "sslkey" not in given:
            _only_one(given, "sslcert", "sslrootcert", setting)
            options["sslrootcert"] = options.pop("sslcert")


def _quoted(schema: str, setting: str) -> str:
    if len(schema.encode()) > 63:
        raise AddressFault(f"{setting}: schema is longer than 63 bytes, which no schema's name is.")
    return '"' + schema.replace('"', '""') + '"'


def _whole(given: Mapping[str, str], key: str) -> int | None:
    return int(given[key]) if key in given else None


def _only_one(given: Mapping[str, str], one: str, other: str, setting: str) -> None:
    if one in given and other in given:
        raise AddressFault(f"{setting}: {one} and {other} say the same thing; keep one.")
