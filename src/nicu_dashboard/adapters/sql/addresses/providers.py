"""Who may run the server and what differs there, as data; docs/reference/providers.md shows the same table."""

from dataclasses import dataclass

from nicu_dashboard.adapters.sql.addresses.address import PoolMode, TlsDemand


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


_RDS_CA = "Its certificates come from Amazon's own authority: download global-bundle.pem and name it in sslrootcert."
_RDS_IAM = "With IAM log-in a token is valid for 15 minutes: let DB_PASSWORD_COMMAND mint one for each connection."
_SUPABASE_CA = "Its certificates come from Supabase's own authority: name the file from its dashboard in sslrootcert."
_SUPABASE_IPV6 = "The direct host has an IPv6 address only: without IPv6, use the session pooler."
_SUPABASE_RLS = "If the project's Data API is on, row level security is what keeps these tables from the public."
_ENTRA = "With Microsoft Entra log-in let DB_PASSWORD_COMMAND mint a token for each connection."
_GEO = "Geo-redundant backup can only be chosen when the server is created."
_TIGER_POOLS = "Each service has pools of its own; the database tsdb_transaction is the one in transaction mode."

LOCAL = Provider("local", "This machine", tls="none", direct_hint="the PostgreSQL server's own port, mostly 5432")
OTHER = Provider(
    "other",
    "A server of one's own",
    direct_hint="the PostgreSQL server's own port, mostly 5432",
    advice=("If a pooler in transaction mode (PgBouncer) is in front of it, add pgbouncer=true.",),
)
RDS = Provider("aws-rds", "Amazon RDS", advice=(_RDS_CA, _RDS_IAM))
AURORA = Provider("aws-aurora", "Amazon Aurora", advice=(_RDS_CA, _RDS_IAM))
AURORA_READER = Provider(
    "aws-aurora",
    "Amazon Aurora, reader endpoint",
    advice=("This is the reader endpoint, which takes no writes: name the cluster endpoint.", _RDS_CA, _RDS_IAM),
)
RDS_PROXY = Provider(
    "aws-rds-proxy",
    "Amazon RDS Proxy",
    "transaction",
    pins_on_set=True,
    direct_hint="the endpoint of the instance or cluster behind the proxy",
    advice=(
        "Give the role its time-outs by ALTER ROLE … SET: a SET through the proxy pins the session to one connection.",
        "Its certificate is signed by a public authority (Amazon Trust Services): leave sslrootcert out.",
        _RDS_IAM,
    ),
)
SUPABASE = Provider(
    "supabase",
    "Supabase, direct",
    advice=(_SUPABASE_IPV6, _SUPABASE_CA, _SUPABASE_RLS),
)
SUPABASE_SESSION = Provider("supabase", "Supabase, session pooler", "session", advice=(_SUPABASE_CA, _SUPABASE_RLS))
SUPABASE_TRANSACTION = Provider(
    "supabase",
    "Supabase, transaction pooler",
    "transaction",
    direct_hint="the same host with port 5432 (session pooler), or db.PROJECT.supabase.co",
    advice=(_SUPABASE_CA, _SUPABASE_RLS),
)
SUPABASE_DEDICATED = Provider(
    "supabase",
    "Supabase, dedicated pooler",
    "transaction",
    direct_hint="the same host with port 5432",
    advice=(_SUPABASE_CA, _SUPABASE_RLS),
)
NEON = Provider(
    "neon",
    "Neon, direct",
    channel_binding=True,
    sleeps=True,
    advice=("It sleeps after five minutes without work; the first connection wakes it and is tried twice.",),
)
NEON_POOLED = Provider(
    "neon",
    "Neon, pooled",
    "transaction",
    channel_binding=True,
    sleeps=True,
    direct_hint="the same host without -pooler",
    advice=NEON.advice,
)
AZURE = Provider("azure", "Azure Database for PostgreSQL, Flexible Server", advice=(_ENTRA, _GEO))
AZURE_POOLED = Provider(
    "azure",
    "Azure Database for PostgreSQL, its PgBouncer",
    "transaction",
    direct_hint="the same host with port 5432",
    advice=(_ENTRA, _GEO),
)
CLOUD_SQL = Provider(
    "google-cloud-sql",
    "Google Cloud SQL, by its connector",
    tls="none",
    advice=("The connector encrypts the way beyond this machine; the hop to it needs no TLS.",),
)
CLOUD_SQL_DIRECT = Provider(
    "google-cloud-sql",
    "Google Cloud SQL, by its DNS name",
    advice=("Download the instance's server-ca.pem and name it in sslrootcert.",),
)
CLOUD_SQL_POOLED = Provider(
    "google-cloud-sql",
    "Google Cloud SQL, managed pooling",
    "transaction",
    direct_hint="the same host with port 5432",
    advice=CLOUD_SQL_DIRECT.advice,
)
_HEROKU_CA = "Its certificates are self-signed: sslmode=require is all it offers; the server's identity stays unproved."
HEROKU = Provider("heroku", "Heroku Postgres", tls="require", advice=(_HEROKU_CA,))
HEROKU_POOLED = Provider(
    "heroku",
    "Heroku Postgres, its PgBouncer",
    "transaction",
    tls="require",
    direct_hint="the address in Heroku's own DATABASE_URL",
    advice=(_HEROKU_CA,),
)
TIGER = Provider("tiger", "Tiger Cloud", advice=(_TIGER_POOLS,))
TIGER_POOLED = Provider(
    "tiger",
    "Tiger Cloud, transaction pool",
    "transaction",
    direct_hint="the service's own port, shown in the console, with the database tsdb",
    advice=(_TIGER_POOLS,),
)

PROVIDERS = (
    LOCAL, OTHER, RDS, AURORA, AURORA_READER, RDS_PROXY, SUPABASE, SUPABASE_SESSION, SUPABASE_TRANSACTION,
    SUPABASE_DEDICATED, NEON, NEON_POOLED, AZURE, AZURE_POOLED, CLOUD_SQL, CLOUD_SQL_DIRECT, CLOUD_SQL_POOLED, HEROKU,
    HEROKU_POOLED, TIGER, TIGER_POOLED,
)  # fmt: skip
