"""One night at the wall: a number appears, a source falls silent, the server hangs, a baby desaturates."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.bedside import COT, Demo, Monitor, bedside

TILE = f'.tile[data-label="{COT}"]'


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Demo, Monitor]]:
    """One demo for the whole shift."""
    with bedside(tmp_path_factory.mktemp("demo")) as found:
        yield found


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fail when what stands in the block took longer than a ward may wait."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began <= seconds


def seconds_until(page: Page, condition: str, most: float) -> float:
    """Return after how many seconds the page fulfils a condition, looked at every 20 ms."""
    began = time.monotonic()
    while not page.evaluate(condition):
        assert time.monotonic() - began <= most, condition
        page.wait_for_timeout(20)
    return time.monotonic() - began


def standing(demo: Demo) -> set[str]:
    """The keys of the alarms that stand at the test's cot."""
    cots = demo.get("/api/live")["cots"]
    return {alarm["key"] for cot in cots if cot["label"] == COT for alarm in cot["alarms"]}


def until_standing(demo: Demo, *keys: str) -> None:
    """Wait until exactly these alarms stand."""
    until = time.monotonic() + 20
    while standing(demo) != set(keys):
        assert time.monotonic() < until, standing(demo)
        time.sleep(0.1)


def test_a_reading_is_on_the_tile_within_a_second(room: tuple[Demo, Monitor], page: Page) -> None:
    demo, monitor = room
    page.goto(demo.url)
    expect(page.locator(TILE)).to_be_visible()
    monitor.values = {"heart_rate": 150, "spo2": 93, "fio2": 25}
    monitor.send()
    with within(1.0):
        expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("93", timeout=1_000)
    expect(page.locator(".banner.demo")).to_contain_text("DEMO")


def test_a_silent_source_is_stale_within_five_seconds_and_alarms_within_ten(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.values = {"heart_rate": 151, "spo2": 92, "fio2": 25}
    monitor.send()
    silent_since = time.monotonic()
    expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("92")
    gone = f"document.querySelector('{TILE} [data-parameter=\"spo2\"]').textContent === '--'"
    seconds_until(page, gone, 6)
    stale_after = time.monotonic() - silent_since
    alarmed = f"document.querySelector('{TILE} .tile-line.alarm')?.textContent.includes('!! Signal lost')"
    seconds_until(page, alarmed, 6)
    alarm_after = time.monotonic() - silent_since
    assert stale_after <= 5.0
    assert alarm_after <= 10.0


def test_a_frozen_server_is_seen_as_lost_within_five_seconds_on_every_tile(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.start()
    expect(page.locator(f'{TILE} [data-parameter="spo2"]')).to_have_text("92", timeout=10_000)
    monitor.stop()
    demo.freeze()
    try:
        lost = "document.querySelector('.banner.lost')?.textContent.includes('CONNECTION LOST')"
        assert seconds_until(page, lost, 6) <= 5.0
        assert {tile.inner_text() for tile in page.locator('.tile [data-parameter="spo2"]').all()} == {"--"}
        seconds_until(page, "window.heard.length > 0", 5)
    finally:
        demo.thaw()
    expect(page.locator(".banner.lost")).to_have_count(0, timeout=10_000)


def test_a_spell_turns_the_tile_red_sounds_latches_and_is_acknowledged_by_keyboard(
    room: tuple[Demo, Monitor], page: Page
) -> None:
    demo, monitor = room
    page.goto(demo.url)
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    monitor.start()
    expect(page.locator(f'{TILE} [data-parameter="heart_rate"]')).to_have_text("150", timeout=10_000)
    until_standing(demo)
    monitor.values = {"heart_rate": 64, "spo2": 71, "fio2": 25}
    expect(page.locator(f"{TILE}.high")).to_be_visible(timeout=3_000)
    expect(page.locator(f"{TILE} .tile-line")).to_contain_text("*** HR 64 < 80")
    seconds_until(page, "window.heard.some(burst => burst.priority === 'high')", 3)
    until_standing(demo, "heart_rate:low", "spo2:low")
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    expect(page.locator(f"{TILE}.latched")).to_be_visible(timeout=10_000)
    for _ in range(2):
        page.locator(f"{TILE} .tile-open").focus()
        page.keyboard.press("a")
        page.wait_for_timeout(700)
    expect(page.locator(f"{TILE} .tile-line.alarm")).to_have_count(0, timeout=5_000)
    acknowledged = [row for row in demo.get("/api/audit")["items"] if row["action"] == "alarm.acknowledge"]
    assert len(acknowledged) == 2
    assert acknowledged[0]["actor"] == "Demo charge nurse"
    monitor.stop()


def test_the_cot_page_answers_why(room: tuple[Demo, Monitor], page: Page) -> None:
    demo, monitor = room
    monitor.values = {"heart_rate": 150, "spo2": 92, "fio2": 25}
    monitor.start()
    page.goto(demo.url)
    page.locator(f"{TILE} .tile-open").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Kaur, Baby of Simran")).to_be_visible(timeout=10_000)
    expect(page.get_by_text("Limits", exact=False).first).to_be_visible()
    monitor.stop()
