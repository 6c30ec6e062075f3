"""The spool on a real disk: durable, in order, bounded, and honest about what it cannot read."""

import dataclasses
import os
import random
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nicu_dashboard.adapters.spool import FolderSpool, waiting_in
from nicu_dashboard.adapters.spool.folder import SEGMENT_BYTES
from nicu_dashboard.adapters.spool.records import decode, encode
from nicu_dashboard.domain.alarms.alarm import Alarm, Transition
from nicu_dashboard.domain.spells import Episode, Spell
from nicu_dashboard.domain.vitals import VITALS, NoValue
from nicu_dashboard.ports.spool import Said, SpoolFull, SpoolUnusable
from nicu_dashboard.ports.tick import (
    AlarmRow,
    AuditEntry,
    Quarantined,
    Rescan,
    SpellRow,
    SuspensionRow,
    Tick,
    VitalsRow,
)

NIGHT = 1_704_067_200_000
MB = 1_000_000
ALARM = Alarm(7, "spo2:low", "limit", "high", "on", "SpO2 78 < 80", NIGHT, NIGHT, NIGHT, "spo2", "<", 78, 80.0, 10)
EPISODE = Episode("B", NIGHT, NIGHT + 5_000, "heart_rate", 71.0)
WHOLE = Tick(
    readings=[VitalsRow(1, 2, NIGHT, NIGHT + 20, {"spo2": 94.0, "resp_rate": NoValue("lead off")})],
    alarms=[AlarmRow(1, 2, 3, ALARM), AlarmRow(1, None, None, dataclasses.replace(ALARM, id=8, kind="technical"))],
    transitions=[Transition(7, NIGHT, "off", "on", "raised", "high", 78.0, None, "so said")],
    spells=[SpellRow(1, 2, Spell("B", NIGHT, NIGHT + 5_000, {"heart_rate": 71.0}, 0.0, "uva", 1, None, (EPISODE,)))],
    suspensions=[SuspensionRow(2, 3, "off", "spo2:high", NIGHT, None, "room air", "N. Okafor")],
    audit=[
        AuditEntry(NIGHT, "osei", "nurse", "alarm.acknowledge", "alarm 7", 3, {"alarm": "SpO2", "old": None}, "::1")
    ],
    quarantined=[Quarantined(NIGHT, "monitor", "NICU-9", "unknown cot", "raw")],
    rescans=[Rescan(1, NIGHT, NIGHT + 1_000)],
)


def readings(count: int, start: int = 0) -> Tick:
    """A tick of so many readings of one second each."""
    rows = [
        VitalsRow(baby, 1, NIGHT + start, NIGHT + start, {"spo2": 94.0, "heart_rate": 150.0}) for baby in range(count)
    ]
    return Tick(readings=rows)


def opened(folder: Path, limit: int = 10 * MB, store: str = "here") -> FolderSpool:
    """The spool as a start of the program finds it."""
    spool = FolderSpool(folder, limit)
    spool.claim(store)
    return spool


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes, as a full disk does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_tick_comes_back_as_it_was() -> None:
    assert decode(encode(WHOLE, 7)) == (WHOLE, 7)


