"""Several units in one store: each has its own cots and babies; nobody works for one that was not named."""

import pytest

from nicu_dashboard.domain.patients import Unit
from nicu_dashboard.ports.roster import NewPatient, RosterConflict, UnitNotChosen
from tests.contracts.ward import NIGHT, Ward, by_nurse


def special_care(ward: Ward) -> Unit:
    """A second unit with one cot."""
    unit = ward.roster.add_unit("Special care", by_nurse("unit.add"))
    ward.roster.add_cot("SC-01", by_nurse("cot.add"), unit.id)
    return unit


def test_each_unit_has_its_own_cots_and_babies(ward: Ward) -> None:
    other, here = special_care(ward), ward.unit
    baby = ward.roster.add_patient(NewPatient("MRN-BO"), by_nurse())
    ward.roster.admit(baby.id, "SC-01", NIGHT, by_nurse())
    labels = [[cot.label for cot in ward.roster.cots(unit)] for unit in (here.id, other.id, None)]
    assert labels == [["NICU-01", "NICU-02"], ["SC-01"], ["NICU-01", "NICU-02", "SC-01"]]
    lying = [[stay.patient.mrn for stay in ward.roster.stays(unit)] for unit in (here.id, other.id, None)]
    assert lying == [["MRN-ADA"], ["MRN-BO"], ["MRN-ADA", "MRN-BO"]]
    assert [cot.position for cot in ward.roster.cots(other.id)] == [1]


def test_of_several_units_one_must_be_named(ward: Ward) -> None:
    other = special_care(ward)
    with pytest.raises(UnitNotChosen, match=r"holds 2 units: NICU, Special care; name one: --unit NAME or NICU_UNIT"):
        ward.roster.unit()
    with pytest.raises(UnitNotChosen, match="no unit 'Surgery'; there are: NICU, Special care"):
        ward.roster.unit("Surgery")
    assert [ward.roster.unit(named) for named in ("Special care", "special CARE", str(other.id))] == [other] * 3
    with pytest.raises(UnitNotChosen):
        ward.roster.add_cot("SC-02", by_nurse())


def test_a_unit_is_renamed_and_no_two_are_called_alike(ward: Ward) -> None:
    other = special_care(ward)
    for taken in ("NICU", "nicu", "7"):
        with pytest.raises(RosterConflict):
            ward.roster.rename_unit(other.id, taken, by_nurse())
    with pytest.raises(RosterConflict, match="There is a unit Special care already"):
        ward.roster.add_unit("special care", by_nurse())
    ward.roster.rename_unit(other.id, "SCBU", by_nurse("unit.rename"))
    assert [unit.name for unit in ward.roster.units()] == ["NICU", "SCBU"]


def test_a_baby_of_another_unit_is_refused_without_naming_its_cot(ward: Ward) -> None:
    special_care(ward)
    with pytest.raises(RosterConflict) as refused:
        ward.roster.admit(ward.baby.id, "SC-01", NIGHT + 1, by_nurse())
    assert "another unit" in str(refused.value)
    assert "NICU-01" not in str(refused.value)


def test_a_baby_moves_to_another_unit_and_is_found_there(ward: Ward) -> None:
    other = special_care(ward)
    ward.roster.transfer(ward.baby.id, "SC-01", NIGHT + 1, by_nurse())
    stay = ward.roster.stay_of(ward.baby.id)
    assert stay is not None
    assert (stay.cot.label, stay.cot.unit_id) == ("SC-01", other.id)
    assert ward.roster.stays(ward.unit.id) == []
