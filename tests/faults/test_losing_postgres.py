"""PostgreSQL away in every way there is: the wall goes on, what is acknowledged is kept, and comes in once."""

import itertools
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from tests.adapters.addresses.pooler import pgbouncer
from tests.faults.gateway import Gateway
from tests.faults.hall import Hall, now_ms
from tests.faults.site import Site
from tests.faults.test_slow_screens import Screen
from tests.postgres import PostgresServer
from tests.waiting import within

RECONNECTED_S = 10.0


def _stop(site: Site) -> Callable[[], None]:
    site.server.stop()
    return site.server.start


def _silence(site: Site) -> Callable[[], None]:
    site.line.silence()
    return site.line.open


def _cut(site: Site) -> Callable[[], None]:
    site.line.cut()
    return site.line.open


Lose = Callable[[Site], Callable[[], None]]


@pytest.mark.parametrize("lose", [_stop, _silence, _cut])
def test_alarms_go_on_readings_wait_on_disk_and_come_in_once_and_in_order(site: Site, lose: Lose) -> None:
    _go_through(site, lose)


class Pooled(Site):
    """A ward behind PgBouncer in transaction mode; the line stands before the pooler."""

    def __init__(self, server: PostgresServer, folder: Path, ends: ExitStack) -> None:
        self._server, self._pooler = server, ExitStack()
        ends.callback(self._pooler.close)
        super().__init__(server, folder, ends, self._pooler.enter_context(pgbouncer(server, 8)))

    def kill_pooler(self) -> Callable[[], None]:
        """End the pooler as a power cut does; return what starts another."""
        self._pooler.close()

        def start() -> None:
            self.line.target = self._pooler.enter_context(pgbouncer(self._server, 8))

        return start


def _kill_pooler(site: Site) -> Callable[[], None]:
    assert isinstance(site, Pooled)
    return site.kill_pooler()


@pytest.mark.parametrize("lose", [_stop, _kill_pooler])
def test_behind_a_pooler_in_transaction_mode_it_is_the_same(
    small_postgres: PostgresServer, tmp_path: Path, lose: Lose
) -> None:
    with ExitStack() as ends:
        _go_through(Pooled(small_postgres, tmp_path, ends), lose)


def _go_through(site: Site, lose: Lose) -> None:
    """Lose the database under load, look at the wall, bring it back, and count."""
    hall, (ill, *well) = site.hall, site.hall.labels
    gateways = [Gateway(hall, label, 150, 0.1) for label in well]
    hall.send(cots=[ill], heart_rate=150)
    within(10, lambda: all(gateway.acknowledged for gateway in gateways), "readings are taken")

    bring_back = lose(site)
    # A load balancer does not wait until the loss is certain.
    answered = str(hall.ask("GET", "/api/health")[1]["database"]["responseTime"])
    assert float(answered.removesuffix("ms")) <= 1_500
    within(20, lambda: site.store_says("failing"), "the loss is told")
    fallen = now_ms()
    assert hall.send(fallen, [ill], heart_rate=40)[0] == 202
    within(3, lambda: "heart_rate:low" in hall.standing(ill), "the alarm is on the wall")
    alarm = hall.standing(ill)["heart_rate:low"]
    status, said = hall.ask("POST", f"/api/alarms/{alarm['id']}/acknowledge")
    assert (status, said["kept"]) == (202, "spool")
    assert said["notice"].startswith(
        "Kept on this machine: it will be written to the record when the database is back."
    )
    within(5, lambda: "on this machine" in site.told(), "the technical alarm says what waits")
    assert hall.wall()["store"]["spooled"] > 0
    status, report = hall.ask("GET", "/api/health")
    assert (status, report["status"]) == (503, "unhealthy")
    assert report["spool"]["readings"] > 0
    began = time.monotonic()
    assert hall.ask("GET", f"/api/patients/{hall.patients[ill]}/trends?points=10")[0] == 503
    assert time.monotonic() - began < 6

    bring_back()
    within(RECONNECTED_S, lambda: site.store_says("ok"), "the store is used again")
    within(10, site.is_drained, "the spool is empty and the technical alarm over")
    for gateway in gateways:
        gateway.end()
    within(5, site.is_drained, "the last are written")
    for gateway in gateways:
        assert site.stored(gateway.label) == Counter(gateway.acknowledged.items())
    assert hall.send(fallen, [ill], heart_rate=40)[1] == {"accepted": 0, "duplicates": 1, "rejected": []}
    for label in hall.labels:
        in_order = f"SELECT received_at FROM vitals WHERE patient_id = {hall.patients[label]} ORDER BY id"
        received = [at for (at,) in site.rows(in_order)]
        assert received == sorted(received)
    kept = site.rows(
        "SELECT cause FROM alarm_transitions t JOIN alarms a ON a.id = t.alarm_id WHERE key = 'heart_rate:low'"
    )
    assert [cause for (cause,) in kept][:2] == ["raised", "acknowledged"]
    assert site.rows("SELECT count(*) FROM audit_log WHERE action = 'alarm.acknowledge'") == [(1,)]
    assert site.minutes_agree()