def test_ticks_come_out_in_order_after_a_restart_and_are_forgotten_one_by_one(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for number in range(1, 6):
        spool.append(number, readings(10, number), NIGHT + number)
    assert (spool.state().readings, spool.state().ticks, spool.state().since) == (50, 5, NIGHT + 1)
    spool.close()
    again = opened(tmp_path)
    assert again.writer == spool.writer
    assert [one.number for one in again.oldest(25)] == [1, 2]
    again.forget(2)
    assert [one.number for one in again.oldest(1_000)] == [3, 4, 5]
    assert again.last_number() == 5
    again.forget(5)
    assert (again.state().ticks, again.oldest(10), list(tmp_path.glob("*.spool"))) == (0, [], [])
    again.append(6, readings(1), NIGHT)
    assert [one.number for one in again.oldest(10)] == [6]
    again.close()


@pytest.mark.parametrize("seed", range(20))
def test_a_record_torn_by_a_power_cut_is_cut_off_and_all_before_it_kept(tmp_path: Path, seed: int) -> None:
    chance, spool = random.Random(seed), opened(tmp_path)
    for number in range(1, 4):
        spool.append(number, readings(5), NIGHT)
    spool.close()
    (file,) = tmp_path.glob("*.spool")
    whole = file.stat().st_size
    os.truncate(file, chance.randrange(whole * 2 // 3 + 1, whole))
    again = opened(tmp_path)
    assert [one.number for one in again.oldest(1_000)] == [1, 2]
    again.append(4, readings(5), NIGHT)
    again.close()
    assert [one.number for one in opened(tmp_path).oldest(1_000)] == [1, 2, 4]


def test_a_damaged_record_costs_itself_alone_and_its_file_stays(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for number in range(1, 4):
        spool.append(number, readings(5), NIGHT)
    spool.close()
    (file,) = tmp_path.glob("*.spool")
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)
    again = opened(tmp_path)
    assert [one.number for one in again.oldest(1_000)] == [1, 3]
    again.forget(3)
    assert [path.suffix for path in tmp_path.glob("0*")] == [".damaged"]
    again.close()


def test_a_damaged_length_costs_no_other_record(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for number in range(1, 5):
        spool.append(number, readings(5), NIGHT)
    spool.close()
    (file,) = tmp_path.glob("*.spool")
    data = bytearray(file.read_bytes())
    data[len(data) // 4 + 4] ^= 0x40
    file.write_bytes(data)
    again = opened(tmp_path)
    assert [one.number for one in again.oldest(1_000)] == [1, 3, 4]
    again.close()


def _fill(spool: FolderSpool) -> None:
    for number in range(1, 1_000):
        spool.append(number, readings(10), NIGHT)


def test_a_full_spool_takes_no_readings_but_still_alarms(tmp_path: Path) -> None:
    spool = opened(tmp_path, limit=100_000)
    with pytest.raises(SpoolFull, match="NICU_SPOOL_MB"):
        _fill(spool)
    assert 80_000 < spool.state().size <= 100_000
    spool.append(spool.last_number() + 1, Tick(alarms=WHOLE.alarms, transitions=WHOLE.transitions), NIGHT)
    spool.close()


def test_a_full_disk_keeps_nothing_of_the_tick_and_the_next_one_goes_on(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(1, readings(5), NIGHT)
    with no_file_beyond(spool.state().size + 40), pytest.raises(SpoolFull, match="cannot be written"):
        spool.append(2, readings(5), NIGHT)
    spool.append(3, readings(5), NIGHT)
    assert [one.number for one in spool.oldest(100)] == [1, 3]
    spool.close()
    assert [one.number for one in opened(tmp_path).oldest(100)] == [1, 3]


def test_what_waits_is_of_one_database(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(1, readings(5), NIGHT)
    spool.close()
    with pytest.raises(SpoolUnusable, match="5 readings of another database"):
        opened(tmp_path, store="elsewhere")
    spool = opened(tmp_path)
    spool.forget(1)
    spool.close()
    assert opened(tmp_path, store="elsewhere").writer != spool.writer


def test_beside_a_server_that_hangs_the_next_one_has_a_place_of_its_own(tmp_path: Path) -> None:
    hanging = opened(tmp_path)
    hanging.append(1, readings(5), NIGHT)
    other = opened(tmp_path)
    other.append(1, readings(3), NIGHT)
    assert (other.folder, other.state().readings, hanging.state().readings) == (tmp_path / "2", 3, 5)
    assert waiting_in(tmp_path) == 8
    assert not other.move_on()
    other.forget(1)
    assert not other.move_on()
    hanging.close()
    assert other.move_on()
    assert (other.folder, other.writer, other.state().readings) == (tmp_path, hanging.writer, 5)
    other.close()


def test_a_folder_that_cannot_be_made_is_named_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SpoolUnusable, match="NICU_SPOOL_DIR"):
        opened(tmp_path / "file")


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    spool = opened(tmp_path / "spool")
    spool.append(1, readings(1), NIGHT)
    assert (tmp_path / "spool").stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "spool").iterdir()} == {0o600}
    spool.close()


def test_the_default_holds_more_than_an_hour_of_a_hundred_cots_with_every_vital_sign(tmp_path: Path) -> None:
    """The stated bound: 100 cots once a second, each with all 24 vital signs."""
    spool = opened(tmp_path)
    values = dict.fromkeys(VITALS, 97.25)
    second = Tick(readings=[VitalsRow(baby, 1_000, NIGHT, NIGHT, values) for baby in range(1_000, 1_100)])
    spool.append(1, second, NIGHT)
    assert spool.state().size * 3_600 < 512 * MB * 15 / 16 / 2  # twice over
    spool.close()


def test_a_long_outage_fills_many_segments_that_go_one_after_another(tmp_path: Path) -> None:
    spool, number = opened(tmp_path, 100 * MB), 0
    while len(list(tmp_path.glob("*.spool"))) < 3:
        number += 1
        spool.append(number, readings(2_000), NIGHT)
    assert spool.state().size > 2 * SEGMENT_BYTES
    taken: list[int] = []
    while batch := spool.oldest(4_000):
        taken += [one.number for one in batch]
        spool.forget(batch[-1].number)
    assert taken == list(range(1, number + 1))
    assert list(tmp_path.glob("*.spool")) == []
    spool.close()


def test_what_stands_is_known_without_the_readings(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(1, WHOLE, NIGHT, 3)
    ended = dataclasses.replace(WHOLE.suspensions[0], ended_at=NIGHT + 9, ended_by="N. Okafor")
    spool.append(2, Tick(suspensions=[ended]), NIGHT + 9, 4)
    assert spool.said() == [Said(3, NIGHT, WHOLE.alarms, WHOLE.suspensions), Said(4, NIGHT + 9, [], [ended])]
    assert [one.epoch for one in spool.oldest(100)] == [3, 4]
    spool.close()


def test_what_another_server_left_is_claimed_once_it_has_ended_and_nothing_is_made_for_it(tmp_path: Path) -> None:
    spool, looking = opened(tmp_path / "spool"), FolderSpool(tmp_path / "spool", 10 * MB)
    assert not FolderSpool(tmp_path / "nowhere", MB).claim_left("here")
    assert not (tmp_path / "nowhere").exists()
    spool.append(1, readings(5), NIGHT, 3)
    assert not looking.claim_left("here")
    spool.close()
    assert not looking.claim_left("elsewhere")
    assert looking.claim_left("here")
    assert (looking.writer, [one.epoch for one in looking.oldest(10)]) == (spool.writer, [3])
    looking.close()
    assert opened(tmp_path / "spool").state().readings == 5
