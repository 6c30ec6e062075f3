"""Accounts, keys and the trail of who did what."""

import pytest

from nicu_dashboard.adapters.sql.audit_trail import sealed_content
from nicu_dashboard.adapters.sql.people import SqlPeople
from nicu_dashboard.adapters.sql.tables import audit_log
from nicu_dashboard.ports.roster import NotFound, RosterConflict
from tests.contracts.ward import NIGHT, Ward, by_nurse

LATER = NIGHT + 3_600_000


def test_a_user_is_added_found_and_disabled(people: SqlPeople) -> None:
    added = people.add_user("grete", "Grete Hermann", "charge nurse", "hash", by_nurse())
    assert people.user_by_name("grete") == added
    assert people.users() == [added]
    people.disable_user("grete", LATER, by_nurse())
    people.disable_user("grete", LATER + 1, by_nurse())
    assert people.user_by_name("grete").disabled_at == LATER


def test_a_name_is_given_once(people: SqlPeople) -> None:
    people.add_user("grete", "Grete Hermann", "nurse", "hash", by_nurse())
    with pytest.raises(RosterConflict, match="grete"):
        people.add_user("grete", "Another", "nurse", "hash", by_nurse())
    with pytest.raises(NotFound, match="nobody"):
        people.user_by_name("nobody")


def test_a_session_lasts_until_it_is_ended(people: SqlPeople) -> None:
    user = people.add_user("grete", "Grete Hermann", "nurse", "hash", by_nurse())
    people.open_session("token", user.id, NIGHT, LATER, by_nurse())
    people.touch_session("token", NIGHT + 5)
    session = people.session("token")
    assert session is not None
    assert (session.user, session.created_at, session.last_seen_at, session.expires_at) == (
        user,
        NIGHT,
        NIGHT + 5,
        LATER,
    )
    people.end_session("token", LATER, by_nurse())
    assert people.session("token") is None
    assert people.session("another") is None


def test_living_sessions_are_those_in_use_the_newest_first(people: SqlPeople) -> None:
    user = people.add_user("grete", "Grete Hermann", "nurse", "hash", by_nurse())
    other = people.add_user("emmy", "Emmy Noether", "nurse", "hash", by_nurse())
    for name, owner, seen_at, expires_at in (
        ("idle", user, NIGHT, LATER), ("older", user, NIGHT + 10, LATER), ("newer", user, NIGHT + 20, LATER),
        ("expired", user, NIGHT + 20, NIGHT + 30), ("ended", user, NIGHT + 20, LATER),
        ("disabled", other, NIGHT + 20, LATER),
    ):  # fmt: skip
        people.open_session(name, owner.id, seen_at, expires_at, by_nurse())
    people.end_session("ended", NIGHT + 25, by_nurse())
    people.disable_user("emmy", NIGHT + 25, by_nurse())
    living = people.living_sessions(NIGHT, NIGHT + 30, 10)
    assert living == [people.session("newer"), people.session("older")]
    assert [one.token_hash for one in people.living_sessions(NIGHT, NIGHT + 30, 1)] == ["newer"]


def test_disabling_a_user_ends_the_sessions_at_once(people: SqlPeople) -> None:
    user = people.add_user("grete", "Grete Hermann", "nurse", "hash", by_nurse())
    people.open_session("token", user.id, NIGHT, LATER, by_nurse())
    people.disable_user("grete", NIGHT + 1, by_nurse())
    assert people.session("token") is None


def test_a_device_key_is_added_and_disabled(people: SqlPeople) -> None:
    key = people.add_key("gateway", "hash", by_nurse())
    assert people.device_keys() == [key]
    with pytest.raises(RosterConflict, match="gateway"):
        people.add_key("gateway", "other", by_nurse())
    people.disable_key("gateway", LATER, by_nurse())
    assert [key.disabled_at for key in people.device_keys()] == [LATER]


def test_the_trail_is_read_newest_first_by_page_and_filter(people: SqlPeople) -> None:
    for number in range(6):
        people.record(by_nurse("read chart" if number % 2 else "log in", at=NIGHT + number, patient_id=number % 3))
    assert [row["seq"] for row in people.audit(limit=2)] == [6, 5]
    assert [row["seq"] for row in people.audit(after=5, filters={"action": "log in"})] == [3, 1]
    assert [row["seq"] for row in people.audit(filters={"patient_id": 2, "actor": "grete"})] == [6, 3]
    assert [row["seq"] for row in people.audit(filters={"from_at": NIGHT + 1, "to_at": NIGHT + 3})] == [3, 2]


def test_each_row_of_the_trail_is_sealed_over_its_content_and_the_row_before(ward: Ward, people: SqlPeople) -> None:
    people.record(by_nurse("read chart", detail={"window": [1, 2.5], "who": "Ä"}, address="10.0.0.7"))
    previous = ""
    for row in ward.rows(audit_log):
        assert row["previous_hash"] == previous
        assert ward.database.trail.seals.fits(sealed_content(row), row["hash"])
        previous = row["hash"]


def test_a_note_is_kept_at_its_instant(ward: Ward) -> None:
    note = ward.chart.annotate(ward.baby.id, NIGHT + 5, "kangaroo", "on mother's chest", "grete", by_nurse("note"))
    assert ward.chart.annotations(ward.baby.id, NIGHT, NIGHT + 6) == [note]
    assert ward.chart.annotations(ward.baby.id, NIGHT, NIGHT + 5) == []
    assert ward.rows(audit_log)[-1]["action"] == "note"
