"""An address: all that the URL and the environment say about reaching the store. No secret is in its repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from nicu_dashboard.ports.tick import StoreUnavailable

PoolMode = Literal["direct", "session", "transaction"]
TlsDemand = Literal["none", "require", "verify-full"]
Purpose = Literal["migrations", "listening", "data transfer"]


class AddressFault(StoreUnavailable):
    """The address cannot be used as it is written; the message says what to write, never a password."""


@dataclass(frozen=True, slots=True)
class Host:
    """One server: a name, an IP address or the folder of a Unix socket (empty: the usual one), and a port."""

    name: str
    port: int = 5432

    @property
    def is_socket(self) -> bool:
        """Return whether the server is reached by a Unix socket."""
        return not self.name or self.name.startswith(("/", "@"))


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """How many connections are kept, and for how long things are waited for."""

    size: int
    wait_ms: int
    idle_ms: int
    connect_timeout_s: int
    lifetime_s: int | None = None


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """What mints a password for each new connection: a command, or an entry point of an installed package."""

    command: tuple[str, ...] = field(default=(), repr=False)
    entry_point: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The store as understood; for SQLite only `dialect`, `database` (the path), `pool` and the remarks say anything.

    `options` are libpq's own, as text. `tls` is what the place demands, `sslmode` what will be asked for; `patient`
    work may take as long as it takes, a `hasty` one gives up soon and leaves no lock behind.
    """

    dialect: Literal["sqlite", "postgresql"]
    database: str
    pool: PoolSettings
    hosts: tuple[Host, ...] = ()
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    key_password: str | None = field(default=None, repr=False)
    password_source: PasswordSource | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    startup: str = ""
    provider: str = "sqlite"
    provider_title: str = "SQLite"
    pool_mode: PoolMode = "direct"
    tls: TlsDemand = "none"
    sslmode: str = "prefer"
    prepare_threshold: int | None = 5
    prepared_max: int | None = None
    search_path: str | None = None
    pins_on_set: bool = False
    sleeps: bool = False
    patient: bool = False
    hasty: bool = False
    direct_hint: str = ""
    warnings: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()

    @property
    def host(self) -> str:
        """Return the first host's name, empty for SQLite and the usual socket."""
        return self.hosts[0].name if self.hosts else ""

    @property
    def port(self) -> int | None:
        """Return the first host's port, None for SQLite."""
        return self.hosts[0].port if self.hosts else None
