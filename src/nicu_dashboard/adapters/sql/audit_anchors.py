"""The port Anchors: how far the trail in a store goes, signed."""

import json
from dataclasses import asdict

from nicu_dashboard.adapters.sql.audit_rows import End, ends
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.seals import Seals
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.ports.anchors import Anchored

MARK = "nicu-audit-anchor"
_LABEL = b"anchor "


class SqlAnchors:
    """The port Anchors."""

    def __init__(self, database: Database) -> None:
        """Take the store."""
        self._database = database

    def take(self, at: int) -> Anchored | None:
        """Return the anchor of this instant, None while the trail is empty; raises StoreUnavailable."""
        found = ends(self._database)
        if found is None:
            return None
        first, last = found
        return Anchored(line(at, first, last, self._database.trail.seals), last.seq)


def line(at: int, first: End, last: End, seals: Seals) -> str:
    """Return an anchor as one line of JSON."""
    body = {"mark": MARK, "at": format_instant(at), "first": asdict(first), "last": asdict(last)}
    return json.dumps({**body, "signature": seals.seal(signed_content(body))}, separators=(",", ":"))


def signed_content(body: object) -> bytes:
    """Return the bytes that an anchor's signature is over."""
    return _LABEL + json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
