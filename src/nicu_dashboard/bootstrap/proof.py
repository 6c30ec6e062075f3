"""The audit trail from outside: verified, anchored, doubted."""

from pathlib import Path

from nicu_dashboard.adapters.sql.audit_anchors import SqlAnchors
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.seals import is_configured
from nicu_dashboard.bootstrap.store import Store
from nicu_dashboard.operations.audit.anchors import ReadAnchors
from nicu_dashboard.operations.audit.anchors import read as read_anchors
from nicu_dashboard.operations.audit.expiry import Expired, Order, expire
from nicu_dashboard.operations.audit.places import anchor_file, is_outside, sinks
from nicu_dashboard.operations.audit.verify import Verdict, verify
from nicu_dashboard.ports.anchors import AnchorRefused
from nicu_dashboard.ports.clock import Clock
from nicu_dashboard.services.anchoring import Anchoring
from nicu_dashboard.settings import SettingsFault, environment


def verify_trail(store: Store, anchors: Path | None, bare_until: int) -> Verdict:
    """Return whether the audit trail is whole; `anchors` names their file where it is not the one of the settings."""
    return verify(store.database, _remembered(store.database, anchors), bare_until)


def anchoring(store: Store, clock: Clock) -> Anchoring:
    """Return what signs how far the audit trail goes and keeps that outside the database; raises SettingsFault."""
    return _anchoring(store.database, clock)


def expire_trail(database: Database, clock: Clock, order: Order, anchors: Path | None) -> Expired:
    """Anchor the trail, remove what is old from it, and anchor what is left; raises SettingsFault, StoreUnavailable."""
    keeper = _anchoring(database, clock)
    keeper.anchor()
    done = expire(database, order, _remembered(database, anchors))
    if done.rows:
        keeper.anchor()
    return done


def _remembered(database: Database, anchors: Path | None) -> ReadAnchors:
    file = anchors or anchor_file(environment(), database)
    return ReadAnchors() if file is None else read_anchors(file, database.trail.seals)


def _anchoring(database: Database, clock: Clock) -> Anchoring:
    try:
        return Anchoring(SqlAnchors(database), sinks(environment(), database), clock)
    except AnchorRefused as fault:
        raise SettingsFault(str(fault)) from None


def audit_doubts(store: Store) -> list[str]:
    """Return what weakens the proof that the audit trail gives, each with the next step."""
    environ, sqlite = environment(), store.database.engine_name == "sqlite"
    doubts = []
    if not is_configured(environ):
        where = "lies beside the database" if sqlite else "is missing, so that a forger is not found"
        doubts.append(f"the key of the audit trail {where}; next: nicu audit new-key FILE, then NICU_AUDIT_KEY_FILE")
    if not is_outside(environ):
        where = "lie beside the database" if sqlite else "are kept nowhere"
        doubts.append(f"anchors of the audit trail {where}; set NICU_AUDIT_ANCHOR_FILE or NICU_AUDIT_ANCHOR_SYSLOG")
    return doubts
