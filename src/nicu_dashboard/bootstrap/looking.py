"""How an open store is: for `nicu db check`."""

from collections.abc import Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry

from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.operations.checking import Checked, check_connection
from nicu_dashboard.operations.damage import damage
from nicu_dashboard.operations.health import database_report
from nicu_dashboard.operations.latency import Latency
from nicu_dashboard.settings import environment


def check(store: Store, workers: int) -> Checked:
    """Return what a person should know of the connection of an open store that `workers` processes will share."""
    return check_connection(store.database, environment(), workers)


def look_at(store: Store) -> tuple[Mapping[str, Any], Sequence[str]]:
    """Return the state of an open store as the health report tells it, and the damage found in it."""
    latency = Latency(CollectorRegistry())
    for engine in {store.database.writer, store.database.reader, store.database.ticker}:
        latency.listen(engine)
    return database_report(store.database, latency), damage(store.database)
