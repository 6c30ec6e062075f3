"""Who lies where: one baby in a cot, one cot for a baby."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from nicu_dashboard.adapters.sql.engines import Database
from nicu_dashboard.adapters.sql.roster import SqlRoster
from nicu_dashboard.adapters.sql.tables import admissions
from nicu_dashboard.domain.patients import GestationalAge
from nicu_dashboard.ports.roster import NewPatient, NotFound, RosterConflict
from tests.contracts.ward import NIGHT, Ward, by_nurse

GRACE = NewPatient("MRN-GRACE", "Hopper, Grace", "female", NIGHT, 28 * 7 + 3, 980, synthetic=True)


def test_a_new_store_has_a_unit_and_nobody_in_it(roster: SqlRoster) -> None:
    assert roster.unit().name == "NICU"
    assert roster.unit() == roster.unit()
    assert (roster.cots(), roster.stays(), roster.patients()) == ([], [], [])


def test_cots_keep_the_order_in_which_they_were_added(roster: SqlRoster) -> None:
    for label in ("NICU-02", "NICU-01", "Isolation"):
        roster.add_cot(label, by_nurse())
    assert [(cot.label, cot.position) for cot in roster.cots()] == [("NICU-02", 1), ("NICU-01", 2), ("Isolation", 3)]


def test_a_label_stands_on_one_cot_only(ward: Ward) -> None:
    with pytest.raises(RosterConflict, match="NICU-01"):
        ward.roster.add_cot("NICU-01", by_nurse())


def test_a_baby_is_kept_as_it_was_described(ward: Ward) -> None:
    baby = ward.roster.add_patient(GRACE, by_nurse())
    assert ward.roster.patient(baby.id) == baby == ward.roster.patient_by_mrn("MRN-GRACE")
    assert (baby.gestation, baby.birth_weight_g, baby.synthetic) == (GestationalAge(199), 980, True)


def test_two_babies_never_share_an_mrn(ward: Ward) -> None:
    baby = ward.roster.add_patient(GRACE, by_nurse())
    with pytest.raises(RosterConflict):
        ward.roster.add_patient(GRACE, by_nurse())
    with pytest.raises(RosterConflict):
        ward.roster.change_patient(baby.id, NewPatient("MRN-ADA"), by_nurse())


def test_a_description_can_be_corrected(ward: Ward) -> None:
    changed = ward.roster.change_patient(ward.baby.id, NewPatient("MRN-ADA", "Byron, Ada"), by_nurse())
    assert ward.roster.patient(ward.baby.id) == changed
    assert changed.name == "Byron, Ada"


def test_babies_are_listed_by_page_and_found_by_part_of_name_or_mrn(ward: Ward) -> None:
    grace = ward.roster.add_patient(GRACE, by_nurse())
    assert [baby.mrn for baby in ward.roster.patients(limit=1)] == ["MRN-ADA"]
    assert ward.roster.patients(after=ward.baby.id) == [grace]
    assert ward.roster.patients(search="hopp") == ward.roster.patients(search="n-gr") == [grace]
    assert ward.roster.patients(search="%") == []


def test_a_baby_that_nobody_knows_is_not_found(ward: Ward) -> None:
    with pytest.raises(NotFound):
        ward.roster.patient_by_mrn("MRN-NOBODY")
    with pytest.raises(NotFound):
        ward.roster.admit(4_711, "NICU-02", NIGHT, by_nurse())
    with pytest.raises(NotFound, match="NICU-99"):
        ward.roster.transfer(ward.baby.id, "NICU-99", NIGHT, by_nurse())


def test_a_taken_cot_takes_no_second_baby(ward: Ward) -> None:
    grace = ward.roster.add_patient(GRACE, by_nurse())
    with pytest.raises(RosterConflict, match="NICU-01 is taken"):
        ward.roster.admit(grace.id, "NICU-01", NIGHT, by_nurse())


def test_a_baby_lies_in_one_cot_only(ward: Ward) -> None:
    with pytest.raises(RosterConflict, match="already admitted in NICU-01"):
        ward.roster.admit(ward.baby.id, "NICU-02", NIGHT, by_nurse())


def test_a_transfer_frees_the_cot_and_keeps_the_history(ward: Ward) -> None:
    moved = ward.roster.transfer(ward.baby.id, "NICU-02", NIGHT + 60_000, by_nurse())
    assert (moved.cot.label, moved.began_at, moved.patient) == ("NICU-02", NIGHT + 60_000, ward.baby)
    assert ward.roster.stays() == [moved]
    assert ward.roster.first_stay_began(ward.baby.id) == NIGHT
    assert [row["ended_by"] for row in ward.rows(admissions)] == ["transfer", None]
    (past,) = ward.roster.stay_history(ward.cot.id)
    assert (past.patient_id, past.began_at, past.ended_at) == (ward.baby.id, NIGHT, NIGHT + 60_000)


def test_a_baby_that_went_home_can_come_back(ward: Ward) -> None:
    ward.roster.discharge(ward.baby.id, NIGHT + 60_000, by_nurse())
    assert ward.roster.stays() == []
    with pytest.raises(NotFound, match="not admitted"):
        ward.roster.discharge(ward.baby.id, NIGHT + 60_000, by_nurse())
    assert ward.roster.admit(ward.baby.id, "NICU-01", NIGHT + 90_000, by_nurse()).began_at == NIGHT + 90_000


def test_no_stay_ends_before_it_began(ward: Ward) -> None:
    with pytest.raises(RosterConflict, match="began later"):
        ward.roster.discharge(ward.baby.id, NIGHT - 1, by_nurse())


def test_every_change_of_the_roster_shows_in_its_version(ward: Ward) -> None:
    before = ward.roster.version()
    assert before == ward.roster.version()
    ward.roster.discharge(ward.baby.id, NIGHT + 1, by_nurse())
    assert ward.roster.version() != before


def test_of_two_nurses_who_admit_into_one_cot_one_is_refused(ward: Ward, database: Database) -> None:
    babies = [ward.roster.add_patient(NewPatient(f"MRN-{number}"), by_nurse()) for number in range(8)]

    def admit(patient_id: int) -> str:
        try:
            return SqlRoster(database).admit(patient_id, "NICU-02", NIGHT, by_nurse()).cot.label
        except RosterConflict:
            return "refused"

    with ThreadPoolExecutor(8) as nurses:
        outcomes = list(nurses.map(admit, [baby.id for baby in babies]))
    assert sorted(outcomes) == ["NICU-02", *["refused"] * 7]


def test_a_source_is_known_by_name_and_origin(ward: Ward) -> None:
    assert ward.roster.source("monitor-1", "device") == ward.monitor
    assert ward.roster.source("monitor-1", "replayed").id != ward.monitor.id
    assert ward.roster.source("monitor-1", "device", 2.0).interval_s == 2.0
    assert ward.roster.source("monitor-1", "device").interval_s == 2.0
