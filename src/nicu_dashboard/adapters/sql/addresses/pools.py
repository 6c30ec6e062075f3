"""How many connections: by where the program runs, what the environment says, and what the server can take."""

from collections.abc import Mapping
from dataclasses import dataclass

from nicu_dashboard.adapters.sql.addresses.address import PoolSettings
from nicu_dashboard.adapters.sql.addresses.parameters import number

CONNECT_TIMEOUT_MS = 10_000
IDLE_TIMEOUT_MS = 60_000
_LIBPQ_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class Deployment:
    """A way to run the program, with the usual range and default of connections of one process."""

    name: str
    low: int
    high: int
    default: int
    signs: tuple[str, ...] = ()


SERVERLESS = Deployment("serverless", 2, 5, 3, ("VERCEL", "AWS_LAMBDA_FUNCTION_NAME"))
CONTAINER = Deployment("container", 5, 15, 10, ("KUBERNETES_SERVICE_HOST", "ECS_CONTAINER_METADATA_URI_V4"))
SERVER = Deployment("server", 10, 25, 10)


def deployment(environ: Mapping[str, str]) -> Deployment:
    """Return how this process is run, as its environment tells."""
    for kind in (SERVERLESS, CONTAINER):
        if any(environ.get(sign) for sign in kind.signs):
            return kind
    return SERVER


def pool_settings(
    environ: Mapping[str, str],
    connection_limit: int | None = None,
    pool_timeout_s: int | None = None,
    connect_timeout_s: int | None = None,
    idle_s: int | None = None,
    lifetime_s: int | None = None,
) -> PoolSettings:
    """Return the pool's settings: the environment goes before the URL, that before the deployment's defaults.

    Raises AddressFault for a number out of range.
    """
    size, wait, idle = (_number(environ, f"DB_{name}") for name in ("POOL_SIZE", "CONNECT_TIMEOUT", "IDLE_TIMEOUT"))
    in_url = pool_timeout_s * 1_000 if pool_timeout_s else None
    idle_in_url = idle_s * 1_000 if idle_s else None
    # libpq waits at least two seconds, whatever it is told.
    connect_s = connect_timeout_s or (max(2, -(-wait // 1_000)) if wait else _LIBPQ_TIMEOUT_S)
    return PoolSettings(
        size or connection_limit or deployment(environ).default,
        wait or in_url or CONNECT_TIMEOUT_MS,
        idle or idle_in_url or IDLE_TIMEOUT_MS,
        connect_s,
        lifetime_s,
    )


def size_reason(size: int, environ: Mapping[str, str]) -> str:
    """Return in words why a pool has its size."""
    kind = deployment(environ)
    usual = f"{kind.low} to {kind.high} are usual for {kind.name} deployment"
    if environ.get("DB_POOL_SIZE", "").strip():
        return f"set by DB_POOL_SIZE; {usual}"
    return f"the default; {usual}" if size == kind.default else f"set by connection_limit in the URL; {usual}"


def unusual_size(size: int, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning where a pool is outside the range of its deployment."""
    kind = deployment(environ)
    if kind.low <= size <= kind.high:
        return ()
    return (f"A pool of {size} is unusual for {kind.name} deployment: {kind.low} to {kind.high} connections are.",)


def over_limit(workers: int, pool_size: int, max_connections: int, reserved: int = 3, listening: int = 0) -> str | None:
    """Return a warning where the workers' pools together ask for more connections than the server has for them.

    `listening` of them have one more, which waits for news.
    """
    asked, offered = workers * pool_size + listening, max_connections - reserved
    if asked <= offered:
        return None
    fitting = max(1, (offered - listening) // max(1, workers))
    more = f" and {listening} that listen" if listening else ""
    return (
        f"{workers} workers with pools of {pool_size}{more} may ask for {asked} connections; the server offers"
        f" {offered} (max_connections {max_connections}, {reserved} reserved). Set DB_POOL_SIZE={fitting} or fewer"
        " workers."
    )


def _number(environ: Mapping[str, str], name: str) -> int | None:
    text = environ.get(name, "").strip()
    return number(name, text, name) if text else None
