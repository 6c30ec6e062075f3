"""With the rights of root: the volume of PostgreSQL's log is full, and machines that are network namespaces.

A clean CI may not mount or make namespaces, so these run with NICU_ROOT=1 alone; then they fail where they cannot run.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from nicu_dashboard.adapters.sql.revisions import open_store
from tests.faults.hall import now_ms
from tests.faults.roles import NAMESPACE, Served, furnished
from tests.faults.site import MOST_CONNECTIONS, Site
from tests.faults.test_two_machines import Machines, Note, go_through
from tests.postgres import PostgresMissing, PostgresServer
from tests.waiting import within

MB = 1_048_576
LOG_MB = 96


@contextmanager
def own_log_volume() -> Iterator[tuple[PostgresServer, Path]]:
    """A server whose write-ahead log lies on a small volume of its own."""
    durable = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
    sizes = {"max_connections": str(MOST_CONNECTIONS), "max_wal_size": "8MB", "min_wal_size": "2MB"}
    server = PostgresServer(settings={**durable, **sizes}, wal_segment_mb=1)
    volume, log = server.folder / "log-volume", server.data / "pg_wal"
    volume.mkdir()
    _root("mount", "-t", "tmpfs", "-o", f"size={LOG_MB}m,mode=0777", "tmpfs", str(volume))
    try:
        shutil.copytree(log, volume / "pg_wal")
        shutil.rmtree(log)
        log.symlink_to(volume / "pg_wal")
        _own(server, volume / "pg_wal")
        server.start()
        yield server, volume
        server.stop(signal.SIGQUIT)
    finally:
        if server.process is not None:
            server.stop(signal.SIGQUIT)
        _root("umount", "-l", str(volume))
        server.close()


def _root(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"


def _own(server: PostgresServer, folder: Path) -> None:
    if server.account is not None:
        _root("chown", "-Rh", f"{server.account.pw_uid}:{server.account.pw_gid}", str(folder))
        _root("chown", "-h", f"{server.account.pw_uid}:{server.account.pw_gid}", str(server.data / "pg_wal"))


def _fill(volume: Path) -> Path:
    """Take what is free on a volume."""
    ballast = volume / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"\0" * 4_096)
        except OSError:
            pass
    return ballast


def _up_again(server: PostgresServer) -> None:
    """Start the server as its supervisor does, however it went down."""
    if server.process is not None and server.process.poll() is not None:
        server.process = None
    if server.process is None:
        server.start()


def full_log(tmp_path: Path) -> None:
    """The volume of the log is full: PostgreSQL goes down; nothing is acknowledged that is not kept, all comes in."""
    with own_log_volume() as (server, volume), ExitStack() as ends:
        site = Site(server, tmp_path, ends)
        hall, label = site.hall, site.hall.labels[0]
        sent = [now_ms()]
        assert hall.send(sent[0], heart_rate=150, etco2=1)[0] == 202
        ballast = _fill(volume)

        def spooled() -> bool:
            at = max(sent[-1] + 1, now_ms())
            status, said = hall.send(at, hall.labels, heart_rate=40, etco2=2)
            if status == 202:
                sent.append(at)
            return status == 202 and "spooled" in said

        within(120, spooled, "the log has no room for a further reading")
        within(3, lambda: hall.presence(label, "heart_rate:low") == "on", "the alarm is on the wall")
        within(10, lambda: "on this machine" in site.told(), "the fault is told")
        kept = 0
        until = time.monotonic() + 5
        while time.monotonic() < until:
            kept += spooled()
        assert kept > 0
        ballast.unlink()
        for _ in range(20):
            try:
                _up_again(server)
                break
            except PostgresMissing:
                time.sleep(0.5)
        within(30, site.is_drained, "the spool is drained")
        assert sorted(at for at, _ in site.stored(label).elements()) == sent
        assert site.minutes_agree()
        assert hall.send(sent[-1], heart_rate=40, etco2=2)[1] == {"accepted": 0, "duplicates": 1, "rejected": []}


SERVER, NET = "10.77.9.1", "10.77.0.0/16"


class Way:
    """The way of a namespace to the database; cut, every packet back is dropped without a word."""

    def __init__(self, address: str) -> None:
        self._rule = ("from", SERVER, "to", address, "blackhole")
        self._is_cut = False

    def cut(self) -> None:
        """Drop what the database answers."""
        if not self._is_cut:
            _root("ip", "rule", "add", "pref", "100", *self._rule)
        self._is_cut = True

    def open(self) -> None:
        """Let it through again."""
        if self._is_cut:
            _root("ip", "rule", "del", "pref", "100", *self._rule)
        self._is_cut = False

    silence = close = cut


class Namespaces(Machines):
    """Two machines that are network namespaces, each with a cable of its own to the machine of the database."""

    def machine(self, name: str) -> tuple[Served, Any, Path]:
        """Start an engine that also serves screens in a namespace of its own."""
        number, namespace = {"first": 1, "second": 2}[name], f"nicu-{name}"
        here, there, cable = f"10.77.{number}.1", f"10.77.{number}.2", f"nicu{number}"
        _root("ip", "netns", "add", namespace)
        self._ends.callback(_root, "ip", "netns", "del", namespace)
        _root("ip", "link", "add", cable, "type", "veth", "peer", "name", "eth0", "netns", namespace)
        for command in (
            ("addr", "add", f"{here}/24", "dev", cable),
            ("link", "set", cable, "up"),
            ("-n", namespace, "addr", "add", f"{there}/24", "dev", "eth0"),
            ("-n", namespace, "link", "set", "lo", "up"),
            ("-n", namespace, "link", "set", "eth0", "up"),
            ("-n", namespace, "route", "add", "default", "via", here),
        ):
            _root("ip", *command)
        way, spool = Way(there), self._folder / name
        self._ends.callback(way.open)
        environment = {"NICU_SPOOL_DIR": str(spool), "NICU_ALLOW_INSECURE_DATABASE": "1", NAMESPACE: namespace}
        url = self.house.url.replace("@127.0.0.1:", f"@{SERVER}:") + "?sslmode=disable"
        served = self.house.start(
            url=url, host=there, NICU_TRUSTED_PROXIES=NET, DB_CONNECT_TIMEOUT="1000", **environment
        )
        return served, way, spool


def two_namespaces(folder: Path, note: Note) -> None:
    """One machine's way to the database drops every packet; the other has taken over when it comes back."""
    with ExitStack() as ends:
        _root("ip", "addr", "add", f"{SERVER}/32", "dev", "lo")
        ends.callback(_root, "ip", "addr", "del", f"{SERVER}/32", "dev", "lo")
        server = PostgresServer(settings={"listen_addresses": f"127.0.0.1,{SERVER}"})
        ends.callback(server.close)
        with (server.data / "pg_hba.conf").open("a") as rules:
            rules.write(f"host all all {NET} trust\n")
        server.start()
        url = ends.enter_context(server.database(server.template("nicu_head", lambda to: open_store(to).close())))
        house = ends.enter_context(furnished(url, folder))
        go_through(Namespaces(house, server, folder, ends), lambda way, _first: way.silence(), note)


if os.environ.get("NICU_ROOT"):

    def test_a_full_volume_of_the_log_sends_everything_to_the_spool_until_there_is_room(tmp_path: Path) -> None:
        full_log(tmp_path)

    def test_two_machines_that_are_namespaces(tmp_path: Path, record_property: Note) -> None:
        two_namespaces(tmp_path, record_property)
