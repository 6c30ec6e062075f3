"""How people get in: accounts, second factors, the hospital's identity provider."""

from nicu_dashboard.adapters.breached import KnownPasswords
from nicu_dashboard.adapters.oidc import OidcFault, OidcProvider
from nicu_dashboard.adapters.one_time_codes import OneTimeCodes
from nicu_dashboard.adapters.passkeys import WebAuthn
from nicu_dashboard.adapters.passwords import Argon2Passwords
from nicu_dashboard.adapters.sealing import AesSealer
from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.ports.roster import UnitNotChosen
from nicu_dashboard.services.accounts import Accounts
from nicu_dashboard.services.entering import Doorkeepers
from nicu_dashboard.services.lockout import Lockout
from nicu_dashboard.services.second_factors import SecondFactors
from nicu_dashboard.services.single_sign_on import SingleSignOn, UnitsByGroup
from nicu_dashboard.settings import Settings, SettingsFault, load


def second_factors(store: Store, clock: Clock, settings: Settings) -> SecondFactors:
    """Return the second factors of a store's people."""
    key = settings.key
    sealer = None if key is None else AesSealer(key, "second factors")
    return SecondFactors(store.factors, OneTimeCodes(), WebAuthn(), sealer, "NICU Dashboard", clock)


def sign_on(store: Store, clock: Clock, settings: Settings, people: Accounts) -> SingleSignOn | None:
    """Return the way in by the hospital's identity provider, None when none is set; raises SettingsFault."""
    if settings.oidc_issuer is None:
        return None
    roles = settings.sign_on_roles
    if not roles:
        raise SettingsFault("NICU_OIDC_ROLES must say which group becomes which role: nicu-nurses=nurse,…")
    try:
        provider = OidcProvider(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_secret)
    except OidcFault as fault:
        raise SettingsFault(str(fault)) from None
    units = sign_on_units(store, settings)
    return SingleSignOn(provider, settings.oidc_claim, roles, people, store.people, store.factors, clock, units)


def sign_on_units(store: Store, settings: Settings) -> UnitsByGroup | None:
    """Return which groups see which units, None where the provider has no say in it; raises SettingsFault."""
    said = settings.sign_on_units
    if not said:
        return None
    try:
        numbers = {group: None if name == "*" else store.roster.unit(name).id for group, name in said.items()}
    except UnitNotChosen as fault:
        raise SettingsFault(f"NICU_OIDC_UNITS: {fault}") from None
    return UnitsByGroup(settings.oidc_units_claim or settings.oidc_claim, numbers)


def accounts(store: Store, clock: Clock, settings: Settings | None = None) -> Accounts:
    """Return the accounts of a store."""
    chosen = settings or load()
    lockout = Lockout(store.attempts, clock)
    guesser = KnownPasswords(chosen.breached_passwords)
    second = second_factors(store, clock, chosen)
    return Accounts(store.people, Doorkeepers(Argon2Passwords(), guesser, lockout, store.factors, second), clock)
