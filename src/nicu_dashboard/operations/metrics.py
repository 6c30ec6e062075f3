"""What Prometheus may scrape: intake, alarms, live view, engine and store; documented in docs/reference/metrics.md."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.operations.health import pool_report
from nicu_dashboard.services.leased import LeasedStation
from nicu_dashboard.services.measures import quantiles
from nicu_dashboard.services.outpost import Outpost
from nicu_dashboard.services.station import Station


class StationCollector(Collector):
    """Reads the figures at the moment of the scrape; nothing is kept twice."""

    def __init__(self, station: Station, database: Database) -> None:
        self._station = station
        self._database = database

    def collect(self) -> Iterator[Metric]:
        """Yield every figure of the station."""
        yield from self._intake()
        yield from self._ward()
        yield from self._store()
        yield from self._processes()

    def _intake(self) -> Iterator[Metric]:
        measures = self._station.measures
        readings = CounterMetricFamily("nicu_readings", "Readings received, by outcome", labels=["outcome"])
        for outcome in ("accepted", "duplicates", "rejected"):
            readings.add_metric([outcome], getattr(measures, outcome))
        yield readings
        yield GaugeMetricFamily("nicu_sources", "Sources heard since the start", self._station.intake.sources_heard())
        lag = GaugeMetricFamily("nicu_source_offset_seconds", "Device clock behind ours, by source", labels=["source"])
        for source_id, offset_ms in self._station.intake.offsets():
            lag.add_metric([str(source_id)], offset_ms / 1_000)
        yield lag

    def _ward(self) -> Iterator[Metric]:
        station = self._station
        beds = list(station.ward.beds.values())
        standing = [alarm for bed in beds for alarm in bed.watch.alarms] + station.ward.unit_watch.alarms
        counted = Counter((alarm.priority, alarm.presence) for alarm in standing)
        alarms = GaugeMetricFamily("nicu_alarms_standing", "Alarms that stand now", labels=["priority", "presence"])
        for (priority, presence), count in counted.items():
            alarms.add_metric([priority, presence], count)
        yield alarms
        yield CounterMetricFamily("nicu_alarms_raised", "Alarms raised since the start", station.ward.raised)
        yield GaugeMetricFamily("nicu_cots", "Cots of the unit", len(beds))
        yield GaugeMetricFamily("nicu_babies", "Babies in cots", sum(bed.stay is not None for bed in beds))
        yield GaugeMetricFamily("nicu_sse_clients", "Screens being served", station.broadcast.readers())
        yield CounterMetricFamily("nicu_snapshots", "Snapshots published", station.measures.snapshots)
        lag_ms = max(station.measures.lags, default=0.0)
        yield GaugeMetricFamily("nicu_engine_lag_seconds", "Longest recent pass over the ward", lag_ms / 1_000)

    def _processes(self) -> Iterator[Metric]:
        station = self._station
        holds = not isinstance(station, Outpost | LeasedStation)
        if isinstance(station, LeasedStation):
            holds = station.tenure.state == "working"
            yield GaugeMetricFamily("nicu_lease_epoch", "Epoch of this engine's lease", station.tenure.epoch)
        yield GaugeMetricFamily("nicu_engine_working", "1 where this process is the unit's engine", int(holds))
        if isinstance(station, Outpost) and (age_ms := station.followed.age_ms()) is not None:
            age = GaugeMetricFamily(
                "nicu_snapshot_age_seconds", "Age of the snapshot a web worker shows", age_ms / 1_000
            )
            yield age

    def _store(self) -> Iterator[Metric]:
        pool = pool_report(self._database)
        yield GaugeMetricFamily("nicu_db_pool_size", "Connections the pools may hold", pool["poolSize"])
        yield GaugeMetricFamily("nicu_db_connections_active", "Connections in use", pool["activeConnections"])
        failing = self._station.engine.store_failing_since is not None
        yield GaugeMetricFamily("nicu_store_failing", "1 while commits fail", int(failing))
        waiting = self._station.engine.keeper.waiting
        yield GaugeMetricFamily(
            "nicu_spool_readings", "Acknowledged readings that wait for the store", waiting.readings
        )
        yield GaugeMetricFamily("nicu_spool_bytes", "What the spool takes on disk", waiting.size)
        yield GaugeMetricFamily("nicu_spool_limit_bytes", "What it may take, 0 without a spool", waiting.limit)
        commits = GaugeMetricFamily("nicu_commit_seconds", "Recent commits of a tick", labels=["quantile"])
        for name, took_ms in (quantiles(self._station.measures.commits) or {}).items():
            commits.add_metric([f"0.{name[1:]}"], took_ms / 1_000)
        yield commits
