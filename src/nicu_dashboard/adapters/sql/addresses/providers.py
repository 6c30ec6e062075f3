"""Who runs the server, told by the host's name: what differs there, as a table. The page docs/reference/providers.md shows it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nicu_dashboard.adapters.sql.addresses.address import Host, PoolMode, TlsDemand


@dataclass(frozen=True, slots=True)
class Provider:
    """What differs at one kind of server; `direct_hint` says where its database is reached without the pooler."""

    name: str
    title: str
    pool_mode: PoolMode = "direct"
    tls: TlsDemand = "verify-full"
    channel_binding: bool = False
    sleeps: bool = False
    pins_on_set: bool = False
    direct_hint: str = ""
    advice: tuple[str, ...] = ()


_RDS_CA = "Its certificates are signed by Amazon's own authority: download global-bundle.pem and name it in sslrootcert."
_RDS_IAM = "With IAM log-in a token is valid for 15 minutes: let DB_PASSWORD_COMMAND mint one for each connection."
_SUPABASE_CA = "Its certificates are signed by Supabase's own authority: download it from the dashboard, name it in sslrootcert."
_SUPABASE_RLS = "If the project's Data API is on, row level security is what keeps these tables from the public."
_ENTRA = "With Microsoft Entra log-in let DB_PASSWORD_COMMAND mint a token for each connection."
_GEO = "Geo-redundant backup can only be chosen when the server is created."
_TIGER_POOLS = "Each service has pools of its own; the database tsdb_transaction is the one in transaction mode."

LOCAL = Provider("local", "This machine", tls="none")
OTHER = Provider(
    "other", "A server of one's own", direct_hint="the PostgreSQL server's own port, mostly 5432",
    advice=("If a pooler in transaction mode (PgBouncer) is in front of it, add pgbouncer=true.",),
)  # fmt: skip
RDS = Provider("aws-rds", "Amazon RDS", advice=(_RDS_CA, _RDS_IAM))
AURORA = Provider("aws-aurora", "Amazon Aurora", advice=(_RDS_CA, _RDS_IAM))
AURORA_READER = Provider(
    "aws-aurora", "Amazon Aurora, reader endpoint",
    advice=("This is the reader endpoint, which takes no writes: name the cluster endpoint.", _RDS_CA, _RDS_IAM),
)  # fmt: skip
RDS_PROXY = Provider(
    "aws-rds-proxy", "Amazon RDS Proxy", "transaction", pins_on_set=True,
    direct_hint="the endpoint of the instance or cluster behind the proxy",
    advice=(
        "Give the role its time-outs by ALTER ROLE … SET: a SET through the proxy pins the session to one connection.",
        "Its certificate is signed by a public authority (Amazon Trust Services): leave sslrootcert out.", _RDS_IAM,
    ),
)  # fmt: skip
SUPABASE = Provider(
    "supabase", "Supabase, direct",
    advice=("The direct host has an IPv6 address only: without IPv6, use the session pooler.", _SUPABASE_CA, _SUPABASE_RLS),
)  # fmt: skip
SUPABASE_SESSION = Provider(
    "supabase", "Supabase, session pooler", "session", advice=(_SUPABASE_CA, _SUPABASE_RLS)
)  # fmt: skip
SUPABASE_TRANSACTION = Provider(
    "supabase", "Supabase, transaction pooler", "transaction",
    direct_hint="the same host with port 5432 (session pooler), or db.PROJECT.supabase.co",
    advice=(_SUPABASE_CA, _SUPABASE_RLS),
)  # fmt: skip
SUPABASE_DEDICATED = Provider(
    "supabase", "Supabase, dedicated pooler", "transaction", direct_hint="the same host with port 5432",
    advice=(_SUPABASE_CA, _SUPABASE_RLS),
)  # fmt: skip
NEON = Provider(
    "neon", "Neon, direct", channel_binding=True, sleeps=True,
    advice=("It sleeps after five minutes without work; the first connection wakes it and is tried twice.",),
)  # fmt: skip
NEON_POOLED = Provider(
    "neon", "Neon, pooled", "transaction", channel_binding=True, sleeps=True,
    direct_hint="the same host without -pooler",
    advice=NEON.advice,
)  # fmt: skip
AZURE = Provider("azure", "Azure Database for PostgreSQL, Flexible Server", advice=(_ENTRA, _GEO))
AZURE_POOLED = Provider(
    "azure", "Azure Database for PostgreSQL, its PgBouncer", "transaction", direct_hint="the same host with port 5432",
    advice=(_ENTRA, _GEO),
)  # fmt: skip
CLOUD_SQL = Provider(
    "google-cloud-sql", "Google Cloud SQL, by its connector", tls="none",
    advice=("The connector encrypts the way beyond this machine; the hop to it needs no TLS.",),
)  # fmt: skip
CLOUD_SQL_DIRECT = Provider(
    "google-cloud-sql", "Google Cloud SQL, by its DNS name",
    advice=("Download the instance's server-ca.pem and name it in sslrootcert.",),
)  # fmt: skip
CLOUD_SQL_POOLED = Provider(
    "google-cloud-sql", "Google Cloud SQL, managed pooling", "transaction", direct_hint="the same host with port 5432",
    advice=CLOUD_SQL_DIRECT.advice,
)  # fmt: skip
_HEROKU_CA = "Its certificates are self-signed: sslmode=require is all it offers; the server's identity stays unproved."
HEROKU = Provider("heroku", "Heroku Postgres", tls="require", advice=(_HEROKU_CA,))
HEROKU_POOLED = Provider(
    "heroku", "Heroku Postgres, its PgBouncer", "transaction", tls="require",
    direct_hint="the address in Heroku's own DATABASE_URL", advice=(_HEROKU_CA,),
)  # fmt: skip
TIGER = Provider("tiger", "Tiger Cloud", advice=(_TIGER_POOLS,))
TIGER_POOLED = Provider(
    "tiger", "Tiger Cloud, transaction pool", "transaction",
    direct_hint="the service's own port, shown in the console, with the database tsdb", advice=(_TIGER_POOLS,),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Sign:
    """By what a provider is recognised: the end of the host's name, and the port or database where that matters."""

    host: str
    provider: Provider
    port: int | None = None
    database: str | None = None
    environment: str | None = None


