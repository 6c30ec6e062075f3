"""The health report: measured now, the same on SQLite and PostgreSQL, without patient data and host names."""

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from sqlalchemy import text
from sqlalchemy.pool import QueuePool

from nicu_dashboard.adapters.sql import revisions
from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.errors import PoolBusy
from nicu_dashboard.domain.instants import format_instant
from nicu_dashboard.operations.latency import Latency
from nicu_dashboard.operations.probing import PATIENCE_S, Probe
from nicu_dashboard.operations.processes import LATE_MS, engine_seen, is_gone, is_starting, is_waiting, role_of
from nicu_dashboard.ports.tick import StoreUnavailable
from nicu_dashboard.services.measures import quantiles
from nicu_dashboard.services.outpost import Outpost
from nicu_dashboard.services.station import Station
from nicu_dashboard.version import VERSION

# A pass over the ward that takes longer than this delays alarms.
LAG_WARN_MS = 200


class Health:
    """Asks the database, the pool and the engine how they are."""

    def __init__(self, database: Database, latency: Latency, station: Station) -> None:
        self._database = database
        self._latency = latency
        self._station = station
        self._probe = Probe(lambda: database_report(database, latency))

    async def report(self) -> Mapping[str, Any]:
        """Return the report of GET /api/health within two seconds; `status` is healthy, degraded, starting or
        unhealthy.
        """
        station, database = self._station, await self._probe.found() or _unanswered(self._database)
        engine, audit = engine_seen(station) if isinstance(station, Outpost) else self._engine(), self._audit()
        failing = (
            database["status"] == "unreachable"
            or station.engine.store_failing_since is not None
            or engine.get("store") == "failing"
        )
        if failing or is_gone(station):
            status = "unhealthy"
        elif is_starting(station):
            status = "starting"
        elif (
            audit["status"] != "ok"
            or (database["status"], database["schema"]) != ("connected", "head")
            or self._is_strained(database, engine)
            or self._station.engine.keeper.waiting.ticks
            or engine.get("spooled")
        ):
            status = "degraded"
        else:
            status = "healthy"
        return {
            "status": status,
            "version": VERSION,
            "mode": station.mode,
            **role_of(station),
            "database": database,
            "engine": engine,
            "audit": audit,
            "spool": self._spool(),
        }

    def _audit(self) -> dict[str, Any]:
        """Say whether the audit trail is written and anchored; nothing of it blocks care."""
        trail, anchored = self._database.trail, self._station.anchoring.state
        failing = trail.failing_since is not None or anchored.failing_since is not None
        return {
            "status": "failing" if failing else "ok",
            "owed": trail.owed,
            "failingSince": _instant(trail.failing_since),
            "anchoredAt": _instant(anchored.at),
            "anchoredRow": anchored.seq,
            "anchorsFailingSince": _instant(anchored.failing_since),
        }

    def _spool(self) -> dict[str, Any] | None:
        """Return what waits for the store on this machine, None where there is no spool."""
        keeper = self._station.engine.keeper
        waiting, now = keeper.waiting, self._station.clock.now()
        if not keeper.has_spool:
            return None
        oldest_ms = None if waiting.since is None else max(0, now - waiting.since)
        used = round(waiting.size / waiting.limit, 4)
        return {"readings": waiting.readings, "ticks": waiting.ticks, "oldestMs": oldest_ms, "used": used}

    def _is_strained(self, database: Mapping[str, Any], engine: Mapping[str, Any]) -> bool:
        most_ms = LATE_MS if isinstance(self._station, Outpost) else LAG_WARN_MS
        return bool(engine["lagMs"] > most_ms or database["poolUtilization"] >= 1 or is_waiting(self._station))

    def _engine(self) -> dict[str, Any]:
        measures, beds = self._station.measures, list(self._station.ward.beds.values())
        return {
            "lagMs": round(max(measures.lags, default=0.0), 1),
            "cots": len(beds),
            "babies": sum(bed.stay is not None for bed in beds),
            "sources": self._station.intake.sources_heard(),
            "screens": self._station.broadcast.readers(),
            "audibleDisplays": self._station.displays.audible(self._station.clock.now()),
            "commitMs": quantiles(measures.commits),
            "accepted": measures.accepted,
            "duplicates": measures.duplicates,
            "rejected": measures.rejected,
        }


def _instant(at: int | None) -> str | None:
    return None if at is None else format_instant(at)


def database_report(database: Database, latency: Latency) -> dict[str, Any]:
    """Return the state of the store; everything in it was measured by this call or counted since the start."""
    began = perf_counter()
    try:
        with database.reading() as connection:
            connection.execute(text("SELECT 1"))
            took_ms = (perf_counter() - began) * 1_000
        schema = "head" if revisions.current(database) == revisions.head() else "behind"
    except PoolBusy:
        return _failed(database, "slow", perf_counter() - began)
    except StoreUnavailable:
        return _failed(database, "unreachable", perf_counter() - began)
    return {
        "status": "connected",
        "engine": database.engine_name,
        "responseTime": f"{took_ms:.0f}ms" if took_ms >= 1 else f"{took_ms:.2f}ms",
        **pool_report(database),
        "latencyMs": quantiles(latency.recent_ms),
        "slowQueries": latency.slow,
        "schema": schema,
    }


def _unanswered(database: Database) -> dict[str, Any]:
    """Return the report of a store that lets the question wait: slow, or known by the alarm path not to answer."""
    return _failed(database, "unreachable" if database.is_silent else "slow", PATIENCE_S)


def _failed(database: Database, status: str, waited_s: float) -> dict[str, Any]:
    asked = {"status": status, "engine": database.engine_name, "responseTime": f"{waited_s * 1_000:.0f}ms"}
    return {**asked, "schema": "unknown", **pool_report(database)}


def pool_report(database: Database) -> dict[str, Any]:
    """Return the connections the pools may hold, how many are in use, and their share."""
    pools = {id(engine.pool): engine.pool for engine in (database.writer, database.reader, database.ticker)}.values()
    sized = [pool for pool in pools if isinstance(pool, QueuePool)]
    size, active = sum(pool.size() for pool in sized), sum(pool.checkedout() for pool in sized)
    return {"poolSize": size, "activeConnections": active, "poolUtilization": round(active / size, 2) if size else 0.0}
