"""What a new store still lacks, each with the next command; said by `nicu serve` and `nicu db check`."""

from nicu_dashboard import bootstrap
from nicu_dashboard.bootstrap import Store
from nicu_dashboard.domain.patients import Unit


def first_steps(store: Store, unit: Unit | None = None) -> list[str]:
    """Return what is still to be done before this store can be worked with."""
    hints = []
    if not any(user.disabled_at is None for user in store.people.users()):
        hints.append("nobody can log in yet; next: nicu user add NAME --role administrator")
    if not store.roster.cots(None if unit is None else unit.id):
        several = f" --unit '{unit.name}'" if unit is not None and len(store.roster.units()) > 1 else ""
        hints.append(f"there are no cots yet; next: nicu cot add NICU-01{several}")
    if not any(key.disabled_at is None for key in store.people.device_keys()):
        hints.append("no device can send yet; next: nicu key add NAME")
    return [*hints, *bootstrap.audit_doubts(store)]
