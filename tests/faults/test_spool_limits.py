"""Full disks, of the server and of the spool: what is not durable is not acknowledged, and nothing is lost after."""

import subprocess
from pathlib import Path

import psycopg

from tests.faults.hall import now_ms
from tests.faults.site import Site
from tests.postgres import PostgresServer
from tests.waiting import within

MB = 1_048_576


def _limit_files(server: PostgresServer, most: int | None) -> None:
    """Let no file of the server's processes grow beyond so many bytes, as a full disk does."""
    assert server.process is not None
    # Only its own account may limit a process.
    user, group = (server.account.pw_uid, server.account.pw_gid) if server.account else (None, None)
    postmaster = server.process.pid
    for each in (postmaster, *_children(postmaster)):  # a child may just have ended
        limit = f"--fsize={'unlimited' if most is None else most}:"
        subprocess.run(
            ["/usr/bin/prlimit", "--pid", str(each), limit], check=each == postmaster, user=user, group=group
        )


def _children(pid: int) -> list[int]:
    tasks = Path("/proc") / str(pid) / "task" / str(pid) / "children"
    return [int(child) for child in tasks.read_text().split()]


def _fill(site: Site) -> None:
    """Let the table of readings be larger than any file may become: each further page is one too many."""
    baby = site.hall.patients[site.hall.labels[2]]
    with psycopg.connect(site.direct) as connection:
        connection.execute(
            "INSERT INTO vitals (patient_id, recorded_at, received_at, source_id, heart_rate)"
            " SELECT %s, timestamptz '2020-01-01' + n * interval '1 second', now(), 1, 150"
            " FROM generate_series(1, 30000) AS n",
            (baby,),
        )


def test_a_full_disk_of_the_server_sends_everything_to_the_spool_until_there_is_room(site: Site) -> None:
    hall, label = site.hall, site.hall.labels[0]
    first = now_ms()
    assert hall.send(first, heart_rate=150, etco2=1)[0] == 202
    _fill(site)
    _limit_files(site.server, 2 * MB)
    sent = [first]

    def spooled() -> bool:
        sent.append(max(sent[-1] + 1, now_ms()))
        status, said = hall.send(sent[-1], heart_rate=40, etco2=2)
        assert status == 202
        return "spooled" in said

    within(20, spooled, "the last free page is used up")
    within(2, lambda: hall.presence(label, "heart_rate:low") == "on", "the alarm is on the wall")
    within(5, lambda: "on this machine" in site.told(), "the fault is told")
    _limit_files(site.server, None)
    within(15, site.is_drained, "the spool is drained")
    assert sorted(at for at, _ in site.stored(label).elements()) == sent
    assert site.rows("SELECT count(*) FROM quarantine") == [(0,)]


def test_a_full_spool_disk_acknowledges_nothing_shows_it_and_recovers(site: Site) -> None:
    hall, label = site.hall, site.hall.labels[0]
    first = now_ms()
    assert hall.send(first, heart_rate=150, etco2=1)[0] == 202
    site.line.cut()
    kept = first + 1
    assert hall.send(kept, heart_rate=150, etco2=1)[1]["spooled"] == 1
    hall.limit_files(200)
    refused = max(kept + 1, now_ms())
    assert hall.send(refused, heart_rate=40, etco2=1)[0] == 503
    within(2, lambda: hall.presence(label, "heart_rate:low") == "on", "the alarm is on the wall")
    within(5, lambda: site.told() == "Store unavailable: readings are not saved", "the wall says so")
    hall.limit_files(None)
    within(10, lambda: hall.send(refused, heart_rate=40, etco2=1)[0] == 202, "the reading is taken when sent again")
    site.line.open()
    within(15, site.is_drained, "the spool is drained")
    assert sorted(at for at, _ in site.stored(label).elements()) == [first, kept, refused]
    raised = "SELECT count(*) FROM alarms WHERE key = 'heart_rate:low'"
    assert site.rows(raised) == [(1,)]


def test_a_spool_without_room_answers_503_and_alarms_go_on(site: Site) -> None:
    hall, label = site.hall, site.hall.labels[0]
    hall.stop()
    hall.settings["NICU_SPOOL_MB"] = "0"
    hall.start()
    hall.send(heart_rate=150)
    site.line.cut()
    assert hall.send(heart_rate=40)[0] == 503
    within(3, lambda: "heart_rate:low" in hall.standing(label), "the alarm is on the wall")
    site.line.open()
    within(10, lambda: hall.send(heart_rate=41)[0] == 202, "readings are taken again")
