"""Readings: each is kept once, a correction keeps what it corrected."""

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.tables import vitals, vitals_superseded
from nicu_dashboard.domain.vitals import VITALS, NoValue
from nicu_dashboard.ports.roster import NewPatient
from nicu_dashboard.ports.tick import VitalsRow
from tests.contracts.ward import NIGHT, Ward, by_nurse


def test_a_new_reading_is_accepted_and_read_back_to_the_bit(ward: Ward) -> None:
    values = {name: vital.low + (vital.high - vital.low) / 3 for name, vital in VITALS.items()}
    assert ward.store(ward.reading_of(0, values)) == ["accepted"]
    assert ward.chart.latest([ward.baby.id]) == {ward.baby.id: (NIGHT, values)}


def test_a_reading_sent_again_is_a_duplicate_even_when_it_is_received_later(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0))
    assert ward.store(ward.reading(0, received_s=60, spo2=94.0)) == ["duplicate"]
    assert len(ward.rows(vitals)) == 1
    assert ward.rows(vitals)[0]["received_at"] == NIGHT + 200


def test_a_reading_doubled_within_one_tick_is_kept_once(ward: Ward) -> None:
    assert ward.store(*[ward.reading(0, spo2=94.0)] * 3) == ["accepted", "duplicate", "duplicate"]


def test_a_part_of_what_is_stored_is_a_duplicate(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0, heart_rate=150.0))
    assert ward.store(ward.reading(0, spo2=94.0)) == ["duplicate"]


def test_other_vitals_of_the_same_instant_are_merged_into_the_row(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0))
    assert ward.store(ward.reading(0, heart_rate=150.0, resp_rate=NoValue("lead off"))) == ["merged"]
    assert ward.chart.latest([ward.baby.id])[ward.baby.id][1] == {
        "spo2": 94.0,
        "heart_rate": 150.0,
        "resp_rate": NoValue("lead off"),
    }
    assert ward.rows(vitals_superseded) == []


def test_a_corrected_value_counts_and_the_old_row_is_kept(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0, heart_rate=150.0))
    assert ward.store(ward.reading(0, received_s=30, spo2=84.0)) == ["merged"]
    assert ward.chart.latest([ward.baby.id])[ward.baby.id][1] == {"spo2": 84.0, "heart_rate": 150.0}
    (old,) = ward.rows(vitals_superseded)
    assert (old["spo2"], old["heart_rate"], old["superseded_at"]) == (94.0, 150.0, NIGHT + 30_000)
    assert old["vitals_id"] == ward.rows(vitals)[0]["id"]


def test_a_probe_off_said_later_replaces_the_number(ward: Ward) -> None:
    ward.store(ward.reading(0, spo2=94.0))
    assert ward.store(ward.reading(0, spo2=NoValue("probe off"))) == ["merged"]
    assert ward.chart.latest([ward.baby.id])[ward.baby.id][1] == {"spo2": NoValue("probe off")}


def test_zero_is_a_value_and_not_the_lack_of_one(ward: Ward) -> None:
    ward.store(ward.reading(0, resp_rate=0.0))
    assert ward.chart.latest([ward.baby.id])[ward.baby.id][1] == {"resp_rate": 0.0}


def test_two_sources_may_speak_of_the_same_instant(ward: Ward) -> None:
    oximeter = ward.roster.source("oximeter-7", "device", 2.0)
    other = VitalsRow(ward.baby.id, oximeter.id, NIGHT, NIGHT, {"spo2": 93.0})
    assert ward.store(ward.reading(0, spo2=94.0), other) == ["accepted", "accepted"]
    read = list(ward.chart.readings(ward.baby.id, NIGHT, NIGHT + 1, ["spo2"]))
    assert read == [(NIGHT, {"spo2": 94.0}), (NIGHT, {"spo2": 93.0})]


def test_readings_come_in_the_order_of_their_own_time(ward: Ward) -> None:
    for second in (5, 1, 3):
        ward.store(ward.reading(second, spo2=90.0 + second, heart_rate=150.0))
    read = ward.chart.readings(ward.baby.id, NIGHT + 1_000, NIGHT + 5_000, ["spo2"])
    assert list(read) == [(NIGHT + 1_000, {"spo2": 91.0}), (NIGHT + 3_000, {"spo2": 93.0})]


def test_many_readings_are_streamed(ward: Ward) -> None:
    ward.store(*[ward.reading(second, spo2=95.0) for second in range(5_000)])
    assert sum(1 for _ in ward.chart.readings(ward.baby.id, NIGHT, NIGHT + 5_000_000, ["spo2"])) == 5_000
    assert ward.chart.bounds(ward.baby.id) == (NIGHT, NIGHT + 4_999_000)


def test_instants_keep_their_milliseconds(ward: Ward) -> None:
    ward.store(ward.reading(0.001, spo2=94.0), ward.reading(253_402_300.799, spo2=95.0))
    read = ward.chart.readings(ward.baby.id, NIGHT, NIGHT * 2, ["spo2"])
    assert [at - NIGHT for at, _ in read] == [1, 253_402_300_799]


def test_the_latest_of_a_baby_that_was_silent_for_days_comes_too(ward: Ward) -> None:
    silent = ward.roster.add_patient(NewPatient("MRN-MAX", "Born, Max"), by_nurse())
    never = ward.roster.add_patient(NewPatient("MRN-EMIL", "Artin, Emil"), by_nurse())
    days = 5 * 86_400
    ward.store(ward.reading(1, spo2=91.0), ward.reading(days, spo2=NoValue("probe off")))
    ward.store(VitalsRow(silent.id, ward.monitor.id, NIGHT, NIGHT, {"spo2": 90.0}))
    assert ward.chart.latest([ward.baby.id, silent.id, never.id]) == {
        ward.baby.id: (NIGHT + days * 1_000, {"spo2": NoValue("probe off")}),
        silent.id: (NIGHT, {"spo2": 90.0}),
    }
    assert ward.chart.latest([silent.id]) == {silent.id: (NIGHT, {"spo2": 90.0})}
    assert ward.chart.latest([never.id]) == {}


def test_the_latest_of_every_baby_comes_at_once(ward: Ward, database: Database) -> None:
    ward.store(ward.reading(2, spo2=92.0), ward.reading(1, spo2=91.0))
    assert ward.chart.latest([ward.baby.id, ward.baby.id + 1_000]) == {ward.baby.id: (NIGHT + 2_000, {"spo2": 92.0})}
    assert ward.chart.bounds(ward.baby.id + 1_000) is None