_AMAZON = r"(?:[a-z0-9-]+\.rds\.amazonaws\.com|rds\.[a-z0-9-]+\.amazonaws\.com\.cn)"
_AZURE = r"\.postgres\.database\.(?:azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)"
_INSTANCE = r"/(?:.*/)?(?:[a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+/?"
_EC2 = r"ec2-.*\.compute(?:-1|\.[a-z0-9-]+)\.amazonaws\.com"
_LOOPBACK = r"localhost|127\.[0-9.]+|::1"

_SIGNS = (
    _Sign(rf".*\.proxy-[a-z0-9]+\.{_AMAZON}", RDS_PROXY),
    _Sign(rf".*\.cluster-ro-[a-z0-9]+\.{_AMAZON}", AURORA_READER),
    _Sign(rf".*\.cluster-[a-z0-9-]+\.{_AMAZON}", AURORA),
    _Sign(rf".*\.{_AMAZON}", RDS),
    _Sign(r".*\.pooler\.supabase\.com", SUPABASE_TRANSACTION, port=6543),
    _Sign(r".*\.pooler\.supabase\.com", SUPABASE_SESSION),
    _Sign(r"db\.[a-z0-9]+\.supabase\.(?:co|net|red)", SUPABASE_DEDICATED, port=6543),
    _Sign(r"db\.[a-z0-9]+\.supabase\.(?:co|net|red)", SUPABASE),
    _Sign(r"[a-z0-9-]+-pooler\..*neon\.tech", NEON_POOLED),
    _Sign(r".*\.neon\.tech", NEON),
    _Sign(rf".*{_AZURE}", AZURE_POOLED, port=6432),
    _Sign(rf".*{_AZURE}", AZURE),
    _Sign(_INSTANCE, CLOUD_SQL),
    _Sign(_LOOPBACK, CLOUD_SQL, environment="INSTANCE_CONNECTION_NAME"),
    _Sign(r".*\.sql\.goog", CLOUD_SQL_POOLED, port=6432),
    _Sign(r".*\.sql\.goog", CLOUD_SQL_DIRECT),
    _Sign(_EC2, HEROKU_POOLED, port=5433, environment="DYNO"),
    _Sign(_EC2, HEROKU, environment="DYNO"),
    _Sign(r".*\.tsdb\.cloud\.timescale\.com", TIGER_POOLED, database="tsdb_transaction"),
    _Sign(r".*\.tsdb\.cloud\.timescale\.com", TIGER),
)


def recognise(host: Host, database: str, environ: Mapping[str, str], local: bool) -> Provider:
    """Return who runs this server; `local` is whether the way to it stays on this machine."""
    name = host.name.lower().rstrip(".")
    for sign in _SIGNS:
        if (
            re.fullmatch(sign.host, name)
            and sign.port in {None, host.port}
            and sign.database in {None, database}
            and (sign.environment is None or sign.environment in environ)
        ):
            return sign.provider
    return LOCAL if local else OTHER


def all_providers() -> tuple[Provider, ...]:
    """Return every provider of the table, once, for the page that describes them."""
    return tuple(dict.fromkeys((*(sign.provider for sign in _SIGNS), LOCAL, OTHER)))
