"""What an address may say but probably does not mean: warnings, each with what to write."""

from collections.abc import Mapping, Sequence

from nicu_dashboard.adapters.sql.addresses.address import Host
from nicu_dashboard.adapters.sql.addresses.prisma import Translated
from nicu_dashboard.adapters.sql.addresses.providers import Provider


def doubts(
    said: Translated, provider: Provider, hosts: Sequence[Host], given: Mapping[str, str], setting: str
) -> tuple[str, ...]:
    """Return what is allowed but probably not meant."""
    found = []
    if said.transaction_pooler is False and provider.pool_mode == "transaction":
        found.append(f"{setting}: pgbouncer=false, yet this is a pooler in transaction mode ({provider.title}).")
    if len(hosts) > 1 and said.options.get("target_session_attrs", "read-write") not in {"read-write", "primary"}:
        found.append(f"{setting}: only target_session_attrs=read-write finds the server that takes writes.")
    if hosts[0].name.endswith(".pooler.supabase.com") and "." not in given.get("user", ""):
        found.append(f"{setting}: at Supabase's pooler the user is written postgres.PROJECT.")
    if provider.name == "other" and hosts[0].port == 6432 and said.transaction_pooler is None:
        found.append(f"{setting}: port 6432 is PgBouncer's; add pgbouncer=true if it pools by transaction.")
    if provider.pins_on_set and said.search_path:
        found.append(f"{setting}: schema makes this proxy pin every session; use ALTER ROLE … SET search_path.")
    return tuple(found)
