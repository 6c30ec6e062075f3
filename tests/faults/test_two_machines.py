"""Two machines, each with an engine and a spool; the first loses its way to the database and comes back late."""

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from nicu_dashboard.adapters.spool import waiting_in
from nicu_dashboard.adapters.sql.revisions import open_store
from tests.faults.hall import now_ms
from tests.faults.line import Line
from tests.faults.roles import House, Served, furnished
from tests.postgres import PostgresServer
from tests.waiting import within

TAKEN_OVER_S = 10.0
Sent = Counter[int]


class Machines:
    """A ward, and two machines that reach its database each by a line of its own."""

    def __init__(self, house: House, server: PostgresServer, folder: Path, ends: ExitStack) -> None:
        self.house, self._server, self._folder, self._ends = house, server, folder, ends
        self.sent: Sent = Counter()

    def machine(self, name: str) -> tuple[Served, Line, Path]:
        """Start an engine that also serves screens on a machine of its own."""
        line, spool = Line(self._server.port), self._folder / name
        self._ends.callback(line.close)
        url = self.house.url.replace(f":{self._server.port}/", f":{line.port}/")
        return self.house.start(url=url, NICU_SPOOL_DIR=str(spool), DB_CONNECT_TIMEOUT="1000"), line, spool

    def send(self, to: Served, **values: float) -> bool:
        """Send a reading of this instant; note it when it is acknowledged."""
        at = now_ms()
        try:
            status, said = self.house.send(to, at, **values)
        except OSError:
            return False
        assert status in (202, 503), said
        self.sent[at] += status == 202
        return status == 202

    def alarms(self, at: Served) -> dict[str, dict[str, object]]:
        """What stands at the first cot, by key."""
        wall = self.house.wall(at)
        return {alarm["key"]: alarm for alarm in wall["cots"][0]["alarms"]} if wall else {}

    def stored(self) -> Sent:
        """Every reading on record, by its instant."""
        return Counter(
            at for (at,) in self.house.rows("SELECT (extract(epoch FROM recorded_at) * 1000)::int8 FROM vitals")
        )


@pytest.fixture
def machines(small_postgres: PostgresServer, tmp_path: Path) -> Iterator[Machines]:
    """A ward of two babies and nothing started yet."""
    template = small_postgres.template("nicu_head", lambda url: open_store(url).close())
    with (
        small_postgres.database(template) as url,
        ExitStack() as ends,
        furnished(url, tmp_path) as house,
    ):
        yield Machines(house, small_postgres, tmp_path, ends)


def _silence(line: Line, _first: Served) -> None:
    line.silence()


def _cut_and_freeze(line: Line, first: Served) -> None:
    line.cut()
    time.sleep(0.5)
    first.send_signal(signal.SIGSTOP)


Lose = Callable[[Line, Served], None]
Note = Callable[[str, object], None]


@pytest.mark.parametrize("lose", [_silence, _cut_and_freeze])
def test_what_the_first_engine_put_by_comes_in_once_and_never_over_the_newer_word(
    machines: Machines, lose: Lose, record_property: Note
) -> None:
    go_through(machines, lose, record_property)


class TakingOver(threading.Thread):
    """Looks on until an engine works, and notes after how many seconds."""

    def __init__(self, engine: Served) -> None:
        super().__init__(daemon=True)
        self.took: float | None = None
        self._engine, self._began = engine, time.monotonic()
        self.start()

    def run(self) -> None:
        """Look on."""
        while not self._engine.works():
            time.sleep(0.05)
        self.took = time.monotonic() - self._began


def go_through(machines: Machines, lose: Lose, note: Note) -> None:
    """Lose the first machine's way to the database, have the second take over, let the first come back, and count."""
    house = machines.house
    first, line, spool = machines.machine("first")
    within(20, first.works, "the first engine works")
    second, _, _ = machines.machine("second")
    within(10, lambda: machines.send(first, heart_rate=40, spo2=95), "a reading is acknowledged")
    within(10, lambda: "heart_rate:low" in machines.alarms(first), "its alarm stands")
    shared = machines.alarms(first)["heart_rate:low"]["id"]
    within(5, lambda: house.rows(f"SELECT 1 FROM alarms WHERE id = {shared}"), "it is on record")

    # The first machine loses its way to the database; its nurse acknowledges, and another alarm is raised there alone.
    taking_over = TakingOver(second)
    line.cut()
    within(10, lambda: machines.send(first, heart_rate=41, spo2=40), "the first goes on from its spool")
    status, said = house.act(first, "POST", f"/api/alarms/{shared}/acknowledge")
    assert (status, said["kept"]) == (202, "spool"), said
    within(3, lambda: machines.alarms(first)["heart_rate:low"]["presence"] == "ack", "it is acknowledged there")
    assert waiting_in(spool) > 0
    lose(line, first)

    took = within(TAKEN_OVER_S, lambda: taking_over.took, "the second engine has taken over")
    note("seconds from the loss to the next engine", took)
    assert took is not None
    assert took <= TAKEN_OVER_S
    if lose is _silence:
        within(10, lambda: "acknowledge there too" in str(house.wall(first)), "the first says that it may be followed")
    within(10, lambda: machines.send(second, heart_rate=42, spo2=95), "the second acknowledges")
    within(10, lambda: machines.alarms(second)["heart_rate:low"]["presence"] == "on", "nobody acknowledged it there")

    def latched() -> bool:
        machines.send(second, heart_rate=150, spo2=95)
        return machines.alarms(second)["heart_rate:low"]["presence"] == "latched"

    within(15, latched, "the heart beats again")
    assert house.act(second, "POST", f"/api/alarms/{shared}/acknowledge")[0] == 200
    within(10, lambda: not machines.alarms(second), "it is over")
    state = f"SELECT status, presence, ended_at, acknowledged_by FROM alarms WHERE id = {shared}"
    within(5, lambda: house.rows(state)[0][1] == "off", "it is over on record")
    newest = house.rows(state)

    first.send_signal(signal.SIGCONT)
    line.open()
    within(20, lambda: any("stands back" in told for told in first.told()), "the first says that it stands back")
    within(20, lambda: waiting_in(spool) == 0, "its spool is drained though the second goes on working")
    assert (second.works(), first.health()["lease"]["state"]) == (True, "waiting")
    assert machines.stored() == machines.sent
    assert house.rows(state) == newest
    changes = house.rows(f"SELECT cause FROM alarm_transitions WHERE alarm_id = {shared}")
    assert ("acknowledged",) in changes
    assert house.rows("SELECT actor FROM audit_log WHERE action = 'alarm.acknowledge'") == [("grete",)] * 2
    assert house.rows("SELECT count(*) FROM alarms WHERE status <> 'ended' AND cot_id = 1") == [(0,)]

    # The second is ended: the first takes over from the record, and nothing of before stands again.
    second.end()
    within(TAKEN_OVER_S, first.works, "the first engine works again")
    within(10, lambda: machines.send(first, heart_rate=150, spo2=95), "it acknowledges")
    assert machines.alarms(first) == {}
    assert machines.stored() == machines.sent
    values = house.rows("SELECT count(heart_rate) + count(spo2) FROM vitals")
    assert house.rows("SELECT sum(n_valid) FROM vitals_minute") == values
