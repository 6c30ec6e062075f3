"""The page about alarms says what the machine does."""

from pathlib import Path

import pytest

from nicu_dashboard.domain.alarms.priority import CONDUCT, Conduct
from nicu_dashboard.domain.alarms.transitions import ROWS, Rule, diagram
from nicu_dashboard.domain.alarms.watch import AUDIO_PAUSE_S, ESCALATE_MS, LOST_MS, MAX_PAUSE_S, REMIND_MS, RETURNED_MS
from nicu_dashboard.domain.limits.model import OFF_DELAY_S

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "alarms.md").read_text(encoding="utf-8")


def test_the_diagram_is_the_one_drawn_from_the_table() -> None:
    assert f"```mermaid\n{diagram()}\n```" in PAGE


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.before} {row.trigger}")
def test_every_row_of_the_table_is_on_the_page(row: Rule) -> None:
    after = row.after if row.latching is None else f"{row.after}; {row.latching} when it latches"
    assert f"| {row.before} | {row.trigger} | {after} | {'yes' if row.announce else ''} |" in PAGE


@pytest.mark.parametrize(("priority", "conduct"), CONDUCT.items())
def test_every_priority_looks_and_sounds_as_the_page_says(priority: str, conduct: Conduct) -> None:
    (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| {priority} |")]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[2] == f"`{conduct.mark}`"
    assert cells[3].startswith(conduct.colour)
    assert (f"{conduct.flash_hz:g} Hz" if conduct.flash_hz else "steady") in cells[3]
    assert cells[4].startswith(f"{conduct.pulses} pulse")
    assert cells[5:] == [f"{conduct.repeat_s} s", "yes" if conduct.latches else "no"]


@pytest.mark.parametrize(
    "words",
    [
        f"| {AUDIO_PAUSE_S} s |",
        f"| {MAX_PAUSE_S // 60} min |",
        f"not acknowledged for {ESCALATE_MS // 1_000} s",
        f"no value of a parameter for {LOST_MS // 1_000} s",
        f"the signal is back for {RETURNED_MS // 1_000} s",
        f"every {REMIND_MS // 60_000} minutes",
        f"per limit, {OFF_DELAY_S:g} s unless set",
    ],
)
def test_every_time_on_the_page_is_the_one_in_force(words: str) -> None:
    assert words in PAGE
