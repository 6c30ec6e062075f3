"""Units limit what is seen: the same rule on both databases, and the same as row level security's."""

from sqlalchemy import insert

from nicu_dashboard.adapters.sql.sight import SqlSight
from nicu_dashboard.adapters.sql.tables import cots, units
from nicu_dashboard.ports.roster import NewPatient
from tests.contracts.ward import NIGHT, Ward, by_nurse


def test_a_baby_belongs_to_the_unit_of_its_latest_stay(ward: Ward) -> None:
    with ward.database.writing() as connection:
        other = connection.execute(insert(units).returning(units.c.id), {"name": "Special care"}).scalar_one()
        connection.execute(insert(cots), {"unit_id": other, "label": "SC-01", "position": 1})
    sight, roster, here = SqlSight(ward.database), ward.roster, ward.unit.id
    waiting = roster.add_patient(NewPatient("W-1"), by_nurse())
    assert (sight.unit_of_baby(ward.baby.id), sight.unit_of_baby(waiting.id)) == (here, None)
    assert [baby.id for baby in roster.patients(units=frozenset({here}))] == [ward.baby.id, waiting.id]
    roster.transfer(ward.baby.id, "SC-01", NIGHT + 60_000, by_nurse())
    assert sight.unit_of_baby(ward.baby.id) == other
    assert [baby.id for baby in roster.patients(units=frozenset({here}))] == [waiting.id]
    assert [baby.id for baby in roster.patients(units=frozenset({other}))] == [ward.baby.id, waiting.id]
    assert ward.chart.alarms(units=frozenset({here})) == []
