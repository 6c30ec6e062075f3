"""The export without names: for `nicu export` and the page."""

from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.research import Research


def research(store: Store, clock: Clock) -> Research:
    """Return what exports without names."""
    return Research(store.roster, store.chart, store.people, clock)
