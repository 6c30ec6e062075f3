"""A power cut of the primary and its standby promoted, both named in DATABASE_URL: nothing acknowledged is lost."""

import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from psycopg import sql

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.faults.hall import now_ms
from tests.faults.roles import House, Served, furnished
from tests.postgres import PostgresServer, _run
from tests.waiting import within

RECONNECTED_S = 10.0
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@contextmanager
def pair() -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A primary, and a standby that has each commit before the program hears of it."""
    primary, standby = PostgresServer(settings=_DURABLE), PostgresServer(settings=_DURABLE)
    try:
        with (primary.data / "pg_hba.conf").open("a") as rules:
            rules.write("host replication all 127.0.0.1/32 trust\n")
        primary.start()
        shutil.rmtree(standby.data)
        way = ("-h", "127.0.0.1", "-p", str(primary.port), "-U", "postgres")
        copied = _run(primary.account, primary.bin_dir / "pg_basebackup", *way, "-D", standby.data, "-R", "-c", "fast")
        assert copied.returncode == 0, copied.stderr
        standby.start()
        primary.execute(sql.SQL("ALTER SYSTEM SET synchronous_standby_names = '*'"))
        primary.execute(sql.SQL("SELECT pg_reload_conf()"))
        yield primary, standby
    finally:
        standby.close()
        primary.close()


class Monitor(threading.Thread):
    """A device that sends twenty times a second; when each answer came, and whether the store had it or the spool."""

    def __init__(self, house: House, served: Served) -> None:
        super().__init__(daemon=True)
        self.acknowledged: list[int] = []
        self.stored_at: list[float] = []
        self.over = threading.Event()
        self._house, self._served = house, served
        self.start()

    def run(self) -> None:
        """Send until it is over."""
        while not self.over.wait(0.05):
            at = now_ms()
            with suppress(OSError):
                status, said = self._house.send(self._served, at, heart_rate=150)
                if status == 202:
                    self.acknowledged.append(at)
                    self.stored_at += [] if "spooled" in said else [time.monotonic()]


def test_the_standby_that_takes_over_is_found_and_holds_every_acknowledged_reading(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with pair() as (primary, standby):
        primary.execute(sql.SQL("CREATE DATABASE nicu"))
        open_store(primary.url("nicu")).close()
        both = f"postgresql://postgres@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/nicu"
        with furnished(primary.url("nicu"), tmp_path) as house:
            served = house.start(url=both, NICU_SPOOL_DIR=str(tmp_path / "spool"))
            within(20, lambda: house.send(served, heart_rate=150)[0] == 202, "a reading is acknowledged")
            monitor = Monitor(house, served)
            within(10, lambda: len(monitor.stored_at) > 10, "readings are stored")
            primary.stop(signal.SIGQUIT)
            time.sleep(1)
            promoted = _run(standby.account, standby.bin_dir / "pg_ctl", "promote", "-D", standby.data, "-w")
            assert promoted.returncode == 0, promoted.stderr
            began = time.monotonic()
            within(RECONNECTED_S, lambda: monitor.stored_at[-1] > began, "the standby is used")
            record_property("seconds from the promotion to the first reading stored", monitor.stored_at[-1] - began)
            within(10, lambda: served.health().get("status") == "healthy", "the spool is drained")
            monitor.over.set()
            monitor.join(10)
            house.url = standby.url("nicu")
            stored = Counter(
                at for (at,) in house.rows("SELECT (extract(epoch FROM recorded_at) * 1000)::int8 FROM vitals")
            )
    assert [at for at in monitor.acknowledged if stored[at] != 1] == []