def test_over_a_line_of_1_kb_a_second_the_alarm_is_at_once_and_each_acknowledged_reading_kept_once(site: Site) -> None:
    hall, (ill, *well) = site.hall, site.hall.labels
    gateways = [Gateway(hall, label, 150, 0.1) for label in well]
    hall.send(cots=[ill], heart_rate=150)
    within(10, lambda: all(gateway.acknowledged for gateway in gateways), "readings are taken")
    site.line.slow_down()
    gateway = Gateway(hall, ill, 40, 0.1)
    within(2, lambda: "heart_rate:low" in hall.standing(ill), "the alarm is on the wall")
    assert not gateway.acknowledged
    within(20, lambda: gateway.acknowledged, "late, but the reading is acknowledged")
    site.line.open()
    within(RECONNECTED_S, lambda: site.store_says("ok"), "the store is used again")
    for one in (gateway, *gateways):
        one.end()
    within(15, site.is_drained, "the spool is empty")
    for one in (gateway, *gateways):
        assert site.stored(one.label) == Counter(one.acknowledged.items())
    assert site.minutes_agree()


def test_a_crash_under_load_loses_and_doubles_nothing(site: Site) -> None:
    gateways = [Gateway(site.hall, label, 150) for label in site.hall.labels]
    for _ in range(3):
        time.sleep(0.5)
        site.server.restart(signal.SIGQUIT)
        within(RECONNECTED_S, lambda: site.store_says("ok"), "the store is used again")
    for gateway in gateways:
        gateway.end()
    within(10, site.is_drained, "the spool is empty")
    for gateway in gateways:
        assert site.stored(gateway.label) == Counter(gateway.acknowledged.items())
    assert site.minutes_agree()


_END_THE_SCREENS_SESSIONS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE application_name = 'nicu-dashboard' AND datname = current_database()"
)


def _take_every_place(site: Site, taken: ExitStack) -> None:
    """Take each connection that the server has left, and those of the screens, but not the alarm path's own."""
    with suppress(psycopg.OperationalError):
        while True:
            hog = taken.enter_context(psycopg.connect(site.direct, autocommit=True))
            hog.execute(_END_THE_SCREENS_SESSIONS)


def test_with_no_connection_left_the_alarm_path_keeps_its_own_and_others_get_503(site: Site) -> None:
    hall, label = site.hall, site.hall.labels[0]
    assert hall.send(heart_rate=150)[0] == 202
    # The screens' own connections are ended; before they can be opened again, others have taken every place.
    with ExitStack() as taken:
        _take_every_place(site, taken)
        for second in range(5):
            status, said = hall.send(heart_rate=40 + second)
            assert (status, said.get("spooled")) == (202, None), said
        assert "heart_rate:low" in hall.standing(label)
        assert site.store_says("ok")
        began = time.monotonic()
        assert hall.ask("GET", f"/api/patients/{hall.patients[label]}/trends?points=10")[0] == 503
        assert time.monotonic() - began < 12
    within(10, lambda: hall.ask("GET", "/api/alarms")[0] == 200, "everybody is served again")


def test_history_that_takes_every_shared_connection_cannot_starve_the_alarm_path(
    small_postgres: PostgresServer, tmp_path: Path
) -> None:
    with ExitStack() as ends:
        site = Site(small_postgres, tmp_path, ends, DB_POOL_SIZE="3", DB_CONNECT_TIMEOUT="1000")
        hall, label = site.hall, site.hall.labels[0]
        hall.send(heart_rate=150)
        with psycopg.connect(site.direct) as holder:
            holder.execute("LOCK TABLE annotations IN ACCESS EXCLUSIVE MODE")
            askers = [Asker(hall, f"/api/patients/{hall.patients[label]}/annotations") for _ in range(60)]
            time.sleep(1)
            delays = []
            for _ in range(20):
                began = time.monotonic()
                status, said = hall.send(heart_rate=40)
                delays.append(time.monotonic() - began)
                assert (status, said.get("spooled")) == (202, None)
            assert "heart_rate:low" in hall.standing(label)
            # Whoever waits for a connection longer than its second is told `spooled`; this is for a wait beyond that.
            assert max(delays) < 5
            holder.rollback()
        assert 503 in {status for asker in askers for status in asker.end()}


class Asker:
    """Somebody who asks for history again and again."""

    def __init__(self, hall: Hall, path: str) -> None:
        self._ended = threading.Event()
        self._found: list[int] = []
        self._thread = threading.Thread(target=self._run, args=(hall, path), daemon=True)
        self._thread.start()

    def _run(self, hall: Hall, path: str) -> None:
        while not self._ended.is_set():
            try:
                self._found.append(hall.ask("GET", path)[0])
            except OSError:
                self._found.append(0)

    def end(self) -> list[int]:
        """Stop asking; return what was answered."""
        self._ended.set()
        self._thread.join(30)
        return self._found


def test_screens_do_not_freeze_while_the_database_is_silent(site: Site) -> None:
    hall, label = site.hall, site.hall.labels[0]
    hall.send(heart_rate=150)
    screens = [Screen(hall, stuck=False) for _ in range(12)]
    within(10, lambda: all(screen.arrivals for screen in screens), "every screen is served")
    site.line.silence()
    began = time.monotonic()
    gateway = Gateway(hall, label, 150, 0.5)
    while time.monotonic() - began < 10:
        hall.ask("GET", f"/api/patients/{hall.patients[label]}/trends?points=10")
    site.line.open()
    gateway.end()
    gaps = [later - earlier for screen in screens for earlier, later in itertools.pairwise(screen.arrivals)]
    assert max(gaps) < 4  # five seconds without news, and a browser says that the link is lost
    for screen in screens:
        screen.end()
