"""Definitions are data that a unit writes; the countdown names the event that reset it."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from nicu_dashboard.domain.errors import DefinitionError
from nicu_dashboard.domain.instants import DAY_MS
from nicu_dashboard.domain.spells import (
    DEFAULT_DEFINITION,
    DEFINITIONS,
    countdown,
    definition_from_json,
    definition_to_json,
)

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "events.md"
NOW = 1_704_067_200_000


@dataclass(frozen=True)
class Event:
    kind: str
    ended_at: int


@pytest.mark.parametrize("name", DEFINITIONS)
def test_a_definition_survives_being_written_as_json(name: str) -> None:
    definition = DEFINITIONS[name]
    assert definition_from_json(definition_to_json(definition)) == definition
    assert definition.label == f"{name} v1"


def test_the_default_definition_is_the_published_one_of_uva() -> None:
    definition = DEFINITIONS[DEFAULT_DEFINITION]
    assert definition.bradycardia is not None
    assert definition.desaturation is not None
    assert (definition.bradycardia.text, definition.desaturation.text) == ("heart_rate<100:4", "spo2<80:10")


def test_a_short_definition_takes_the_usual_pauses_and_window() -> None:
    text = '{"name": "ours", "version": 2, "bradycardia": "heart_rate<70:10", "apnea": [{"seconds": 15}]}'
    definition = definition_from_json(text)
    assert (definition.label, definition.desaturation) == ("ours v2", None)
    assert (definition.join_s, definition.gap_s, definition.window_s, definition.alone) == (10, 10, 60, ("B", "D"))


def test_the_page_on_events_names_every_definition_with_its_criteria() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.read_text().splitlines() if line.startswith("| `")}
    assert set(rows) == set(DEFINITIONS)
    for name, row in rows.items():
        for criterion in (DEFINITIONS[name].bradycardia, DEFINITIONS[name].desaturation):
            assert criterion is not None
            assert f"`{criterion.text}`" in row


def test_the_definition_on_the_page_on_events_can_be_used_as_it_stands() -> None:
    [text] = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert definition_from_json(text).label == "ours v1"


UVA = json.loads(definition_to_json(DEFINITIONS["uva"]))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"bradycardia": "heart_rate"}, "heart_rate<100:4"),
        ({"name": ""}, "needs a name"),
        ({"version": 0}, "version from 1"),
        ({"window_s": -1}, "window_s must be between"),
        ({"apnea": [{"seconds": 20, "comparison": "="}]}, "compares with"),
        ({"apnea": [{}]}, "lacks 'seconds'"),
        ({"alone": ["X"]}, "kinds are A, B and D"),
        ({"apnea": 20}, "cannot be read"),
    ],
)
def test_a_definition_that_cannot_be_read_says_why(changed: dict[str, object], words: str) -> None:
    with pytest.raises(DefinitionError, match=words):
        definition_from_json(json.dumps(UVA | changed))


def test_the_countdown_counts_full_days_since_the_last_event_and_names_it() -> None:
    brady, desat = Event("B", NOW - 9 * DAY_MS), Event("D", NOW - 6 * DAY_MS - 1)
    counted = countdown([desat, brady], NOW)
    assert (counted.days, counted.needed_days, counted.ready, counted.reset_by) == (6, 7, False, desat)


def test_the_baby_is_ready_after_the_needed_days() -> None:
    assert countdown([Event("B", NOW - 7 * DAY_MS)], NOW).ready
    assert not countdown([Event("B", NOW - 7 * DAY_MS + 1)], NOW).ready
    assert countdown([Event("B", NOW - 5 * DAY_MS)], NOW, needed_days=5).ready


def test_without_an_event_the_days_count_from_when_watching_began() -> None:
    counted = countdown(list[Event](), NOW, watched_since=NOW - 8 * DAY_MS)
    assert (counted.days, counted.ready, counted.reset_by) == (8, True, None)


def test_a_baby_never_watched_is_not_ready() -> None:
    counted = countdown(list[Event](), NOW)
    assert (counted.since, counted.days, counted.ready) == (None, 0, False)


def test_an_event_of_a_clock_that_runs_ahead_still_resets_the_countdown() -> None:
    assert countdown([Event("B", NOW + DAY_MS)], NOW).days == 0
