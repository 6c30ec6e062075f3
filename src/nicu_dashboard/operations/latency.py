"""How long statements take: measured on every execution, kept as the last few hundred and as a histogram.

A slow one goes to the log as its shape and its time, without any value.
"""

from collections import deque
from time import perf_counter
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from sqlalchemy import Connection, Engine, event

from nicu_dashboard.operations.shapes import shape

KEPT = 512
SLOW_S = 0.5
_STARTED = "nicu_statement_started"
_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Latency:
    """Listens to engines; statements are timed, and their values never recorded."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.recent_ms: deque[float] = deque(maxlen=KEPT)
        self.slow = 0
        self._histogram = Histogram(
            "nicu_db_statement_seconds", "Time of one database statement", buckets=_BUCKETS, registry=registry
        )
        self._slow = Counter("nicu_db_slow_statements", "Statements slower than 0.5 s", registry=registry)

    def listen(self, engine: Engine) -> None:
        """Time every statement of this engine."""
        event.listen(engine, "before_cursor_execute", self._before)
        event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, connection: Connection, *_: Any) -> None:
        connection.info[_STARTED] = perf_counter()

    def _after(self, connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        took = perf_counter() - connection.info.pop(_STARTED, perf_counter())
        self.recent_ms.append(took * 1_000)
        self._histogram.observe(took)
        if took > SLOW_S:
            self.slow += 1
            self._slow.inc()
            structlog.get_logger("nicu.db").warning(
                "a slow statement", shape=shape(statement), took_ms=round(took * 1_000)
            )
