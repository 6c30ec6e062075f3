"""Who runs a server is told by its host's name, and where that is not enough by port, database or environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from nicu_dashboard.adapters.sql.addresses import providers
from nicu_dashboard.adapters.sql.addresses.address import Host


@dataclass(frozen=True, slots=True)
class _Sign:
    """By what a provider is recognised: the end of the host's name, and the port or database where that matters."""

    host: str
    provider: providers.Provider
    port: int | None = None
    database: str | None = None
    environment: str | None = None


_AMAZON = r"(?:[a-z0-9-]+\.rds\.amazonaws\.com|rds\.[a-z0-9-]+\.amazonaws\.com\.cn)"
_AZURE = r"\.postgres\.database\.(?:azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)"
_INSTANCE = r"/(?:.*/)?(?:[a-z0-9.-]+:)?[a-z0-9-]+:[a-z0-9-]+:[a-z0-9-]+/?"
_EC2 = r"ec2-.*\.compute(?:-1|\.[a-z0-9-]+)\.amazonaws\.com"
_LOOPBACK = r"localhost|127\.[0-9.]+|::1"

_SIGNS = (
    _Sign(rf".*\.proxy-[a-z0-9]+\.{_AMAZON}", providers.RDS_PROXY),
    _Sign(rf".*\.cluster-ro-[a-z0-9]+\.{_AMAZON}", providers.AURORA_READER),
    _Sign(rf".*\.cluster-[a-z0-9-]+\.{_AMAZON}", providers.AURORA),
    _Sign(rf".*\.{_AMAZON}", providers.RDS),
    _Sign(r".*\.pooler\.supabase\.com", providers.SUPABASE_TRANSACTION, port=6543),
    _Sign(r".*\.pooler\.supabase\.com", providers.SUPABASE_SESSION),
    _Sign(r"db\.[a-z0-9]+\.supabase\.(?:co|net|red)", providers.SUPABASE_DEDICATED, port=6543),
    _Sign(r"db\.[a-z0-9]+\.supabase\.(?:co|net|red)", providers.SUPABASE),
    _Sign(r"[a-z0-9-]+-pooler\..*neon\.tech", providers.NEON_POOLED),
    _Sign(r".*\.neon\.tech", providers.NEON),
    _Sign(rf".*{_AZURE}", providers.AZURE_POOLED, port=6432),
    _Sign(rf".*{_AZURE}", providers.AZURE),
    _Sign(_INSTANCE, providers.CLOUD_SQL),
    _Sign(_LOOPBACK, providers.CLOUD_SQL, environment="INSTANCE_CONNECTION_NAME"),
    _Sign(r".*\.sql\.goog", providers.CLOUD_SQL_POOLED, port=6432),
    _Sign(r".*\.sql\.goog", providers.CLOUD_SQL_DIRECT),
    _Sign(_EC2, providers.HEROKU_POOLED, port=5433, environment="DYNO"),
    _Sign(_EC2, providers.HEROKU, environment="DYNO"),
    _Sign(r".*\.tsdb\.cloud\.timescale\.com", providers.TIGER_POOLED, database="tsdb_transaction"),
    _Sign(r".*\.tsdb\.cloud\.timescale\.com", providers.TIGER),
)


def recognise(host: Host, database: str, environ: Mapping[str, str], local: bool) -> providers.Provider:
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
    return providers.LOCAL if local else providers.OTHER
