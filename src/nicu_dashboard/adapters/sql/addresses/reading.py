"""A text becomes an address: the one way in for DATABASE_URL and DATABASE_DIRECT_URL."""

import re
from collections.abc import Mapping, Sequence

from nicu_dashboard.adapters.sql.addresses.address import Address, AddressFault, Host, PoolMode
from nicu_dashboard.adapters.sql.addresses.doubts import doubts
from nicu_dashboard.adapters.sql.addresses.parameters import LIBPQ, PLACE, PRISMA, checked
from nicu_dashboard.adapters.sql.addresses.places import all_local, read_database, read_hosts
from nicu_dashboard.adapters.sql.addresses.pools import pool_settings, unusual_size
from nicu_dashboard.adapters.sql.addresses.prisma import Translated, translate
from nicu_dashboard.adapters.sql.addresses.providers import Provider
from nicu_dashboard.adapters.sql.addresses.recognition import recognise
from nicu_dashboard.adapters.sql.addresses.sqlite_paths import read_sqlite
from nicu_dashboard.adapters.sql.addresses.tls import Protection, protect
from nicu_dashboard.adapters.sql.addresses.tokens import password_source
from nicu_dashboard.adapters.sql.addresses.url import dsn_pairs, url_pairs

SETTING = "DATABASE_URL"
_FORMS = "write sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,30}):(//)?")
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")
_DEFAULTS = {
    "application_name": "nicu-dashboard",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
}
_PREPARE_AFTER = 5


def read_address(text: str, environ: Mapping[str, str], setting: str = SETTING) -> Address:
    """Return what a URL, a key=value form or a path says; `setting` is the name in messages.

    Raises AddressFault, whose message says what to write and never holds a password.
    """
    text = text.strip()
    if not text:
        raise AddressFault(f"{setting} is empty; {_FORMS}.")
    if text[0] in "'\"":
        raise AddressFault(f"{setting} begins with a quote mark; take the quotes away.")
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() in {"sqlite", "sqlite+pysqlite", "file"}:
        if scheme is None and re.match(r"[A-Za-z_]+\s*=", text):
            return _postgresql(dsn_pairs(text, setting), environ, setting)
        return read_sqlite(text, environ, setting)
    if scheme[1].lower() in _POSTGRES and scheme[2]:
        return _postgresql(url_pairs(text[scheme.end() :], setting), environ, setting)
    raise AddressFault(f"{setting} {_not_ours(scheme)}; {_FORMS}.")


def _not_ours(scheme: re.Match[str]) -> str:
    name = scheme[1].lower()
    if not scheme[2]:
        return "names neither a file nor a server"
    if name.startswith(("postgres", "jdbc")):
        return f"begins with {name}://, another program's way of writing it"
    return f"begins with {name}://, a database we do not know"


def _postgresql(pairs: Sequence[tuple[str, str]], environ: Mapping[str, str], setting: str) -> Address:
    given = checked(pairs, PLACE | LIBPQ | PRISMA, setting)
    said = translate({key: value for key, value in given.items() if key not in PLACE}, setting)
    hosts = read_hosts(given, environ, setting)
    database = read_database(given, setting)
    local = all_local(hosts, said.options.get("hostaddr"), setting)
    provider = _provider(hosts, database, environ, local)
    tls = "none" if local else ("verify-full" if provider.tls == "none" else provider.tls)
    protection = protect(said.options, tls, environ, setting)
    mode: PoolMode = "transaction" if said.transaction_pooler else provider.pool_mode
    pool = pool_settings(
        environ, said.connection_limit, said.pool_timeout_s, _timeout(said), said.idle_s, said.lifetime_s
    )
    password = given.get("password")
    return Address(
        dialect="postgresql",
        database=database,
        pool=pool,
        hosts=hosts,
        user=given.get("user"),
        password=password,
        key_password=said.options.get("sslpassword"),
        password_source=password_source(environ, password, setting),
        options=_options(said, protection, provider, hosts),
        startup=_startup(said, mode, setting),
        provider=provider.name,
        provider_title=provider.title,
        pool_mode=mode,
        tls=tls,
        sslmode=protection.sslmode,
        prepare_threshold=None if mode == "transaction" or said.statement_cache_size == 0 else _PREPARE_AFTER,
        prepared_max=said.statement_cache_size or None,
        search_path=said.search_path,
        pins_on_set=provider.pins_on_set,
        sleeps=provider.sleeps,
        direct_hint=provider.direct_hint,
        warnings=(
            *protection.warnings,
            *unusual_size(pool.size, environ),
            *doubts(said, provider, hosts, given, setting),
        ),
        advice=provider.advice,
    )


def _provider(hosts: Sequence[Host], database: str, environ: Mapping[str, str], local: bool) -> Provider:
    """Return the provider of the first host, but a transaction pooler's where one is among them."""
    found = [recognise(host, database, environ, local) for host in hosts]
    return next((provider for provider in found if provider.pool_mode == "transaction"), found[0])


def _timeout(said: Translated) -> int | None:
    return int(said.options["connect_timeout"]) if "connect_timeout" in said.options else None


def _options(said: Translated, protection: Protection, provider: Provider, hosts: Sequence[Host]) -> dict[str, str]:
    """Return libpq's options but for secrets, the place, sslmode, the time-out and the start-up text."""
    apart = {"sslpassword", "sslmode", "connect_timeout", "options"}
    options = {**_DEFAULTS, **{key: value for key, value in said.options.items() if key not in apart}}
    if len(hosts) > 1:
        options.setdefault("target_session_attrs", "read-write")
    if provider.channel_binding:
        options.setdefault("channel_binding", "require")
    return {**options, **protection.options}


def _startup(said: Translated, mode: PoolMode, setting: str) -> str:
    startup = said.options.get("options", "")
    if startup and mode == "transaction":
        raise AddressFault(
            f"{setting}: options is refused by a pooler in transaction mode; set it by ALTER ROLE … SET instead."
        )
    return startup
